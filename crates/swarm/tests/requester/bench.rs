//! One requester on a bench: the test plays all peers, the local tracer and the clock.

use std::collections::BTreeSet;
use std::time::Duration;

use p2c2r_frame::{PixelRect, SampleRange, Task, TileTask, TraceCounters};
use p2c2r_image::pack_sums;
use p2c2r_protocol::peer::{
    CHUNK_PAYLOAD_BYTES, ChunkBytes, ESTIMATOR_VERSION, Hello, Message, PROTOCOL_VERSION,
    PeerLimits, Role, TileChunk, TileDone, decode,
};
use p2c2r_protocol::{LeaseId, PeerId};
use p2c2r_scheduler::AttemptRecord;
use p2c2r_swarm::{
    Insight, JobSpec, LocalWork, PeerEnd, PeerState, Requester, RequesterConfig, RequesterInput,
    RequesterOutput, Worker,
};

use crate::world::{AskedAbout, capabilities, control, scheduler, trace};

/// Longer than any lease or patience.
pub(crate) const LONG_AGO: Duration = Duration::from_secs(60);

/// A requester and all it has said.
pub(crate) struct Bench {
    pub(crate) requester: Requester,
    pub(crate) now: Duration,
    pub(crate) said: Vec<(PeerId, Message)>,
    pub(crate) closed: Vec<(PeerId, PeerEnd)>,
    pub(crate) local: Vec<(LeaseId, TileTask)>,
    pub(crate) cancelled: Vec<LeaseId>,
    pub(crate) merged: Vec<(PixelRect, SampleRange, Worker)>,
    pub(crate) is_local_lost: bool,
    pub(crate) questions: Vec<AskedAbout>,
    pub(crate) attempts: Vec<AttemptRecord>,
    /// Peers of earlier sessions, and their tasks there.
    pub(crate) recognised: Vec<(PeerId, u64)>,
    pub(crate) outputs: usize,
    answered: BTreeSet<LeaseId>,
}

impl Bench {
    pub(crate) fn new(job: JobSpec, local_work: LocalWork) -> Self {
        Self::with_insight(job, local_work, Insight::default())
    }

    pub(crate) fn with_insight(job: JobSpec, local_work: LocalWork, insight: Insight) -> Self {
        let config = RequesterConfig {
            capabilities: capabilities(1),
            limits: PeerLimits::default(),
            local_work,
            local_lanes: 1,
            insight,
        };
        let mut bench = Self {
            requester: Requester::with_scheduler(config, job, Box::new(scheduler()))
                .expect("the test's job is possible"),
            now: Duration::ZERO,
            said: Vec::new(),
            closed: Vec::new(),
            local: Vec::new(),
            cancelled: Vec::new(),
            merged: Vec::new(),
            is_local_lost: false,
            questions: Vec::new(),
            attempts: Vec::new(),
            recognised: Vec::new(),
            outputs: 0,
            answered: BTreeSet::new(),
        };
        bench.input(RequesterInput::Timeout);
        bench
    }

    pub(crate) fn input(&mut self, input: RequesterInput) {
        self.requester.handle(self.now, input);
        self.drain();
    }

    /// Lets time pass up to here, serving every timeout on the way.
    pub(crate) fn at(&mut self, now: Duration) {
        while let Some(next) = self.requester.next_timeout().filter(|at| *at <= now) {
            self.now = self.now.max(next);
            self.input(RequesterInput::Timeout);
        }
        self.now = self.now.max(now);
        self.input(RequesterInput::Timeout);
    }

    pub(crate) fn new_job(&mut self, spec: JobSpec) {
        self.requester.new_job(self.now, spec).expect("the test's job is possible");
        self.drain();
    }

    pub(crate) fn stop(&mut self) {
        self.requester.stop(self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.requester.poll_output() {
            self.outputs += 1;
            match output {
                RequesterOutput::Send { peer, channel, bytes } => {
                    let message = decode(channel, &bytes).expect("a session sends what decodes");
                    self.said.push((peer, message));
                }
                RequesterOutput::ClosePeer { peer, reason } => self.closed.push((peer, reason)),
                RequesterOutput::TraceLocal { lease, task } => self.local.push((lease, task)),
                RequesterOutput::CancelLocal { lease } => {
                    self.local.retain(|(id, _)| *id != lease);
                    self.cancelled.push(lease);
                }
                RequesterOutput::TileMerged { rect, samples, by, .. } => {
                    self.merged.push((rect, samples, by));
                }
                RequesterOutput::LocalTracerLost => self.is_local_lost = true,
                RequesterOutput::Predict { question, worker, kind, rows } => {
                    self.questions.push((question, worker, kind, rows));
                }
                RequesterOutput::Attempt(record) => self.attempts.push(*record),
                RequesterOutput::PeerRecognised { peer, tasks } => {
                    self.recognised.push((peer, tasks));
                }
                RequesterOutput::PeerReady { .. }
                | RequesterOutput::PeerLost { .. }
                | RequesterOutput::FrameComplete { .. } => {}
            }
        }
    }

    /// Says something as a peer.
    pub(crate) fn say(&mut self, peer: PeerId, message: &Message) {
        let (channel, bytes) = control(message);
        self.input(RequesterInput::Message { peer, channel, bytes });
    }

    /// Connects a peer up to its hello.
    pub(crate) fn greet(&mut self, peer: PeerId, lanes: u16) {
        self.input(RequesterInput::PeerConnected { peer });
        self.say(peer, &Message::Hello(Hello { has_heard: true, ..hello(lanes) }));
    }

    /// Connects a peer that is ready for tasks.
    pub(crate) fn connect(&mut self, peer: PeerId, lanes: u16) {
        self.connect_with_credit(peer, lanes, lanes + 2);
    }

    pub(crate) fn connect_with_credit(&mut self, peer: PeerId, lanes: u16, tasks: u16) {
        self.greet(peer, lanes);
        let announced = self.said_to(peer).into_iter().find_map(|message| match message {
            Message::Job { job, .. } => Some(job),
            _ => None,
        });
        self.say(peer, &Message::JobReady { job: announced.expect("a job follows the hello") });
        self.say(peer, &Message::Credit { tasks });
    }

    pub(crate) fn said_to(&self, peer: PeerId) -> Vec<Message> {
        let said = self.said.iter().filter(|(to, _)| *to == peer);
        said.map(|(_, message)| message.clone()).collect()
    }

    /// Every task that a peer was ever given.
    pub(crate) fn tasks_of(&self, peer: PeerId) -> Vec<(LeaseId, TileTask)> {
        let tasks = self.said_to(peer).into_iter().filter_map(|message| match message {
            Message::Task { lease, task: Task::Tile(task), .. } => Some((lease, task)),
            _ => None,
        });
        tasks.collect()
    }

    /// The newest task of a peer.
    pub(crate) fn task_of(&self, peer: PeerId) -> (LeaseId, TileTask) {
        *self.tasks_of(peer).last().expect("the peer has a task")
    }

    /// Answers a task as a peer, honestly.
    pub(crate) fn answer(&mut self, peer: PeerId, lease: LeaseId, task: &TileTask) {
        self.answered.insert(lease);
        for message in chunks_of(lease, task) {
            self.say(peer, &message);
        }
    }

    /// Answers a task with any bytes.
    pub(crate) fn answer_bytes(&mut self, peer: PeerId, lease: LeaseId, bytes: &[u8]) {
        for message in messages_of(lease, bytes) {
            self.say(peer, &message);
        }
    }

    pub(crate) fn state_of(&self, peer: PeerId) -> PeerState {
        let stats = self.requester.stats(self.now);
        let found = stats.iter().find(|stats| stats.worker == Worker::Peer(peer));
        found.expect("the peer has figures").state
    }

    /// Lets one peer do everything that is left.
    pub(crate) fn complete_by(&mut self, peer: PeerId) {
        while !self.requester.is_complete() {
            let tasks = self.tasks_of(peer);
            let open = tasks.into_iter().find(|(lease, _)| !self.answered.contains(lease));
            let (lease, task) = open.expect("the peer waits for work");
            self.now += Duration::from_millis(1);
            self.answer(peer, lease, &task);
            self.say(peer, &Message::Credit { tasks: 1 });
        }
        self.check();
    }

    /// Lets the local tracer do everything that is left.
    pub(crate) fn complete_locally(&mut self) {
        while !self.requester.is_complete() {
            let (lease, task) = self.local.remove(0);
            let (sums, counters) = trace(&task);
            self.now += Duration::from_millis(1);
            self.input(RequesterInput::Traced { lease, sums, counters });
            if self.local.is_empty() && !self.requester.is_complete() {
                self.at(self.now + LONG_AGO);
            }
        }
        self.check();
    }

    /// The film is what one tracer would have made alone.
    fn check(&self) {
        let spec = self.requester.spec();
        let (rect, samples) = (self.requester.film().rect(), spec.samples_per_pixel);
        let whole = TileTask {
            scene: spec.scene,
            view: spec.view,
            rect,
            samples: SampleRange::new(0, samples),
            seed: spec.seed,
            effects: spec.effects,
            max_bounces: spec.max_bounces,
        };
        assert_eq!(self.requester.film().sums(), trace(&whole).0.sums);
    }
}

pub(crate) fn hello(lanes: u16) -> Hello {
    Hello {
        version: PROTOCOL_VERSION,
        estimator: ESTIMATOR_VERSION,
        role: Role::Contributor,
        has_heard: false,
        capabilities: capabilities(lanes),
        limits: PeerLimits::default(),
        tag: None,
    }
}

/// The messages of an honest answer.
pub(crate) fn chunks_of(lease: LeaseId, task: &TileTask) -> Vec<Message> {
    messages_of(lease, &pack_sums(&trace(task).0).expect("honest sums are packed"))
}

fn messages_of(lease: LeaseId, bytes: &[u8]) -> Vec<Message> {
    let chunks = bytes.chunks(CHUNK_PAYLOAD_BYTES);
    let count = chunks.len() as u16;
    let chunks = chunks.enumerate().map(|(index, chunk)| {
        let bytes = ChunkBytes::new(chunk).expect("a chunk fits its message");
        Message::TileChunk(TileChunk { lease, index: index as u16, count, bytes })
    });
    let length_bytes = bytes.len() as u32;
    let counters = TraceCounters { rays: 100, shadow_rays: 0 };
    let done = TileDone { lease, length_bytes, counters, elapsed_us: 1000 };
    chunks.chain([Message::TileDone(done)]).collect()
}
