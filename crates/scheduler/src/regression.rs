//! Bayesian linear regression that learns one observation at a time.
//!
//! The posterior over the weights is a normal distribution; an observation with known noise updates it
//! in closed form (the Kalman filter's measurement step: Murphy, "Probabilistic Machine Learning:
//! Advanced Topics", 2023, section 8.2).

/// Number of weights.
pub(crate) const WEIGHTS: usize = 5;

/// Number of different covariances.
pub(crate) const TRIANGLE: usize = WEIGHTS * (WEIGHTS + 1) / 2;

/// What the weights are multiplied with.
pub(crate) type Inputs = [f64; WEIGHTS];

/// A mean and its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Normal {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

impl Normal {
    /// The sum of two independent values.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self { mean: self.mean + other.mean, variance: self.variance + other.variance }
    }
}

/// A normal distribution over the weights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Posterior {
    mean: [f64; WEIGHTS],
    covariance: [[f64; WEIGHTS]; WEIGHTS],
    /// How much the means follow the prior mean of the first weight.
    pull: [f64; WEIGHTS],
}

impl Posterior {
    /// Independent weights of these variances around these means.
    pub(crate) fn new(mean: [f64; WEIGHTS], variances: [f64; WEIGHTS]) -> Self {
        let mut covariance = [[0.0; WEIGHTS]; WEIGHTS];
        for (index, variance) in variances.into_iter().enumerate() {
            covariance[index][index] = variance;
        }
        let mut pull = [0.0; WEIGHTS];
        pull[0] = 1.0;
        Self { mean, covariance, pull }
    }

    /// What [`Self::means`] and [`Self::triangle`] said; the prior has no part in it any more.
    pub(crate) fn restore(mean: [f64; WEIGHTS], triangle: [f64; TRIANGLE]) -> Self {
        let mut covariance = [[0.0; WEIGHTS]; WEIGHTS];
        for ((row, column), value) in places().zip(triangle) {
            (covariance[row][column], covariance[column][row]) = (value, value);
        }
        Self { mean, covariance, pull: [0.0; WEIGHTS] }
    }

    /// The weights' means.
    pub(crate) const fn means(&self) -> [f64; WEIGHTS] {
        self.mean
    }

    /// Their covariances, each once.
    pub(crate) fn triangle(&self) -> [f64; TRIANGLE] {
        let mut triangle = [0.0; TRIANGLE];
        for (value, (row, column)) in triangle.iter_mut().zip(places()) {
            *value = self.covariance[row][column];
        }
        triangle
    }

    /// The distribution of one weight.
    pub(crate) const fn weight(&self, index: usize) -> Normal {
        Normal { mean: self.mean[index], variance: self.covariance[index][index] }
    }

    /// The distribution of the regression's value, without the noise of an observation.
    pub(crate) fn value(&self, inputs: &Inputs) -> Normal {
        let spread = self.covariance_with(inputs);
        Normal { mean: dot(&self.mean, inputs), variance: dot(&spread, inputs).max(0.0) }
    }

    /// Learns that the value at `inputs` was `observed`, give or take the noise's variance.
    pub(crate) fn learn(&mut self, inputs: &Inputs, observed: f64, noise_variance: f64) {
        let spread = self.covariance_with(inputs);
        let total = dot(&spread, inputs).max(0.0) + noise_variance;
        let surprise = observed - dot(&self.mean, inputs);
        let pulled = dot(&self.pull, inputs);
        if !(total > 0.0 && total.is_finite() && surprise.is_finite()) {
            return;
        }
        for row in 0..WEIGHTS {
            let gain = spread[row] / total;
            self.mean[row] += gain * surprise;
            self.pull[row] -= gain * pulled;
            for (column, along) in spread.iter().enumerate() {
                self.covariance[row][column] -= gain * along;
            }
        }
    }

    /// Whether nothing was learned.
    pub(crate) fn is_untouched(&self) -> bool {
        self.pull[0] >= 1.0
    }

    /// Goes on as if the prior mean of the first weight had been larger by this.
    pub(crate) fn move_prior(&mut self, by: f64) {
        for (mean, pull) in self.mean.iter_mut().zip(self.pull) {
            *mean += pull * by;
        }
    }

    /// Goes on as if everything, the prior too, had been larger by this, if the first input is always 1.
    pub(crate) const fn shift(&mut self, by: f64) {
        self.mean[0] += by;
    }

    /// Lets one weight have changed by this variance, up to `most`.
    pub(crate) fn loosen(&mut self, index: usize, variance: f64, most: f64) {
        let own = &mut self.covariance[index][index];
        *own = (*own + variance).min(most.max(*own));
    }

    fn covariance_with(&self, inputs: &Inputs) -> [f64; WEIGHTS] {
        let mut product = [0.0; WEIGHTS];
        for (value, row) in product.iter_mut().zip(&self.covariance) {
            *value = dot(row, inputs);
        }
        product
    }
}

/// Rows and columns of a covariance's lower half.
fn places() -> impl Iterator<Item = (usize, usize)> {
    (0..WEIGHTS).flat_map(|row| (0..=row).map(move |column| (row, column)))
}

fn dot(a: &[f64; WEIGHTS], b: &[f64; WEIGHTS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(second: f64) -> Inputs {
        let mut inputs = [0.0; WEIGHTS];
        (inputs[0], inputs[1]) = (1.0, second);
        inputs
    }

    #[test]
    fn one_weight_is_the_precision_weighted_mean() {
        let mut posterior = Posterior::new([0.0; WEIGHTS], [4.0; WEIGHTS]);
        for observed in [1.0, 2.0, 6.0] {
            posterior.learn(&inputs(0.0), observed, 2.0);
        }
        // Precisions 1/4 and three times 1/2.
        let Normal { mean, variance } = posterior.weight(0);
        assert!((mean - 4.5 / 1.75).abs() < 1e-12 && (variance - 1.0 / 1.75).abs() < 1e-12);
        assert_eq!(posterior.weight(1), Normal { mean: 0.0, variance: 4.0 });
    }

    #[test]
    fn line_is_found_and_known_better_where_it_was_seen() {
        let mut posterior = Posterior::new([0.0; WEIGHTS], [1.0; WEIGHTS]);
        for step in 0..200 {
            let x = f64::from(step % 5) / 5.0;
            posterior.learn(&inputs(x), 0.3 - 0.7 * x, 0.01);
        }
        assert!((posterior.weight(0).mean - 0.3).abs() < 0.01);
        assert!((posterior.weight(1).mean + 0.7).abs() < 0.02);
        assert!(posterior.value(&inputs(0.4)).variance < posterior.value(&inputs(5.0)).variance);
    }

    #[test]
    fn order_of_observations_does_not_matter() {
        let observations = [(0.1, 1.0), (0.9, -2.0), (0.5, 0.5)];
        let learned = |order: [usize; 3]| {
            let mut posterior = Posterior::new([0.0; WEIGHTS], [1.0; WEIGHTS]);
            for index in order {
                let (x, observed) = observations[index];
                posterior.learn(&inputs(x), observed, 0.1);
            }
            posterior.value(&inputs(0.3))
        };
        let (first, second) = (learned([0, 1, 2]), learned([2, 0, 1]));
        assert!((first.mean - second.mean).abs() < 1e-12);
        assert!((first.variance - second.variance).abs() < 1e-12);
    }

    #[test]
    fn prior_can_be_moved_after_the_fact() {
        let learned = |prior: f64| {
            let mut posterior =
                Posterior::new([prior, 0.0, 0.0, 0.0, 0.0], [1.0, 0.5, 1.0, 1.0, 1.0]);
            for (x, observed) in [(0.1, 1.0), (0.9, -2.0), (0.5, 0.5)] {
                posterior.loosen(0, 0.01, 1.0);
                posterior.learn(&inputs(x), observed, 0.3);
            }
            posterior
        };
        let mut moved = learned(0.0);
        moved.move_prior(2.0);
        let (moved, expected) = (moved.means(), learned(2.0).means());
        assert!(moved.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{moved:?}");
        let shifted = learned(0.0);
        let restored = Posterior::restore(shifted.means(), shifted.triangle());
        assert_eq!(restored.value(&inputs(0.7)), shifted.value(&inputs(0.7)));
    }

    #[test]
    fn nonsense_changes_nothing() {
        let mut posterior = Posterior::new([0.0; WEIGHTS], [1.0; WEIGHTS]);
        let known = posterior.clone();
        posterior.learn(&inputs(f64::NAN), 1.0, 0.1);
        posterior.learn(&inputs(0.0), f64::INFINITY, 0.1);
        posterior.learn(&inputs(0.0), 1.0, f64::NAN);
        assert_eq!(posterior, known);
    }
}
