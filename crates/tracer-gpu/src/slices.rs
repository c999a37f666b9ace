//! How a task is cut into submits: regions of the film, slices of paths, and their size.

use std::time::Duration;

use p2c2r_frame::{PixelRect, SampleRange};

/// A submit aims at this long.
pub const SLICE_TARGET: Duration = Duration::from_millis(12);
/// A submit that takes longer than this is a failure of the pacing.
pub const LONGEST_SLICE: Duration = Duration::from_millis(100);

/// Paths of the first slice on a device: few, since nothing is known yet.
const FIRST_SLICE_PATHS: u32 = 256;
/// Paths of the smallest slice: a workgroup or two.
const SMALLEST_SLICE_PATHS: u32 = 64;
/// WebGPU guarantees 65,535 workgroups in a dimension; the smallest have 32 invocations.
const LARGEST_SLICE_PATHS: u32 = 65_535 * 32;
/// A slice grows at most by this factor over the last one.
const MOST_GROWTH: f64 = 1.5;
/// A slice shrinks at most by this factor.
const MOST_SHRINKING: f64 = 1.0 / 16.0;
/// What is left of the slowest slice's time after another slice.
const MEMORY: f64 = 0.97;
/// Share of the longest time that a slice may take if it is as slow as the slowest remembered.
const SAFE_SHARE: f64 = 0.5;

/// Pixels that the film buffer holds at most (24 MiB).
pub(crate) const MAX_REGION_PIXELS: u32 = 1 << 20;

/// Chooses the size of the next slice from how long the last ones took.
#[derive(Debug, Clone)]
pub(crate) struct SlicePacer {
    paths: u32,
    /// Seconds of a path in the slowest of the last slices; an older slice counts less and less.
    slowest_path_s: f64,
}

impl SlicePacer {
    /// Starts small.
    pub(crate) fn new() -> Self {
        Self { paths: FIRST_SLICE_PATHS, slowest_path_s: 0.0 }
    }

    /// Paths of the next slice.
    pub(crate) fn paths(&self) -> u32 {
        self.paths
    }

    /// Learns from a slice of `paths` that took `elapsed`.
    pub(crate) fn observe(&mut self, paths: u32, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64().max(1.0e-6);
        let path_s = seconds / f64::from(paths.max(1));
        // Far below the target the submit itself takes the time, whatever the paths do.
        let is_telling = seconds > 0.25 * SLICE_TARGET.as_secs_f64();
        let remembered_s = if is_telling { self.slowest_path_s * MEMORY } else { 0.0 };
        self.slowest_path_s = path_s.max(remembered_s);
        let factor = (SLICE_TARGET.as_secs_f64() / seconds).clamp(MOST_SHRINKING, MOST_GROWTH);
        // Were the next slice as slow as the slowest, it should still end in time.
        let safe = LONGEST_SLICE.as_secs_f64() * SAFE_SHARE / self.slowest_path_s;
        // A short slice at the end of a task says little: it may shrink the pace, not grow it.
        let grows = factor >= 1.0 && paths < self.paths;
        let wanted = if grows { f64::from(self.paths) } else { f64::from(paths) * factor };
        self.paths = (wanted.min(safe) as u32).clamp(SMALLEST_SLICE_PATHS, LARGEST_SLICE_PATHS);
    }

    /// Half the size, after a device was lost.
    pub(crate) fn halve(&mut self) {
        self.paths = (self.paths / 2).max(SMALLEST_SLICE_PATHS);
    }
}

/// The rectangle in bands of whole rows, each small enough for the film buffer.
pub(crate) fn regions(rect: PixelRect) -> impl Iterator<Item = PixelRect> {
    let rows = (MAX_REGION_PIXELS / rect.width.max(1)).max(1);
    (0..rect.height).step_by(rows as usize).map(move |first| PixelRect {
        y: rect.y + first,
        height: rows.min(rect.height - first),
        ..rect
    })
}

/// A run of consecutive paths of a region; pixels vary fastest, then samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slice {
    /// Sample of the first path.
    pub(crate) first_sample: u32,
    /// Pixel of the first path, row by row in the region.
    pub(crate) first_pixel: u32,
    /// Paths.
    pub(crate) path_count: u32,
}

/// Hands out the slices of a region, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct SliceCursor {
    pixels: u64,
    samples: SampleRange,
    next_path: u64,
}

impl SliceCursor {
    /// Begins at the region's first path.
    pub(crate) fn new(region: PixelRect, samples: SampleRange) -> Self {
        Self { pixels: region.area(), samples, next_path: 0 }
    }

    /// The next slice of at most `paths`, or `None` at the end.
    pub(crate) fn next(&mut self, paths: u32) -> Option<Slice> {
        let left = self.pixels * u64::from(self.samples.count) - self.next_path;
        if left == 0 {
            return None;
        }
        let path_count = u64::from(paths.max(1)).min(left) as u32;
        let slice = Slice {
            first_sample: self.samples.first + (self.next_path / self.pixels) as u32,
            first_pixel: (self.next_path % self.pixels) as u32,
            path_count,
        };
        self.next_path += u64::from(path_count);
        Some(slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_partition_the_region_exactly() {
        let region = PixelRect { x: 3, y: 5, width: 7, height: 3 };
        let mut cursor = SliceCursor::new(region, SampleRange::new(10, 4));
        let mut seen = vec![0; 21 * 4];
        while let Some(slice) = cursor.next(13) {
            for path in 0..slice.path_count {
                let pixel = slice.first_pixel + path;
                let sample = slice.first_sample + pixel / 21 - 10;
                seen[(sample * 21 + pixel % 21) as usize] += 1;
            }
        }
        assert!(seen.iter().all(|&count| count == 1), "{seen:?}");
    }

    #[test]
    fn regions_partition_the_largest_film() {
        let rect = PixelRect { x: 1, y: 2, width: 16_000, height: 16_000 };
        let mut next_row = 2;
        for region in regions(rect) {
            assert_eq!((region.x, region.width, region.y), (1, 16_000, next_row));
            assert!(region.area() <= u64::from(MAX_REGION_PIXELS) && region.height > 0);
            next_row += region.height;
        }
        assert_eq!(next_row, 16_002);
    }

    #[test]
    fn pace_settles_at_the_target_and_never_jumps() {
        // A device of 5 million paths a second and 1 ms for every submit.
        let took = |paths: u32| Duration::from_secs_f64(0.001 + f64::from(paths) / 5.0e6);
        let mut pacer = SlicePacer::new();
        for _ in 0..40 {
            let paths = pacer.paths();
            assert!(took(paths) < LONGEST_SLICE);
            pacer.observe(paths, took(paths));
        }
        assert!(pacer.paths() > 30_000, "a submit's own time does not hold back the pace");
        let settled = took(pacer.paths());
        assert!(settled > Duration::from_millis(8), "{settled:?}");
        assert!(settled < Duration::from_millis(20), "{settled:?}");
    }

    #[test]
    fn a_short_last_slice_does_not_grow_the_pace() {
        let mut pacer = SlicePacer::new();
        pacer.observe(FIRST_SLICE_PATHS, SLICE_TARGET);
        let before = pacer.paths();
        pacer.observe(1, Duration::from_micros(1));
        assert_eq!(pacer.paths(), before);
        pacer.observe(1, Duration::from_secs(5));
        assert_eq!(pacer.paths(), SMALLEST_SLICE_PATHS);
    }

    #[test]
    fn a_slow_part_of_the_picture_is_remembered() {
        // Every tenth slice is made of paths that take five times as long.
        let took = |index: u32, paths: u32| {
            let path_s = if index % 10 == 9 { 5.0e-6 } else { 1.0e-6 };
            Duration::from_secs_f64(f64::from(paths) * path_s)
        };
        let mut pacer = SlicePacer::new();
        for index in 0..200 {
            let paths = pacer.paths();
            let elapsed = took(index, paths);
            assert!(elapsed < LONGEST_SLICE, "slice {index} took {elapsed:?}");
            pacer.observe(paths, elapsed);
        }
    }

    #[test]
    fn halving_never_goes_below_a_workgroup() {
        let mut pacer = SlicePacer::new();
        pacer.halve();
        assert_eq!(pacer.paths(), FIRST_SLICE_PATHS / 2);
        for _ in 0..9 {
            pacer.halve();
        }
        assert_eq!(pacer.paths(), SMALLEST_SLICE_PATHS);
    }
}
