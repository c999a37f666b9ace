//! Random draws from named distributions.

use p2c2r_transport::memory::Random;

/// A stream of draws that its seed fixes.
#[derive(Debug, Clone)]
pub(crate) struct Draw(Random);

impl Draw {
    /// The stream of a seed and a purpose; streams of different purposes are independent.
    pub(crate) const fn new(seed: u64, purpose: u64) -> Self {
        let mut mixer = Random::new(seed ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self(Random::new(mixer.next_u64()))
    }

    /// From 0 up to but not including 1.
    pub(crate) const fn unit(&mut self) -> f64 {
        self.0.unit()
    }

    /// True with this probability.
    pub(crate) const fn chance(&mut self, probability: f64) -> bool {
        self.0.chance(probability)
    }

    /// Evenly between two values.
    pub(crate) fn between(&mut self, (low, high): (f64, f64)) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Between two values, evenly by their logarithm.
    pub(crate) fn log_uniform(&mut self, (low, high): (f64, f64)) -> f64 {
        (low.ln() + (high / low).ln() * self.unit()).exp()
    }

    /// Standard normal (Box and Muller, 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), self.unit());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// Log-normal: this median, and this standard deviation of the logarithm.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Weibull; a shape of 1 is exponential with mean `scale`.
    pub(crate) fn weibull(&mut self, scale: f64, shape: f64) -> f64 {
        scale * (-(1.0 - self.unit()).ln()).powf(1.0 / shape)
    }

    /// An index with probability in proportion to its weight; 0 if there is no weight at all.
    pub(crate) fn pick(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut rest = self.unit() * weights.clone().sum::<f64>();
        let found = weights.into_iter().position(|weight| {
            rest -= weight;
            rest < 0.0
        });
        found.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(mut draw: impl FnMut(&mut Draw) -> f64) -> f64 {
        let mut stream = Draw::new(7, 1);
        (0..20_000).map(|_| draw(&mut stream)).sum::<f64>() / 20_000.0
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        assert!(mean(Draw::normal).abs() < 0.02);
        assert!((mean(|draw| draw.normal().powi(2)) - 1.0).abs() < 0.03);
        assert!((mean(|draw| draw.log_normal(2.0, 0.5)) - 2.0 * 0.125f64.exp()).abs() < 0.05);
        assert!((mean(|draw| draw.weibull(3.0, 1.0)) - 3.0).abs() < 0.1);
        // Gamma(1 + 1/0.5) = 2.
        assert!((mean(|draw| draw.weibull(1.0, 0.5)) - 2.0).abs() < 0.15);
        let third = mean(|draw| (draw.pick([1.0, 0.0, 3.0].into_iter()) == 2).into());
        assert!((third - 0.75).abs() < 0.02, "{third}");
    }
}
