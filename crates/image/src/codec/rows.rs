//! What a pixel is predicted from: the row above and what is left of it.

/// The current and the previous row of all channels, with their residuals.
pub(super) struct Rows {
    width: usize,
    column: usize,
    is_first_row: bool,
    /// Values and folded residuals of three channels; `above` until overwritten by the current row.
    values: [Vec<i64>; 3],
    residuals: [Vec<u64>; 3],
    /// The value above and left, which the current row has overwritten.
    above_left: [i64; 3],
    /// Kept until the row moves on.
    next_above_left: [i64; 3],
}

impl Rows {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            column: 0,
            is_first_row: true,
            values: std::array::from_fn(|_| vec![0; width]),
            residuals: std::array::from_fn(|_| vec![0; width]),
            above_left: [0; 3],
            next_above_left: [0; 3],
        }
    }

    /// The channel and the bit length of the mean neighbouring residual.
    pub(super) fn context(&self, channel: usize) -> (usize, usize) {
        let residuals = &self.residuals[channel];
        let above = residuals[self.column];
        let left = if self.column > 0 { residuals[self.column - 1] } else { above };
        let mean = above / 2 + left / 2;
        (channel, (64 - mean.leading_zeros()) as usize)
    }

    pub(super) fn predict(&self, channel: usize, smooth: bool) -> i64 {
        let values = &self.values[channel];
        let above = values[self.column];
        if self.column == 0 {
            return above;
        }
        let left = values[self.column - 1];
        if self.is_first_row {
            return left;
        }
        let above_left = self.above_left[channel];
        if smooth {
            let above_right = values.get(self.column + 1).copied().unwrap_or(above);
            return (left >> 2)
                .wrapping_add(above >> 2)
                .wrapping_add(above_left >> 2)
                .wrapping_add(above_right >> 2);
        }
        if above_left >= left.max(above) {
            left.min(above)
        } else if above_left <= left.min(above) {
            left.max(above)
        } else {
            left.wrapping_add(above).wrapping_sub(above_left)
        }
    }

    pub(super) fn set(&mut self, channel: usize, value: i64, folded: u64) {
        self.next_above_left[channel] = self.values[channel][self.column];
        self.values[channel][self.column] = value;
        self.residuals[channel][self.column] = folded;
    }

    pub(super) fn advance(&mut self) {
        self.above_left = self.next_above_left;
        self.column += 1;
        if self.column == self.width {
            self.column = 0;
            self.is_first_row = false;
        }
    }
}
