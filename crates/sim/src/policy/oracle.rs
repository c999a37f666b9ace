//! Knows everybody's true state at every moment, but not the dice.

use std::time::Duration;

use p2c2r_scheduler::{
    OpenWork, Outcome, Piece, Prediction, Scheduler, Stage, TaskSketch, Worker, WorkerSlot,
    WorkerTraits,
};

use crate::truth::{Facts, Truth};

/// Standard deviations from the median to the ends of an interval of 90 %.
const END: f64 = 1.645;
/// What is said of somebody who has just gone.
const GONE: Facts = Facts { speed: 1.0, way: 1.0, noise_sigma: 0.1, failure: 1.0, is_busy: false };

/// Predictions from the truth; it assigns by way of [`super::tiles`].
pub(super) struct Oracle {
    truth: Truth,
}

impl Oracle {
    pub(super) const fn new(truth: Truth) -> Self {
        Self { truth }
    }
}

impl Scheduler for Oracle {
    fn meet(&mut self, _worker: Worker, _traits: WorkerTraits, _now: Duration) {}

    fn observe(&mut self, _outcome: &Outcome) {}

    fn predict(&self, worker: Worker, task: &TaskSketch, _now: Duration) -> Prediction {
        let facts = self.truth.of(worker).unwrap_or(GONE);
        let traced = task.cost / facts.speed;
        // The clock of a task that waits starts when the result before it is here: its way has passed.
        let seconds = traced + if facts.is_busy { 0.0 } else { facts.way };
        let spread = (facts.noise_sigma * traced / seconds).max(0.02);
        let at = |score: f64| Duration::from_secs_f64((seconds * (score * spread).exp()).min(1e5));
        Prediction {
            median: at(0.0),
            low: at(-END),
            high: at(END),
            spread,
            failure: facts.failure,
            is_proven: true,
            stage: Stage::PerKind,
        }
    }

    fn assign(&self, _open: &OpenWork, _slots: &[WorkerSlot], _now: Duration) -> Vec<Piece> {
        Vec::new()
    }

    fn forget(&mut self, _worker: Worker, _now: Duration) {}
}
