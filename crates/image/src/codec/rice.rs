//! Golomb–Rice codes whose parameter each context learns.

use crate::bits::{BitReader, BitWriter};

/// Zeros after which a code is an escape with the full number behind it.
const ESCAPE_ZEROS: u32 = 24;
/// Bits of the length field of an escape.
const ESCAPE_LENGTH_BITS: u32 = 7;
/// One context per bit length of the neighbouring residuals.
const CONTEXTS: usize = 65;
/// Samples after which a context halves its memory, so that it follows the tile.
const CONTEXT_WINDOW: u32 = 64;
/// Longest code of one number: an escape of 64 bits.
pub(super) const MAX_CODE_BITS: u64 = (ESCAPE_ZEROS + ESCAPE_LENGTH_BITS + 64) as u64;

/// The learned sizes of residuals.
pub(super) struct Contexts {
    contexts: [[Context; CONTEXTS]; 3],
}

impl Contexts {
    pub(super) const fn new() -> Self {
        Self { contexts: [[Context { total: 0, count: 0 }; CONTEXTS]; 3] }
    }

    pub(super) const fn at(&mut self, (channel, size): (usize, usize)) -> &mut Context {
        let context = &mut self.contexts[channel][size];
        if context.count == 0 {
            // A fresh context expects what its neighbours had.
            *context = Context { total: 1 << (if size > 40 { 40 } else { size }), count: 1 };
        }
        context
    }
}

/// The sizes of the last residuals in one surrounding.
#[derive(Clone, Copy)]
pub(super) struct Context {
    total: u64,
    count: u32,
}

impl Context {
    /// The Rice parameter: about the bit length of the mean.
    pub(super) const fn parameter(self) -> u32 {
        let mean = self.total / self.count as u64;
        let bits = 64 - mean.leading_zeros();
        // Half of the mean, rounded up to a power of two, is the optimum of a geometric distribution.
        if bits > 0 { bits - 1 } else { 0 }
    }

    pub(super) const fn learn(&mut self, folded: u64) {
        // Large outliers are capped, so that the total cannot overflow.
        self.total += if folded < 1 << 50 { folded } else { 1 << 50 };
        self.count += 1;
        if self.count >= CONTEXT_WINDOW {
            self.total /= 2;
            self.count /= 2;
        }
    }
}

pub(super) fn write_code(writer: &mut BitWriter, folded: u64, parameter: u32) {
    let quotient = folded >> parameter;
    if quotient < u64::from(ESCAPE_ZEROS) {
        writer.write(1, quotient as u32 + 1);
        writer.write_long(folded & ((1 << parameter) - 1), parameter);
    } else {
        let length = 64 - folded.leading_zeros();
        writer.write(0, ESCAPE_ZEROS);
        writer.write(u64::from(length), ESCAPE_LENGTH_BITS);
        writer.write_long(folded, length);
    }
}

pub(super) fn read_code(reader: &mut BitReader<'_>, parameter: u32) -> Option<u64> {
    let quotient = reader.read_zeros(ESCAPE_ZEROS)?;
    if quotient < ESCAPE_ZEROS {
        return Some(u64::from(quotient) << parameter | reader.read_long(parameter)?);
    }
    let length = reader.read(ESCAPE_LENGTH_BITS)? as u32;
    if length > 64 { None } else { reader.read_long(length) }
}
