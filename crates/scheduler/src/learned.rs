//! The product's scheduler: who will finish what when, how sure that is, and who gets how much.
//!
//! A task's time is its tracing and its way, each the exponential of a normal distribution whose mean is
//! learned per worker and, before that, from its like. Intervals come from recent errors
//! ([`crate::conformal`]). Work is shared so that all workers are expected to end together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::conformal::{Calibration, Ends};
use crate::failure::Stays;
use crate::knowledge::{Knowledge, Parts};
use crate::likes::{Kind, Likes};
use crate::worker::by_finish;
use crate::{
    LearnedConfig, OpenWork, Outcome, Piece, Prediction, Scheduler, Stage, TaskEnd, TaskSketch,
    Worker, WorkerSlot, WorkerTraits,
};

/// Most workers that are remembered; beyond it the largest name goes.
const MAX_WORKERS: usize = 1024;
/// Longest prediction; keeps the conversion in range.
const LONGEST_SECONDS: f64 = 86_400.0;
/// Score of a task that never came.
const EXPIRED_SCORE: f64 = 8.0;
/// Narrowest spread of a prediction.
const LEAST_SPREAD: f64 = 0.02;
/// Expected share of failing tasks of a peer and of the local tracer.
const PEER_FAILURE: f64 = 0.03;
const LOCAL_FAILURE: f64 = 0.001;

/// Learns each worker's speed, way, reliability and how far predictions are off.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedScheduler {
    config: LearnedConfig,
    workers: BTreeMap<Worker, Knowledge>,
    likes: Likes,
    stays: Stays,
    /// One for each stage, and one for all.
    calibrations: [Calibration; 4],
}

/// Scores that a stage needs before its own calibration is used.
const OWN_CALIBRATION_FROM: usize = 30;

impl LearnedScheduler {
    /// A scheduler that knows nothing yet.
    pub fn new(config: LearnedConfig) -> Self {
        Self {
            config,
            workers: BTreeMap::new(),
            likes: Likes::default(),
            stays: Stays::new(),
            calibrations: std::array::from_fn(|_| Calibration::new()),
        }
    }

    /// Seconds of tracing at the prior speed.
    fn expected(&self, task: &TaskSketch) -> f64 {
        task.cost.clamp(1.0, 1e18) / self.config.prior_speed
    }

    /// The cost at which growth beyond proportion is counted from.
    fn typical_cost(&self) -> f64 {
        self.config.prior_speed * self.config.first_target.as_secs_f64()
    }

    fn knowledge(&self, worker: Worker) -> Cow<'_, Knowledge> {
        let known = self.workers.get(&worker).map(Cow::Borrowed);
        known.unwrap_or_else(|| Cow::Owned(self.stranger(worker, 0, Duration::ZERO)))
    }

    fn stranger(&self, worker: Worker, kind: Kind, now: Duration) -> Knowledge {
        let failure = if worker == Worker::Local { LOCAL_FAILURE } else { PEER_FAILURE };
        Knowledge::new(kind, self.likes.expect(kind), failure, now)
    }

    fn parts(&self, known: &Knowledge, task: &TaskSketch) -> Parts {
        known.parts(task, self.expected(task), self.typical_cost())
    }

    fn calibration(&self, stage: Stage) -> &Calibration {
        let own = &self.calibrations[1 + stage as usize];
        if own.observed() >= OWN_CALIBRATION_FROM { own } else { &self.calibrations[0] }
    }

    /// Probability that a task of this length brings nothing.
    fn failure(&self, known: &Knowledge, worker: Worker, span: Duration, now: Duration) -> f64 {
        if !self.config.parts.failure {
            return 0.0;
        }
        let own = known.record.probability();
        if worker == Worker::Local {
            return own;
        }
        let leaves = self.stays.departure(now.saturating_sub(known.met_at), span);
        1.0 - (1.0 - own) * (1.0 - leaves)
    }

    /// What a slot can do: seconds per cost, seconds before the first of it counts.
    fn rate(&self, slot: &WorkerSlot, open: &OpenWork, now: Duration) -> Rate {
        let known = self.knowledge(slot.worker);
        let task = TaskSketch { cost: self.typical_cost(), kind: open.kind };
        let parts = self.parts(&known, &task);
        let failure = self.failure(&known, slot.worker, slot.target, now);
        Rate {
            per_cost: parts.compute.mean.exp() / task.cost,
            way: parts.way.mean.exp().min(LONGEST_SECONDS),
            delivered: (1.0 - failure).max(0.05),
            is_proven: known.tasks > 0,
        }
    }

    /// The cost of the next task of a slot that should end by `level` seconds from now.
    fn wish(&self, slot: &WorkerSlot, rate: &Rate, level: f64) -> f64 {
        let shortest = self.config.shortest.as_secs_f64();
        let target = slot.target.as_secs_f64();
        let most = if rate.is_proven {
            target.max(rate.way.min(self.config.longest.as_secs_f64()))
        } else {
            target.min(self.config.first_target.as_secs_f64())
        };
        let share = (level - slot.starts_in.as_secs_f64() - rate.way).max(0.0);
        let seconds = (share / self.config.pieces_per_share).clamp(shortest.min(most), most);
        (seconds / rate.per_cost).max(1.0)
    }
}

/// What a slot can do.
#[derive(Debug, Clone, Copy)]
struct Rate {
    /// Seconds of tracing for a cost of 1, on one lane.
    per_cost: f64,
    /// Seconds that each task takes beside that.
    way: f64,
    /// Share of tasks that bring something.
    delivered: f64,
    is_proven: bool,
}

/// Seconds from now at which all open work is done if everybody works until then: water is filled
/// into the slots, each from the time at which it can deliver its first.
fn water_level(cost: f64, slots: &[WorkerSlot], rates: &[Rate]) -> f64 {
    let mut vessels: Vec<(f64, f64)> = slots
        .iter()
        .zip(rates)
        .map(|(slot, rate)| {
            let bottom = slot.starts_in.as_secs_f64() + rate.way;
            (bottom, f64::from(slot.lanes.max(1)) * rate.delivered / rate.per_cost)
        })
        .collect();
    vessels.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut power, mut filled) = (0.0, 0.0);
    let mut level = 0.0;
    for (index, (bottom, width)) in vessels.iter().enumerate() {
        power += width;
        filled += bottom * width;
        level = (cost + filled) / power;
        if vessels.get(index + 1).is_none_or(|(next, _)| level <= *next) {
            break;
        }
    }
    level
}

impl Default for LearnedScheduler {
    fn default() -> Self {
        Self::new(LearnedConfig::default())
    }
}

impl Scheduler for LearnedScheduler {
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration) {
        if !self.workers.contains_key(&worker) && self.workers.len() >= MAX_WORKERS {
            self.workers.pop_last();
        }
        let kind = traits.device.map_or(0, |device| 1 + device as Kind);
        let stranger = self.stranger(worker, kind, now);
        self.workers.entry(worker).or_insert(stranger);
    }

    fn observe(&mut self, outcome: &Outcome) {
        if !self.workers.contains_key(&outcome.worker) {
            self.meet(outcome.worker, WorkerTraits::default(), outcome.at);
        }
        let (expected, typical_cost) = (self.expected(&outcome.task), self.typical_cost());
        let Some(known) = self.workers.get_mut(&outcome.worker) else { return };
        let stage = known.stage();
        known.observe(outcome, expected, typical_cost, self.config.parts);
        if self.config.parts.likes {
            self.likes.show(outcome.worker, known.kind, known.compute.own());
        }
        let Prediction { median, spread, .. } = outcome.prediction;
        let score = match outcome.end {
            TaskEnd::Delivered => {
                (outcome.elapsed.as_secs_f64() / median.as_secs_f64()).ln() / spread
            }
            TaskEnd::Expired => EXPIRED_SCORE,
            TaskEnd::Lost => return,
        };
        let score = score.clamp(-EXPIRED_SCORE, EXPIRED_SCORE);
        self.calibrations[0].observe(score);
        self.calibrations[1 + stage as usize].observe(score);
    }

    fn predict(&self, worker: Worker, task: &TaskSketch, now: Duration) -> Prediction {
        let known = self.knowledge(worker);
        let (seconds, spread) = self.parts(&known, task).whole();
        let (stage, spread) = (known.stage(), spread.max(LEAST_SPREAD));
        let ends =
            if self.config.parts.conformal { self.calibration(stage).ends() } else { Ends::NORMAL };
        let at = |score: f64| {
            Duration::from_secs_f64((seconds * (score * spread).exp()).min(LONGEST_SECONDS))
        };
        let median = at(0.0);
        Prediction {
            median,
            low: at(ends.low.min(0.0)),
            high: at(ends.high.max(0.0)),
            spread,
            failure: self.failure(&known, worker, median, now),
            is_proven: known.tasks > 0,
            stage,
        }
    }

    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], now: Duration) -> Vec<Piece> {
        let rates: Vec<Rate> = slots.iter().map(|slot| self.rate(slot, open, now)).collect();
        let level = water_level(open.cost, slots, &rates);
        let mut planned = Vec::new();
        for (slot, rate) in slots.iter().zip(&rates) {
            // It could not deliver before the others have done all of it.
            if slot.starts_in.as_secs_f64() + rate.way >= level {
                continue;
            }
            let cost = self.wish(slot, rate, level);
            let task = TaskSketch { cost, kind: open.kind };
            let median = self.predict(slot.worker, &task, now).median;
            planned.extend(slot.plan(cost, median));
        }
        by_finish(planned)
    }

    fn copies(&self) -> bool {
        self.config.parts.hedging
    }

    fn forget(&mut self, worker: Worker, now: Duration) {
        if let Some(known) = self.workers.remove(&worker) {
            self.stays.observe(now.saturating_sub(known.met_at), true);
        }
        self.likes.forget(worker);
    }
}

#[cfg(test)]
#[path = "learned_tests.rs"]
mod tests;
