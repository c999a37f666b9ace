//! One cut: a slice into two whose estimated costs are as wished.

use p2c2r_frame::{PixelRect, SampleRange};

use crate::CostMap;

/// Shortest side in pixels that cutting leaves, while there are samples to cut instead.
const MIN_SIDE_PX: u32 = 8;
/// A cut leaves both parts at least this share of the other side long, so that tiles stay compact.
const MAX_ASPECT: u32 = 8;

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

/// Cuts a slice in two, of which the first costs about this share of the whole; `None` if it is one
/// sample of one pixel. Sides and samples that are short are cut where they can be, off the wish.
pub(crate) fn cut(slice: Slice, share: f64, map: &CostMap) -> Option<(Slice, Slice)> {
    let Slice { rect, samples } = slice;
    let longer = rect.width.max(rect.height);
    if longer < 2 * MIN_SIDE_PX && samples.count >= 2 {
        let count = (f64::from(samples.count) * share).round() as u32;
        let (first, second) = split_samples(samples, count.clamp(1, samples.count - 1));
        return Some((Slice { samples: first, ..slice }, Slice { samples: second, ..slice }));
    }
    if longer < 2 {
        return None;
    }
    let axis = Axis::longer(rect);
    let (first, second) = split_rect(rect, axis, axis.length_of(rect, share, map));
    Some((Slice { rect: first, samples }, Slice { rect: second, samples }))
}

/// A direction on the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Cut between columns.
    Across,
    /// Cut between rows.
    Down,
}

impl Axis {
    /// The one along which a rectangle is longer.
    pub(crate) const fn longer(rect: PixelRect) -> Self {
        if rect.width >= rect.height { Self::Across } else { Self::Down }
    }

    /// How long a rectangle is along this.
    pub(crate) const fn side(self, rect: PixelRect) -> u32 {
        match self {
            Self::Across => rect.width,
            Self::Down => rect.height,
        }
    }

    /// Where a rectangle begins along this.
    pub(crate) const fn start(self, rect: PixelRect) -> u32 {
        match self {
            Self::Across => rect.x,
            Self::Down => rect.y,
        }
    }

    /// How long the first part of a rectangle must be to cost this share of it, so that neither part gets
    /// too short where that can be. The side must be at least 2 pixels long.
    pub(crate) fn length_of(self, rect: PixelRect, share: f64, map: &CostMap) -> u32 {
        let margin = self.margin(rect);
        let wish = map.cost(rect) * share;
        let cost = |length| map.cost(split_rect(rect, self, length).0);
        let (mut low, mut high) = (margin, self.side(rect) - margin);
        while low < high {
            let middle = low + (high - low) / 2;
            if cost(middle) < wish {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // One less may be nearer.
        let is_nearer = low > margin && wish - cost(low - 1) < cost(low) - wish;
        if is_nearer { low - 1 } else { low }
    }

    /// How long both parts must be at least.
    pub(crate) fn margin(self, rect: PixelRect) -> u32 {
        let (side, other) = (self.side(rect), rect.area() / u64::from(self.side(rect)));
        let least = MIN_SIDE_PX.max((other / u64::from(MAX_ASPECT)) as u32);
        if side >= 2 * least { least } else { 1.max(side / 4) }
    }
}

/// The first `length` columns or rows of a rectangle, and the rest.
pub(crate) const fn split_rect(rect: PixelRect, axis: Axis, length: u32) -> (PixelRect, PixelRect) {
    match axis {
        Axis::Across => (
            PixelRect { width: length, ..rect },
            PixelRect { x: rect.x + length, width: rect.width - length, ..rect },
        ),
        Axis::Down => (
            PixelRect { height: length, ..rect },
            PixelRect { y: rect.y + length, height: rect.height - length, ..rect },
        ),
    }
}

/// The first `count` samples of a range, and the rest.
pub(crate) const fn split_samples(samples: SampleRange, count: u32) -> (SampleRange, SampleRange) {
    let rest = samples.count - count;
    (SampleRange::new(samples.first, count), SampleRange::new(samples.first + count, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Measurement;

    fn whole(width: u32, height: u32, samples: u32) -> Slice {
        Slice { rect: PixelRect::of_size(width, height), samples: SampleRange::new(0, samples) }
    }

    #[test]
    fn one_sample_of_one_pixel_cannot_be_cut() {
        assert_eq!(cut(whole(1, 1, 1), 0.5, &CostMap::uniform(1, 1)), None);
    }

    #[test]
    fn longer_side_is_cut_then_samples_then_single_pixels() {
        let map = CostMap::uniform(64, 32);
        let (first, _) = cut(whole(64, 32, 4), 0.5, &map).unwrap();
        assert_eq!((first.rect.width, first.rect.height, first.samples.count), (32, 32, 4));
        let (first, _) = cut(whole(12, 9, 4), 0.5, &map).unwrap();
        assert_eq!((first.rect.width, first.rect.height, first.samples.count), (12, 9, 2));
        let (first, _) = cut(whole(12, 9, 1), 0.5, &map).unwrap();
        assert_eq!((first.rect.width, first.rect.height), (6, 9));
    }

    #[test]
    fn cut_shares_the_cost_not_the_pixels() {
        let mut map = CostMap::uniform(256, 64);
        let dear = PixelRect { x: 0, y: 0, width: 64, height: 64 };
        let cheap = PixelRect { x: 64, y: 0, width: 192, height: 64 };
        let measured = |rect, cost_per_path| Measurement { rect, cost_per_path, paths: 1 << 20 };
        map.observe_all(&[measured(dear, 9.0), measured(cheap, 1.0)]);
        let (first, second) = cut(whole(256, 64, 1), 0.5, &map).unwrap();
        assert!(first.rect.width < 64, "{first:?}");
        let ratio = first.cost(&map) / second.cost(&map);
        assert!((0.95..1.05).contains(&ratio), "{ratio}");
        let (first, second) = cut(whole(256, 64, 1), 0.2, &map).unwrap();
        let share = first.cost(&map) / (first.cost(&map) + second.cost(&map));
        assert!((0.18..0.22).contains(&share), "{share}");
    }
}
