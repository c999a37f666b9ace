//! What is remembered of attempts at tasks beside who has them: for figures, and for logs if wanted.

use std::collections::BTreeMap;

use p2c2r_protocol::LeaseId;
use p2c2r_scheduler::{AttemptRecord, Features, Outcome, Prediction, TaskEnd, Worker};

use super::leases::Lease;
use super::stats::Tally;
use super::{Requester, RequesterOutput};

/// Weight of another task's cost in the usual one.
const COST_WEIGHT: f64 = 0.1;
/// Cost that is taken for usual before there was a task, in mean paths.
const FIRST_COST: f64 = 16_384.0;

/// Features of open leases, numbers of workers, and what tasks usually cost.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// As they were when the task was given; empty unless attempts are told.
    features: BTreeMap<LeaseId, Features>,
    workers: u32,
    usual_cost: Option<f64>,
}

impl Attempts {
    /// A number for a peer that comes; 0 is the local tracer.
    pub(super) const fn number_worker(&mut self) -> u32 {
        self.workers = self.workers.saturating_add(1);
        self.workers
    }

    /// The lease was cancelled: that says nothing about its worker.
    pub(super) fn drop(&mut self, lease: LeaseId) {
        self.features.remove(&lease);
    }
}

impl Requester {
    /// A task was given.
    pub(super) fn note_grant(&mut self, lease: LeaseId, worker: Worker, cost: f64) {
        let usual = self.attempts.usual_cost.unwrap_or(cost);
        self.attempts.usual_cost = Some(usual + COST_WEIGHT * (cost - usual));
        if self.config.insight.tells_attempts {
            self.attempts.features.insert(lease, self.features_of(worker));
        }
    }

    /// A task has ended, with or without a result.
    pub(super) fn note_end(&mut self, lease: LeaseId, outcome: &Outcome) {
        if let Some(tally) = self.tally_of(outcome.worker) {
            tally.failures += u64::from(outcome.end != TaskEnd::Delivered);
        }
        if let Some(features) = self.attempts.features.remove(&lease) {
            let number = self.number_of(outcome.worker);
            let record = Box::new(AttemptRecord::new(outcome, &features, number));
            self.outputs.push_back(RequesterOutput::Attempt(record));
        }
    }

    /// A result came while others had the same task.
    pub(super) fn tally_hedges(&mut self, winner: Worker, losers: &[(LeaseId, Lease)]) {
        for (_, loser) in losers {
            if let Some(tally) = self.tally_of(loser.worker) {
                tally.hedges_lost += 1;
            }
        }
        if !losers.is_empty()
            && let Some(tally) = self.tally_of(winner)
        {
            tally.hedges_won += 1;
        }
    }

    /// The figures of a worker that takes part.
    pub(super) fn tally_of(&mut self, worker: Worker) -> Option<&mut Tally> {
        match worker {
            Worker::Local => Some(&mut self.local.tally),
            Worker::Peer(id) => self.peers.get_mut(&id).map(|peer| &mut peer.tally),
        }
    }

    fn number_of(&self, worker: Worker) -> u32 {
        match worker {
            Worker::Local => 0,
            Worker::Peer(id) => self.peers.get(&id).map_or(0, |peer| peer.number),
        }
    }

    /// What a worker is expected to take for a task as they usually are.
    pub(super) fn typical_prediction(&self, worker: Worker) -> Prediction {
        self.predict(worker, self.attempts.usual_cost.unwrap_or(FIRST_COST))
    }
}
