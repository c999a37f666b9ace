//! A virtual world: one requester, contributors, a seeded network, and tracers that take virtual time.
//!
//! The tracer is arithmetic, not a path tracer: a sample is a hash of pixel, sample and seed. What is
//! tested is who computes what and how it comes together, and for that the sums are real.

use std::collections::BTreeMap;
use std::time::Duration;

use p2c2r_frame::{
    Effects, Lens, Packing, PixelRect, RadianceSums, SampleRange, SceneId, TileTask, TraceCounters,
    View,
};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::{
    Capabilities, Channel, Condition, DeviceKind, Message, PeerLimits, PeerName, TileDone, decode,
    encode,
};
use p2c2r_scheduler::{
    AttemptRecord, COST_BUCKETS, FEATURES, LearnedConfig, LearnedScheduler, Scheduler, TaskKind,
};
use p2c2r_swarm::{
    Contributor, ContributorConfig, ContributorInput, ContributorOutput, CostSource, Insight,
    JobSpec, LocalWork, PeerEnd, RefineOrder, Requester, RequesterConfig, RequesterInput,
    RequesterOutput, Worker,
};
use p2c2r_transport::LinkEvent;
use p2c2r_transport::memory::{LinkFaults, Network, NetworkConfig};

pub(crate) const REQUESTER: PeerId = PeerId(1000);
/// Paths per second that the scheduler assumes of the unknown; worlds are small and slow.
pub(crate) const TYPICAL_SPEED: f64 = 2000.0;
/// Virtual time that loading a scene takes.
const SCENE_LOAD: Duration = Duration::from_millis(150);

/// A question to the base model.
pub(crate) type AskedAbout = (u32, Worker, TaskKind, Box<[[f32; FEATURES]; COST_BUCKETS]>);
/// Names one tracing of a task: the lease alone, since tracers know their session.
type TraceId = (PeerId, u64);

/// A tracer that takes virtual time.
#[derive(Default)]
pub(crate) struct Tracer {
    /// Paths per second of one lane; 0 accepts tasks and never answers.
    pub(crate) speed: f64,
    /// Which of its tasks come to nothing, by number.
    pub(crate) fails: Option<fn(u64) -> bool>,
    /// It traces one task after the other, however many lanes it said to have.
    pub(crate) is_serial: bool,
    started: u64,
    due: BTreeMap<(Duration, TraceId), TileTask>,
}

impl Tracer {
    pub(crate) fn new(speed: f64) -> Self {
        Self { speed, ..Self::default() }
    }

    fn start(&mut self, now: Duration, id: TraceId, task: TileTask) {
        self.started += 1;
        let fails = self.fails.is_some_and(|fails| fails(self.started));
        let last = self.due.keys().next_back().filter(|_| self.is_serial);
        let now = last.map_or(now, |(at, _)| now.max(*at));
        if self.speed > 0.0 && !fails {
            let paths = task.rect.area() * u64::from(task.samples.count);
            let seconds = paths as f64 * weight(task.rect) / self.speed;
            self.due.insert((now + Duration::from_secs_f64(seconds), id), task);
        }
    }

    fn cancel(&mut self, id: TraceId) {
        self.due.retain(|(_, known), _| *known != id);
    }

    fn next_at(&self) -> Option<Duration> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    fn take_due(&mut self, now: Duration) -> Option<(TraceId, TileTask)> {
        let (at, id) = *self.due.keys().next()?;
        if at > now {
            return None;
        }
        let task = self.due.remove(&(at, id))?;
        Some((id, task))
    }
}

/// A contributor and its machine.
pub(crate) struct Node {
    pub(crate) session: Contributor,
    pub(crate) tracer: Tracer,
    pub(crate) manners: Manners,
    /// A dead machine does nothing at all.
    pub(crate) is_dead: bool,
    pub(crate) is_finished: bool,
    scenes_due: Vec<(Duration, SceneId)>,
}

/// How a contributor breaks the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    Honest,
    /// Never hears a cancel, so that its results come for tasks that others have done.
    Deaf,
    /// Says the end of each result twice.
    Stutters,
    /// Cuts the end off each part of a result.
    Truncates,
    /// Says that tracing took no time.
    Boasts,
}

/// What a test wants to happen at a time.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Connect(PeerId),
    Kill(PeerId),
    Cut(PeerId),
    Heal(PeerId),
    Contributor(PeerId, ContributorInput),
    /// The requester's person moves the camera.
    NewJob(Box<JobSpec>),
}

/// Everything together.
pub(crate) struct World {
    pub(crate) network: Network,
    pub(crate) requester: Requester,
    pub(crate) local: Tracer,
    pub(crate) nodes: BTreeMap<PeerId, Node>,
    pub(crate) faults: BTreeMap<PeerId, LinkFaults>,
    pub(crate) script: BTreeMap<(Duration, u64), Event>,
    /// What was merged of the current job.
    pub(crate) merged: Vec<(PixelRect, SampleRange, Worker)>,
    pub(crate) lost: Vec<(PeerId, PeerEnd)>,
    pub(crate) completed_at: Option<Duration>,
    /// What the base model was asked.
    pub(crate) questions: Vec<AskedAbout>,
    /// What was told of attempts.
    pub(crate) attempts: Vec<AttemptRecord>,
    next_event: u64,
}

impl Node {
    /// Whether this machine does not hear what arrives.
    fn misses(&self, event: &LinkEvent) -> bool {
        let LinkEvent::Message { channel, bytes, .. } = event else { return false };
        let is_deaf = self.manners == Manners::Deaf;
        is_deaf && matches!(decode(*channel, bytes), Ok(Message::Cancel { .. }))
    }
}

impl Manners {
    /// What is really sent in the place of a message.
    fn distort(self, bytes: Vec<u8>) -> Vec<Vec<u8>> {
        let message = [Channel::Control, Channel::Tiles]
            .into_iter()
            .find_map(|channel| decode(channel, &bytes).ok());
        match (self, message) {
            (Self::Stutters, Some(Message::TileDone(_))) => vec![bytes.clone(), bytes],
            (Self::Boasts, Some(Message::TileDone(done))) => {
                let done = TileDone { elapsed_us: 0, ..done };
                vec![encode(&Message::TileDone(done)).expect("as long as it was")]
            }
            (Self::Truncates, Some(Message::TileChunk(_))) => {
                vec![bytes[..bytes.len() - 1].to_vec()]
            }
            _ => vec![bytes],
        }
    }
}

impl World {
    pub(crate) fn new(seed: u64, job: JobSpec, local_work: LocalWork, local_speed: f64) -> Self {
        Self::with_insight(seed, job, local_work, local_speed, Insight::default())
    }

    pub(crate) fn with_insight(
        seed: u64,
        job: JobSpec,
        local_work: LocalWork,
        local_speed: f64,
        insight: Insight,
    ) -> Self {
        let scheduler = Box::new(scheduler());
        Self::with_scheduler(seed, job, (local_work, local_speed), insight, scheduler)
    }

    pub(crate) fn with_scheduler(
        seed: u64,
        job: JobSpec,
        (local_work, local_speed): (LocalWork, f64),
        insight: Insight,
        scheduler: Box<dyn Scheduler + Send>,
    ) -> Self {
        let config = RequesterConfig {
            capabilities: capabilities(1),
            limits: PeerLimits::default(),
            local_work,
            local_lanes: 1,
            insight,
        };
        let requester =
            Requester::with_scheduler(config, job, scheduler).expect("the test's job is possible");
        Self {
            network: Network::new(NetworkConfig { seed, ..NetworkConfig::default() }),
            requester,
            local: Tracer::new(local_speed),
            nodes: BTreeMap::new(),
            faults: BTreeMap::new(),
            script: BTreeMap::new(),
            merged: Vec::new(),
            lost: Vec::new(),
            completed_at: None,
            questions: Vec::new(),
            attempts: Vec::new(),
            next_event: 0,
        }
    }

    /// Adds a contributor that connects at a time.
    pub(crate) fn add(
        &mut self,
        id: u64,
        lanes: u16,
        speed: f64,
        faults: LinkFaults,
        at: Duration,
    ) {
        let id = PeerId(id);
        let config = ContributorConfig {
            capabilities: capabilities(lanes),
            limits: PeerLimits::default(),
            benchmark: None,
            secret: None,
            max_requesters: 4,
        };
        let node = Node {
            session: Contributor::new(config),
            tracer: Tracer::new(speed),
            manners: Manners::Honest,
            is_dead: false,
            is_finished: false,
            scenes_due: Vec::new(),
        };
        self.nodes.insert(id, node);
        self.faults.insert(id, faults);
        self.at(at, Event::Connect(id));
    }

    pub(crate) fn set_manners(&mut self, id: PeerId, manners: Manners) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.manners = manners;
        }
    }

    pub(crate) fn at(&mut self, at: Duration, event: Event) {
        self.script.insert((at, self.next_event), event);
        self.next_event += 1;
    }

    pub(crate) fn now(&self) -> Duration {
        self.network.now()
    }

    /// Runs until the frame is complete or `limit` has passed; `true` if it is complete.
    pub(crate) fn run(&mut self, limit: Duration) -> bool {
        self.input(RequesterInput::Timeout);
        while self.completed_at.is_none() && self.step(limit) {}
        self.completed_at.is_some()
    }

    /// Runs until `limit`, complete or not.
    pub(crate) fn run_on(&mut self, limit: Duration) {
        self.input(RequesterInput::Timeout);
        while self.step(limit) {}
    }

    /// Does the next thing that happens; `false` if nothing does before the limit.
    fn step(&mut self, limit: Duration) -> bool {
        let alive = self.nodes.values().filter(|node| !node.is_dead);
        let nodes = alive.flat_map(|node| {
            let scenes = node.scenes_due.iter().map(|(at, _)| *at);
            scenes.chain(node.tracer.next_at()).chain(node.session.next_timeout())
        });
        let next = nodes
            .chain(self.network.next_event_at())
            .chain(self.local.next_at())
            .chain(self.requester.next_timeout())
            .chain(self.script.keys().next().map(|(at, _)| *at))
            .min();
        let Some(next) = next.map(|at| at.max(self.now())).filter(|at| *at <= limit) else {
            return false;
        };
        if let Some((to, event)) = self.network.advance(next) {
            self.deliver(to, event);
            return true;
        }
        self.run_script();
        self.run_requester();
        self.run_nodes();
        true
    }

    fn run_script(&mut self) {
        while let Some((&(at, order), _)) = self.script.first_key_value() {
            if at > self.now() {
                return;
            }
            let Some(event) = self.script.remove(&(at, order)) else { return };
            self.play(event);
        }
    }

    fn play(&mut self, event: Event) {
        match event {
            Event::Connect(id) => {
                if self.nodes.get(&id).is_some_and(|node| !node.is_dead && !node.is_finished) {
                    self.network.connect(REQUESTER, id, self.faults[&id]);
                }
            }
            Event::Kill(id) => {
                if let Some(node) = self.nodes.get_mut(&id) {
                    node.is_dead = true;
                }
                self.network.kill(id);
            }
            Event::Cut(id) => self.network.cut(REQUESTER, id),
            Event::Heal(id) => {
                if self.nodes.get(&id).is_some_and(|node| !node.is_dead) {
                    self.network.heal(REQUESTER, id);
                }
            }
            Event::Contributor(id, input) => self.contributor_input(id, input),
            Event::NewJob(spec) => {
                let now = self.now();
                self.merged.clear();
                self.completed_at = None;
                self.requester.new_job(now, *spec).expect("the test's job is possible");
                self.drain_requester();
            }
        }
    }

    fn run_requester(&mut self) {
        let now = self.now();
        while let Some(((_, lease), task)) = self.local.take_due(now) {
            let (sums, counters) = trace(&task);
            let lease = p2c2r_protocol::LeaseId(lease);
            self.input(RequesterInput::Traced { lease, sums, counters });
        }
        if self.requester.next_timeout().is_some_and(|at| at <= now) {
            self.input(RequesterInput::Timeout);
            let next = self.requester.next_timeout();
            assert!(next.is_none_or(|at| at > now), "a timeout that was served is due again");
        }
    }

    fn run_nodes(&mut self) {
        let now = self.now();
        let alive = self.nodes.iter().filter(|(_, node)| !node.is_dead);
        let ids: Vec<PeerId> = alive.map(|(&id, _)| id).collect();
        for id in ids {
            let Some(node) = self.nodes.get_mut(&id) else { continue };
            let mut inputs = Vec::new();
            node.scenes_due.retain(|&(at, scene)| {
                let is_due = at <= now;
                if is_due {
                    inputs.push(ContributorInput::SceneReady { scene });
                }
                !is_due
            });
            while let Some(((requester, lease), task)) = node.tracer.take_due(now) {
                let (sums, counters) = trace(&task);
                let lease = p2c2r_protocol::LeaseId(lease);
                let key = p2c2r_swarm::TaskKey { requester, lease };
                inputs.push(ContributorInput::Traced { key, sums, counters });
            }
            if node.session.next_timeout().is_some_and(|at| at <= now) {
                inputs.push(ContributorInput::Timeout);
            }
            for input in inputs {
                self.contributor_input(id, input);
            }
        }
    }

    fn deliver(&mut self, to: PeerId, event: LinkEvent) {
        if to == REQUESTER {
            self.input(match event {
                LinkEvent::Open { peer } => RequesterInput::PeerConnected { peer },
                LinkEvent::Closed { peer, .. } => RequesterInput::PeerGone { peer },
                LinkEvent::Message { peer, channel, bytes } => {
                    RequesterInput::Message { peer, channel, bytes }
                }
            });
        } else if self.nodes.get(&to).is_some_and(|node| !node.is_dead && !node.misses(&event)) {
            let input = match event {
                LinkEvent::Open { peer } => ContributorInput::RequesterConnected { peer },
                LinkEvent::Closed { peer, .. } => ContributorInput::RequesterGone { peer },
                LinkEvent::Message { peer, channel, bytes } => {
                    ContributorInput::Message { peer, channel, bytes }
                }
            };
            self.contributor_input(to, input);
        }
    }

    /// Gives the requester an input and does what it says.
    pub(crate) fn input(&mut self, input: RequesterInput) {
        let now = self.now();
        self.requester.handle(now, input);
        self.drain_requester();
    }

    fn drain_requester(&mut self) {
        let now = self.now();
        while let Some(output) = self.requester.poll_output() {
            match output {
                RequesterOutput::Send { peer, channel, bytes } => {
                    // A link that has just closed takes nothing; its event is on the way.
                    let _ = self.network.send(REQUESTER, peer, channel, bytes);
                }
                RequesterOutput::ClosePeer { peer, .. } => self.network.close(REQUESTER, peer),
                RequesterOutput::TraceLocal { lease, task } => {
                    self.local.start(now, (REQUESTER, lease.0), task);
                }
                RequesterOutput::CancelLocal { lease } => self.local.cancel((REQUESTER, lease.0)),
                RequesterOutput::TileMerged { rect, samples, by, .. } => {
                    self.merged.push((rect, samples, by));
                }
                RequesterOutput::FrameComplete { .. } => {
                    assert_eq!(self.completed_at, None, "a frame completes once");
                    self.completed_at = Some(now);
                }
                RequesterOutput::PeerLost { peer, reason } => self.lost.push((peer, reason)),
                RequesterOutput::PeerReady { .. } | RequesterOutput::PeerRecognised { .. } => {}
                RequesterOutput::Predict { question, worker, kind, rows } => {
                    self.questions.push((question, worker, kind, rows));
                }
                RequesterOutput::Attempt(record) => self.attempts.push(*record),
                RequesterOutput::LocalTracerLost => panic!("the local tracer never fails here"),
            }
        }
    }

    /// Gives a contributor an input and does what it says.
    pub(crate) fn contributor_input(&mut self, id: PeerId, input: ContributorInput) {
        let now = self.now();
        let Some(node) = self.nodes.get_mut(&id).filter(|node| !node.is_dead) else { return };
        node.session.handle(now, input);
        while let Some(output) = node.session.poll_output() {
            match output {
                ContributorOutput::Send { peer, channel, bytes } => {
                    for bytes in node.manners.distort(bytes) {
                        let _ = self.network.send(id, peer, channel, bytes);
                    }
                }
                ContributorOutput::ClosePeer { peer, .. } => self.network.close(id, peer),
                ContributorOutput::FetchScene { scene, .. } => {
                    node.scenes_due.push((now + SCENE_LOAD, scene));
                }
                ContributorOutput::ReleaseScene { .. } => {}
                ContributorOutput::Trace { key, task } => {
                    node.tracer.start(now, (key.requester, key.lease.0), task);
                }
                ContributorOutput::Cancel { key } => {
                    node.tracer.cancel((key.requester, key.lease.0));
                }
                ContributorOutput::Finished => node.is_finished = true,
            }
        }
    }

    /// Proves from the outside that the merged regions are the job and the film is the picture.
    pub(crate) fn check_film(&self) {
        let spec = self.requester.spec();
        let (width, height) = (spec.view.width_px, spec.view.height_px);
        let samples = SampleRange::new(0, spec.samples_per_pixel);
        let mut seen = vec![0u32; (width * height * samples.count) as usize];
        for (rect, range, _) in &self.merged {
            for y in rect.y..rect.y + rect.height {
                for x in rect.x..rect.x + rect.width {
                    for sample in range.first..range.first + range.count {
                        seen[((y * width + x) * samples.count + sample) as usize] += 1;
                    }
                }
            }
        }
        assert!(seen.iter().all(|&count| count == 1), "the merged regions are no partition");
        let mut alone = RadianceSums::zeroed(PixelRect::of_size(width, height), samples);
        add_samples(&mut alone, spec.seed, spec.view.tan_half_fov_y);
        assert_eq!(self.requester.film().sums(), alone.sums, "the film differs from a local one");
        assert!(self.requester.film().is_complete());
    }

    /// Merged samples by worker.
    pub(crate) fn samples_by(&self, worker: Worker) -> u64 {
        let of_worker = self.merged.iter().filter(|(_, _, by)| *by == worker);
        of_worker.map(|(rect, samples, _)| rect.area() * u64::from(samples.count)).sum()
    }
}

pub(crate) fn scheduler() -> LearnedScheduler {
    LearnedScheduler::new(LearnedConfig { prior_speed: TYPICAL_SPEED, ..LearnedConfig::default() })
}

pub(crate) fn capabilities(lanes: u16) -> Capabilities {
    Capabilities {
        device: DeviceKind::NativeCpu,
        lanes,
        condition: Condition::default(),
        name: PeerName::lossy("test"),
    }
}

/// A small job; `view` stands for a camera position.
pub(crate) fn job(width_px: u32, height_px: u32, samples_per_pixel: u32, view: f32) -> JobSpec {
    JobSpec {
        scene: SceneId([7; 32]),
        scene_bytes: 1 << 20,
        view: View {
            world_from_camera: [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]],
            tan_half_fov_y: view,
            width_px,
            height_px,
            lens: Lens::PINHOLE,
            time_us: 0,
        },
        samples_per_pixel,
        seed: 5,
        effects: Effects::PATH_TRACED,
        max_bounces: 8,
        packing: Packing::Exact,
        order: RefineOrder::Progressive,
        cost: CostSource::Learned,
    }
}

/// Traces a task: real sums, and counters as lumpy as those of a scene.
pub(crate) fn trace(task: &TileTask) -> (RadianceSums, TraceCounters) {
    let mut sums = RadianceSums::zeroed(task.rect, task.samples);
    add_samples(&mut sums, task.seed, task.view.tan_half_fov_y);
    let paths = task.rect.area() * u64::from(task.samples.count);
    let rays = (paths as f64 * 10.0 * weight(task.rect)) as u64;
    (sums, TraceCounters { rays, shadow_rays: 0 })
}

/// How dear a path is around here: each in the left sixteen columns costs three times the rest.
fn weight(rect: PixelRect) -> f64 {
    let dear = rect.width.min(16u32.saturating_sub(rect.x));
    1.0 + 2.0 * f64::from(dear) / f64::from(rect.width.max(1))
}

fn add_samples(tile: &mut RadianceSums, seed: u32, view: f32) {
    let (rect, samples) = (tile.rect, tile.samples);
    let mut pixels = tile.sums.iter_mut();
    for y in rect.y..rect.y + rect.height {
        for x in rect.x..rect.x + rect.width {
            let Some(sums) = pixels.next() else { return };
            for sample in samples.first..samples.first + samples.count {
                let mut bits = hash(x ^ hash(y ^ hash(sample ^ hash(seed ^ view.to_bits()))));
                for sum in sums.iter_mut() {
                    *sum += u64::from(bits % (1 << 20));
                    bits = bits.rotate_right(11);
                }
            }
        }
    }
}

/// An integer hash (Wellons, "Prospecting for hash functions", 2018).
fn hash(value: u32) -> u32 {
    let value = (value ^ (value >> 16)).wrapping_mul(0x7feb_352d);
    let value = (value ^ (value >> 15)).wrapping_mul(0x846c_a68b);
    value ^ (value >> 16)
}

/// A control channel message, encoded.
pub(crate) fn control(message: &p2c2r_protocol::peer::Message) -> (Channel, Vec<u8>) {
    let bytes = p2c2r_protocol::peer::encode(message).expect("the test's message is short");
    (message.channel(), bytes)
}
