//! The values that a pixel's sums may take: all of them, or every so many with a shift that a hash draws.

use p2c2r_frame::SampleRange;

/// Largest sum: every sample of the longest job at the largest radiance.
pub(super) const MAX_SUM: i64 = 1 << 46;
/// Largest index of a step: 2^30 units.
pub(super) const MAX_STEP_INDEX: u8 = 120;

/// Distance of the values of a block, as an index into a table of quarter octaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// 0 is exact.
    pub(super) index: u8,
    /// Whether the dither is taken off again, which leaves half the error; needs sums that are at least
    /// half a step, since no value is negative.
    pub(super) is_subtractive: bool,
}

impl Step {
    pub(super) const EXACT: Self = Self { index: 0, is_subtractive: false };

    /// The distance in units; odd, so that a step has a middle.
    pub(super) const fn units(self) -> i64 {
        const QUARTERS: [i64; 4] = [16, 19, 23, 27];
        (QUARTERS[self.index as usize % 4] << (self.index / 4)) >> 4 | 1
    }

    /// The largest step whose units stay below a length.
    pub(super) fn below(length: f64, is_subtractive: bool) -> Self {
        let fits = |&index: &u8| (Self { index, is_subtractive }).units() as f64 <= length;
        let index = (1..=MAX_STEP_INDEX).rev().find(fits).unwrap_or(0);
        Self { index, is_subtractive: is_subtractive && index > 0 }
    }
}

/// The values of one pixel.
#[derive(Clone, Copy)]
pub(super) struct Lattice {
    step: i64,
    inverse: f64,
    /// Added before a sum is divided by the step.
    dither: i64,
    /// Where the values lie between multiples of the step.
    shift: i64,
}

impl Lattice {
    pub(super) const EXACT: Self = Self { step: 1, inverse: 1.0, dither: 0, shift: 0 };

    /// The lattice of a step under a hash of the pixel.
    #[inline]
    pub(super) fn new(step: Step, hash: u32) -> Self {
        let units = step.units();
        let dither = ((u64::from(hash) * units as u64) >> 32) as i64;
        let shift = if step.is_subtractive { (units - 1) / 2 - dither } else { 0 };
        Self { step: units, inverse: 1.0 / units as f64, dither, shift }
    }

    /// The index of a sum: over all dithers, [`Self::value`] of it is the sum on average.
    #[inline]
    pub(super) fn index_of(&self, sum: i64) -> i64 {
        self.divide(sum + self.dither)
    }

    /// The index whose value is about a prediction.
    #[inline]
    pub(super) fn index_near(&self, predicted: i64) -> i64 {
        let middle = predicted - self.shift + (self.step - 1) / 2;
        self.divide(middle.clamp(0, 2 * MAX_SUM))
    }

    /// The value of an index, if it is a possible sum.
    #[inline]
    pub(super) fn value(&self, index: i64) -> Option<i64> {
        if !(0..=MAX_SUM).contains(&index) {
            return None;
        }
        // The step has 31 bits, so only an impossible product leaves 64 bits.
        let value = index.checked_mul(self.step)? + self.shift;
        (0..=MAX_SUM).contains(&value).then_some(value)
    }

    /// Quotient of a number below 2^48: by the reciprocal, then corrected.
    #[inline]
    fn divide(&self, number: i64) -> i64 {
        if self.step == 1 {
            return number;
        }
        let quotient = (number as f64 * self.inverse) as i64;
        let rest = number - quotient * self.step;
        quotient + i64::from(rest >= self.step) - i64::from(rest < 0)
    }
}

/// Names a task's dithers, so that no two tasks of a pixel share theirs.
#[derive(Clone, Copy)]
pub(super) struct DitherKey(u32);

impl DitherKey {
    pub(super) const fn new(seed: u32, samples: SampleRange) -> Self {
        let word = mixed(seed ^ mixed(samples.first ^ mixed(samples.count)));
        Self(word)
    }

    /// The hash of a pixel of the film.
    #[inline]
    pub(super) const fn of(self, x: u32, y: u32) -> u32 {
        mixed(x ^ mixed(y ^ self.0))
    }
}

/// A bijection that mixes all bits (Wellons, "lowbias32").
#[inline]
const fn mixed(word: u32) -> u32 {
    let word = (word ^ word >> 16).wrapping_mul(0x7feb_352d);
    let word = (word ^ word >> 15).wrapping_mul(0x846c_a68b);
    word ^ word >> 16
}
