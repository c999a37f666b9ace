//! What goes into a [`super::Contributor`] and what comes out.

use std::time::Duration;

use p2c2r_frame::{RadianceSums, SceneId, TileTask, TraceCounters};
use p2c2r_protocol::peer::{Capabilities, Channel, PeerLimits, RefuseJob};
use p2c2r_protocol::{LeaseId, PeerId};

use super::BenchmarkSpec;
use crate::PeerEnd;

/// What is fixed for the life of a contributor.
#[derive(Debug, Clone, PartialEq)]
pub struct ContributorConfig {
    /// What this machine can do; `lanes` tasks are traced at a time.
    pub capabilities: Capabilities,
    /// What it is willing to take.
    pub limits: PeerLimits,
    /// How this machine measures itself, if it does.
    pub benchmark: Option<BenchmarkSpec>,
    /// What pseudonyms are made from: drawn at random once, then kept; `None` is not recognised.
    pub secret: Option<[u8; 32]>,
    /// Most requesters served at a time; others are told that no place is left.
    pub max_requesters: usize,
}

/// A task, among those of all requesters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskKey {
    /// Who gave it.
    pub requester: PeerId,
    /// Its number there.
    pub lease: LeaseId,
}

/// What happened outside.
#[derive(Debug, Clone, PartialEq)]
pub enum ContributorInput {
    /// The link to a requester is open.
    RequesterConnected {
        /// The requester.
        peer: PeerId,
    },
    /// The link is gone.
    RequesterGone {
        /// The requester.
        peer: PeerId,
    },
    /// A message arrived.
    Message {
        /// Who sent it.
        peer: PeerId,
        /// The channel it came on.
        channel: Channel,
        /// Its bytes, unchecked.
        bytes: Vec<u8>,
    },
    /// A scene from [`ContributorOutput::FetchScene`] is ready to be traced.
    SceneReady {
        /// The scene.
        scene: SceneId,
    },
    /// A scene could not be fetched or read.
    SceneFailed {
        /// The scene.
        scene: SceneId,
        /// What its requesters are told.
        reason: RefuseJob,
    },
    /// The tracer has finished a task.
    Traced {
        /// From [`ContributorOutput::Trace`].
        key: TaskKey,
        /// The result.
        sums: RadianceSums,
        /// What the tracer counted.
        counters: TraceCounters,
    },
    /// The tracer gave a task up. After a cancel this is optional and ignored.
    TraceFailed {
        /// From [`ContributorOutput::Trace`].
        key: TaskKey,
    },
    /// The battery or whether the tab is seen has changed; requesters are told.
    Condition {
        /// Whether this machine runs on a battery.
        is_on_battery: bool,
        /// Whether its tab is hidden.
        is_hidden: bool,
    },
    /// Give back all tasks and take none until `Resume`.
    Pause,
    /// Go on after a `Pause`.
    Resume,
    /// Complete what is here, take nothing more, then leave.
    Finish,
    /// Cancel everything and leave, all within this call.
    Stop,
    /// The time from [`super::Contributor::next_timeout`] has come.
    Timeout,
}

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum ContributorOutput {
    /// Send a message.
    Send {
        /// To whom.
        peer: PeerId,
        /// On which channel.
        channel: Channel,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Close a link, after what was sent on it; a later `RequesterGone` for it is not needed.
    ClosePeer {
        /// Whose.
        peer: PeerId,
        /// Why.
        reason: PeerEnd,
    },
    /// Load a scene (from the server or a cache); answer with `SceneReady` or `SceneFailed`.
    FetchScene {
        /// The scene package.
        scene: SceneId,
        /// Its size as the requester states it: stop reading there.
        scene_bytes: u64,
    },
    /// No requester uses the scene any more; it may be dropped or kept in a cache.
    ReleaseScene {
        /// The scene package.
        scene: SceneId,
    },
    /// Trace a task; answer with `Traced` or `TraceFailed`.
    Trace {
        /// Names the task.
        key: TaskKey,
        /// The work.
        task: TileTask,
    },
    /// The result is no longer wanted: stop tracing it; no answer is needed.
    Cancel {
        /// The task.
        key: TaskKey,
    },
    /// After `Finish` or `Stop`: everything is done or given back and every link closed.
    Finished,
}

/// The figures of a contributor's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ContributorStats {
    /// Tasks delivered.
    pub tasks_done: u64,
    /// Samples (pixels × samples) delivered.
    pub samples: u64,
    /// What the tracer counted.
    pub counters: TraceCounters,
    /// Time that tasks took, summed over lanes.
    pub busy: Duration,
    /// Tasks being traced now.
    pub tracing: usize,
    /// Tasks that wait.
    pub queued: usize,
    /// Requesters linked now.
    pub requesters: usize,
    /// Bytes of messages sent.
    pub sent_bytes: u64,
    /// Bytes of messages received.
    pub received_bytes: u64,
}
