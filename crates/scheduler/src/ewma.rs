//! The first scheduler: expected finish by an exponentially weighted mean of each worker's speed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::estimate::Estimate;
use crate::worker::{LONGEST_SECONDS, by_finish};
use crate::{
    OpenWork, Outcome, Piece, Prediction, Scheduler, Stage, TaskSketch, Worker, WorkerSlot,
    WorkerTraits,
};

/// Most workers that are remembered; beyond it the largest name goes.
const MAX_WORKERS: usize = 1024;

/// The constants of an [`EwmaScheduler`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EwmaConfig {
    /// Speed of a worker if nothing at all is known, in mean paths per second.
    pub prior_speed: f64,
    /// How long the first task of a worker should take, by the prior.
    pub first_target: Duration,
    /// A task is not made longer than this to outweigh a long way.
    pub longest: Duration,
    /// A task is not cut shorter than this to balance the end of a job.
    pub shortest: Duration,
    /// Pieces that a worker's share of the open work is cut into, at least: larger evens out the
    /// end, smaller saves messages.
    pub pieces_per_share: f64,
}

impl Default for EwmaConfig {
    fn default() -> Self {
        Self {
            prior_speed: 100_000.0,
            first_target: Duration::from_millis(50),
            longest: Duration::from_secs(1),
            shortest: Duration::from_millis(30),
            pieces_per_share: 2.0,
        }
    }
}

/// Speed per worker; a worker that has shown nothing is taken for the median of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct EwmaScheduler {
    config: EwmaConfig,
    estimates: BTreeMap<Worker, Estimate>,
}

impl EwmaScheduler {
    /// A scheduler that knows nothing yet.
    pub const fn new(config: EwmaConfig) -> Self {
        Self { config, estimates: BTreeMap::new() }
    }

    /// Cost per second of one lane of a worker, measured or assumed.
    fn speed(&self, worker: Worker) -> f64 {
        let own = self.estimates.get(&worker).and_then(Estimate::speed);
        own.unwrap_or_else(|| self.typical_speed())
    }

    /// The median speed of proven workers, or the prior.
    fn typical_speed(&self) -> f64 {
        let proven = self.estimates.values().filter(|estimate| estimate.is_proven());
        let mut speeds: Vec<f64> = proven.filter_map(Estimate::speed).collect();
        speeds.sort_unstable_by(f64::total_cmp);
        speeds.get(speeds.len() / 2).copied().unwrap_or(self.config.prior_speed)
    }

    /// How long the next task of a slot should be traced: longer where the way is long.
    fn target(&self, slot: &WorkerSlot) -> Duration {
        let proven = self.estimates.get(&slot.worker).filter(|estimate| estimate.is_proven());
        let first = self.config.first_target.min(slot.target);
        proven
            .map_or(first, |estimate| slot.target.max(estimate.overhead().min(self.config.longest)))
    }

    /// The wished cost of the next task of a slot.
    fn wish(&self, slot: &WorkerSlot, share: f64) -> f64 {
        let speed = self.speed(slot.worker);
        let target = self.target(slot);
        let longest = speed * target.as_secs_f64();
        let shortest = speed * self.config.shortest.min(target).as_secs_f64();
        // Whatever a bad link makes of its speed, a worker is tried with tasks that could pay off.
        let smallest = self.config.prior_speed * self.config.first_target.as_secs_f64() / 8.0;
        (share / self.config.pieces_per_share).min(longest).max(shortest).max(smallest).max(1.0)
    }
}

impl Default for EwmaScheduler {
    fn default() -> Self {
        Self::new(EwmaConfig::default())
    }
}

impl Scheduler for EwmaScheduler {
    fn meet(&mut self, _worker: Worker, _traits: WorkerTraits, _now: Duration) {}

    fn observe(&mut self, outcome: &Outcome) {
        if !self.estimates.contains_key(&outcome.worker) && self.estimates.len() >= MAX_WORKERS {
            self.estimates.pop_last();
        }
        let estimate = self.estimates.entry(outcome.worker).or_insert_with(Estimate::new);
        estimate.observe(outcome);
    }

    fn predict(&self, worker: Worker, task: &TaskSketch, _now: Duration) -> Prediction {
        let unknown = Estimate::new();
        let estimate = self.estimates.get(&worker).unwrap_or(&unknown);
        let traced = (task.cost / self.speed(worker)).min(LONGEST_SECONDS);
        let seconds = traced + estimate.overhead().as_secs_f64();
        let factor = 1.0 + 2.0 * estimate.spread();
        Prediction {
            median: Duration::from_secs_f64(seconds),
            low: Duration::from_secs_f64(seconds / factor),
            high: Duration::from_secs_f64(seconds * factor),
            spread: factor.ln() / 1.645,
            failure: estimate.failure(),
            is_proven: estimate.is_proven(),
            stage: Stage::after(u64::from(estimate.is_proven())),
        }
    }

    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], now: Duration) -> Vec<Piece> {
        let power = |slot: &WorkerSlot| self.speed(slot.worker) * f64::from(slot.lanes.max(1));
        let total: f64 = slots.iter().map(power).sum();
        let mut planned = Vec::new();
        for slot in slots.iter().filter(|slot| slot.room > 0) {
            let share = open.cost * self.speed(slot.worker) / total;
            let cost = self.wish(slot, share);
            let task = TaskSketch { cost, kind: open.kind };
            let median = self.predict(slot.worker, &task, now).median;
            planned.extend(slot.plan(cost, median));
        }
        by_finish(planned)
    }

    fn forget(&mut self, worker: Worker, _now: Duration) {
        self.estimates.remove(&worker);
    }
}

#[cfg(test)]
mod tests {
    use p2c2r_protocol::PeerId;

    use super::*;
    use crate::{TaskEnd, TaskKind};

    const FAST: Worker = Worker::Peer(PeerId(1));
    const SLOW: Worker = Worker::Peer(PeerId(2));
    const NEW: Worker = Worker::Peer(PeerId(3));

    const fn sketch(cost: f64) -> TaskSketch {
        TaskSketch { cost, kind: TaskKind::Long }
    }

    const fn open(cost: f64) -> OpenWork {
        OpenWork { cost, kind: TaskKind::Long }
    }

    fn predict(scheduler: &EwmaScheduler, worker: Worker, cost: f64) -> Prediction {
        scheduler.predict(worker, &sketch(cost), Duration::ZERO)
    }

    fn outcome(worker: Worker, cost: f64, milliseconds: u64) -> Outcome {
        let elapsed = Duration::from_millis(milliseconds);
        let task = sketch(cost);
        let prediction = EwmaScheduler::default().predict(worker, &task, Duration::ZERO);
        let (at, way, end) = (Duration::ZERO, None, TaskEnd::Delivered);
        Outcome { worker, task, prediction, at, elapsed, computed: elapsed, way, end }
    }

    fn slot(worker: Worker) -> WorkerSlot {
        let target = Duration::from_millis(400);
        WorkerSlot { worker, lanes: 1, room: 1, held: 0, starts_in: Duration::ZERO, target }
    }

    fn trained() -> EwmaScheduler {
        let mut scheduler = EwmaScheduler::default();
        for _ in 0..8 {
            scheduler.observe(&outcome(FAST, 1e6, 500));
            scheduler.observe(&outcome(SLOW, 1e5, 500));
        }
        scheduler
    }

    #[test]
    fn pieces_follow_speed() {
        let pieces = trained().assign(&open(1e9), &[slot(SLOW), slot(FAST)], Duration::ZERO);
        let cost = |worker| pieces.iter().find(|piece| piece.worker == worker).unwrap().cost;
        assert!((cost(FAST) / cost(SLOW) - 10.0).abs() < 0.01, "{pieces:?}");
        assert!((cost(FAST) - 2e6 * 0.4).abs() < 1.0);
    }

    #[test]
    fn last_work_is_cut_so_that_all_end_together() {
        let scheduler = trained();
        let pieces = scheduler.assign(&open(440_000.0), &[slot(SLOW), slot(FAST)], Duration::ZERO);
        let times: Vec<_> = pieces
            .iter()
            .map(|piece| predict(&scheduler, piece.worker, piece.cost).median.as_millis())
            .collect();
        assert!(times.iter().all(|&time| (90..=110).contains(&time)), "{times:?}");
    }

    #[test]
    fn unknown_worker_starts_with_a_small_task() {
        let pieces = trained().assign(&open(1e9), &[slot(NEW)], Duration::ZERO);
        // The median of the two known speeds for 50 ms.
        assert!((pieces[0].cost - 2e6 * 0.05).abs() < 1.0, "{pieces:?}");
        assert!(!predict(&trained(), NEW, 1.0).is_proven);
    }

    #[test]
    fn worker_that_lets_leases_run_out_is_expected_to_be_slower_and_to_fail() {
        let mut scheduler = trained();
        let before = predict(&scheduler, FAST, 1e6);
        for _ in 0..3 {
            let end = TaskEnd::Expired;
            scheduler.observe(&Outcome { end, ..outcome(FAST, 1e6, 2000) });
        }
        let after = predict(&scheduler, FAST, 1e6);
        assert!(after.median > before.median * 3 && after.failure > 0.4, "{after:?}");
    }

    #[test]
    fn long_way_makes_tasks_longer_not_ever_smaller() {
        let mut scheduler = EwmaScheduler::default();
        let mut cost = 10_000.0;
        for _ in 0..20 {
            let computed = Duration::from_secs_f64(cost / 2e5);
            let elapsed = computed + Duration::from_millis(700);
            scheduler.observe(&Outcome { elapsed, computed, ..outcome(FAST, cost, 1) });
            cost = scheduler.assign(&open(1e9), &[slot(FAST)], Duration::ZERO)[0].cost;
        }
        assert!((1.2e5..1.5e5).contains(&cost), "{cost}");
        let median = predict(&scheduler, FAST, cost).median.as_secs_f64();
        assert!((median - cost / 2e5 - 0.7).abs() < 0.02, "{median}");
    }

    #[test]
    fn worker_that_says_it_took_no_time_is_not_believed() {
        let mut scheduler = EwmaScheduler::default();
        for _ in 0..8 {
            let computed = Duration::ZERO;
            scheduler.observe(&Outcome { computed, ..outcome(FAST, 1e5, 800) });
        }
        let cost = scheduler.assign(&open(1e9), &[slot(FAST)], Duration::ZERO)[0].cost;
        assert!(cost <= 8e5, "{cost}");
        assert!(predict(&scheduler, FAST, 1e5).median >= Duration::from_millis(700));
    }

    #[test]
    fn change_of_speed_is_learned_within_a_few_tasks() {
        let mut scheduler = trained();
        for _ in 0..6 {
            scheduler.observe(&outcome(FAST, 1e5, 500));
        }
        let median = predict(&scheduler, FAST, 1e5).median.as_secs_f64();
        assert!((0.2..0.6).contains(&median), "{median}");
    }
}
