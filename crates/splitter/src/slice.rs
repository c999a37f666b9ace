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
pub(crate) fn bisect(slice: Slice, map: &CostMap) -> Option<(Slice, Slice)> {
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
    use super::*;

    fn whole(width: u32, height: u32, samples: u32) -> Slice {
        Slice { rect: PixelRect::of_size(width, height), samples: SampleRange::new(0, samples) }
    }

    #[test]
    fn one_sample_of_one_pixel_cannot_be_cut() {
        assert_eq!(bisect(whole(1, 1, 1), &CostMap::uniform(1, 1)), None);
    }

    #[test]
    fn longer_side_is_cut_then_samples_then_single_pixels() {
        let map = CostMap::uniform(64, 32);
        let (first, _) = bisect(whole(64, 32, 4), &map).unwrap();
        assert_eq!((first.rect.width, first.rect.height, first.samples.count), (32, 32, 4));
        let (first, _) = bisect(whole(12, 9, 4), &map).unwrap();
        assert_eq!((first.rect.width, first.rect.height, first.samples.count), (12, 9, 2));
        let (first, _) = bisect(whole(12, 9, 1), &map).unwrap();
        assert_eq!((first.rect.width, first.rect.height), (6, 9));
    }

    #[test]
    fn cut_halves_the_cost_not_the_pixels() {
        let mut map = CostMap::uniform(256, 64);
        let dear = PixelRect { x: 0, y: 0, width: 64, height: 64 };
        let cheap = PixelRect { x: 64, y: 0, width: 192, height: 64 };
        map.observe_all(&[(dear, 9.0), (cheap, 1.0)]);
        let (first, second) = bisect(whole(256, 64, 1), &map).unwrap();
        assert!(first.rect.width < 64, "{first:?}");
        let ratio = first.cost(&map) / second.cost(&map);
        assert!((0.9..1.1).contains(&ratio), "{ratio}");
    }
}
