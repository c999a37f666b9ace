//! Spells: who is slower than usual, throttled or hidden, is likely to be as usual again after a while, also
//! if nobody gives it anything by which to show it.
//!
//! A worker's slowness is taken for a process that returns to its usual level (Uhlenbeck and Ornstein, "On the
//! Theory of the Brownian Motion", 1930): what it was slower by when it was last seen fades exponentially. Without that,
//! whoever was seen slow is given nothing, and so never seen to have recovered, as long as others have room.

use std::time::Duration;

use crate::regression::Normal;

/// Seconds in which a spell is over with a probability of 63 %.
const FADES_WITHIN: f64 = 4.0;
/// Seconds over which it is learned what is usual; after so many in another state, that state is usual.
const USUAL_OVER: f64 = 60.0;
const LONGEST_SPELL: Duration = Duration::from_secs(20);
/// Slowness beyond the usual, as a logarithm, that is a spell, and how much of it counts for what is usual.
const LEAST: f64 = 0.2;
const MOST: f64 = 0.25;
/// Tasks from which it is known what is usual.
const KNOWN_FROM: f64 = 6.0;

/// What a worker is usually like, and when it was seen last.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Spell {
    usual: f64,
    tasks: f64,
    seen_at: Duration,
    /// From when it was not as usual.
    since: Option<Duration>,
}

impl Spell {
    /// What is to be added by now to a slowness that was learned: it fades, and how far is not sure. Nothing as
    /// long as the worker is as usual.
    pub(crate) fn fade(&self, own: f64, now: Duration) -> Option<Normal> {
        let apart = own - self.usual;
        if self.tasks < KNOWN_FROM || apart < LEAST {
            return None;
        }
        let unseen = now.saturating_sub(self.seen_at).as_secs_f64();
        let lasts = (-unseen / FADES_WITHIN).exp();
        // It lasts or it is over: the variance of a coin.
        let variance = lasts * (1.0 - lasts) * apart * apart;
        Some(Normal { mean: (lasts - 1.0) * apart, variance })
    }

    /// A task has shown this slowness.
    pub(crate) fn observe(&mut self, own: f64, now: Duration) {
        let passed = now.saturating_sub(self.seen_at).as_secs_f64();
        self.seen_at = now;
        self.tasks += 1.0;
        let apart = own - self.usual;
        let most = if self.tasks <= KNOWN_FROM { f64::INFINITY } else { MOST };
        let gain = (1.0 / self.tasks).max(1.0 - (-passed / USUAL_OVER).exp());
        self.usual += gain * apart.clamp(-most, most);
        if apart.abs() < LEAST {
            self.since = None;
        } else if now.saturating_sub(*self.since.get_or_insert(now)) > LONGEST_SPELL {
            (self.usual, self.since) = (own, None);
        }
    }

    /// Goes on as if what is expected of tasks had been shorter by this.
    pub(crate) const fn shift(&mut self, by: f64) {
        self.usual += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Seen once a second, at 0.1 and then at 1.1.
    fn slowed(usual: u64, slow: u64) -> (Spell, Duration) {
        let mut spell = Spell::default();
        for second in 1..=usual + slow {
            spell.observe(if second <= usual { 0.1 } else { 1.1 }, s(second));
        }
        (spell, s(usual + slow))
    }

    #[test]
    fn who_was_slower_than_usual_is_expected_back_and_nobody_is_sure_when() {
        let (spell, now) = slowed(20, 3);
        let fade = |seconds| spell.fade(1.1, now + s(seconds)).unwrap();
        assert!(fade(0).mean.abs() < 1e-9 && fade(0).variance < 1e-9);
        assert!(fade(3).mean < -0.4 && fade(3).variance > 0.15, "{:?}", fade(3));
        assert!((-1.1..-0.8).contains(&fade(60).mean) && fade(60).variance < 0.01);
    }

    #[test]
    fn who_is_as_usual_or_hardly_known_stays_as_it_is() {
        let (spell, now) = slowed(20, 0);
        assert_eq!(spell.fade(0.1, now + s(10)), None);
        assert_eq!(spell.fade(-2.0, now + s(10)), None, "faster is no spell");
        assert_eq!(slowed(2, 2).0.fade(1.1, s(100)), None);
    }

    #[test]
    fn what_lasts_becomes_usual() {
        let (spell, now) = slowed(20, 25);
        assert_eq!(spell.fade(1.1, now + s(10)), None, "{spell:?}");
        let mut moved = slowed(20, 3).0;
        moved.shift(1.0);
        assert_eq!(moved.fade(1.1, now), None);
    }
}
