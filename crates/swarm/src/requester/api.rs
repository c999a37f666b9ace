//! What goes into a [`super::Requester`] and what comes out.

use p2c2r_frame::{
    Effects, Packing, PixelRect, RadianceSums, SampleRange, SceneId, TileTask, TraceCounters, View,
};
use p2c2r_protocol::peer::{Capabilities, Channel, PeerLimits, Pseudonym};
use p2c2r_protocol::{JobId, LeaseId, PeerId};
use p2c2r_scheduler::{
    AttemptRecord, COST_BUCKETS, FEATURES, OUTPUTS, Prediction, TaskKind, Worker, WorkerTraits,
};
use p2c2r_splitter::CostMap;

use crate::PeerEnd;

/// What is fixed for the life of a requester.
#[derive(Debug, Clone, PartialEq)]
pub struct RequesterConfig {
    /// Says who this is; `lanes` is not used.
    pub capabilities: Capabilities,
    /// Told to contributors; tasks respect theirs.
    pub limits: PeerLimits,
    /// When the requester traces itself.
    pub local_work: LocalWork,
    /// Most tasks that the local tracer is given at once; 0 is the same as [`LocalWork::Never`].
    pub local_lanes: u16,
    /// What is asked and told beside the work.
    pub insight: Insight,
}

impl RequesterConfig {
    /// What schedulers are told of the local tracer.
    pub(super) fn local_traits(&self) -> WorkerTraits {
        WorkerTraits { lanes: self.local_lanes, ..WorkerTraits::default() }
    }
}

/// What a requester asks and tells beside the work itself; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Insight {
    /// Seconds since 1970-01-01 UTC at which the session's clock stood at zero, if somebody knows.
    pub unix_at_zero: Option<u64>,
    /// By what contributors of earlier sessions are recognised; drawn at random once, then kept.
    pub tag: Option<Pseudonym>,
    /// Whether a base model is there to be asked: [`RequesterOutput::Predict`].
    pub asks_model: bool,
    /// Whether each attempt at a task is told: [`RequesterOutput::Attempt`].
    pub tells_attempts: bool,
}

/// When the requester traces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LocalWork {
    /// Always, beside the peers.
    Always,
    /// Only while no peer works: for machines that have something better to do.
    WithoutPeers,
    /// Never. Without peers the frame waits for one.
    Never,
}

/// One picture to render: a scene, a view, and how many samples.
#[derive(Debug, Clone, PartialEq)]
pub struct JobSpec {
    /// The scene package.
    pub scene: SceneId,
    /// Size of the stored package, so that peers can refuse it before they fetch it.
    pub scene_bytes: u64,
    /// The camera.
    pub view: View,
    /// Samples of every pixel.
    pub samples_per_pixel: u32,
    /// Keys every random number.
    pub seed: u32,
    /// What light to trace.
    pub effects: Effects,
    /// Path vertices after the camera.
    pub max_bounces: u8,
    /// How contributors' results travel; what is traced here is exact in any case.
    pub packing: Packing,
    /// In which order the samples come.
    pub order: RefineOrder,
    /// What is known of the cost by place.
    pub cost: CostSource,
}

/// In which order the samples of a job are handed out. The picture is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefineOrder {
    /// The whole film with 1 sample, then 1 more, 2, 4, 8 …: for somebody who watches.
    Progressive,
    /// Tile by tile with all samples: fewest tasks and bytes.
    Tiles,
}

/// What is known of the cost by place before the first task.
#[derive(Debug, Clone, PartialEq)]
pub enum CostSource {
    /// What the job before knew if it had the same scene, else nothing.
    Learned,
    /// A low-resolution probe by the local tracer; as `Learned` if it does not trace.
    Probe,
    /// A map from elsewhere.
    Map(CostMap),
}

/// What happened outside.
#[derive(Debug, Clone, PartialEq)]
pub enum RequesterInput {
    /// The link to a contributor is open.
    PeerConnected {
        /// The contributor.
        peer: PeerId,
    },
    /// The link is gone.
    PeerGone {
        /// The contributor.
        peer: PeerId,
    },
    /// The driver has found out what carries a link.
    LinkKnown {
        /// The contributor.
        peer: PeerId,
        /// Whether a relay does.
        is_relayed: bool,
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
    /// The local tracer has finished a task.
    Traced {
        /// From [`RequesterOutput::TraceLocal`].
        lease: LeaseId,
        /// The result.
        sums: RadianceSums,
        /// What the tracer counted.
        counters: TraceCounters,
    },
    /// The local tracer gave a task up. After a cancel this is optional and ignored.
    TraceFailed {
        /// From [`RequesterOutput::TraceLocal`].
        lease: LeaseId,
    },
    /// The base model has answered.
    Predicted {
        /// From [`RequesterOutput::Predict`].
        question: u32,
        /// An answer to each row; checked before use.
        answers: [[f32; OUTPUTS]; COST_BUCKETS],
    },
    /// The time from [`super::Requester::next_timeout`] has come.
    Timeout,
}

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum RequesterOutput {
    /// Send a message.
    Send {
        /// To whom.
        peer: PeerId,
        /// On which channel.
        channel: Channel,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Close a link, after what was sent on it; a later `PeerGone` for it is not needed.
    ClosePeer {
        /// Whose.
        peer: PeerId,
        /// Why.
        reason: PeerEnd,
    },
    /// A contributor has introduced itself.
    PeerReady {
        /// Who.
        peer: PeerId,
        /// What it says of itself.
        capabilities: Capabilities,
    },
    /// A contributor of an earlier session is known again; after its `PeerReady`, and once at most.
    PeerRecognised {
        /// Who.
        peer: PeerId,
        /// Tasks that it has delivered before.
        tasks: u64,
    },
    /// A contributor is no longer part of the session.
    PeerLost {
        /// Who.
        peer: PeerId,
        /// Why.
        reason: PeerEnd,
    },
    /// Trace a task here; answer with `Traced` or `TraceFailed`.
    TraceLocal {
        /// Names the task.
        lease: LeaseId,
        /// The work.
        task: TileTask,
    },
    /// The result of a local task is no longer wanted; no answer is needed.
    CancelLocal {
        /// The task.
        lease: LeaseId,
    },
    /// The film has grown.
    TileMerged {
        /// The job.
        job: JobId,
        /// Where.
        rect: PixelRect,
        /// Which samples.
        samples: SampleRange,
        /// Who traced them.
        by: Worker,
    },
    /// Every sample of the job is merged.
    FrameComplete {
        /// The job.
        job: JobId,
    },
    /// The local tracer failed too often and is not asked again.
    LocalTracerLost,
    /// Ask the base model, if there is one; answer with `Predicted`, or not at all.
    Predict {
        /// Names the question.
        question: u32,
        /// Whom it is about.
        worker: Worker,
        /// The kind of tasks that it is about.
        kind: TaskKind,
        /// Its features, at each cost.
        rows: Box<[[f32; FEATURES]; COST_BUCKETS]>,
    },
    /// An attempt at a task has ended; not told of attempts that were cancelled.
    Attempt(Box<AttemptRecord>),
}

/// Where a contributor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeerState {
    /// Its hello is awaited.
    Greeting,
    /// It loads the scene.
    Loading,
    /// It takes tasks.
    Working,
    /// It has not answered for some seconds.
    Suspect,
    /// It finishes what it has.
    Draining,
    /// It is gone; its figures remain.
    Gone,
}

/// The figures of one worker; a peer that left and came back has one set for each time.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerStats {
    /// Who.
    pub worker: Worker,
    /// What it says of itself; `None` for the local tracer and before the hello.
    pub capabilities: Option<Capabilities>,
    /// Where it stands.
    pub state: PeerState,
    /// Merged samples (pixels × samples) of this requester's life.
    pub samples: u64,
    /// Merged samples of the current job.
    pub job_samples: u64,
    /// Merged samples per second, smoothed over some seconds.
    pub samples_per_second: f64,
    /// Merged tiles.
    pub tiles: u64,
    /// What it says that it counted.
    pub counters: TraceCounters,
    /// Tasks that it holds.
    pub open_tasks: usize,
    /// Bytes of messages to it.
    pub sent_bytes: u64,
    /// Bytes of messages from it.
    pub received_bytes: u64,
    /// Last round trip.
    pub round_trip: Option<std::time::Duration>,
    /// Its number in [`AttemptRecord`]s; 0 is the local tracer.
    pub number: u32,
    /// What a task of the current job's usual cost is expected to take, and how much is known.
    pub prediction: Prediction,
    /// Tasks that it is known to have delivered, in earlier sessions too.
    pub tasks: u64,
    /// Tasks of this session that came to nothing.
    pub failures: u64,
    /// Its results that came before the one of another worker with the same task.
    pub hedges_won: u64,
    /// Its tasks that were cancelled because another worker's result came first.
    pub hedges_lost: u64,
    /// Time that it had tasks, summed over its lanes.
    pub busy: std::time::Duration,
}
