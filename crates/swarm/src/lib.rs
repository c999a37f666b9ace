//! Sans-IO sessions: requester, contributor and signaling state machines.
//!
//! One contract for all three: give it `now` (any epoch, never backwards) and one input, then drain
//! its outputs until `None`, then wait for the next input or for `next_timeout`. No session reads a
//! clock, opens a socket, knows a tracer or draws a random number, so a run is its inputs.

pub mod contributor;
mod flood;
mod greeting;
pub mod requester;
pub mod signaling;
mod violation;

pub use contributor::{
    Contributor, ContributorConfig, ContributorInput, ContributorOutput, ContributorStats, TaskKey,
};
pub use requester::{
    CostSource, JobError, JobSpec, LocalWork, PeerState, RefineOrder, Requester, RequesterConfig,
    RequesterInput, RequesterOutput, Worker, WorkerStats,
};
pub use violation::{PeerEnd, Violation};
