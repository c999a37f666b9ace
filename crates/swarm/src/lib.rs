//! Sans-IO sessions: requester, contributor and signaling state machines.
//!
//! One contract for all three: give it `now` (any epoch, never backwards) and one input, then drain
//! its outputs until `None`, then wait for the next input or for `next_timeout`. No session reads a
//! clock, opens a socket, knows a tracer or draws a random number, so a run is its inputs.
//!
//! What a driver owes them:
//!
//! * `Send` in order per peer and channel; if the transport does not take it, close the link and
//!   report it gone.
//! * `ClosePeer` after what was sent before, so that a goodbye or a last result arrives.
//! * `Trace` and `TraceLocal` start as soon as they come: a session never gives more than it was
//!   told there are lanes, except for the moment in which a cancelled task still runs out.
//! * `Timeout` not before the time it is for; late is fine, it costs what lateness costs.

pub mod contributor;
mod flood;
mod greeting;
pub mod requester;
pub mod signaling;
mod violation;

pub use contributor::{
    BenchmarkSpec, Contributor, ContributorConfig, ContributorInput, ContributorOutput,
    ContributorStats, TaskKey,
};
pub use p2c2r_scheduler::TaskEnd;
pub use p2c2r_splitter::CostRow;
pub use requester::{
    AttemptRecord, COST_BUCKETS, CostSource, FEATURES, Insight, JobError, JobSpec, LocalWork,
    Memory, ModelStats, OUTPUTS, PeerState, Prediction, RefineOrder, Requester, RequesterConfig,
    RequesterInput, RequesterOutput, Stage, StateError, TaskKind, Worker, WorkerStats,
};
pub use violation::{PeerEnd, Violation};
