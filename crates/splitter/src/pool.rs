//! Work that nobody has yet, cut to measure as it is taken.

use crate::kept::KeptCuts;
use crate::slice::{Axis, cut, split_rect};
use crate::{CostMap, Slice, SliceLimits};

/// A piece may cost this much more than was wished before it is cut once more.
const MOST_OVER: f64 = 1.1;
/// A cut is kept although pieces come out by this share smaller than was wished: somebody then comes again sooner.
const MOST_UNDER: f64 = 0.3;
/// A cut that is kept may lie this share of the smaller part's cost away from where it would be made anew.
const MOST_AWAY: f64 = 0.2;
/// A slice of less than this many wishes is halved: what was wished and a sliver would be worse.
const HALVED_UNTIL: f64 = 1.3;

/// The open work of a job. Takes off the end, so that the pieces of one cut follow each other.
#[derive(Debug, Clone, Default)]
pub struct SlicePool {
    slices: Vec<Slice>,
    kept: KeptCuts,
}

impl SlicePool {
    /// No open work.
    pub const fn new() -> Self {
        Self { slices: Vec::new(), kept: KeptCuts::new() }
    }

    /// Goes on from where another pool cut: the same slices are cut at the same places while that suits.
    pub fn follow(&mut self, before: Self) {
        self.kept = before.kept;
    }

    /// Adds work; it is the next to be taken.
    pub fn push(&mut self, slice: Slice) {
        self.slices.push(slice);
    }

    /// Whether nothing is open.
    pub const fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }

    /// Number of uncut pieces; grows by the depth of the cuts, not by their number.
    pub const fn len(&self) -> usize {
        self.slices.len()
    }

    /// Estimated cost of all open work, in mean paths.
    pub fn cost(&self, map: &CostMap) -> f64 {
        self.slices.iter().map(|slice| slice.cost(map)).sum()
    }

    /// Takes a piece of about `cost`: larger only if it cannot be cut, smaller where the piece that is
    /// next is smaller.
    pub fn take(&mut self, cost: f64, limits: SliceLimits, map: &CostMap) -> Option<Slice> {
        let mut slice = self.slices.pop()?;
        loop {
            let wishes = slice.cost(map) / cost;
            // A wish that is no number is none.
            let is_small = wishes.is_nan() || wishes <= MOST_OVER;
            if slice.fits(limits) && is_small {
                return Some(slice);
            }
            let Some((first, second)) = self.cut(slice, cost, map) else {
                return Some(slice);
            };
            self.slices.push(second);
            slice = first;
        }
    }

    /// Cuts a slice where it was cut before, if that suits the wish as well, else anew.
    fn cut(&mut self, slice: Slice, wish: f64, map: &CostMap) -> Option<(Slice, Slice)> {
        let anew = cut(slice, share_of_first(slice.cost(map) / wish), map)?;
        if anew.0.samples != slice.samples {
            return Some(anew);
        }
        let axis = Axis::longer(slice.rect);
        let before = self.kept.find(slice).map(|length| {
            let (first, second) = split_rect(slice.rect, axis, length);
            (Slice { rect: first, ..slice }, Slice { rect: second, ..slice })
        });
        let parts = before.filter(|before| is_as_good(*before, anew, wish, map)).unwrap_or(anew);
        self.kept.note(slice, axis.side(parts.0.rect));
        Some(parts)
    }

    /// Forgets all open work.
    pub fn clear(&mut self) {
        self.slices.clear();
    }
}

/// How much of a slice of so many wishes is cut off, so that whole wishes come out of it in the end: half
/// of them, or one.
fn share_of_first(wishes: f64) -> f64 {
    if !wishes.is_finite() || wishes < HALVED_UNTIL {
        return 0.5;
    }
    let whole = wishes.round().max(2.0);
    (whole / 2.0).floor() / wishes
}

/// Whether a cut lies near the new one, and neither of its parts comes out in pieces that are much too small, unless
/// those of the new one are about as small.
fn is_as_good(before: (Slice, Slice), anew: (Slice, Slice), wish: f64, map: &CostMap) -> bool {
    let costs = [before.0, before.1, anew.0, anew.1].map(|slice| slice.cost(map));
    let is_near = (costs[0] - costs[2]).abs() <= MOST_AWAY * f64::min(costs[2], costs[3]);
    let [first, second, first_anew, second_anew] = costs.map(|cost| shortfall(cost / wish));
    let most = |anew: f64| f64::max(anew * (1.0 + MOST_AWAY), MOST_UNDER);
    is_near && first <= most(first_anew) && second <= most(second_anew)
}

/// How much smaller than was wished pieces are if a slice of so many wishes is cut into equal ones.
fn shortfall(wishes: f64) -> f64 {
    1.0 - wishes / f64::max((wishes / MOST_OVER).ceil(), 1.0)
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
