//! What nobody can know: the peers' true state, for the oracle and for bounds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use p2c2r_scheduler::Worker;

use crate::visit::Visit;

/// The truth about one worker at this moment, short of the dice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Facts {
    /// Mean paths per second now.
    pub(crate) speed: f64,
    /// Round trip in seconds.
    pub(crate) way: f64,
    /// Spread of one task's time.
    pub(crate) noise_sigma: f64,
    /// Probability that a task comes to nothing.
    pub(crate) failure: f64,
}

/// Facts that the world writes and the oracle reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth(Arc<Mutex<BTreeMap<Worker, Facts>>>);

impl Truth {
    pub(crate) fn tell(&self, worker: Worker, facts: Facts) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(worker, facts);
    }

    pub(crate) fn of(&self, worker: Worker) -> Option<Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&worker).copied()
    }
}

impl Facts {
    pub(crate) fn of_visit(visit: &Visit, now: Duration) -> Self {
        let link = &visit.link;
        Self {
            speed: visit.speed_at(now),
            way: (2 * link.delay + link.jitter).as_secs_f64(),
            noise_sigma: visit.noise_sigma,
            failure: visit.failure,
        }
    }
}

/// The least seconds in which work of this cost can be done from `now` on by those who are there and a
/// local tracer of this speed, if everybody's future is known and work can be cut at will.
pub(crate) fn least_seconds(visits: &[&Visit], local_speed: f64, cost: f64, now: Duration) -> f64 {
    let done_by = |seconds: f64| {
        let peers = visits.iter().map(|visit| {
            let way = 2.0 * visit.link.delay.as_secs_f64();
            let begins = now + visit.link.delay;
            capacity(visit, begins, begins + Duration::from_secs_f64((seconds - way).max(0.0)))
        });
        peers.sum::<f64>() + local_speed * seconds
    };
    let (mut low, mut high) = (0.0, cost / local_speed);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if done_by(middle) < cost { low = middle } else { high = middle }
    }
    high
}

/// Mean paths that a visitor can trace between two times.
fn capacity(visit: &Visit, from: Duration, until: Duration) -> f64 {
    let until = until.min(visit.leaves).max(from);
    let slowed = visit.moods.iter().map(|mood| {
        let overlap = mood.until.min(until).saturating_sub(mood.from.max(from));
        overlap.as_secs_f64() * (1.0 - 1.0 / mood.factor)
    });
    visit.speed * ((until - from).as_secs_f64() - slowed.sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::Population;
    use crate::visit::Mood;

    #[test]
    fn bound_is_the_time_at_which_capacity_equals_cost() {
        let mut visits = Population::default().visits(5, Duration::from_secs(60), false);
        visits.truncate(2);
        let s = Duration::from_secs;
        for visit in &mut visits {
            (visit.speed, visit.link.delay) = (1000.0, Duration::from_millis(50));
            visit.moods = vec![Mood { from: s(2), until: s(4), factor: 2.0 }];
        }
        let seen: Vec<&Visit> = visits.iter().collect();
        // 1000 locally, 900 each by those whose way takes a tenth of the second.
        assert!((least_seconds(&seen, 1000.0, 2800.0, s(0)) - 1.0).abs() < 1e-6);
        // Half speed in between.
        let slow = least_seconds(&seen, 1000.0, 1800.0, Duration::from_millis(1950));
        assert!((slow - 0.95).abs() < 1e-6, "{slow}");
        assert!((least_seconds(&[], 500.0, 1000.0, s(0)) - 2.0).abs() < 1e-6);
    }
}
