//! What the time of day and the week change: two harmonics of the day and the weekend, on how long the way
//! is, how slow workers trace, and how often tasks fail.
//!
//! Learned from *changes* within each worker (fixed effects: Wooldridge, "Econometric Analysis of Cross
//! Section and Panel Data", 2nd edition, section 10.5): how far a quantity lies from the worker's mean, at an
//! hour that lies as far from the mean of its hours. So a history within one hour teaches nothing of
//! other hours, and predictions for them stay wide.

use std::time::Duration;

use crate::regression::{Inputs, Normal, Posterior, WEIGHTS};

/// [`crate::Moment::harmonics`], or their difference to those of another time.
pub(crate) type Hour = Inputs;

/// What has a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Logarithm of the way's seconds.
    Way,
    /// Logarithm of slowness.
    Slowness,
    /// Logit of the probability of failure.
    Failure,
}
/// Number of quantities.
pub(crate) const QUANTITIES: usize = 3;

/// Between two looks at a worker: more would say the same again.
const LOOK_EVERY: Duration = Duration::from_mins(10);
/// Looks of a week, after which those before fade.
const MOST_LOOKS: f64 = 1008.0;
/// Prior variance of a harmonic's weight, and the variance of a look.
const WEIGHT: [f64; QUANTITIES] = [0.03, 0.02, 0.1];
const LOOK: [f64; QUANTITIES] = [0.03, 0.06, 0.5];
/// Variance of a worker's weights around everybody's.
const BETWEEN: [f64; QUANTITIES] = [0.01, 0.01, 0.05];
/// Harmonics that are nearer than this are those of the same time.
const SAME: f64 = 1e-3;

/// The curves of everybody, or of one worker.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curves([Posterior; QUANTITIES]);

impl Curves {
    /// No change is expected, and some is possible.
    pub(crate) fn new() -> Self {
        let curve = |variance| Posterior::new([0.0; WEIGHTS], [variance; WEIGHTS]);
        Self(WEIGHT.map(curve))
    }

    /// How a quantity differs from what it is at another hour.
    pub(crate) fn change(&self, quantity: Quantity, offset: &Hour) -> Normal {
        self.0[quantity as usize].value(offset)
    }

    /// Those of a worker of which nothing is known but what everybody is like.
    fn of_one(&self) -> Self {
        let mut own = self.clone();
        for (curve, variance) in own.0.iter_mut().zip(BETWEEN) {
            (0..WEIGHTS).for_each(|weight| curve.loosen(weight, variance, f64::INFINITY));
        }
        own
    }

    fn learn(&mut self, look: &Look) {
        for ((curve, change), noise) in self.0.iter_mut().zip(look.changes).zip(LOOK) {
            curve.learn(&look.offset, change, noise);
        }
    }

    /// Numbers to go on from in another session.
    pub(crate) const fn curves(&self) -> &[Posterior; QUANTITIES] {
        &self.0
    }

    /// Curves that go on from saved ones.
    pub(crate) const fn restore(curves: [Posterior; QUANTITIES]) -> Self {
        Self(curves)
    }
}

/// How far a worker's state lies from its mean.
struct Look {
    offset: Hour,
    changes: [f64; QUANTITIES],
}

/// When a worker did what it is known by.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Days {
    /// The hour that its level of today was learned at, on average.
    pub(crate) learned_at: Option<Hour>,
    /// Means over looks.
    looks: f64,
    hour: Hour,
    values: [f64; QUANTITIES],
    looked_at: Option<Duration>,
    /// Its own curves, once it has done enough.
    pub(crate) own: Option<Box<Curves>>,
}

impl Days {
    /// Days that go on from a saved hour.
    pub(crate) fn restore(learned_at: Option<Hour>) -> Self {
        Self { learned_at, ..Self::default() }
    }

    /// A task was learned from, which is now this part of what is known.
    pub(crate) fn pass(&mut self, hour: &Hour, part: f64) {
        let learned_at = self.learned_at.get_or_insert(*hour);
        for (known, new) in learned_at.iter_mut().zip(hour) {
            *known += part * (new - *known);
        }
    }

    /// How far an hour lies from that which the worker is known at; `None` if it is the same, or unknown.
    pub(crate) fn offset(&self, hour: Option<&Hour>) -> Option<Hour> {
        let (hour, learned_at) = (hour?, self.learned_at.as_ref()?);
        let offset: Hour = std::array::from_fn(|index| hour[index] - learned_at[index]);
        offset.iter().any(|part| part.abs() > SAME).then_some(offset)
    }

    /// The curves that hold for this worker.
    pub(crate) fn curves<'a>(&'a self, everybody: &'a Curves) -> &'a Curves {
        self.own.as_deref().unwrap_or(everybody)
    }

    /// Looks at the worker, if it is time to: its state now teaches everybody's curves and, `by_hour`, its own.
    pub(crate) fn look(
        &mut self,
        everybody: &mut Curves,
        by_hour: bool,
        (hour, at): (&Hour, Duration),
        values: [f64; QUANTITIES],
    ) {
        if by_hour && self.own.is_none() {
            self.own = Some(Box::new(everybody.of_one()));
        }
        if self.looked_at.is_some_and(|last| at.saturating_sub(last) < LOOK_EVERY) {
            return;
        }
        self.looked_at = Some(at);
        if self.looks > 0.0 {
            let look = Look {
                offset: std::array::from_fn(|index| hour[index] - self.hour[index]),
                changes: std::array::from_fn(|index| values[index] - self.values[index]),
            };
            everybody.learn(&look);
            if let Some(own) = &mut self.own {
                own.learn(&look);
            }
        }
        self.looks = (self.looks + 1.0).min(MOST_LOOKS);
        for (mean, value) in self.hour.iter_mut().zip(hour) {
            *mean += (value - *mean) / self.looks;
        }
        for (mean, value) in self.values.iter_mut().zip(values) {
            *mean += (value - *mean) / self.looks;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moment;

    fn hour(hours: f64) -> Hour {
        Moment { unix_seconds: Some((hours * 3600.0) as u64) }.harmonics()
    }

    /// Looks at hours `from` to `until`, `count` of them, at a way that is longest in the evening.
    fn seen(count: u32, (from, until): (f64, f64)) -> (Curves, Days) {
        let (mut everybody, mut days) = (Curves::new(), Days::default());
        for step in 0..count {
            let at = from + (until - from) * f64::from(step) / f64::from(count);
            let way = 0.3 * ((at - 20.0) / 24.0 * std::f64::consts::TAU).cos();
            let at_time = LOOK_EVERY * step;
            days.look(&mut everybody, true, (&hour(at), at_time), [way, 0.0, -3.0]);
            days.pass(&hour(at), 0.2);
        }
        (everybody, days)
    }

    fn expected(curves: &Curves, days: &Days, at: f64) -> Normal {
        let offset = days.offset(Some(&hour(at))).expect("another hour");
        days.curves(curves).change(Quantity::Way, &offset)
    }

    #[test]
    fn curve_of_a_day_is_found_from_a_history_over_days() {
        let (curves, days) = seen(200, (0.0, 48.0));
        // Known at midnight, when the way is 0.15 longer than its mean; 20 h is the top.
        let evening = expected(&curves, &days, 20.0);
        let morning = expected(&curves, &days, 8.0);
        let between = evening.mean - morning.mean;
        assert!((0.4..0.7).contains(&between), "{evening:?} {morning:?}");
        assert!(evening.variance < 0.02, "{evening:?}");
    }

    #[test]
    fn history_within_an_hour_says_nothing_of_other_hours() {
        let (curves, days) = seen(100, (10.0, 11.0));
        let (spread_out, its_days) = seen(100, (0.0, 24.0));
        let evening = expected(&curves, &days, 20.0);
        assert!(evening.mean.abs() < 0.15, "{evening:?}");
        let known = expected(&spread_out, &its_days, 12.0);
        assert!(evening.variance > 3.0 * known.variance, "{evening:?} {known:?}");
        // The same hour is as sure as ever.
        let same = days.offset(Some(&hour(10.95)));
        let same = same.map_or(0.0, |offset| curves.change(Quantity::Way, &offset).variance);
        assert!(same < 0.001, "{same}");
    }

    #[test]
    fn unknown_hour_changes_nothing() {
        let (_, days) = seen(10, (0.0, 24.0));
        assert_eq!(days.offset(None), None);
        assert_eq!(Days::default().offset(Some(&hour(3.0))), None);
    }
}
