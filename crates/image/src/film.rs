//! The film: integer sums, and the proof that they are the whole job.

use p2c2r_frame::{
    MAX_FILM_SIDE_PX, MAX_SAMPLES_PER_PIXEL, PixelRect, RadianceSums, RectError, SampleRange,
    SumsError, radiance_from_sum,
};
use thiserror::Error;

use crate::coverage::Coverage;

/// Most pixels of a film: 2 GiB of memory.
pub const MAX_FILM_PIXELS: u64 = 1 << 26;

/// A film cannot be this large.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilmError {
    /// No pixel, a side too long, or too many pixels.
    #[error(
        "a film of {width_px}x{height_px} pixels; sides are 1 to {MAX_FILM_SIDE_PX}, \
         pixels at most {MAX_FILM_PIXELS}"
    )]
    Size {
        /// Width in pixels.
        width_px: u32,
        /// Height in pixels.
        height_px: u32,
    },
    /// No sample, or too many.
    #[error("{0} samples per pixel; 1 to {MAX_SAMPLES_PER_PIXEL} are allowed")]
    Samples(u32),
}

/// Sums that the film does not take; it is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MergeError {
    /// The rectangle is not inside the film.
    #[error(transparent)]
    Rect(#[from] RectError),
    /// The samples are not part of the job.
    #[error("samples {first}+{count} of a job of {samples_per_pixel}")]
    Samples {
        /// First sample.
        first: u32,
        /// Number of samples.
        count: u32,
        /// Samples per pixel of the job.
        samples_per_pixel: u32,
    },
    /// Some of the samples were merged before.
    #[error("{rect:?} x {samples:?} overlaps what was merged before")]
    Overlap {
        /// The rectangle.
        rect: PixelRect,
        /// The samples.
        samples: SampleRange,
    },
    /// The sums themselves are impossible.
    #[error(transparent)]
    Sums(#[from] SumsError),
}

/// Radiance sums of a whole job while they come in.
#[derive(Debug, Clone)]
pub struct Film {
    width_px: u32,
    height_px: u32,
    samples_per_pixel: u32,
    sums: Vec<[u64; 3]>,
    counts: Vec<u32>,
    coverage: Coverage,
}

impl Film {
    /// An empty film for a job.
    pub fn new(width_px: u32, height_px: u32, samples_per_pixel: u32) -> Result<Self, FilmError> {
        let rect = PixelRect::of_size(width_px, height_px);
        let is_long = width_px > MAX_FILM_SIDE_PX || height_px > MAX_FILM_SIDE_PX;
        if rect.area() == 0 || rect.area() > MAX_FILM_PIXELS || is_long {
            return Err(FilmError::Size { width_px, height_px });
        }
        if samples_per_pixel == 0 || samples_per_pixel > MAX_SAMPLES_PER_PIXEL {
            return Err(FilmError::Samples(samples_per_pixel));
        }
        let pixels = rect.area() as usize;
        Ok(Self {
            width_px,
            height_px,
            samples_per_pixel,
            sums: vec![[0; 3]; pixels],
            counts: vec![0; pixels],
            coverage: Coverage::new(width_px, height_px),
        })
    }

    /// Width in pixels.
    pub const fn width_px(&self) -> u32 {
        self.width_px
    }

    /// Height in pixels.
    pub const fn height_px(&self) -> u32 {
        self.height_px
    }

    /// Samples per pixel of the job.
    pub const fn samples_per_pixel(&self) -> u32 {
        self.samples_per_pixel
    }

    /// The whole film.
    pub const fn rect(&self) -> PixelRect {
        PixelRect::of_size(self.width_px, self.height_px)
    }

    /// Adds a tile; refuses what is outside the job, impossible, or there already.
    pub fn merge(&mut self, tile: &RadianceSums) -> Result<(), MergeError> {
        tile.check()?;
        self.check_open(tile.rect, tile.samples)?;
        let overlap = |_| MergeError::Overlap { rect: tile.rect, samples: tile.samples };
        self.coverage.insert(tile.rect, tile.samples).map_err(overlap)?;
        let width = tile.rect.width as usize;
        for (row, pixels) in tile.sums.chunks_exact(width).enumerate() {
            let start = self.index(tile.rect.x, tile.rect.y + row as u32);
            for (sum, added) in self.sums[start..start + width].iter_mut().zip(pixels) {
                for (sum, added) in sum.iter_mut().zip(added) {
                    *sum += added;
                }
            }
            for count in &mut self.counts[start..start + width] {
                *count += tile.samples.count;
            }
        }
        Ok(())
    }

    /// Fails unless the region is inside the job and none of it is merged.
    pub fn check_open(&self, rect: PixelRect, samples: SampleRange) -> Result<(), MergeError> {
        rect.check_inside(self.width_px, self.height_px)?;
        if samples.count == 0 || samples.end() > u64::from(self.samples_per_pixel) {
            let SampleRange { first, count } = samples;
            let samples_per_pixel = self.samples_per_pixel;
            return Err(MergeError::Samples { first, count, samples_per_pixel });
        }
        match self.coverage.overlap(rect, samples) {
            Some(_) => Err(MergeError::Overlap { rect, samples }),
            None => Ok(()),
        }
    }

    /// Whether the merged regions partition the job: they never overlap, lie inside it and have its
    /// volume.
    pub const fn is_complete(&self) -> bool {
        self.merged_paths() == self.job_paths()
    }

    /// Pixels × samples merged.
    pub const fn merged_paths(&self) -> u64 {
        self.coverage.paths()
    }

    /// Pixels × samples of the job.
    pub const fn job_paths(&self) -> u64 {
        self.rect().area() * self.samples_per_pixel as u64
    }

    /// The sums, row by row.
    pub fn sums(&self) -> &[[u64; 3]] {
        &self.sums
    }

    /// The samples that each pixel holds, row by row.
    pub fn sample_counts(&self) -> &[u32] {
        &self.counts
    }

    /// Mean linear radiance of a pixel; black while it has no sample.
    pub fn radiance(&self, x: u32, y: u32) -> [f32; 3] {
        let index = self.index(x, y);
        self.sums[index].map(|sum| radiance_from_sum(sum, self.counts[index]))
    }

    /// Mean linear radiance of all pixels, row by row.
    pub fn radiances(&self) -> Vec<[f32; 3]> {
        let pixels = self.sums.iter().zip(&self.counts);
        pixels.map(|(sums, &count)| sums.map(|sum| radiance_from_sum(sum, count))).collect()
    }

    fn index(&self, x: u32, y: u32) -> usize {
        y as usize * self.width_px as usize + x as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tile(rect: PixelRect, samples: SampleRange, sum: u64) -> RadianceSums {
        let mut tile = RadianceSums::zeroed(rect, samples);
        tile.sums.fill([sum, 2 * sum, 3 * sum]);
        tile
    }

    #[test]
    fn refused_tile_changes_nothing() {
        let mut film = Film::new(40, 40, 4).unwrap();
        let rect = PixelRect { x: 30, y: 30, width: 10, height: 10 };
        film.merge(&tile(rect, SampleRange::new(0, 2), 5)).unwrap();
        let known = film.sums().to_vec();
        let refuse = |film: &mut Film, rect, samples, sum| {
            assert!(film.merge(&tile(rect, samples, sum)).is_err());
            assert_eq!(film.sums(), known);
        };
        refuse(&mut film, rect, SampleRange::new(1, 1), 5);
        refuse(&mut film, PixelRect { x: 31, ..rect }, SampleRange::new(2, 2), 5);
        refuse(&mut film, rect, SampleRange::new(2, 3), 5);
        refuse(&mut film, rect, SampleRange::new(2, 0), 0);
        refuse(&mut film, rect, SampleRange::new(2, 1), 1 << 40);
        assert_eq!(film.merged_paths(), 200);
        film.merge(&tile(rect, SampleRange::new(2, 2), 5)).unwrap();
    }

    #[test]
    fn impossible_films_are_refused() {
        assert!(Film::new(0, 4, 1).is_err());
        assert!(Film::new(MAX_FILM_SIDE_PX + 1, 1, 1).is_err());
        assert!(Film::new(MAX_FILM_SIDE_PX, MAX_FILM_SIDE_PX, 1).is_err());
        assert!(Film::new(4, 4, 0).is_err());
        assert!(Film::new(4, 4, MAX_SAMPLES_PER_PIXEL + 1).is_err());
    }

    proptest! {
        #[test]
        fn film_agrees_with_a_set_of_single_samples(
            tiles in prop::collection::vec((0u32..70, 0u32..40, 1u32..50, 1u32..40, 0u32..4, 1u32..4), 1..60),
        ) {
            let mut film = Film::new(70, 40, 4).unwrap();
            let mut merged = std::collections::HashSet::new();
            for (x, y, width, height, first, count) in tiles {
                let rect = PixelRect { x, y, width, height };
                let samples = SampleRange::new(first, count);
                let paths: Vec<_> = (rect.x..rect.x + width)
                    .flat_map(|x| (rect.y..rect.y + height).map(move |y| (x, y)))
                    .flat_map(|(x, y)| (first..first + count).map(move |sample| (x, y, sample)))
                    .collect();
                let is_inside = rect.right() <= 70 && rect.bottom() <= 40 && samples.end() <= 4;
                let is_open = paths.iter().all(|path| !merged.contains(path));
                let taken = film.merge(&tile(rect, samples, u64::from(count))).is_ok();
                prop_assert_eq!(taken, is_inside && is_open);
                if taken {
                    merged.extend(paths);
                }
                prop_assert_eq!(film.merged_paths(), merged.len() as u64);
                prop_assert_eq!(film.is_complete(), merged.len() == 70 * 40 * 4);
            }
            // Each sample added 1 to red, so the sums are the counts.
            for (sums, &count) in film.sums().iter().zip(film.sample_counts()) {
                prop_assert_eq!(sums[0], u64::from(count));
            }
        }
    }
}
