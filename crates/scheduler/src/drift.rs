//! Notices that a worker has become another one: throttled, hidden, or free again.

/// Surprise, in standard deviations, that is taken for noise.
const SLACK: f64 = 0.5;
/// Accumulated surprise that is taken for a change. With `SLACK`, honest noise reaches it about once
/// in 170 observations on either side (Page, "Continuous Inspection Schemes", Biometrika 1954).
const ALARM: f64 = 4.0;
/// A single observation counts as at most this much, so that an outlier alone is no change.
const MOST: f64 = 3.5;

/// Two-sided cumulative sum of standardised surprises.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Drift {
    slower: f64,
    faster: f64,
}

impl Drift {
    /// Adds a surprise in standard deviations, positive if slower; `true` if the worker has changed.
    pub(crate) fn observe(&mut self, surprise: f64) -> bool {
        let surprise = if surprise.is_finite() { surprise.clamp(-MOST, MOST) } else { 0.0 };
        self.slower = (self.slower + surprise - SLACK).max(0.0);
        self.faster = (self.faster - surprise - SLACK).max(0.0);
        let is_changed = self.slower.max(self.faster) > ALARM;
        if is_changed {
            *self = Self::default();
        }
        is_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lasting_change_is_noticed_within_two_observations_an_outlier_is_not() {
        let mut drift = Drift::default();
        assert!(!drift.observe(8.0));
        assert!((0..50).all(|_| !drift.observe(0.0)), "an outlier is forgotten");
        assert!(!drift.observe(6.0));
        assert!(drift.observe(6.0));
        assert!(!drift.observe(-6.0));
        assert!(drift.observe(-6.0));
    }

    #[test]
    fn small_bias_is_noticed_in_time_and_noise_is_not() {
        let mut drift = Drift::default();
        assert!((0..20).any(|_| drift.observe(1.0)));
        let mut drift = Drift::default();
        assert!((0..1000).all(|step| !drift.observe(if step % 2 == 0 { 1.0 } else { -1.0 })));
        assert!((0..100).all(|_| !drift.observe(f64::NAN)));
    }
}
