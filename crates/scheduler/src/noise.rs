//! How far single observations lie from what was expected of them.

/// What one more observation leaves of the weight of all before it.
const MEMORY: f64 = 0.97;

/// A variance, learned from squared deviations, with forgetting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Noise {
    weight: f64,
    sum: f64,
    least: f64,
}

impl Noise {
    /// Expects `variance` with the weight of `observations`, and never less than `least`.
    pub(crate) const fn new(variance: f64, observations: f64, least: f64) -> Self {
        Self { weight: observations, sum: variance * observations, least }
    }

    /// Numbers to go on from in another session.
    pub(crate) const fn saved(&self) -> [f64; 2] {
        [self.weight, self.sum]
    }

    /// A variance that goes on from saved numbers.
    pub(crate) const fn restore([weight, sum]: [f64; 2], least: f64) -> Self {
        Self { weight, sum, least }
    }

    pub(crate) const fn variance(&self) -> f64 {
        (self.sum / self.weight).max(self.least)
    }

    /// Learns a squared deviation; the prior fades with everything else.
    pub(crate) fn observe(&mut self, squared: f64) {
        if squared.is_finite() {
            self.weight = MEMORY * self.weight + 1.0;
            self.sum = MEMORY * self.sum + squared;
        }
    }
}
