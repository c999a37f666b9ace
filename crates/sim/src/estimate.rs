//! Figures with intervals, over runs of several seeds.

use serde::Serialize;

use crate::draw::Draw;

/// Repetitions of the bootstrap.
const RESAMPLES: usize = 1000;

/// A figure with an interval that holds it in 95 of 100 cases, by the bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// The mean of one value a seed; values that are not finite are left out.
    pub fn of_mean(values: &[f64]) -> Self {
        let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        Self::of(values.len(), |seeds| {
            seeds.iter().map(|seed| values[*seed]).sum::<f64>() / seeds.len() as f64
        })
    }

    /// In another unit, so many of which make one of this.
    pub(crate) fn times(self, factor: f64) -> Self {
        let Self { mean, low, high } = self;
        Self { mean: factor * mean, low: factor * low, high: factor * high }
    }

    /// Any figure of a choice of seeds, by the percentile bootstrap (Efron, "Bootstrap Methods", 1979): seeds
    /// are drawn again with repetition, and what was raced under a seed stays together.
    pub fn of(seeds: usize, figure: impl Fn(&[usize]) -> f64) -> Self {
        if seeds == 0 {
            return Self { mean: f64::NAN, low: f64::NAN, high: f64::NAN };
        }
        let mut draw = Draw::new(seeds as u64, 0xb007);
        let mut again = || ((draw.unit() * seeds as f64) as usize).min(seeds - 1);
        let mut figures: Vec<f64> = (0..RESAMPLES)
            .map(|_| figure(&(0..seeds).map(|_| again()).collect::<Vec<_>>()))
            .collect();
        figures.sort_unstable_by(f64::total_cmp);
        let at = |level: f64| figures[(level * (RESAMPLES - 1) as f64) as usize];
        let all: Vec<usize> = (0..seeds).collect();
        Self { mean: figure(&all), low: at(0.025), high: at(0.975) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_of_a_mean_has_the_width_of_its_standard_error() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let Estimate { mean, low, high } = Estimate::of_mean(&values);
        assert!((mean - 49.5).abs() < 1e-9);
        // 28.9 / 10 × 1.96 to both sides.
        assert!(
            (high - mean - 5.66).abs() < 0.7 && (mean - low - 5.66).abs() < 0.7,
            "{low} {high}"
        );
        assert!(Estimate::of_mean(&[f64::NAN]).mean.is_nan());
    }
}
