//! Work that nobody has yet, cut to measure as it is taken.

use crate::slice::cut;
use crate::{CostMap, Slice, SliceLimits};

/// A piece may cost this much more than was wished before it is cut once more.
const MOST_OVER: f64 = 1.1;
/// A slice of less than this many wishes is halved: what was wished and a sliver would be worse.
const HALVED_UNTIL: f64 = 1.3;

/// The open work of a job. Takes off the end, so that the pieces of one cut follow each other.
#[derive(Debug, Clone, Default)]
pub struct SlicePool {
    slices: Vec<Slice>,
}

impl SlicePool {
    /// No open work.
    pub const fn new() -> Self {
        Self { slices: Vec::new() }
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
            let Some((first, second)) = cut(slice, share_of_first(wishes), map) else {
                return Some(slice);
            };
            self.slices.push(second);
            slice = first;
        }
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

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
