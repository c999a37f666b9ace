//! Rates of the recent past, from totals that only grow.

use std::time::Duration;

/// The past counts with half its weight after this time.
const HALF_LIFE_S: f64 = 2.0;

/// A smoothed rate per second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    last_total: f64,
    last_at: Option<Duration>,
    per_second: f64,
}

impl Meter {
    /// Notes a total and gives the rate.
    pub(crate) fn rate(&mut self, now: Duration, total: f64) -> f64 {
        let Some(last_at) = self.last_at else {
            (self.last_at, self.last_total) = (Some(now), total);
            return 0.0;
        };
        let elapsed_s = now.saturating_sub(last_at).as_secs_f64();
        if elapsed_s <= 0.0 {
            return self.per_second;
        }
        let latest = (total - self.last_total) / elapsed_s;
        // 1 / (1 + x) stands in for a power of two: no elementary function is needed here.
        let keep = 1.0 / (1.0 + elapsed_s / HALF_LIFE_S);
        self.per_second = latest + (self.per_second - latest) * keep;
        (self.last_at, self.last_total) = (Some(now), total);
        self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_work_reaches_its_rate_and_rest_lets_it_fall() {
        let mut meter = Meter::default();
        for tick in 0..100 {
            meter.rate(Duration::from_millis(500 * tick), 50.0 * tick as f64);
        }
        let busy = meter.rate(Duration::from_secs(50), 5000.0);
        assert!((busy - 100.0).abs() < 0.1, "{busy}");
        let resting = meter.rate(Duration::from_secs(60), 5000.0);
        assert!(resting < 25.0, "{resting}");
    }
}
