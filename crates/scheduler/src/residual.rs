//! How much slower than expected one worker traces, and how sure that is.

use std::collections::VecDeque;

use crate::drift::Drift;
use crate::noise::Noise;
use crate::regression::{Inputs, Normal, Posterior, WEIGHTS};
use crate::{Stage, TaskKind, TaskSketch};

/// Variance by which a worker's own slowness wanders between two tasks, and its most.
const WANDER: f64 = 0.0004;
const MOST_WANDERED: f64 = 1.0;
/// Variance of the change of a worker that was seen to change.
const CHANGE: f64 = 1.0;
/// Prior variance of how time grows with cost beyond proportion, and of what a kind of task adds.
const GROWTH: f64 = 0.01;
const KIND: f64 = 0.09;
/// What is expected of the spread of single tasks, and what it never falls below.
pub(crate) const NOISE: (f64, f64) = (0.06, 0.0009);
/// A task counts fully up to this many standard deviations.
const FULL_UP_TO: f64 = 3.0;
/// Tasks that are looked at again when a worker was seen to change.
const RECENT: usize = 2;

/// A regression of the logarithm of seconds over expected seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Residual {
    posterior: Posterior,
    noise: Noise,
    drift: Drift,
    recent: VecDeque<(Inputs, f64)>,
}

impl Residual {
    /// A worker that has shown nothing; `prior` is what is expected of its like.
    pub(crate) fn new(prior: Normal) -> Self {
        let mut mean = [0.0; WEIGHTS];
        mean[0] = prior.mean;
        let mut variances = [KIND; WEIGHTS];
        (variances[0], variances[1]) = (prior.variance, GROWTH);
        Self {
            posterior: Posterior::new(mean, variances),
            noise: Noise::new(NOISE.0, 4.0, NOISE.1),
            drift: Drift::default(),
            recent: VecDeque::with_capacity(RECENT),
        }
    }

    /// Whether nothing was learned.
    pub(crate) fn is_untouched(&self) -> bool {
        self.posterior.is_untouched()
    }

    /// Goes on as if another slowness had been expected, larger by this.
    pub(crate) fn move_prior(&mut self, by: f64) {
        self.posterior.move_prior(by);
    }

    /// Goes on as if what is expected of tasks had been shorter by this.
    pub(crate) fn shift(&mut self, by: f64) {
        self.posterior.shift(by);
        self.recent.iter_mut().for_each(|(_, residual)| *residual += by);
    }

    /// The worker is expected to have changed by this meanwhile.
    pub(crate) fn change(&mut self, by: Normal) {
        self.posterior.shift(by.mean);
        self.posterior.loosen(0, by.variance, MOST_WANDERED);
    }

    /// Numbers to go on from in another session: the posterior, and the spread of single tasks.
    pub(crate) const fn saved(&self) -> (&Posterior, [f64; 2]) {
        (&self.posterior, self.noise.saved())
    }

    /// A residual that goes on from saved numbers; it may have changed by this variance.
    pub(crate) fn restore(mut posterior: Posterior, noise: [f64; 2], changed: f64) -> Self {
        posterior.loosen(0, changed, f64::INFINITY);
        let noise = Noise::restore(noise, NOISE.1);
        Self { posterior, noise, drift: Drift::default(), recent: VecDeque::with_capacity(RECENT) }
    }

    /// The worker's own part, without kinds and growth.
    pub(crate) const fn own(&self) -> Normal {
        self.posterior.weight(0)
    }

    /// The distribution of the next task's residual.
    pub(crate) fn next(&self, inputs: &Inputs) -> Normal {
        let Normal { mean, variance } = self.posterior.value(inputs);
        Normal { mean, variance: variance + self.noise.variance() }
    }

    /// Learns a task's residual; `true` if the worker was seen to change, which it may if it `drifts`.
    pub(crate) fn observe(&mut self, inputs: Inputs, residual: f64, drifts: bool) -> bool {
        let expected = self.next(&inputs);
        let (error, deviation) = (residual - expected.mean, expected.variance.sqrt());
        if !error.is_finite() {
            return false;
        }
        let is_changed = self.drift.observe(error / deviation) && drifts;
        if is_changed {
            self.posterior.loosen(0, CHANGE, CHANGE);
            for (inputs, recent) in std::mem::take(&mut self.recent) {
                // Those from before the change lie nearer to what was expected.
                if (recent - residual).abs() < (recent - expected.mean).abs() {
                    self.posterior.learn(&inputs, recent, self.noise.variance());
                }
            }
        }
        // The more surprising, the less it counts, unless it is known to be a change.
        let weight = if is_changed { 1.0 } else { (FULL_UP_TO * deviation / error.abs()).min(1.0) };
        let noise = self.noise.variance() / weight;
        self.posterior.loosen(0, WANDER, MOST_WANDERED);
        self.posterior.learn(&inputs, residual, noise);
        if !is_changed {
            // The share of the surprise that the noise accounts for.
            let share = self.noise.variance() / expected.variance;
            self.noise.observe((weight * error).powi(2) * share);
        }
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((inputs, residual));
        is_changed
    }

    /// Learns that a task took longer than this, nobody knows by how much.
    pub(crate) fn observe_at_least(&mut self, inputs: Inputs, residual: f64, drifts: bool) {
        if residual > self.next(&inputs).mean {
            self.observe(inputs, residual, drifts);
        }
    }
}

/// What the regression sees of a task. Kinds join once a worker has done enough to tell them apart.
pub(crate) fn inputs(task: &TaskSketch, stage: Stage, typical_cost: f64) -> Inputs {
    let mut inputs = [0.0; WEIGHTS];
    inputs[0] = 1.0;
    inputs[1] = (task.sound_cost() / typical_cost).ln().clamp(-6.0, 6.0) / 3.0;
    if stage >= Stage::PerKind {
        inputs[2 + match task.kind {
            TaskKind::Direct => 0,
            TaskKind::Short => 1,
            TaskKind::Long => 2,
        }] = 1.0;
    }
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typical() -> Inputs {
        inputs(&TaskSketch { cost: 1e4, kind: TaskKind::Long }, Stage::PerWorker, 1e4)
    }

    fn settled(slowness: f64) -> Residual {
        let mut residual = Residual::new(Normal { mean: 0.0, variance: 0.6 });
        for step in 0..30 {
            let noise = if step % 2 == 0 { 0.1 } else { -0.1 };
            residual.observe(typical(), slowness + noise, true);
        }
        residual
    }

    #[test]
    fn first_task_already_says_most() {
        let mut residual = Residual::new(Normal { mean: 0.0, variance: 0.6 });
        residual.observe(typical(), 1.0, true);
        assert!((0.7..1.0).contains(&residual.next(&typical()).mean));
    }

    #[test]
    fn fivefold_slowdown_is_learned_within_three_tasks_and_so_is_its_end() {
        let mut residual = settled(0.0);
        let slow = 5f64.ln();
        (0..3).for_each(|_| {
            residual.observe(typical(), slow, true);
        });
        assert!((residual.next(&typical()).mean - slow).abs() < 0.25, "{residual:?}");
        (0..3).for_each(|_| {
            residual.observe(typical(), 0.0, true);
        });
        assert!(residual.next(&typical()).mean < 0.25, "{residual:?}");
    }

    #[test]
    fn one_outlier_moves_little() {
        let mut residual = settled(0.0);
        residual.observe(typical(), 3.0, true);
        assert!(residual.next(&typical()).mean < 0.1, "{residual:?}");
    }

    #[test]
    fn kinds_are_told_apart() {
        let mut residual = settled(0.0);
        let task = |kind| TaskSketch { cost: 1e4, kind };
        let seen = |kind| inputs(&task(kind), Stage::PerKind, 1e4);
        for _ in 0..40 {
            residual.observe(seen(TaskKind::Direct), 0.3, true);
            residual.observe(seen(TaskKind::Long), -0.3, true);
        }
        let direct = residual.next(&seen(TaskKind::Direct)).mean;
        let long = residual.next(&seen(TaskKind::Long)).mean;
        assert!((direct - 0.3).abs() < 0.05 && (long + 0.3).abs() < 0.05, "{direct} {long}");
    }

    #[test]
    fn lower_bound_below_the_expected_teaches_nothing() {
        let mut residual = settled(0.5);
        let known = residual.clone();
        residual.observe_at_least(typical(), 0.2, true);
        assert_eq!(residual, known);
        residual.observe_at_least(typical(), 2.0, true);
        assert!(residual.next(&typical()).mean > known.next(&typical()).mean);
    }
}
