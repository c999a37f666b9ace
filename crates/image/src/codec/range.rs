//! A range coder (Martin, "Range encoding", 1979): symbols into bytes, by the shares of their models.

/// Shares of a model sum to 2 to this power.
pub(super) const TOTAL_BITS: u32 = 15;
/// The coder puts out a byte whenever its range is below this.
const LEAST_RANGE: u32 = 1 << 24;
/// Bytes that a decoder holds, and so may read beyond the end.
const HELD_BYTES: usize = 4;

/// Turns shares into bytes.
pub(super) struct RangeEncoder {
    bytes: Vec<u8>,
    /// Start of the interval: 32 bits.
    low: u32,
    range: u32,
}

impl RangeEncoder {
    pub(super) fn new(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), low: 0, range: u32::MAX }
    }

    /// Narrows the interval to a share: `start..end` of 2^[`TOTAL_BITS`].
    #[inline]
    pub(super) fn encode(&mut self, start: u32, end: u32) {
        let unit = self.range >> TOTAL_BITS;
        let (low, is_carried) = self.low.overflowing_add(unit * start);
        self.low = low;
        if is_carried {
            self.carry();
        }
        self.range = unit * (end - start);
        while self.range < LEAST_RANGE {
            self.bytes.push((self.low >> 24) as u8);
            self.low <<= 8;
            self.range <<= 8;
        }
    }

    /// Adds one to what was put out.
    #[cold]
    fn carry(&mut self) {
        for byte in self.bytes.iter_mut().rev() {
            let (sum, is_carried) = byte.overflowing_add(1);
            *byte = sum;
            if !is_carried {
                return;
            }
        }
    }

    /// The bytes; the decoder reads zeros behind them.
    pub(super) fn finish(mut self) -> Vec<u8> {
        // The multiple of 2^24 above the low end lies in the interval, which is at least as wide.
        let (top, is_carried) = self.low.overflowing_add(LEAST_RANGE - 1);
        if is_carried {
            self.carry();
        }
        self.bytes.push((top >> 24) as u8);
        self.bytes
    }
}

/// Turns bytes back into shares. Reads zeros past the end.
pub(super) struct RangeDecoder<'a> {
    bytes: &'a [u8],
    position: usize,
    /// Offset of the coded number in the interval.
    code: u32,
    range: u32,
}

impl<'a> RangeDecoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self { bytes, position: 0, code: 0, range: u32::MAX };
        for _ in 0..HELD_BYTES {
            decoder.code = decoder.code << 8 | decoder.next_byte();
        }
        decoder
    }

    fn next_byte(&mut self) -> u32 {
        let byte = self.bytes.get(self.position).copied().unwrap_or(0);
        self.position += 1;
        u32::from(byte)
    }

    /// Where the coded number lies among all shares, below 2^[`TOTAL_BITS`].
    #[inline]
    pub(super) fn place(&self) -> i16 {
        let unit = self.range >> TOTAL_BITS;
        // Hostile bytes may lie beyond the last share.
        (self.code / unit).min((1 << TOTAL_BITS) - 1) as i16
    }

    /// Leaves a share behind that was found.
    #[inline]
    pub(super) fn consume(&mut self, start: u32, end: u32) {
        let unit = self.range >> TOTAL_BITS;
        self.code -= unit * start;
        self.range = unit * (end - start);
        while self.range < LEAST_RANGE {
            self.code = self.code << 8 | self.next_byte();
            self.range <<= 8;
        }
    }

    /// Whether more was read than an encoder can have left out.
    pub(super) const fn is_exhausted(&self) -> bool {
        self.position > self.bytes.len() + HELD_BYTES
    }
}
