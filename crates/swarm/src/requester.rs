//! The requester: cuts a job, leases tasks to contributors and to its own tracer, merges results.
//!
//! ```text
//! Requester::new(config, job) -> Result<Requester, JobError>
//! handle(now, RequesterInput)        poll_output() -> Option<RequesterOutput>   (until None)
//! next_timeout() -> Option<Duration> new_job(now, JobSpec) -> Result<JobId, JobError>
//! stop(now)                          film() -> &Film      stats() -> Vec<WorkerStats>
//! ```

mod api;

pub use api::{
    CostSource, JobSpec, LocalWork, PeerState, RefineOrder, RequesterConfig, RequesterInput,
    RequesterOutput, Worker, WorkerStats,
};
