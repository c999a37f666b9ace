//! Intervals that hold what they promise, whatever the errors are like.
//!
//! Errors of predictions, divided by what the model takes for their standard deviation, are *scores*. The
//! interval is made of quantiles of recent scores (conformal prediction), and the level of each end
//! moves a little with every miss and hit, so that coverage holds in the long run even where the world
//! changes: adaptive conformal inference, Gibbs and Candès, NeurIPS 2021, equation 2.

use std::collections::VecDeque;

use crate::normal::quantile_above;

/// Probability outside of the interval at each end.
const TAIL: f64 = 0.05;
/// Recent scores that count.
const WINDOW: usize = 300;
/// Scores of a standard normal distribution that are there from the start.
const PRIOR_SCORES: usize = 40;
/// Numbers of a sketch: the two levels, and quantiles.
pub(crate) const SKETCH: usize = 2 + PRIOR_SCORES;
/// How much one observation moves a level.
const STEP: f64 = 0.004;
/// Levels stay within these.
const LEVELS: (f64, f64) = (0.001, 0.2);

/// The ends of an interval, in standard deviations from the prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ends {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Ends {
    /// Those of the normal distribution.
    pub(crate) const NORMAL: Self = Self { low: -1.645, high: 1.645 };
}

/// Recent scores and the levels of the two ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calibration {
    /// In the order they came, the oldest first.
    recent: VecDeque<f64>,
    /// The same, sorted.
    sorted: Vec<f64>,
    low_level: f64,
    high_level: f64,
}

impl Calibration {
    /// Takes scores for standard normal until they have shown otherwise.
    pub(crate) fn new() -> Self {
        let place = |index: usize| 1.0 - (index as f64 + 0.5) / PRIOR_SCORES as f64;
        Self::of((0..PRIOR_SCORES).map(|index| quantile_above(place(index))).collect())
    }

    fn of(mut sorted: Vec<f64>) -> Self {
        sorted.sort_unstable_by(f64::total_cmp);
        // The outermost leave first, since the window drops the oldest.
        let mut recent: Vec<f64> = sorted.clone();
        recent.sort_unstable_by(|a, b| b.abs().total_cmp(&a.abs()));
        Self { recent: recent.into(), sorted, low_level: TAIL, high_level: TAIL }
    }

    /// The levels and the scores' quantiles, for another session.
    pub(crate) fn sketch(&self) -> [f32; SKETCH] {
        let mut sketch = [self.low_level as f32; SKETCH];
        sketch[1] = self.high_level as f32;
        for (index, score) in sketch[2..].iter_mut().enumerate() {
            *score = self.quantile((index as f64 + 0.5) / PRIOR_SCORES as f64) as f32;
        }
        sketch
    }

    /// Begins with the scores of a sketch; `None` if it cannot be one.
    pub(crate) fn from_sketch(sketch: &[f32]) -> Option<Self> {
        let (levels, scores) = sketch.split_first_chunk::<2>()?;
        if scores.len() != PRIOR_SCORES || sketch.iter().any(|number| !number.is_finite()) {
            return None;
        }
        let [low_level, high_level] =
            levels.map(|level| f64::from(level).clamp(LEVELS.0, LEVELS.1));
        let scores = scores.iter().map(|score| f64::from(*score)).collect();
        Some(Self { low_level, high_level, ..Self::of(scores) })
    }

    /// The interval that holds nine scores of ten.
    pub(crate) fn ends(&self) -> Ends {
        Ends { low: self.quantile(self.low_level), high: self.quantile(1.0 - self.high_level) }
    }

    /// Learns the score of a prediction.
    pub(crate) fn observe(&mut self, score: f64) {
        if !score.is_finite() {
            return;
        }
        let ends = self.ends();
        let missed = |is_missed: bool| if is_missed { 1.0 } else { 0.0 };
        let moved = |level: f64, is_missed| {
            (level + STEP * (TAIL - missed(is_missed))).clamp(LEVELS.0, LEVELS.1)
        };
        self.low_level = moved(self.low_level, score < ends.low);
        self.high_level = moved(self.high_level, score > ends.high);
        if self.recent.len() >= WINDOW
            && let Some(oldest) = self.recent.pop_front()
        {
            let place = self.sorted.partition_point(|known| known.total_cmp(&oldest).is_lt());
            self.sorted.remove(place);
        }
        self.recent.push_back(score);
        let place = self.sorted.partition_point(|known| known.total_cmp(&score).is_lt());
        self.sorted.insert(place, score);
    }

    /// Scores that were observed and still count.
    pub(crate) fn observed(&self) -> usize {
        self.recent.len().saturating_sub(PRIOR_SCORES)
    }

    /// Between the two nearest ranks.
    fn quantile(&self, level: f64) -> f64 {
        let rank = level * (self.sorted.len() + 1) as f64 - 1.0;
        let rank = rank.clamp(0.0, (self.sorted.len() - 1) as f64);
        let (below, part) = (rank as usize, rank.fract());
        let above = (below + 1).min(self.sorted.len() - 1);
        self.sorted[below] + part * (self.sorted[above] - self.sorted[below])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cheap uniform sequence: the fractional parts of multiples of the golden ratio.
    fn uniform(index: u32) -> f64 {
        (f64::from(index) * 0.618_033_988_749_895).fract()
    }

    fn coverage(scores: impl Iterator<Item = f64>) -> (f64, f64) {
        let mut calibration = Calibration::new();
        let (mut below, mut above, mut count) = (0, 0, 0);
        for score in scores {
            let ends = calibration.ends();
            below += i32::from(score < ends.low);
            above += i32::from(score > ends.high);
            count += 1;
            calibration.observe(score);
        }
        (f64::from(below) / f64::from(count), f64::from(above) / f64::from(count))
    }

    #[test]
    fn starts_as_the_normal_distribution() {
        let Ends { low, high } = Calibration::new().ends();
        assert!((high - 1.7).abs() < 0.1 && (low + 1.7).abs() < 0.1, "{low} {high}");
    }

    #[test]
    fn skewed_errors_are_covered_at_both_ends() {
        // Exponential scores: nothing below 0, a long tail above.
        let (below, above) = coverage((1..4000).map(|index| -(1.0 - uniform(index)).ln()));
        assert!((0.03..0.07).contains(&below) && (0.03..0.07).contains(&above), "{below} {above}");
    }

    #[test]
    fn coverage_survives_a_model_that_becomes_three_times_too_sure() {
        let score = |index: u32| {
            let scale = if index < 2000 { 1.0 } else { 3.0 };
            scale * quantile_above(uniform(index).clamp(1e-6, 1.0 - 1e-6))
        };
        let (below, above) = coverage((1..6000).map(score));
        assert!((0.03..0.07).contains(&below) && (0.03..0.07).contains(&above), "{below} {above}");
    }

    #[test]
    fn memory_is_bounded_and_nonsense_is_ignored() {
        let mut calibration = Calibration::new();
        for index in 0..5000 {
            calibration.observe(f64::from(index));
            calibration.observe(f64::NAN);
        }
        assert_eq!((calibration.recent.len(), calibration.sorted.len()), (WINDOW, WINDOW));
        assert!(calibration.sorted.is_sorted());
    }
}
