//! Bits to bytes and back, highest bit first.

/// Collects bits.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not yet in `bytes`, in the low `pending_count` places.
    pending: u64,
    pending_count: u32,
}

impl BitWriter {
    /// A writer with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// Appends the low `count` (at most 32) bits of a value whose other bits are zero.
    pub(crate) fn write(&mut self, value: u64, count: u32) {
        debug_assert!(count <= 32 && value >> count == 0);
        self.pending = self.pending << count | value;
        self.pending_count += count;
        if self.pending_count >= 32 {
            self.pending_count -= 32;
            let word = (self.pending >> self.pending_count) as u32;
            self.bytes.extend_from_slice(&word.to_be_bytes());
        }
    }

    /// Appends up to 64 bits.
    pub(crate) fn write_long(&mut self, value: u64, count: u32) {
        if count > 32 {
            self.write(value >> 32, count - 32);
            self.write(value & 0xffff_ffff, 32);
        } else {
            self.write(value, count);
        }
    }

    /// The bytes, the last one filled with zeros.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        while self.pending_count > 0 {
            let count = self.pending_count.min(8);
            self.pending_count -= count;
            // The last byte is filled with zeros from below.
            self.bytes.push(((self.pending >> self.pending_count) << (8 - count)) as u8);
        }
        self.bytes
    }
}

/// Reads bits; past the end it fails and never moves on.
#[derive(Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Position in bits.
    position: usize,
}

impl<'a> BitReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The next 57 bits or more at the top of a word, zeros past the end.
    fn peek(&self) -> u64 {
        let start = self.position / 8;
        let word = match self.bytes.get(start..).and_then(<[u8]>::first_chunk) {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => {
                let rest = self.bytes.get(start..).unwrap_or_default();
                let word = rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
                // An empty rest shifts by 64 bits, which leaves nothing.
                word.checked_shl(64 - 8 * rest.len() as u32).unwrap_or(0)
            }
        };
        word << (self.position % 8)
    }

    fn remaining(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// Reads `count` (at most 32) bits.
    pub(crate) fn read(&mut self, count: u32) -> Option<u64> {
        if self.remaining() < count as usize {
            return None;
        }
        let value = self.peek().checked_shr(64 - count).unwrap_or(0);
        self.position += count as usize;
        Some(value)
    }

    /// Reads up to 64 bits.
    pub(crate) fn read_long(&mut self, count: u32) -> Option<u64> {
        if count > 32 {
            let high = self.read(count - 32)?;
            Some(high << 32 | self.read(32)?)
        } else {
            self.read(count)
        }
    }

    /// Whether only the zero bits that fill the last byte are left.
    pub(crate) fn is_at_end(&self) -> bool {
        self.remaining() < 8 && self.peek() == 0
    }
}
