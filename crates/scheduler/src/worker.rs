//! Workers, their room, and what became of their tasks.

use std::time::Duration;

use p2c2r_protocol::PeerId;

/// Who traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Worker {
    /// The requester's own tracer.
    Local,
    /// A contributor.
    Peer(PeerId),
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
    /// Until a task given now starts.
    pub starts_in: Duration,
    /// How long a task for it should take.
    pub target: Duration,
}

/// Work for a worker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Who.
    pub worker: Worker,
    /// Wished cost in mean paths.
    pub cost: f64,
}

/// What is expected of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// It takes longer as often as it takes less.
    pub median: Duration,
    /// Rarely less than this.
    pub low: Duration,
    /// Rarely more than this.
    pub high: Duration,
    /// Probability that no result comes.
    pub failure: f64,
    /// Whether the worker has delivered before; without that, all of this is a guess.
    pub is_proven: bool,
}

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Who had it.
    pub worker: Worker,
    /// Its estimated cost in mean paths.
    pub cost: f64,
    /// From its start, as far as the requester can tell, to its end.
    pub elapsed: Duration,
    /// How much of that was tracing, by the worker's own word; the rest is the way there and back.
    pub computed: Duration,
    /// How it ended.
    pub end: TaskEnd,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskEnd {
    /// With a result.
    Delivered,
    /// Its lease ran out.
    Expired,
    /// The worker vanished or gave it back.
    Lost,
}
