//! Radiance sums: what a task returns, exact in any order of addition.

use thiserror::Error;

use crate::{PixelRect, SampleRange};

/// Fractional bits of the fixed-point radiance: one unit is 2⁻¹⁶.
pub const FRACTION_BITS: u32 = 16;

/// Each channel of a sample is clamped to this radiance (W·sr⁻¹·m⁻² in scene units).
pub const MAX_SAMPLE_RADIANCE: f32 = 1024.0;

/// Sums that cannot have come from an honest tracer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SumsError {
    /// The number of pixel sums differs from the rectangle's area.
    #[error("{found} pixel sums for a rectangle of {expected} pixels")]
    WrongLength {
        /// Pixels of the rectangle.
        expected: u64,
        /// Sums that came.
        found: u64,
    },
    /// A sum is larger than its samples could reach.
    #[error("pixel {index} holds {found}, more than {samples} samples can reach")]
    TooLarge {
        /// Row-major index of the pixel.
        index: usize,
        /// The sum.
        found: u64,
        /// Samples of the range.
        samples: u32,
    },
}

/// Summed linear radiance of a rectangle over a sample range, in fixed point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadianceSums {
    /// The pixels.
    pub rect: PixelRect,
    /// The samples that each pixel's sum holds.
    pub samples: SampleRange,
    /// Red, green, blue per pixel, row by row; unit 2^-[`FRACTION_BITS`].
    pub sums: Vec<[u64; 3]>,
}

impl RadianceSums {
    /// Zero sums for a region.
    pub fn zeroed(rect: PixelRect, samples: SampleRange) -> Self {
        Self { rect, samples, sums: vec![[0; 3]; rect.area() as usize] }
    }

    /// The sums of two consecutive sample ranges of one rectangle; `None` for anything else.
    pub fn joined(&self, next: &Self) -> Option<Self> {
        let is_next = u64::from(next.samples.first) == self.samples.end();
        let is_same = self.rect == next.rect && self.sums.len() == next.sums.len();
        let count = self.samples.count.checked_add(next.samples.count)?;
        if !is_next || !is_same {
            return None;
        }
        let add = |(first, second): (&[u64; 3], &[u64; 3])| {
            std::array::from_fn(|channel| first[channel].saturating_add(second[channel]))
        };
        let sums = self.sums.iter().zip(&next.sums).map(add).collect();
        let samples = SampleRange::new(self.samples.first, count);
        Some(Self { rect: self.rect, samples, sums })
    }

    /// Fails if the length or any sum is impossible for the region.
    pub fn check(&self) -> Result<(), SumsError> {
        let found = self.sums.len() as u64;
        if found != self.rect.area() {
            return Err(SumsError::WrongLength { expected: self.rect.area(), found });
        }
        let limit = u64::from(sample_to_fixed(MAX_SAMPLE_RADIANCE)) * u64::from(self.samples.count);
        for (index, pixel) in self.sums.iter().enumerate() {
            if let Some(&found) = pixel.iter().find(|&&sum| sum > limit) {
                return Err(SumsError::TooLarge { index, found, samples: self.samples.count });
            }
        }
        Ok(())
    }
}

/// Rounds one channel of one sample to fixed point; NaN and negative values count as zero.
pub fn sample_to_fixed(radiance: f32) -> u32 {
    // A comparison with NaN is false, so NaN takes the first branch as well.
    let clamped = if radiance > 0.0 {
        if radiance < MAX_SAMPLE_RADIANCE { radiance } else { MAX_SAMPLE_RADIANCE }
    } else {
        0.0
    };
    // Scaling by a power of two is exact, so half is added to the true value.
    (clamped * (1u32 << FRACTION_BITS) as f32 + 0.5) as u32
}

/// Mean radiance of a sum over `count` samples; zero samples give zero.
pub fn radiance_from_sum(sum: u64, count: u32) -> f32 {
    if count == 0 {
        return 0.0;
    }
    (sum as f64 / (f64::from(count) * f64::from(1u32 << FRACTION_BITS))) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_samples_stay_in_range() {
        assert_eq!(sample_to_fixed(f32::NAN), 0);
        assert_eq!(sample_to_fixed(-1.0), 0);
        assert_eq!(sample_to_fixed(f32::INFINITY), sample_to_fixed(MAX_SAMPLE_RADIANCE));
        assert_eq!(sample_to_fixed(1.0), 1 << FRACTION_BITS);
    }

    #[test]
    fn sums_beyond_their_samples_are_refused() {
        let mut sums = RadianceSums::zeroed(PixelRect::of_size(2, 1), SampleRange::new(0, 1));
        assert_eq!(sums.check(), Ok(()));
        sums.sums[1][2] = u64::from(sample_to_fixed(MAX_SAMPLE_RADIANCE)) + 1;
        assert!(matches!(sums.check(), Err(SumsError::TooLarge { index: 1, .. })));
        sums.sums.pop();
        assert!(matches!(sums.check(), Err(SumsError::WrongLength { .. })));
    }
}
