//! One quantity that wanders slowly, seen through noise: what a task takes beside tracing.

use crate::noise::Noise;
use crate::regression::Normal;

/// Variance by which the logarithm wanders between two observations.
const WANDER: f64 = 0.004;
/// What is expected of the spread of single observations, and what it never falls below.
const NOISE: (f64, f64) = (0.16, 0.01);
/// An observation counts fully up to this many standard deviations (Huber, "Robust Estimation of a
/// Location Parameter", 1964).
const FULL_UP_TO: f64 = 3.0;

/// A local level model of a logarithm: a Kalman filter of one dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    mean: f64,
    variance: f64,
    noise: Noise,
    /// How much the mean follows the prior's.
    pull: f64,
}

impl Level {
    pub(crate) const fn new(prior: Normal) -> Self {
        let noise = Noise::new(NOISE.0, 4.0, NOISE.1);
        Self { mean: prior.mean, variance: prior.variance, noise, pull: 1.0 }
    }

    /// The next observation's distribution.
    pub(crate) const fn next(&self) -> Normal {
        Normal { mean: self.mean, variance: self.variance + self.noise.variance() }
    }

    /// Whether nothing was learned.
    pub(crate) const fn is_untouched(&self) -> bool {
        self.pull >= 1.0
    }

    /// Standard deviation of single observations around it.
    pub(crate) fn spread(&self) -> f64 {
        self.noise.variance().sqrt()
    }

    /// The level itself.
    pub(crate) const fn own(&self) -> Normal {
        Normal { mean: self.mean, variance: self.variance }
    }

    /// Goes on as if the prior mean had been larger by this.
    pub(crate) const fn move_prior(&mut self, by: f64) {
        self.mean += self.pull * by;
    }

    /// Learns an observation; returns the part of the mean that it is now.
    pub(crate) fn observe(&mut self, value: f64) -> f64 {
        let Normal { mean, variance } = self.next();
        let error = value - mean;
        if !error.is_finite() {
            return 0.0;
        }
        let weight = (FULL_UP_TO * variance.sqrt() / error.abs()).min(1.0);
        let noise = self.noise.variance() / weight;
        self.variance += WANDER;
        let gain = self.variance / (self.variance + noise);
        self.mean += gain * error;
        self.noise.observe((weight * error).powi(2) * noise * weight / (self.variance + noise));
        self.variance *= 1.0 - gain;
        self.pull *= 1.0 - gain;
        gain
    }

    /// Numbers to go on from in another session.
    pub(crate) const fn saved(&self) -> [f64; 4] {
        let [weight, sum] = self.noise.saved();
        [self.mean, self.variance, weight, sum]
    }

    /// A level that goes on from saved numbers.
    pub(crate) const fn restore([mean, variance, weight, sum]: [f64; 4]) -> Self {
        let noise = Noise::restore([weight, sum], NOISE.1);
        Self { mean, variance, noise, pull: 0.0 }
    }

    /// Lets the level have changed by this variance.
    pub(crate) const fn loosen(&mut self, variance: f64) {
        self.variance += variance;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_and_spread_are_found_despite_outliers() {
        let mut level = Level::new(Normal { mean: 0.0, variance: 1.0 });
        for step in 0..200 {
            let noise = if step % 2 == 0 { 0.1 } else { -0.1 };
            level.observe(if step % 20 == 7 { 9.0 } else { 2.0 + noise });
        }
        let Normal { mean, variance } = level.next();
        assert!((1.9..2.3).contains(&mean), "{mean}");
        assert!((0.01..0.5).contains(&variance), "{variance}");
    }

    #[test]
    fn nonsense_changes_nothing() {
        let mut level = Level::new(Normal { mean: 0.0, variance: 1.0 });
        let known = level;
        level.observe(f64::NAN);
        level.observe(f64::INFINITY);
        assert_eq!(level, known);
    }
}
