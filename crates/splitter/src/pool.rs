//! Work that nobody has yet, cut to measure as it is taken.

use crate::slice::bisect;
use crate::{CostMap, Slice, SliceLimits};

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

    const LIMITS: SliceLimits = SliceLimits { max_pixels: 4096, max_paths: 1 << 18 };

    fn pool_of(width: u32, height: u32, samples: u32) -> SlicePool {
        let (rect, samples) = (PixelRect::of_size(width, height), SampleRange::new(0, samples));
        let mut pool = SlicePool::new();
        pool.push(Slice { rect, samples });
        pool
    }

    #[test]
    fn pieces_have_nearly_equal_cost_where_cost_differs() {
        let mut map = CostMap::uniform(512, 512);
        let corner = PixelRect { x: 0, y: 0, width: 128, height: 128 };
        map.observe_all(&[(PixelRect::of_size(512, 512), 1.0), (corner, 31.0)]);
        let (mut pool, wish) = (pool_of(512, 512, 8), 20_000.0);
        let mut costs = Vec::new();
        while let Some(slice) = pool.take(wish, LIMITS, &map) {
            // Cheap places meet the limit of pixels first.
            if slice.rect.intersection(corner).is_some() {
                costs.push(slice.cost(&map));
            }
        }
        assert!(costs.len() > 20, "{}", costs.len());
        assert!(costs.iter().all(|&cost| cost > 0.6 * wish && cost <= 1.5 * wish), "{costs:?}");
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_add_up_to_the_whole(
            width in 1u32..400, height in 1u32..400, samples in 1u32..64,
            wishes in prop::collection::vec(1.0f64..1e6, 1..20),
        ) {
            let map = CostMap::uniform(width, height);
            let mut pool = pool_of(width, height, samples);
            let (mut pieces, mut returned): (Vec<Slice>, bool) = (Vec::new(), false);
            for wish in wishes.iter().cycle() {
                let Some(slice) = pool.take(*wish, LIMITS, &map) else { break };
                prop_assert!(slice.fits(LIMITS));
                prop_assert!(slice.cost(&map) <= 1.5 * wish || slice.paths() == 1);
                // Work that comes back is handed out again, once.
                if returned {
                    pieces.push(slice);
                } else {
                    pool.push(slice);
                }
                returned = !returned;
                prop_assert!(pool.len() < 64);
                // Tiny wishes would make millions of pieces; the rest is taken in large ones.
                if pieces.len() >= 300 {
                    while let Some(slice) = pool.take(f64::INFINITY, LIMITS, &map) {
                        pieces.push(slice);
                    }
                }
            }
            let paths: u64 = pieces.iter().map(Slice::paths).sum();
            prop_assert_eq!(paths, u64::from(width) * u64::from(height) * u64::from(samples));
            for (index, a) in pieces.iter().enumerate() {
                for b in &pieces[index + 1..] {
                    let overlaps = a.samples.overlaps(b.samples);
                    prop_assert!(!overlaps || a.rect.intersection(b.rect).is_none());
                }
            }
        }
    }
}
