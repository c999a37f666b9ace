//! When a second copy of a leased task pays off.
//!
//! A copy has the same seed, so that the first complete result is the result. It costs work that
//! may be thrown away, so it is made only when no other work is open and the copy is expected to
//! finish first.

use std::time::Duration;

use crate::Prediction;

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

/// Expected time until a lease delivers: what is left of the median; once that has passed, as long
/// again as it is late, for the longer it takes, the longer it will take.
pub fn expected_remaining(lease: &OpenLease, now: Duration) -> Duration {
    if !lease.prediction.is_proven {
        return lease.deadline.saturating_sub(now);
    }
    let expected = lease.started_at + lease.prediction.median;
    if now < expected {
        expected - now
    } else {
        (now - expected + lease.prediction.median / 4).min(lease.deadline.saturating_sub(now))
    }
}

/// Decides for a worker that would need `own` for the same task. The deadline reopens the task
/// anyway, so a decision after it does not exist.
pub fn decide_hedge(lease: &OpenLease, own: Duration, now: Duration) -> Hedge {
    if own < expected_remaining(lease, now) {
        return Hedge::Now;
    }
    if !lease.prediction.is_proven {
        // What is left only shrinks from here.
        return Hedge::At(lease.deadline);
    }
    let expected = lease.started_at + lease.prediction.median;
    let late_enough = expected + own.saturating_sub(lease.prediction.median / 4);
    if late_enough < now {
        // The deadline is nearer than the copy would be.
        return Hedge::At(lease.deadline);
    }
    // One more tick, for the comparison above is strict.
    Hedge::At((late_enough + Duration::from_millis(1)).min(lease.deadline.max(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn lease(is_proven: bool) -> OpenLease {
        let (median, low, high) = (ms(400), ms(200), ms(800));
        let prediction = Prediction { median, low, high, failure: 0.1, is_proven };
        OpenLease { started_at: ms(1000), prediction, deadline: ms(6000) }
    }

    #[test]
    fn holder_that_will_finish_first_is_left_alone() {
        assert_eq!(decide_hedge(&lease(true), ms(300), ms(1200)), Hedge::At(ms(1601)));
    }

    #[test]
    fn much_faster_worker_takes_over_at_once() {
        assert_eq!(decide_hedge(&lease(true), ms(50), ms(1100)), Hedge::Now);
    }

    #[test]
    fn late_holder_is_copied_when_announced() {
        let Hedge::At(at) = decide_hedge(&lease(true), ms(300), ms(1400)) else {
            panic!("too early");
        };
        assert_eq!(decide_hedge(&lease(true), ms(300), at), Hedge::Now);
    }

    #[test]
    fn copy_that_cannot_win_waits_for_the_deadline_in_one_step() {
        let lease = lease(true);
        let Hedge::At(at) = decide_hedge(&lease, ms(5500), ms(1200)) else { panic!("too early") };
        assert_eq!(at, lease.deadline);
        assert_eq!(decide_hedge(&lease, ms(2000), ms(5000)), Hedge::At(lease.deadline));
    }

    #[test]
    fn holder_that_never_delivered_is_not_waited_for() {
        assert_eq!(decide_hedge(&lease(false), ms(3000), ms(1000)), Hedge::Now);
    }
}
