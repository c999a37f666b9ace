//! Who gets which task: speed estimates, assignment, hedging.
//!
//! Pure arithmetic behind one trait: [`Scheduler`] is given outcomes and slots and answers with
//! predictions and pieces. [`EwmaScheduler`] is the first one; a learned model and the baselines it
//! is raced against implement the same trait. Costs are in mean paths of the splitter's cost map.

mod estimate;
mod ewma;
mod hedge;
mod worker;

use std::time::Duration;

pub use ewma::{EwmaConfig, EwmaScheduler};
pub use hedge::{Hedge, OpenLease, decide_hedge, expected_remaining};
pub use worker::{Outcome, Piece, Prediction, TaskEnd, Worker, WorkerSlot};

/// Decides how much each worker gets next, and learns from what becomes of it.
pub trait Scheduler {
    /// Learns from a task that ended.
    fn observe(&mut self, outcome: &Outcome);

    /// How long a task of this cost will take, from its start to its result being here.
    fn predict(&self, worker: Worker, cost: f64) -> Prediction;

    /// Pieces for workers with room, best first; the caller cuts them off the open work in this
    /// order until none is left. `open_cost` is all work of the job that nobody has.
    fn assign(&self, open_cost: f64, slots: &[WorkerSlot], now: Duration) -> Vec<Piece>;

    /// A worker is gone and will not come back under this name.
    fn forget(&mut self, worker: Worker);
}
