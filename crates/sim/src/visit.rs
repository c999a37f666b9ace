//! One visitor and what becomes of work that it is given.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::DeviceKind;
use p2c2r_transport::memory::LinkFaults;

/// One visitor: from when to when it is there, and what it is like.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Its name.
    pub peer: PeerId,
    /// When it connects.
    pub arrives: Duration,
    /// When it goes, without a word if `is_abrupt`.
    pub leaves: Duration,
    /// Whether its machine dies instead of closing the link.
    pub is_abrupt: bool,
    /// What renders.
    pub device: DeviceKind,
    /// Mean paths per second when nothing slows it.
    pub speed: f64,
    /// What it says its speed is.
    pub advertised: f64,
    /// How many times faster than it is it says that it traced; 1 if it is honest.
    pub boast: f64,
    /// Standard deviation of the logarithm of a task's time.
    pub noise_sigma: f64,
    /// Probability that a task comes to nothing.
    pub failure: f64,
    /// Whether it runs on a battery.
    pub is_on_battery: bool,
    /// Whether a relay carries its link.
    pub is_relayed: bool,
    /// Index into [`crate::Population::access`].
    pub access: usize,
    /// Its link to the requester.
    pub link: LinkFaults,
    /// When it is slowed and how much, in order, without overlap.
    pub moods: Vec<Mood>,
}

/// A time during which a device is slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mood {
    /// From when.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
    /// How many times slower.
    pub factor: f64,
    /// Whether it is because its tab is hidden.
    pub is_hidden: bool,
}

impl Visit {
    /// Mean paths per second at a time.
    pub fn speed_at(&self, now: Duration) -> f64 {
        let mood = self.moods.iter().find(|mood| (mood.from..mood.until).contains(&now));
        mood.map_or(self.speed, |mood| self.speed / mood.factor)
    }

    /// When work of this many seconds at full speed, begun at `now`, is done.
    pub fn finish(&self, now: Duration, full_speed_seconds: f64) -> Duration {
        let (mut now, mut rest) = (now.as_secs_f64(), full_speed_seconds);
        let begun = now;
        for mood in self.moods.iter().filter(|mood| mood.until.as_secs_f64() > begun) {
            let free = (mood.from.as_secs_f64() - now).max(0.0);
            if rest <= free {
                break;
            }
            rest -= free;
            now += free;
            let slowed = (mood.until.as_secs_f64() - now) / mood.factor;
            if rest <= slowed {
                return Duration::from_secs_f64(now + rest * mood.factor);
            }
            rest -= slowed;
            now = mood.until.as_secs_f64();
        }
        Duration::from_secs_f64(now + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Population;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn work_takes_longer_through_a_mood() {
        let mut visit = Population::default().visits(1, s(10), false).remove(0);
        visit.moods = vec![Mood { from: s(2), until: s(6), factor: 4.0, is_hidden: false }];
        // One second before, a quarter each second during, the rest after.
        assert_eq!(visit.finish(s(1), 0.5), Duration::from_millis(1500));
        assert_eq!(visit.finish(s(1), 1.5), s(4));
        assert_eq!(visit.finish(s(1), 3.0), s(7));
        assert_eq!(visit.finish(s(8), 3.0), s(11));
        assert!((visit.speed_at(s(3)) * 4.0 - visit.speed_at(s(7))).abs() < 1e-9);
    }
}
