//! The standard normal distribution: tail and quantile.

/// Probability that a standard normal variable is larger: Abramowitz and Stegun, "Handbook of
/// Mathematical Functions", 26.2.17; off by at most 7.5e-8.
pub(crate) fn upper_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - upper_tail(-z);
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() * series
}

/// The value that a standard normal variable exceeds with this probability, within ±8: Abramowitz and
/// Stegun, 26.2.23, and one step of Newton's method on the tail.
pub(crate) fn quantile_above(probability: f64) -> f64 {
    if probability > 0.5 {
        return -quantile_above(1.0 - probability);
    }
    // Not a number ends here too.
    let probability = if probability > 1e-15 { probability } else { 1e-15 };
    let t = (-2.0 * probability.ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let z = t - above / below;
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    z + (upper_tail(z) - probability) / density
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (z, tail) in [(0.0, 0.5), (1.0, 0.158_655_25), (1.644_853_6, 0.05), (3.0, 0.001_349_9)]
        {
            assert!((upper_tail(z) - tail).abs() < 1e-6, "{z}");
            assert!((upper_tail(-z) - (1.0 - tail)).abs() < 1e-6, "{z}");
            assert!((quantile_above(tail) - z).abs() < 1e-4, "{z}");
            assert!((quantile_above(1.0 - tail) + z).abs() < 1e-4, "{z}");
        }
    }

    #[test]
    fn any_probability_has_a_finite_quantile() {
        for probability in [0.0, 1.0, -1.0, 2.0, f64::NAN] {
            assert!(quantile_above(probability).abs() < 10.0, "{probability}");
        }
    }
}
