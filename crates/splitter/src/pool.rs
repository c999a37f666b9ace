//! Work that nobody has yet, cut to measure as it is taken.

use crate::{CostMap, Slice, SliceLimits, bisect};

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

    /// Takes a piece of at most about `cost`; larger only if it cannot be cut.
    pub fn take(&mut self, cost: f64, limits: SliceLimits, map: &CostMap) -> Option<Slice> {
        let mut slice = self.slices.pop()?;
        // Half again as much is nearer to the wish than the half that another cut would give.
        while !slice.fits(limits) || slice.cost(map) > 1.5 * cost {
            let Some((first, second)) = bisect(slice, map) else { break };
            self.slices.push(second);
            slice = first;
        }
        Some(slice)
    }

    /// Forgets all open work.
    pub fn clear(&mut self) {
        self.slices.clear();
    }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{PixelRect, SampleRange};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_of_any_size_add_up_to_the_whole(
            width in 1u32..400, height in 1u32..400, samples in 1u32..64,
            wishes in prop::collection::vec(1.0f64..1e6, 1..20),
        ) {
            let map = CostMap::uniform(width, height);
            let limits = SliceLimits { max_pixels: 4096, max_paths: 1 << 18 };
            let whole = Slice {
                rect: PixelRect::of_size(width, height),
                samples: SampleRange::new(3, samples),
            };
            let mut pool = SlicePool::new();
            pool.push(whole);
            let (mut paths, mut returned) = (0, false);
            for wish in wishes.iter().cycle() {
                let Some(slice) = pool.take(*wish, limits, &map) else { break };
                prop_assert!(slice.fits(limits));
                prop_assert!(slice.cost(&map) <= 1.5 * wish || slice.paths() == 1);
                // Work that comes back is handed out again, once.
                if returned {
                    paths += slice.paths();
                } else {
                    pool.push(slice);
                }
                returned = !returned;
                prop_assert!(pool.len() < 64);
            }
            prop_assert_eq!(paths, whole.paths());
        }
    }
}
