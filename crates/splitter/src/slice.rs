//! One cut: a slice into two of equal estimated cost.

use p2c2r_frame::{PixelRect, SampleRange};

use crate::CostMap;

/// Shortest side in pixels that cutting leaves, while there are samples to cut instead.
const MIN_SIDE_PX: u32 = 8;

/// A piece of a job: all samples of the range for all pixels of the rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slice {
    /// The pixels.
    pub rect: PixelRect,
    /// The samples.
    pub samples: SampleRange,
}

/// What a task may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceLimits {
    /// Pixels; bounds the size of the result.
    pub max_pixels: u64,
    /// Pixels × samples; bounds the work.
    pub max_paths: u64,
}

impl Slice {
    /// Pixels × samples.
    pub const fn paths(&self) -> u64 {
        self.rect.area() * self.samples.count as u64
    }

    /// Estimated cost in mean paths.
    pub fn cost(&self, map: &CostMap) -> f64 {
        map.cost(self.rect) * f64::from(self.samples.count)
    }

    /// Whether the slice stays below the limits.
    pub const fn fits(&self, limits: SliceLimits) -> bool {
        self.rect.area() <= limits.max_pixels && self.paths() <= limits.max_paths
    }
}

/// Cuts a slice into two of about equal cost; `None` if it is one sample of one pixel.
pub fn bisect(slice: Slice, map: &CostMap) -> Option<(Slice, Slice)> {
    let Slice { rect, samples } = slice;
    let longer = rect.width.max(rect.height);
    if longer < 2 * MIN_SIDE_PX && samples.count >= 2 {
        return Some(cut_samples(slice));
    }
    if longer < 2 {
        return None;
    }
    let (first, second) =
        if rect.width >= rect.height { cut_columns(rect, map) } else { cut_rows(rect, map) };
    Some((Slice { rect: first, samples }, Slice { rect: second, samples }))
}

/// Cuts slices until there are `count` of them or none can be cut, always the dearest next, and
/// further until each fits the limits. The result partitions the slice.
pub fn split(whole: Slice, count: usize, limits: SliceLimits, map: &CostMap) -> Vec<Slice> {
    let mut done = Vec::new();
    let mut open = vec![whole];
    while let Some(dearest) = dearest_index(&open, map) {
        let slice = open[dearest];
        if open.len() + done.len() >= count && open.iter().all(|slice| slice.fits(limits)) {
            break;
        }
        open.swap_remove(dearest);
        match bisect(slice, map) {
            Some((first, second)) => open.extend([first, second]),
            None => done.push(slice),
        }
    }
    done.append(&mut open);
    done.sort_unstable_by_key(|slice| (slice.rect.y, slice.rect.x, slice.samples.first));
    done
}

fn dearest_index(slices: &[Slice], map: &CostMap) -> Option<usize> {
    let costs = slices.iter().map(|slice| slice.cost(map));
    costs.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index)
}

const fn cut_samples(slice: Slice) -> (Slice, Slice) {
    let Slice { rect, samples } = slice;
    let half = samples.count / 2;
    let first = SampleRange::new(samples.first, half);
    let second = SampleRange::new(samples.first + half, samples.count - half);
    (Slice { rect, samples: first }, Slice { rect, samples: second })
}

fn cut_columns(rect: PixelRect, map: &CostMap) -> (PixelRect, PixelRect) {
    let left = |width| PixelRect { width, ..rect };
    let width = halving_length(rect.width, map.cost(rect), |width| map.cost(left(width)));
    (left(width), PixelRect { x: rect.x + width, width: rect.width - width, ..rect })
}

fn cut_rows(rect: PixelRect, map: &CostMap) -> (PixelRect, PixelRect) {
    let top = |height| PixelRect { height, ..rect };
    let height = halving_length(rect.height, map.cost(rect), |height| map.cost(top(height)));
    (top(height), PixelRect { y: rect.y + height, height: rect.height - height, ..rect })
}

/// The length whose part costs half of the whole, by bisection, away from the ends where it can be.
fn halving_length(length: u32, whole: f64, cost: impl Fn(u32) -> f64) -> u32 {
    let margin = if length >= 2 * MIN_SIDE_PX { MIN_SIDE_PX } else { 1 };
    let (mut low, mut high) = (margin, length - margin);
    while low < high {
        let middle = low + (high - low) / 2;
        if cost(middle) * 2.0 < whole {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: SliceLimits = SliceLimits { max_pixels: 128 * 128, max_paths: 1 << 22 };

    fn whole(width: u32, height: u32, samples: u32) -> Slice {
        Slice { rect: PixelRect::of_size(width, height), samples: SampleRange::new(0, samples) }
    }

    #[test]
    fn one_sample_of_one_pixel_cannot_be_cut() {
        assert_eq!(bisect(whole(1, 1, 1), &CostMap::uniform(1, 1)), None);
        let pieces = split(whole(2, 1, 2), 100, LIMITS, &CostMap::uniform(2, 1));
        assert_eq!(pieces.len(), 4);
    }

    #[test]
    fn limits_are_kept_even_if_fewer_tasks_would_do() {
        let pieces = split(whole(1024, 1024, 64), 1, LIMITS, &CostMap::uniform(1024, 1024));
        assert!(pieces.iter().all(|piece| piece.fits(LIMITS)));
    }

    #[test]
    fn dear_corner_is_cut_finer() {
        let mut map = CostMap::uniform(256, 256);
        let corner = PixelRect { x: 0, y: 0, width: 64, height: 64 };
        map.observe_all(&[(PixelRect::of_size(256, 256), 1.0), (corner, 40.0)]);
        let pieces = split(whole(256, 256, 1), 32, LIMITS, &map);
        let in_corner = pieces.iter().filter(|piece| piece.rect.intersection(corner).is_some());
        assert!(in_corner.count() > 8, "{pieces:?}");
    }

    proptest! {
        #[test]
        fn pieces_partition_the_slice_at_nearly_equal_cost(
            width in 1u32..300, height in 1u32..300, samples in 1u32..40, count in 1usize..200,
            dear in 0u32..300, factor in 1.0f64..20.0,
        ) {
            let mut map = CostMap::uniform(width, height);
            map.observe(PixelRect { x: dear, y: dear / 2, width: 40, height: 40 }, factor);
            let pieces = split(whole(width, height, samples), count, LIMITS, &map);
            let paths: u64 = pieces.iter().map(Slice::paths).sum();
            prop_assert_eq!(paths, whole(width, height, samples).paths());
            for (index, a) in pieces.iter().enumerate() {
                prop_assert!(a.paths() > 0 && a.fits(LIMITS));
                for b in &pieces[index + 1..] {
                    let overlaps = a.samples.overlaps(b.samples);
                    prop_assert!(!overlaps || a.rect.intersection(b.rect).is_none());
                }
            }
        }
    }
}
