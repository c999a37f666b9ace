//! What a pixel is predicted from: the row above and what is left of it.

use super::residual::{Surrounding, capped};

/// Zeros on both sides of a row, so that every pixel has neighbours.
const MARGIN: usize = 1;

/// Slopes are divided anew every so many pixels.
const SLOPE_STRIDE: usize = 4;

/// How neighbours make a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Predictor {
    /// The median of left, above and their plane: follows edges (LOCO-I).
    Median,
    /// The mean of four neighbours: averages noise.
    Mean,
}

impl Predictor {
    pub(super) const ALL: [Self; 2] = [Self::Median, Self::Mean];

    #[inline]
    fn predict(self, [left, above, above_left, above_right]: [i64; 4]) -> i64 {
        match self {
            Self::Mean => (left + above + above_left + above_right) >> 2,
            Self::Median if above_left >= left.max(above) => left.min(above),
            Self::Median if above_left <= left.min(above) => left.max(above),
            Self::Median => left + above - above_left,
        }
    }

    /// About how many bits a row of sums takes below another.
    pub(super) fn cost(self, above: &[[u64; 3]], row: &[[u64; 3]]) -> u64 {
        let mut bits = 0;
        for (above, row) in above.windows(3).zip(row.windows(2)) {
            let near = [row[0], above[1], above[0], above[2]].map(|sums| sums[1] as i64);
            let surprise = row[1][1] as i64 - self.predict(near);
            bits += u64::from(64 - surprise.unsigned_abs().leading_zeros());
        }
        bits
    }
}

/// The current and the previous row of all channels, with their residuals.
pub(super) struct Rows {
    width: usize,
    is_first_row: bool,
    above: Vec<Pixel>,
    current: Vec<Pixel>,
    slopes: [Slope; 2],
}

/// What is remembered of a pixel.
#[derive(Clone, Copy, Default)]
struct Pixel {
    values: [i64; 3],
    folded: [u64; 3],
}

impl Rows {
    pub(super) fn new(width: usize) -> Self {
        let row = vec![Pixel::default(); width + 2 * MARGIN];
        Self {
            width,
            is_first_row: true,
            above: row.clone(),
            current: row,
            slopes: [Slope::default(); 2],
        }
    }

    /// The pixel of a column with what surrounds it.
    #[inline]
    pub(super) fn around(&self, column: usize, predictor: Predictor) -> Around {
        let place = column + MARGIN;
        let left = self.current[place - 1];
        if self.is_first_row {
            let folded = left.folded.map(|folded| 2 * folded);
            return Around { predicted: left.values, folded };
        }
        let (above, above_left) = (self.above[place], self.above[place - 1]);
        let above_right = self.above[place + 1];
        // Columns at the rim have what is above them for what they lack.
        let left = if column == 0 { above } else { left };
        let above_left = if column == 0 { above } else { above_left };
        let above_right = if column + 1 == self.width { above } else { above_right };
        let predict = |channel: usize| {
            predictor.predict([left, above, above_left, above_right].map(|p| p.values[channel]))
        };
        let folded = |channel: usize| {
            let near = left.folded[channel] + above.folded[channel];
            near + (above_left.folded[channel] + above_right.folded[channel]) / 2
        };
        Around { predicted: std::array::from_fn(predict), folded: std::array::from_fn(folded) }
    }

    /// What the first channel's surprise says about another's.
    #[inline]
    pub(super) fn lean(&self, channel: usize, surprise: i64) -> i64 {
        self.slopes[channel - 1].apply(surprise)
    }

    /// Keeps a pixel; `surprises` are its distances from what the neighbours alone predicted.
    #[inline]
    pub(super) fn set(
        &mut self,
        column: usize,
        values: [i64; 3],
        folded: [u64; 3],
        surprises: [i64; 3],
    ) {
        self.current[column + MARGIN] = Pixel { values, folded: folded.map(capped) };
        for (slope, surprise) in self.slopes.iter_mut().zip(&surprises[1..]) {
            slope.learn(surprises[0], *surprise);
            if column.is_multiple_of(SLOPE_STRIDE) {
                slope.conclude();
            }
        }
    }

    /// Ends a row.
    pub(super) fn advance(&mut self) {
        std::mem::swap(&mut self.above, &mut self.current);
        self.is_first_row = false;
    }
}

/// A pixel's surroundings.
pub(super) struct Around {
    /// By the neighbours of the same channel.
    pub(super) predicted: [i64; 3],
    /// Sums of the neighbours' folded residuals; about three of them.
    folded: [u64; 3],
}

impl Around {
    /// The surrounding that chooses the model of a channel; `first` is the first channel's residual.
    #[inline]
    pub(super) const fn surrounding(&self, channel: usize, first: u64) -> Surrounding {
        let twice_mean = match channel {
            0 => self.folded[0] * 2 / 3,
            _ => self.folded[channel] / 3 + capped(first) / 2 + self.folded[channel] / 12,
        };
        Surrounding::new(channel, twice_mean)
    }
}

/// How much a channel follows the first one, learned from the last pixels' directions.
#[derive(Clone, Copy)]
struct Slope {
    product: i32,
    square: i32,
    /// In 256ths.
    slope: i32,
}

impl Default for Slope {
    fn default() -> Self {
        Self { product: 1 << 14, square: 1 << 14, slope: 256 }
    }
}

impl Slope {
    /// Bits to which a pair is cut: each pair counts the same, however bright.
    const PAIR_BITS: u32 = 8;
    /// A pair's share of the memory, as a power of two.
    const RATE: u32 = 7;

    #[inline]
    fn apply(self, surprise: i64) -> i64 {
        // Sums have 47 bits at most, the slope 11.
        (surprise * i64::from(self.slope)) >> 8
    }

    #[inline]
    fn learn(&mut self, first: i64, other: i64) {
        let size = 64 - (first.unsigned_abs() | 1).leading_zeros();
        let cut = size.saturating_sub(Self::PAIR_BITS);
        let (first, other) =
            ((first >> cut) as i32, (other >> cut).clamp(-1 << 10, 1 << 10) as i32);
        self.product += (first * other * 4 - self.product) >> Self::RATE;
        self.square += (first * first * 4 - self.square) >> Self::RATE;
    }

    /// Divides, which takes longer than all the rest.
    #[inline]
    fn conclude(&mut self) {
        self.slope = ((self.product << 6) / (self.square + 1) * 4).clamp(-1024, 1024);
    }
}
