//! When a second copy of a leased task pays off.
//!
//! A copy has the same seed, so that the first complete result is the result. It costs work that
//! may be thrown away, so it is made only when no other work is open and the copy is expected to
//! finish first.

use std::time::Duration;

use crate::Prediction;
use crate::normal::{quantile_above, upper_tail};
use crate::worker::LONGEST_SECONDS;

/// A lease as seen by somebody with nothing else to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenLease {
    /// When its task started, or is expected to start.
    pub started_at: Duration,
    /// What its holder was expected to need.
    pub prediction: Prediction,
    /// When it runs out.
    pub deadline: Duration,
}

/// Whether to copy a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hedge {
    /// The copy is expected to win.
    Now,
    /// It will be if the holder has not delivered by then.
    At(Duration),
}

/// Probability of failure from which it counts at once; below, only once the holder is late.
const RISKY: f64 = 0.12;
/// Standard deviations from the median to the high end of a prediction.
const HIGH_END: f64 = 1.645;
/// Narrowest spread of a prediction's logarithm.
const LEAST_SPREAD: f64 = 0.02;
/// From here on the normal tail is taken from its asymptote.
const FAR_TAIL: f64 = 6.0;
/// Moments looked at for when a copy will pay off.
const LOOKS: u32 = 24;

/// Expected time until a lease delivers.
///
/// Its time is taken for log-normal, so what is left is the median of what is left of that: less the
/// longer it has run, until it is late, and then more. A holder that may well have failed is
/// waited for until the deadline with the probability that it has.
pub fn expected_remaining(lease: &OpenLease, now: Duration) -> Duration {
    let until_deadline = lease.deadline.saturating_sub(now);
    if !lease.prediction.is_proven {
        return until_deadline;
    }
    let run = now.saturating_sub(lease.started_at);
    let waits = lease.started_at.saturating_sub(now);
    let Late { remaining, .. } = if_it_delivers(&lease.prediction, run.as_secs_f64());
    let counts = lease.prediction.failure > RISKY || run > lease.prediction.high;
    let failed = if counts { failed_by(&lease.prediction, run) } else { 0.0 };
    let delivers = (waits + seconds(remaining)).min(until_deadline);
    if lease.deadline == Duration::MAX {
        return delivers;
    }
    delivers.mul_f64(1.0 - failed) + until_deadline.mul_f64(failed)
}

/// Probability that a task that has run for so long never comes.
pub(crate) fn failed_by(prediction: &Prediction, run: Duration) -> f64 {
    let Late { outlasted, .. } = if_it_delivers(prediction, run.as_secs_f64());
    let failure = prediction.failure.clamp(0.0, 1.0);
    let failed = failure / (failure + (1.0 - failure) * outlasted).max(f64::MIN_POSITIVE);
    if failed.is_nan() { 0.0 } else { failed.min(1.0) }
}

/// How late a task is.
struct Late {
    /// Median seconds until it delivers, if it does.
    remaining: f64,
    /// Probability that a task takes at least as long as this one has.
    outlasted: f64,
}

fn if_it_delivers(prediction: &Prediction, run: f64) -> Late {
    let median = prediction.median.as_secs_f64().max(1e-6);
    let high = prediction.high.as_secs_f64().max(median);
    let spread = ((high / median).ln() / HIGH_END).max(LEAST_SPREAD);
    let score = (run.max(1e-9) / median).ln() / spread;
    let outlasted = upper_tail(score.min(FAR_TAIL));
    let half_of_rest = if score < FAR_TAIL {
        quantile_above(outlasted / 2.0)
    } else {
        score + std::f64::consts::LN_2 / score
    };
    let end = median * (half_of_rest * spread).exp();
    Late { remaining: (end - run).max(0.0), outlasted }
}

/// A time that any task may take.
fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, LONGEST_SECONDS))
}

/// What is to be expected of a lease, looked at once for all who could copy it.
#[derive(Debug, Clone)]
pub struct Outlook {
    now: Duration,
    /// When it is over in any case.
    deadline: Duration,
    remaining: Duration,
    late_at: Duration,
    /// Moments to come, and what will be left then if it has not delivered.
    looks: Vec<(Duration, Duration)>,
}

impl Outlook {
    /// Looks at a lease.
    pub fn new(lease: &OpenLease, now: Duration) -> Self {
        // Not before it is late; then ever further apart.
        let due = (lease.started_at + lease.prediction.median).max(now);
        let step = lease.prediction.median.max(Duration::from_millis(8)) / 8;
        let moments = (0..LOOKS).map(|look| due + step * (look + look * look / 4 + 1));
        let moments = moments.take_while(|at| *at < lease.deadline && lease.prediction.is_proven);
        Self {
            now,
            deadline: lease.deadline,
            remaining: expected_remaining(lease, now),
            late_at: lease.started_at + lease.prediction.high,
            looks: moments.map(|at| (at, expected_remaining(lease, at))).collect(),
        }
    }

    /// Expected time until it delivers.
    pub const fn remaining(&self) -> Duration {
        self.remaining
    }

    /// From when it takes longer than it was ever expected to.
    pub const fn late_at(&self) -> Duration {
        self.late_at
    }

    /// Decides for a worker that would need `own` for the same task. The deadline reopens the task
    /// anyway, so a decision after it does not exist.
    pub fn decide(&self, own: Duration) -> Hedge {
        if own < self.remaining {
            return Hedge::Now;
        }
        // The deadline is nearer than the copy would be.
        if own >= self.deadline.saturating_sub(self.now) {
            return Hedge::At(self.deadline.max(self.now));
        }
        let first = self.looks.iter().find(|(_, left)| own < *left);
        Hedge::At(first.map_or(self.deadline, |(at, _)| *at).max(self.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stage;

    fn decide_hedge(lease: &OpenLease, own: Duration, now: Duration) -> Hedge {
        Outlook::new(lease, now).decide(own)
    }

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn lease(is_proven: bool) -> OpenLease {
        let (median, low, high) = (ms(400), ms(250), ms(640));
        let (spread, stage) = (0.28, Stage::PerWorker);
        let prediction = Prediction { median, low, high, spread, failure: 0.03, is_proven, stage };
        OpenLease { started_at: ms(1000), prediction, deadline: ms(6000) }
    }

    #[test]
    fn what_is_left_shrinks_until_it_is_late_then_only_the_deadline_is_left() {
        let left = |at| expected_remaining(&lease(true), ms(at)).as_secs_f64();
        assert!((left(1000) - 0.4).abs() < 0.01 && (left(1200) - 0.2).abs() < 0.03);
        assert!(left(1400) > 0.04 && left(1400) < 0.12, "{}", left(1400));
        // Past its high end it has more likely failed than not.
        assert!(left(1600) < 0.1 && left(1700) > 1.5, "{} {}", left(1600), left(1700));
        // Whoever is that late has failed, and only the deadline is left.
        assert!((left(4000) - 2.0).abs() < 0.1, "{}", left(4000));
    }

    #[test]
    fn holder_that_will_finish_first_is_left_alone_until_it_is_late() {
        let Hedge::At(at) = decide_hedge(&lease(true), ms(300), ms(1200)) else {
            panic!("too early");
        };
        assert!((ms(1600)..ms(2000)).contains(&at), "{at:?}");
        assert_eq!(decide_hedge(&lease(true), ms(300), at), Hedge::Now);
    }

    #[test]
    fn much_faster_worker_takes_over_at_once() {
        assert_eq!(decide_hedge(&lease(true), ms(50), ms(1100)), Hedge::Now);
    }

    #[test]
    fn holder_that_often_fails_is_copied_from_the_start() {
        let mut risky = lease(true);
        assert_ne!(decide_hedge(&risky, ms(500), ms(1000)), Hedge::Now);
        risky.prediction.failure = 0.3;
        assert_eq!(decide_hedge(&risky, ms(500), ms(1000)), Hedge::Now);
    }

    #[test]
    fn copy_that_cannot_win_waits_for_the_deadline_in_one_step() {
        let lease = lease(true);
        let Hedge::At(at) = decide_hedge(&lease, ms(5500), ms(1200)) else { panic!("too early") };
        assert_eq!(at, lease.deadline);
    }

    #[test]
    fn holder_that_never_delivered_is_not_waited_for() {
        assert_eq!(decide_hedge(&lease(false), ms(3000), ms(1000)), Hedge::Now);
    }

    #[test]
    fn lease_without_a_deadline_or_with_nonsense_is_survived() {
        let mut endless = lease(true);
        endless.deadline = Duration::MAX;
        for failure in [0.0, 0.5, 1.0, f64::NAN] {
            endless.prediction.failure = failure;
            for at in [0, 1000, 1400, 1_000_000] {
                decide_hedge(&endless, ms(300), ms(at));
                assert!(expected_remaining(&endless, ms(at)) <= Duration::MAX);
            }
        }
    }
}
