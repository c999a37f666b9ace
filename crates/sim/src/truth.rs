//! What nobody can know: the peers' true state, for the oracle.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use p2c2r_scheduler::Worker;

use crate::visit::Visit;

/// The truth about one worker at this moment, short of the dice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Facts {
    /// Mean paths per second now.
    pub(crate) speed: f64,
    /// Round trip in seconds.
    pub(crate) way: f64,
    /// Spread of one task's time.
    pub(crate) noise_sigma: f64,
    /// Probability that a task comes to nothing.
    pub(crate) failure: f64,
    /// Whether it has a task: the way of the next one passes while it traces.
    pub(crate) is_busy: bool,
}

/// Facts that the world writes and the oracle reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth(Arc<Mutex<BTreeMap<Worker, Facts>>>);

impl Truth {
    pub(crate) fn tell(&self, worker: Worker, facts: Facts) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(worker, facts);
    }

    pub(crate) fn forget(&self, worker: Worker) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&worker);
    }

    pub(crate) fn of(&self, worker: Worker) -> Option<Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&worker).copied()
    }
}

impl Facts {
    pub(crate) fn of_visit(visit: &Visit, is_busy: bool, now: Duration) -> Self {
        let link = &visit.link;
        let resent = link.loss * link.retransmit_after.as_secs_f64();
        Self {
            speed: visit.speed_at(now),
            // Half the jitter each way on average, and what losses cost on average.
            way: (2 * link.delay + link.jitter).as_secs_f64() + 2.0 * resent,
            noise_sigma: visit.noise_sigma,
            failure: visit.failure,
            is_busy,
        }
    }
}
