//! The contributor: serves several requesters fairly with one tracer.
//!
//! ```text
//! Contributor::new(config) -> Contributor
//! handle(now, ContributorInput)      poll_output() -> Option<ContributorOutput> (until None)
//! next_timeout() -> Option<Duration> stats() -> ContributorStats
//! ```

mod api;

pub use api::{ContributorConfig, ContributorInput, ContributorOutput, ContributorStats, TaskKey};
