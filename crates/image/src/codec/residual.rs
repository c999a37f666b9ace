//! Numbers of any size through models of sixteen symbols: their leading bits by a model that the
//! neighbours choose, the bits below as they are.

use super::model::{Model, SYMBOLS};
use super::range::{RangeDecoder, RangeEncoder};
use crate::bits::{BitReader, BitWriter};

/// Sizes of neighbourhoods that are told apart.
const SIZES: usize = 56;
/// Three of the picture, and what is said beside it.
const CHANNELS: usize = 4;
/// The last symbol: the number is larger than the others reach.
const ESCAPE: u64 = SYMBOLS as u64 - 1;
/// Bits of the length field of an escape.
const ESCAPE_LENGTH_BITS: u32 = 7;
/// A symbol's number has this many bits on average, so that the model sees their distribution.
const MODELLED_BITS: u32 = 1;
/// Longest code of one number: a symbol of the least share, and an escape of 64 bits.
pub(super) const MAX_CODE_BITS: u64 = 16 + ESCAPE_LENGTH_BITS as u64 + 64;
/// Neighbours are capped here, so that their sum does not overflow.
const LARGEST_NEIGHBOUR: u64 = 1 << 50;

/// The size of the numbers around: chooses the model.
#[derive(Clone, Copy)]
pub(super) struct Surrounding {
    channel: usize,
    /// Twice the mean of the numbers around.
    size: u64,
}

impl Surrounding {
    #[inline]
    pub(super) const fn new(channel: usize, twice_mean: u64) -> Self {
        Self { channel, size: twice_mean }
    }

    /// The model's index: exact below four, octaves above.
    #[inline]
    const fn index(self) -> usize {
        if self.size < 4 {
            return self.size as usize;
        }
        (65 - self.size.leading_zeros()) as usize + 1
    }

    /// Low bits that no model looks at.
    #[inline]
    const fn plain_bits(self) -> u32 {
        // The size is twice the mean.
        (64 - self.size.leading_zeros()).saturating_sub(MODELLED_BITS + 1)
    }
}

/// What a neighbour counts as.
#[inline]
pub(super) const fn capped(folded: u64) -> u64 {
    if folded < LARGEST_NEIGHBOUR { folded } else { LARGEST_NEIGHBOUR }
}

/// One model for each surrounding.
pub(super) struct Models {
    models: Box<[[Model; SIZES]; CHANNELS]>,
}

impl Models {
    pub(super) fn new() -> Self {
        let size = |index: usize| Model::falling(if index < 8 { index as u32 / 2 + 2 } else { 4 });
        let channel: [Model; SIZES] = std::array::from_fn(size);
        Self { models: Box::new([channel; CHANNELS]) }
    }

    #[inline]
    fn at(&mut self, around: Surrounding) -> &mut Model {
        &mut self.models[around.channel][around.index()]
    }
}

/// Writes numbers.
pub(super) struct ResidualWriter {
    models: Models,
    symbols: RangeEncoder,
    plain: BitWriter,
}

impl ResidualWriter {
    pub(super) fn new(pixels: usize) -> Self {
        let symbols = RangeEncoder::new(pixels * 2);
        Self { models: Models::new(), symbols, plain: BitWriter::with_capacity(pixels * 4) }
    }

    #[inline]
    pub(super) fn write(&mut self, around: Surrounding, number: u64) {
        let plain_bits = around.plain_bits();
        let leading = number >> plain_bits;
        let model = self.models.at(around);
        if leading < ESCAPE {
            model.encode(&mut self.symbols, leading as usize);
            self.plain.write_long(number & ((1 << plain_bits) - 1), plain_bits);
        } else {
            model.encode(&mut self.symbols, ESCAPE as usize);
            let length = 64 - number.leading_zeros();
            self.plain.write(u64::from(length), ESCAPE_LENGTH_BITS);
            self.plain.write_long(number, length);
        }
    }

    /// The length of the symbols' bytes, those, and the plain bits.
    pub(super) fn finish(self, bytes: &mut Vec<u8>) {
        let symbols = self.symbols.finish();
        bytes.extend((symbols.len() as u32).to_le_bytes());
        bytes.extend(symbols);
        bytes.extend(self.plain.finish());
    }
}

/// Reads numbers.
pub(super) struct ResidualReader<'a> {
    models: Models,
    symbols: RangeDecoder<'a>,
    plain: BitReader<'a>,
}

impl<'a> ResidualReader<'a> {
    /// `None` if the bytes end before the symbols that they announce.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (symbols, plain) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let symbols = RangeDecoder::new(symbols);
        Some(Self { models: Models::new(), symbols, plain: BitReader::new(plain) })
    }

    /// `None` past the end.
    #[inline]
    pub(super) fn read(&mut self, around: Surrounding) -> Option<u64> {
        let plain_bits = around.plain_bits();
        let leading = self.models.at(around).decode(&mut self.symbols) as u64;
        if leading < ESCAPE {
            return Some(leading << plain_bits | self.plain.read_long(plain_bits)?);
        }
        let length = self.plain.read(ESCAPE_LENGTH_BITS)? as u32;
        if length > 64 { None } else { self.plain.read_long(length) }
    }

    /// Whether the symbols have run out; what is read afterwards means nothing.
    pub(super) const fn is_exhausted(&self) -> bool {
        self.symbols.is_exhausted()
    }

    /// Whether only the zero bits that fill the last byte are left.
    pub(super) fn is_at_end(&self) -> bool {
        self.plain.is_at_end()
    }
}
