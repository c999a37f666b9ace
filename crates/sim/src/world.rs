//! One run: the real sessions on the virtual network, frame after frame.

mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use p2c2r_frame::{PixelRect, SampleRange, Task, TileTask};
use p2c2r_protocol::peer::{
    Capabilities, Condition, DeviceKind, Message, PeerLimits, PeerName, decode,
};
use p2c2r_protocol::{LeaseId, PeerId};
use p2c2r_scheduler::{Scheduler, Worker};
use p2c2r_swarm::{
    ContributorInput, ContributorOutput, Insight, JobError, LocalWork, Requester, RequesterConfig,
    RequesterInput, RequesterOutput,
};
use p2c2r_transport::LinkEvent;
use p2c2r_transport::memory::{Network, NetworkConfig};

use crate::bound::Everybody;
use crate::draw::Draw;
use crate::machine::{LocalTracer, Machine};
use crate::measure::{Attempts, FrameRecord, IN_TIME, Recorder, Run, TaskRecord, attempts};
use crate::population::Outage;
use crate::questions::{BaseModel, Questions};
use crate::truth::{Facts, Truth};
use crate::visit::Visit;
use crate::work::Work;

/// No visitor has it; the largest one is what sessions call nobody.
const REQUESTER: PeerId = PeerId(u64::MAX - 1);
/// After this long without a path both ends see a link close.
const DEAD_AFTER: Duration = Duration::from_secs(10);

/// What a run does, apart from who schedules.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    pub(crate) seed: u64,
    pub(crate) length: Duration,
    /// Between the starts of two frames, if the first is done by then.
    pub(crate) period: Duration,
    pub(crate) samples_per_pixel: u32,
    pub(crate) max_bounces: u8,
    /// Whether each attempt is kept as a record.
    pub(crate) tells_attempts: bool,
    /// Share of frames that need more, and how much more.
    pub(crate) bursts: (f64, f64),
    pub(crate) local_speed: f64,
    /// When it takes place, in seconds since 1970-01-01 UTC.
    pub(crate) unix_start: u64,
    /// When whose network is down, in the order in which it goes down.
    pub(crate) outages: Vec<Outage>,
    /// Asked by the requester.
    pub(crate) model: Option<BaseModel>,
}

/// Everything together.
pub(crate) struct World {
    course: Course,
    work: Work,
    network: Network,
    requester: Requester,
    local: LocalTracer,
    /// Those who have not come yet, the last first.
    coming: Vec<Visit>,
    here: BTreeMap<PeerId, Machine>,
    /// Told to an oracle.
    truth: Option<Truth>,
    seen: Attempts,
    questions: Questions,
    /// What of the current frame was given to somebody, and of the frame before.
    given: BTreeSet<(PixelRect, SampleRange)>,
    given_before: BTreeSet<(PixelRect, SampleRange)>,
    run: Run,
    frame: u32,
    /// When the current frame began, and its bounds; `None` between frames.
    began: Option<(Duration, FrameRecord)>,
    next_frame_at: Duration,
    bursts: Draw,
    /// Outages that have begun, of those in the course, and that have ended.
    outages: (usize, usize),
}

impl World {
    /// A world in which nothing has happened.
    pub(crate) fn new(
        course: Course,
        visits: &[Visit],
        scheduler: Box<dyn Scheduler + Send>,
        truth: Option<Truth>,
    ) -> Result<Self, JobError> {
        let name = PeerName::lossy("requester");
        let questions = Questions::new(course.model.clone());
        let capabilities = Capabilities {
            device: DeviceKind::NativeCpu,
            lanes: 1,
            condition: Condition::default(),
            name,
        };
        let config = RequesterConfig {
            capabilities,
            limits: PeerLimits::default(),
            local_work: LocalWork::Always,
            local_lanes: 1,
            insight: Insight {
                unix_at_zero: Some(course.unix_start),
                tells_attempts: course.tells_attempts,
                asks_model: questions.has_model(),
                ..Insight::default()
            },
        };
        let seen = Attempts::default();
        let access = visits.iter().map(|visit| (visit.peer, visit.access)).collect();
        let recorder = Box::new(Recorder { inner: scheduler, seen: Arc::clone(&seen), access });
        let mut coming = visits.to_vec();
        coming.sort_by_key(|visit| std::cmp::Reverse(visit.arrives));
        // Nothing to do until the first frame: a job of one sample that is done at once.
        let first = Work::job(1, course.max_bounces, 0);
        let requester = Requester::with_scheduler(config, first, recorder)?;
        Ok(Self {
            work: Work::new(course.seed),
            network: Network::new(NetworkConfig { seed: course.seed, dead_after: DEAD_AFTER }),
            requester,
            local: LocalTracer::new(course.local_speed),
            coming,
            here: BTreeMap::new(),
            truth,
            seen,
            questions,
            given: BTreeSet::new(),
            given_before: BTreeSet::new(),
            run: Run::default(),
            frame: 0,
            began: None,
            next_frame_at: Duration::from_secs(1),
            bursts: Draw::new(course.seed, 0xb0457),
            outages: (0, 0),
            course,
        })
    }

    /// Runs to the end of the course.
    pub(crate) fn run(mut self) -> Run {
        while self.step() {}
        let machines = self.here.values().map(|machine| machine.traced_paths).sum::<u64>();
        self.run.traced_paths += machines + self.local.traced_paths;
        self.run.attempts = std::mem::take(&mut *attempts(&self.seen));
        self.run
    }

    fn now(&self) -> Duration {
        self.network.now()
    }

    /// Does the next thing that happens; `false` at the end of the course.
    fn step(&mut self) -> bool {
        let machines = self.here.values();
        let own = machines.flat_map(|machine| [machine.next_at(), Some(machine.visit.leaves)]);
        let frame = self.began.is_none().then_some(self.next_frame_at);
        let others = [
            self.network.next_event_at(),
            self.local.next_at(),
            self.requester.next_timeout(),
            self.coming.last().map(|visit| visit.arrives),
            self.next_outage(),
            self.questions.next_at(),
            frame,
        ];
        let next = own.chain(others).flatten().min().unwrap_or(self.course.length);
        if next >= self.course.length {
            return false;
        }
        let next = next.max(self.now());
        if let Some((to, event)) = self.network.advance(next) {
            self.deliver(to, event);
            return true;
        }
        self.come_and_go();
        self.cut_and_heal();
        self.run_machines();
        self.run_requester();
        if self.began.is_none() && self.next_frame_at <= self.now() {
            self.start_frame();
        }
        true
    }

    fn start_frame(&mut self) {
        let now = self.now();
        self.frame += 1;
        self.next_frame_at = now + self.course.period;
        self.work.advance();
        self.given_before = std::mem::take(&mut self.given);
        let factor =
            if self.bursts.chance(self.course.bursts.0) { self.course.bursts.1 } else { 1.0 };
        let samples = f64::from(self.course.samples_per_pixel) * factor;
        let samples = samples.round().max(1.0) as u32;
        let spec = Work::job(samples, self.course.max_bounces, self.frame);
        let film = f64::from(spec.view.width_px) * f64::from(spec.view.height_px);
        let cost = film * f64::from(spec.samples_per_pixel);
        self.began = Some((now, self.bounds(cost)));
        self.tell_truth();
        // The size of the film is fixed, so that no job of a run is refused once the first was not.
        if self.requester.new_job(now, spec).is_ok() {
            self.drain();
        }
    }

    /// What nobody could do better of a frame of this cost.
    fn bounds(&self, cost: f64) -> FrameRecord {
        let here = self.here.values().map(|machine| &machine.visit);
        let visits: Vec<&Visit> = here.chain(&self.coming).collect();
        let Course { outages, local_speed, .. } = &self.course;
        let (local_speed, now) = (*local_speed, self.now());
        let everybody = Everybody { visits: &visits, outages, local_speed, now };
        FrameRecord {
            at: now.as_secs_f64(),
            seconds: f64::NAN,
            bound: everybody.least_seconds(cost),
            cost,
            least_late: everybody.least_late(cost, IN_TIME.as_secs_f64()),
            kept: f64::NAN,
        }
    }

    fn tell_truth(&self) {
        let Some(truth) = &self.truth else { return };
        let now = self.now();
        for stats in self.requester.stats(now) {
            let is_busy = stats.open_tasks > 0;
            let facts = match stats.worker {
                Worker::Local => {
                    let speed = self.local.speed;
                    Facts { speed, way: 0.0, noise_sigma: 0.0, failure: 0.0, is_busy }
                }
                Worker::Peer(peer) => {
                    let Some(machine) = self.here.get(&peer) else { continue };
                    Facts::of_visit(&machine.visit, is_busy, now)
                }
            };
            truth.tell(stats.worker, facts);
        }
    }

    /// Notes that somebody has a task.
    fn give(&mut self, task: &TileTask) {
        if !self.given.insert((task.rect, task.samples)) {
            self.run.copies.push(self.now().as_secs_f64());
        }
    }

    fn merged(&mut self, rect: PixelRect, samples: SampleRange, by: Worker) {
        let Some((began, _)) = self.began else { return };
        let now = self.now();
        self.run.merged_paths += rect.area() * u64::from(samples.count);
        self.run.tasks.push(TaskRecord {
            at: now.as_secs_f64(),
            seconds: (now - began).as_secs_f64(),
            cost: self.work.cost(rect, samples),
            index: self.run.tasks.len(),
            by: match by {
                Worker::Local => None,
                Worker::Peer(peer) => Some(peer.0),
            },
        });
    }

    fn run_requester(&mut self) {
        let now = self.now();
        if let Some((lease, sums, counters)) = self.local.due(now, &self.work) {
            self.input(RequesterInput::Traced { lease: LeaseId(lease), sums, counters });
        }
        while let Some(answer) = self.questions.due(now) {
            self.input(answer);
        }
        if self.requester.next_timeout().is_some_and(|at| at <= now) {
            self.input(RequesterInput::Timeout);
        }
    }

    fn run_machines(&mut self) {
        let now = self.now();
        let peers: Vec<PeerId> = self.here.keys().copied().collect();
        for peer in peers {
            while let Some(machine) = self.here.get_mut(&peer)
                && let Some(input) = machine.due(now, &self.work)
            {
                self.contributor_input(peer, input);
            }
        }
    }

    fn deliver(&mut self, to: PeerId, event: LinkEvent) {
        if to == REQUESTER {
            let is_open = matches!(event, LinkEvent::Open { .. });
            let (LinkEvent::Open { peer }
            | LinkEvent::Closed { peer, .. }
            | LinkEvent::Message { peer, .. }) = &event;
            let peer = *peer;
            self.input(match event {
                LinkEvent::Open { peer } => RequesterInput::PeerConnected { peer },
                LinkEvent::Closed { peer, .. } => RequesterInput::PeerGone { peer },
                LinkEvent::Message { peer, channel, bytes } => {
                    RequesterInput::Message { peer, channel, bytes }
                }
            });
            let known = self.here.get(&peer).filter(|_| is_open);
            if let Some(is_relayed) = known.map(|machine| machine.visit.is_relayed) {
                self.input(RequesterInput::LinkKnown { peer, is_relayed });
            }
        } else {
            self.contributor_input(
                to,
                match event {
                    LinkEvent::Open { peer } => ContributorInput::RequesterConnected { peer },
                    LinkEvent::Closed { peer, .. } => ContributorInput::RequesterGone { peer },
                    LinkEvent::Message { peer, channel, bytes } => {
                        ContributorInput::Message { peer, channel, bytes }
                    }
                },
            );
        }
    }

    fn input(&mut self, input: RequesterInput) {
        let now = self.now();
        self.tell_truth();
        self.requester.handle(now, input);
        self.drain();
    }

    fn drain(&mut self) {
        let now = self.now();
        while let Some(output) = self.requester.poll_output() {
            match output {
                RequesterOutput::Send { peer, channel, bytes } => {
                    if let Ok(Message::Task { task: Task::Tile(task), .. }) =
                        decode(channel, &bytes)
                    {
                        self.give(&task);
                    }
                    // A link that has just closed takes nothing; its event is on the way.
                    let _ = self.network.send(REQUESTER, peer, channel, bytes);
                }
                RequesterOutput::ClosePeer { peer, .. } => self.network.close(REQUESTER, peer),
                RequesterOutput::TraceLocal { lease, task } => {
                    self.give(&task);
                    self.local.start(now, lease.0, task, &self.work);
                }
                RequesterOutput::CancelLocal { lease } => self.local.cancel(lease.0),
                RequesterOutput::TileMerged { rect, samples, by, .. } => {
                    self.merged(rect, samples, by);
                }
                RequesterOutput::FrameComplete { .. } => {
                    if let Some((began, record)) = self.began.take() {
                        let seconds = (now - began).as_secs_f64();
                        let kept = self.given.intersection(&self.given_before).count();
                        let kept = kept as f64 / self.given.len() as f64;
                        self.run.frames.push(FrameRecord { seconds, kept, ..record });
                    }
                }
                RequesterOutput::Attempt(record) => self.run.records.push(*record),
                RequesterOutput::Predict { question, rows, .. } => {
                    self.questions.ask(now, question, &rows);
                }
                RequesterOutput::PeerLost { .. }
                | RequesterOutput::PeerReady { .. }
                | RequesterOutput::PeerRecognised { .. }
                | RequesterOutput::LocalTracerLost => {}
            }
        }
    }

    fn contributor_input(&mut self, peer: PeerId, input: ContributorInput) {
        let now = self.now();
        let Some(machine) = self.here.get_mut(&peer) else { return };
        machine.session.handle(now, input);
        while let Some(output) = machine.session.poll_output() {
            match output {
                ContributorOutput::Send { peer: to, channel, bytes } => {
                    let bytes = machine.say(channel, bytes);
                    let _ = self.network.send(peer, to, channel, bytes);
                }
                ContributorOutput::ClosePeer { peer: to, .. } => self.network.close(peer, to),
                ContributorOutput::FetchScene { scene, .. } => machine.load(now, scene),
                ContributorOutput::Trace { key, task } => machine.start(now, key, task, &self.work),
                ContributorOutput::Cancel { key } => machine.cancel(key),
                ContributorOutput::ReleaseScene { .. } | ContributorOutput::Finished => {}
            }
        }
    }
}
