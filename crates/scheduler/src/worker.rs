//! Workers, their room, and what became of their tasks.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::DeviceKind;
use serde::{Deserialize, Serialize};

/// Longer than any task, in seconds; keeps logarithms, sums and conversions in range.
pub(crate) const LONGEST_SECONDS: f64 = 86_400.0;

/// Who traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Worker {
    /// The requester's own tracer.
    Local,
    /// A contributor.
    Peer(PeerId),
}

/// What a worker says of itself; nothing of it is trusted for longer than it takes to measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkerTraits {
    /// What renders; `None` for the local tracer.
    pub device: Option<DeviceKind>,
    /// Tasks it traces at the same time; 0 counts as 1.
    pub lanes: u16,
    /// Mean paths per second of one lane in the benchmark that it ran on itself, if it did.
    pub benchmark: Option<u32>,
    /// Whether it runs on a battery.
    pub is_on_battery: bool,
    /// Whether its tab is hidden.
    pub is_hidden: bool,
}

/// What a task asks of a tracer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskSketch {
    /// Estimated cost in mean paths.
    pub cost: f64,
    /// What its paths are like.
    pub kind: TaskKind,
}

impl TaskSketch {
    /// Its cost, or the nearest that a task can have; what is not a number counts as nothing.
    pub(crate) const fn sound_cost(&self) -> f64 {
        self.cost.max(1.0).min(1e18)
    }
}

/// Kinds of task that workers may be good and bad at in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// At most one bounce.
    Direct,
    /// A few bounces.
    Short,
    /// Whole paths.
    Long,
}

impl TaskKind {
    /// The kind of tasks with this limit of path vertices after the camera.
    pub const fn of_bounces(max_bounces: u8) -> Self {
        match max_bounces {
            0 | 1 => Self::Direct,
            2..=4 => Self::Short,
            _ => Self::Long,
        }
    }
}

/// How much is known of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Fewer than 10 tasks: mostly what is known of its like.
    Heuristic,
    /// Its own speed, way and reliability.
    PerWorker,
    /// From 50 tasks: also what each kind of task adds.
    PerKind,
    /// From 100 tasks: also what the time of day changes for it.
    ByHour,
}

impl Stage {
    /// Tasks from which a worker is known by itself.
    pub const PER_WORKER_FROM: u64 = 10;
    /// Tasks from which its kinds of task are told apart.
    pub const PER_KIND_FROM: u64 = 50;
    /// Tasks from which a worker has a daily curve of its own.
    pub const BY_HOUR_FROM: u64 = 100;
    /// Number of stages.
    pub const COUNT: usize = 4;

    /// The stage after this many delivered tasks.
    pub const fn after(tasks: u64) -> Self {
        if tasks < Self::PER_WORKER_FROM {
            Self::Heuristic
        } else if tasks < Self::PER_KIND_FROM {
            Self::PerWorker
        } else if tasks < Self::BY_HOUR_FROM {
            Self::PerKind
        } else {
            Self::ByHour
        }
    }
}

/// A worker with room for tasks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorkerSlot {
    /// Who.
    pub worker: Worker,
    /// Tasks it traces at the same time.
    pub lanes: u16,
    /// Tasks it can be given now.
    pub room: usize,
    /// Tasks it has.
    pub held: usize,
    /// Until a task given now starts.
    pub starts_in: Duration,
    /// How long a task for it should take.
    pub target: Duration,
}

/// All work of a job that nobody has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenWork {
    /// Its cost in mean paths.
    pub cost: f64,
    /// What its paths are like.
    pub kind: TaskKind,
}

/// Work for a worker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Who.
    pub worker: Worker,
    /// Wished cost in mean paths.
    pub cost: f64,
}

/// A piece and when it is expected to be done, from now.
pub(crate) type Planned = (Duration, Piece);

impl WorkerSlot {
    /// As many pieces of this cost as there is room for, if each takes `median`: those beyond the
    /// lanes that are free now start one task later each round.
    pub(crate) fn plan(&self, cost: f64, median: Duration) -> impl Iterator<Item = Planned> {
        let Self { worker, lanes, room, starts_in, .. } = *self;
        (0..room).map(move |place| {
            let rounds = (place / usize::from(lanes.max(1))) as u32;
            (starts_in + median * (rounds + 1), Piece { worker, cost })
        })
    }
}

/// The pieces that will be done first come first; equal finishes keep the caller's order.
pub(crate) fn by_finish(mut planned: Vec<Planned>) -> Vec<Piece> {
    planned.sort_by_key(|(finish, _)| *finish);
    planned.into_iter().map(|(_, piece)| piece).collect()
}

/// What is expected of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// It takes longer as often as it takes less.
    pub median: Duration,
    /// One in twenty takes less.
    pub low: Duration,
    /// One in twenty takes more.
    pub high: Duration,
    /// Standard deviation of the logarithm of the time, before calibration.
    pub spread: f64,
    /// Probability that no result comes.
    pub failure: f64,
    /// Whether the worker has delivered before; without that, all of this is a guess.
    pub is_proven: bool,
    /// How much is known of the worker.
    pub stage: Stage,
}

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Who had it.
    pub worker: Worker,
    /// What it was.
    pub task: TaskSketch,
    /// What was expected when it was given.
    pub prediction: Prediction,
    /// When it ended.
    pub at: Duration,
    /// From its start, as far as the requester can tell, to its end.
    pub elapsed: Duration,
    /// How much of that was tracing, by the worker's own word; the rest is the way there and back.
    pub computed: Duration,
    /// How much can have been the way, as measured here: a round trip, and from the first part of the
    /// result to the last. `None` if nothing was measured.
    pub way: Option<Duration>,
    /// How it ended.
    pub end: TaskEnd,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    /// With a result.
    Delivered,
    /// Its lease ran out.
    Expired,
    /// The worker vanished or gave it back.
    Lost,
}
