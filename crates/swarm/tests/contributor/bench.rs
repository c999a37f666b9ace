//! One contributor on a bench: the test plays all requesters, the tracer and the clock.

use std::time::Duration;

use p2c2r_frame::{Packing, PixelRect, SampleRange, SceneId, Task, TileTask};
use p2c2r_protocol::peer::{
    ESTIMATOR_VERSION, Hello, Message, PROTOCOL_VERSION, PeerLimits, Role, decode,
};
use p2c2r_protocol::{JobId, LeaseId, PeerId};
use p2c2r_swarm::{
    BenchmarkSpec, Contributor, ContributorConfig, ContributorInput, ContributorOutput, PeerEnd,
    TaskKey,
};

use crate::world::{capabilities, control, job, trace};

/// A contributor and all it has said.
pub(crate) struct Bench {
    pub(crate) contributor: Contributor,
    pub(crate) now: Duration,
    pub(crate) said: Vec<(PeerId, Message)>,
    pub(crate) closed: Vec<(PeerId, PeerEnd)>,
    /// What is at the tracer, in the order it was given.
    pub(crate) tracing: Vec<(TaskKey, TileTask)>,
    pub(crate) cancelled: Vec<TaskKey>,
    /// Fetches and releases.
    pub(crate) scenes: Vec<ContributorOutput>,
    pub(crate) is_finished: bool,
    pub(crate) outputs: usize,
}

impl Bench {
    pub(crate) fn new(lanes: u16, max_requesters: usize) -> Self {
        Self::with(lanes, max_requesters, None, None)
    }

    pub(crate) fn with_secret(secret: Option<[u8; 32]>) -> Self {
        Self::with(1, 4, secret, None)
    }

    pub(crate) fn with_benchmark(lanes: u16, benchmark: BenchmarkSpec) -> Self {
        Self::with(lanes, 4, None, Some(benchmark))
    }

    fn with(
        lanes: u16,
        max_requesters: usize,
        secret: Option<[u8; 32]>,
        benchmark: Option<BenchmarkSpec>,
    ) -> Self {
        let config = ContributorConfig {
            capabilities: capabilities(lanes),
            limits: PeerLimits::default(),
            benchmark,
            secret,
            max_requesters,
        };
        Self {
            contributor: Contributor::new(config),
            now: Duration::ZERO,
            said: Vec::new(),
            closed: Vec::new(),
            tracing: Vec::new(),
            cancelled: Vec::new(),
            scenes: Vec::new(),
            is_finished: false,
            outputs: 0,
        }
    }

    pub(crate) fn input(&mut self, input: ContributorInput) {
        self.contributor.handle(self.now, input);
        while let Some(output) = self.contributor.poll_output() {
            self.outputs += 1;
            match output {
                ContributorOutput::Send { peer, channel, bytes } => {
                    let message = decode(channel, &bytes).expect("a session sends what decodes");
                    self.said.push((peer, message));
                }
                ContributorOutput::ClosePeer { peer, reason } => self.closed.push((peer, reason)),
                ContributorOutput::Trace { key, task } => self.tracing.push((key, task)),
                ContributorOutput::Cancel { key } => {
                    self.tracing.retain(|(known, _)| *known != key);
                    self.cancelled.push(key);
                }
                ContributorOutput::FetchScene { .. } | ContributorOutput::ReleaseScene { .. } => {
                    self.scenes.push(output);
                }
                ContributorOutput::Finished => self.is_finished = true,
            }
        }
    }

    /// Lets time pass up to here, serving every timeout on the way.
    pub(crate) fn at(&mut self, now: Duration) {
        while let Some(next) = self.contributor.next_timeout().filter(|at| *at <= now) {
            self.now = self.now.max(next);
            self.input(ContributorInput::Timeout);
        }
        self.now = self.now.max(now);
    }

    /// Says something as a requester.
    pub(crate) fn say(&mut self, peer: PeerId, message: &Message) {
        let (channel, bytes) = control(message);
        self.input(ContributorInput::Message { peer, channel, bytes });
    }

    /// Connects a requester up to its job.
    pub(crate) fn announce(&mut self, peer: PeerId, scene: SceneId, scene_bytes: u64) {
        self.input(ContributorInput::RequesterConnected { peer });
        self.say(peer, &Message::Hello(hello()));
        self.say(peer, &Message::Job { job: JobId(1), scene, scene_bytes });
    }

    /// Connects a requester whose scene is loaded.
    pub(crate) fn connect(&mut self, peer: PeerId) {
        let scene = tile(SceneId([7; 32])).scene;
        self.announce(peer, scene, 1000);
        self.input(ContributorInput::SceneReady { scene });
    }

    /// Gives the usual task as a requester.
    pub(crate) fn task(&mut self, peer: PeerId, lease: u64) {
        self.give(peer, lease, tile(SceneId([7; 32])));
    }

    pub(crate) fn give(&mut self, peer: PeerId, lease: u64, task: TileTask) {
        self.give_packed(peer, lease, task, Packing::Exact);
    }

    /// Gives a task and says how its result is to travel.
    pub(crate) fn give_packed(
        &mut self,
        peer: PeerId,
        lease: u64,
        task: TileTask,
        packing: Packing,
    ) {
        let task = Task::Tile(task);
        self.say(peer, &Message::Task { lease: LeaseId(lease), task, packing });
    }

    /// Finishes one task.
    pub(crate) fn trace_one(&mut self, key: TaskKey) {
        let index = self.tracing.iter().position(|(known, _)| *known == key);
        let index = index.expect("the task is being traced");
        let (key, task) = self.tracing.remove(index);
        let (sums, counters) = trace(&task);
        self.input(ContributorInput::Traced { key, sums, counters });
    }

    /// Finishes everything that is here.
    pub(crate) fn trace_all(&mut self) {
        while let Some((key, _)) = self.tracing.first().copied() {
            self.trace_one(key);
        }
    }

    pub(crate) fn said_to(&self, peer: PeerId) -> Vec<Message> {
        let said = self.said.iter().filter(|(to, _)| *to == peer);
        said.map(|(_, message)| message.clone()).collect()
    }
}

pub(crate) fn hello() -> Hello {
    Hello {
        version: PROTOCOL_VERSION,
        estimator: ESTIMATOR_VERSION,
        role: Role::Requester,
        has_heard: true,
        capabilities: capabilities(1),
        limits: PeerLimits::default(),
        tag: None,
    }
}

/// A task large enough for a result of two chunks.
pub(crate) fn tile(scene: SceneId) -> TileTask {
    let spec = job(96, 96, 4, 0.5);
    TileTask {
        scene,
        view: spec.view,
        rect: PixelRect::of_size(96, 40),
        samples: SampleRange::new(0, 4),
        seed: spec.seed,
        effects: spec.effects,
        max_bounces: spec.max_bounces,
    }
}
