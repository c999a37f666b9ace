//! Figures per worker, for people and for reports.

use std::time::Duration;

use p2c2r_frame::TraceCounters;
use p2c2r_protocol::JobId;

/// Seconds over which a rate is taken.
const WINDOW_SECONDS: usize = 4;

/// What one worker has done.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) samples: u64,
    pub(super) tiles: u64,
    pub(super) counters: TraceCounters,
    pub(super) sent_bytes: u64,
    pub(super) received_bytes: u64,
    pub(super) failures: u64,
    pub(super) hedges_won: u64,
    pub(super) hedges_lost: u64,
    job: JobId,
    job_samples: u64,
    rate: Rate,
}

impl Tally {
    /// Counts a merged tile.
    pub(super) fn add_tile(
        &mut self,
        job: JobId,
        samples: u64,
        counters: TraceCounters,
        now: Duration,
    ) {
        if self.job != job {
            (self.job, self.job_samples) = (job, 0);
        }
        self.tiles += 1;
        self.samples = self.samples.saturating_add(samples);
        self.job_samples = self.job_samples.saturating_add(samples);
        self.counters.add(counters);
        self.rate.add(samples, now);
    }

    /// Merged samples of a job, if it is the last one this worker had a part in.
    pub(super) fn job_samples(&self, job: JobId) -> u64 {
        if self.job == job { self.job_samples } else { 0 }
    }

    /// Merged samples per second over the last seconds.
    pub(super) fn samples_per_second(&self, now: Duration) -> f64 {
        self.rate.per_second(now)
    }
}

/// A rate over the last few seconds, by buckets of one second.
#[derive(Debug, Clone, Default)]
struct Rate {
    buckets: [u64; WINDOW_SECONDS],
    /// The second that the newest bucket counts.
    second: u64,
    /// When the first sample was counted.
    since: Option<Duration>,
}

impl Rate {
    fn add(&mut self, samples: u64, now: Duration) {
        self.since.get_or_insert(now);
        let second = now.as_secs();
        let passed = second.saturating_sub(self.second).min(WINDOW_SECONDS as u64);
        for step in 0..passed {
            self.buckets[((second - step) % WINDOW_SECONDS as u64) as usize] = 0;
        }
        self.second = self.second.max(second);
        let bucket = &mut self.buckets[(self.second % WINDOW_SECONDS as u64) as usize];
        *bucket = bucket.saturating_add(samples);
    }

    fn per_second(&self, now: Duration) -> f64 {
        let Some(since) = self.since else { return 0.0 };
        let oldest = (now.as_secs() + 1).saturating_sub(WINDOW_SECONDS as u64);
        let first = oldest.max((self.second + 1).saturating_sub(WINDOW_SECONDS as u64));
        let counted =
            (first..=self.second).map(|s| self.buckets[(s % WINDOW_SECONDS as u64) as usize]);
        let total: u64 = counted.sum();
        let window = now.saturating_sub(since.max(Duration::from_secs(oldest)));
        // The first moments would otherwise divide by next to nothing.
        total as f64 / window.as_secs_f64().max(0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_work_has_its_rate_and_then_none() {
        let mut tally = Tally::default();
        for tick in 0..100 {
            let now = Duration::from_millis(100 * tick);
            tally.add_tile(JobId(1), 50, TraceCounters::default(), now);
        }
        let rate = tally.samples_per_second(Duration::from_millis(9_900));
        assert!((450.0..=550.0).contains(&rate), "{rate}");
        assert!(tally.samples_per_second(Duration::from_secs(20)) < 1e-9);
        assert_eq!((tally.job_samples(JobId(1)), tally.job_samples(JobId(2))), (5000, 0));
    }
}
