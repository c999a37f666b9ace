//! Who gets which task: speed estimates, assignment, hedging.
//!
//! Pure arithmetic behind one trait: [`Scheduler`] is given outcomes and slots and answers with
//! predictions and pieces. [`LearnedScheduler`] is the product's; [`EwmaScheduler`] is a baseline that
//! it is raced against. Costs are in mean paths of the splitter's cost map.

mod base;
mod budget;
mod conformal;
mod drift;
mod estimate;
mod ewma;
mod failure;
mod hedge;
mod knowledge;
mod learned;
mod level;
mod likes;
mod noise;
mod normal;
mod record;
mod regression;
mod residual;
mod worker;

use std::time::Duration;

pub use base::{
    BaseCurve, BaseEstimate, COST_BUCKETS, FEATURE_NAMES, FEATURES, Features, LinkTraits, Moment,
    OUTPUT_NAMES, OUTPUTS, SCHEMA_VERSION,
};
pub use budget::HedgeBudget;
pub use ewma::{EwmaConfig, EwmaScheduler};
pub use hedge::{Hedge, OpenLease, decide_hedge, expected_remaining};
pub use learned::{LearnedConfig, LearnedScheduler};
pub use record::AttemptRecord;
pub use worker::{
    OpenWork, Outcome, Piece, Prediction, Stage, TaskEnd, TaskKind, TaskSketch, Worker, WorkerSlot,
    WorkerTraits,
};

/// Decides how much each worker gets next, and learns from what becomes of it.
pub trait Scheduler {
    /// A worker takes part from now on, or says something new of itself.
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration);

    /// A base model expects this of a worker; the last word on a kind of task replaces those before.
    /// Schedulers without use for it ignore it.
    fn expect(&mut self, _worker: Worker, _curve: BaseCurve) {}

    /// Tasks that a worker has delivered, and the share of its tasks that came to nothing.
    fn history(&self, _worker: Worker) -> (u64, f64) {
        (0, 0.0)
    }

    /// Learns from a task that ended.
    fn observe(&mut self, outcome: &Outcome);

    /// How long a task will take, from its start to its result being here.
    fn predict(&self, worker: Worker, task: &TaskSketch, now: Duration) -> Prediction;

    /// Pieces for workers with room, best first; the caller cuts them off the open work in this
    /// order until none is left. Nothing for a worker that would only delay the end.
    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], now: Duration) -> Vec<Piece>;

    /// Whether idle workers may copy what others have.
    fn copies(&self) -> bool {
        true
    }

    /// A worker is gone and will not come back under this name.
    fn forget(&mut self, worker: Worker, now: Duration);
}
