//! The exact packing of a tile's radiance sums: prediction, then Golomb–Rice codes by context.
//!
//! Each channel is predicted from its neighbours; the residual is folded to an unsigned number and
//! coded with a Rice parameter learned per context, the context being the size of the residuals
//! above and to the left (after Weinberger, Seroussi, Sapiro, "LOCO-I", 1996). The first byte says
//! how the channels were correlated and predicted; the encoder takes what suits the tile.

use p2c2r_frame::{PixelRect, RadianceSums, SampleRange};
use thiserror::Error;

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
const MAX_CODE_BITS: u64 = (ESCAPE_ZEROS + ESCAPE_LENGTH_BITS + 64) as u64;

/// Bytes that are not the packing of the tile they claim to be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodecError {
    /// More bytes than any tile of this size has.
    #[error("{found} bytes for {pixels} pixels; at most {limit} are possible")]
    TooLong {
        /// Length.
        found: usize,
        /// Pixels of the tile.
        pixels: u64,
        /// Longest packing.
        limit: usize,
    },
    /// The first byte names no mode.
    #[error("packing mode {0} is not known")]
    Mode(u8),
    /// The bytes end inside a number.
    #[error("the bytes end at pixel {pixel} of {pixels}")]
    Truncated {
        /// Row-major index.
        pixel: usize,
        /// Pixels of the tile.
        pixels: u64,
    },
    /// A number outside 64 bits, or a negative sum.
    #[error("pixel {pixel} unpacks to an impossible sum")]
    OutOfRange {
        /// Row-major index.
        pixel: usize,
    },
    /// Bytes are left after the last pixel.
    #[error("bytes are left after the last pixel")]
    Trailing,
}

/// How a tile's channels are correlated and predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mode {
    /// Red and blue as differences to green.
    differences: bool,
    /// Mean of four neighbours (for noise) instead of the median predictor (for edges).
    smooth: bool,
}

impl Mode {
    const ALL: [Self; 4] = [Self::of(0), Self::of(1), Self::of(2), Self::of(3)];

    const fn of(byte: u8) -> Self {
        Self { differences: byte & 1 != 0, smooth: byte & 2 != 0 }
    }

    const fn byte(self) -> u8 {
        self.differences as u8 | (self.smooth as u8) << 1
    }

    /// The three numbers that stand for a pixel; wraps, as [`Self::sums`] does.
    const fn channels(self, [red, green, blue]: [u64; 3]) -> [i64; 3] {
        let (red, green, blue) = (red as i64, green as i64, blue as i64);
        if self.differences {
            [green, red.wrapping_sub(green), blue.wrapping_sub(green)]
        } else {
            [red, green, blue]
        }
    }

    /// The inverse of [`Self::channels`]; `None` for negative sums.
    fn sums(self, [first, second, third]: [i64; 3]) -> Option<[u64; 3]> {
        let sums = if self.differences {
            [second.wrapping_add(first), first, third.wrapping_add(first)]
        } else {
            [first, second, third]
        };
        let [red, green, blue] = sums.map(|sum| u64::try_from(sum).ok());
        Some([red?, green?, blue?])
    }
}

/// Longest packing of a tile with this many pixels.
pub const fn packed_limit_bytes(pixels: u64) -> usize {
    // Mode byte and the filled last byte on top.
    (pixels * 3 * MAX_CODE_BITS / 8 + 2) as usize
}

/// Packs sums; the rectangle and the sample range are not part of it, since both sides know the task.
pub fn pack_sums(tile: &RadianceSums) -> Vec<u8> {
    let estimate = |mode: &Mode| {
        let mut bits = 0u64;
        walk(*mode, tile.rect.width as usize, tile.sums.iter().copied(), |_, folded| {
            bits += u64::from(64 - folded.leading_zeros());
        });
        bits
    };
    let mode = Mode::ALL.into_iter().min_by_key(estimate).unwrap_or(Mode::of(0));
    let mut writer = BitWriter::default();
    writer.write(u64::from(mode.byte()), 8);
    let mut contexts = Contexts::new();
    walk(mode, tile.rect.width as usize, tile.sums.iter().copied(), |at, folded| {
        let context = contexts.at(at);
        write_code(&mut writer, folded, context.parameter());
        context.learn(folded);
    });
    writer.finish()
}

/// Unpacks sums of a known task. Allocates what the task's area needs and nothing by the bytes' word.
pub fn unpack_sums(
    bytes: &[u8],
    rect: PixelRect,
    samples: SampleRange,
) -> Result<RadianceSums, CodecError> {
    let (pixels, limit) = (rect.area(), packed_limit_bytes(rect.area()));
    if bytes.len() > limit {
        return Err(CodecError::TooLong { found: bytes.len(), pixels, limit });
    }
    let mut reader = BitReader::new(bytes);
    let truncated = |pixel| CodecError::Truncated { pixel, pixels };
    let byte = reader.read(8).ok_or(truncated(0))? as u8;
    let mode = Mode::ALL.into_iter().find(|mode| mode.byte() == byte);
    let mode = mode.ok_or(CodecError::Mode(byte))?;
    let mut contexts = Contexts::new();
    let mut rows = Rows::new(rect.width as usize);
    // Each number takes a bit at least, so the area is bounded by the bytes before it is allocated.
    if pixels * 3 > bytes.len() as u64 * 8 {
        return Err(truncated(bytes.len() * 8 / 3));
    }
    let mut sums = Vec::with_capacity(pixels as usize);
    for pixel in 0..pixels as usize {
        let mut channels = [0; 3];
        for (channel, value) in channels.iter_mut().enumerate() {
            let context = contexts.at(rows.context(channel));
            let folded = read_code(&mut reader, context.parameter()).ok_or(truncated(pixel))?;
            context.learn(folded);
            *value = rows.predict(channel, mode.smooth).wrapping_add(unfold(folded));
            rows.set(channel, *value, folded);
        }
        rows.advance();
        sums.push(mode.sums(channels).ok_or(CodecError::OutOfRange { pixel })?);
    }
    if !reader.is_at_end() {
        return Err(CodecError::Trailing);
    }
    Ok(RadianceSums { rect, samples, sums })
}

/// Visits each number of a tile in coding order with its context and folded residual.
fn walk(
    mode: Mode,
    width: usize,
    sums: impl Iterator<Item = [u64; 3]>,
    mut visit: impl FnMut((usize, usize), u64),
) {
    let mut rows = Rows::new(width);
    for pixel in sums {
        for (channel, value) in mode.channels(pixel).into_iter().enumerate() {
            let context = rows.context(channel);
            let folded = fold(value.wrapping_sub(rows.predict(channel, mode.smooth)));
            visit(context, folded);
            rows.set(channel, value, folded);
        }
        rows.advance();
    }
}

/// The current and the previous row of all channels, with their residuals.
struct Rows {
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
    fn new(width: usize) -> Self {
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
    fn context(&self, channel: usize) -> (usize, usize) {
        let residuals = &self.residuals[channel];
        let above = residuals[self.column];
        let left = if self.column > 0 { residuals[self.column - 1] } else { above };
        let mean = above / 2 + left / 2;
        (channel, (64 - mean.leading_zeros()) as usize)
    }

    fn predict(&self, channel: usize, smooth: bool) -> i64 {
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

    fn set(&mut self, channel: usize, value: i64, folded: u64) {
        self.next_above_left[channel] = self.values[channel][self.column];
        self.values[channel][self.column] = value;
        self.residuals[channel][self.column] = folded;
    }

    fn advance(&mut self) {
        self.above_left = self.next_above_left;
        self.column += 1;
        if self.column == self.width {
            self.column = 0;
            self.is_first_row = false;
        }
    }
}

/// The learned sizes of residuals.
struct Contexts {
    contexts: [[Context; CONTEXTS]; 3],
}

impl Contexts {
    const fn new() -> Self {
        Self { contexts: [[Context { total: 0, count: 0 }; CONTEXTS]; 3] }
    }

    const fn at(&mut self, (channel, size): (usize, usize)) -> &mut Context {
        let context = &mut self.contexts[channel][size];
        if context.count == 0 {
            // A fresh context expects what its neighbours had.
            *context = Context { total: 1 << (if size > 40 { 40 } else { size }), count: 1 };
        }
        context
    }
}

#[derive(Clone, Copy)]
struct Context {
    total: u64,
    count: u32,
}

impl Context {
    /// The Rice parameter: about the bit length of the mean.
    const fn parameter(self) -> u32 {
        let mean = self.total / self.count as u64;
        let bits = 64 - mean.leading_zeros();
        // Half of the mean, rounded up to a power of two, is the optimum of a geometric distribution.
        if bits > 0 { bits - 1 } else { 0 }
    }

    const fn learn(&mut self, folded: u64) {
        // Large outliers are capped, so that the total cannot overflow.
        self.total += if folded < 1 << 50 { folded } else { 1 << 50 };
        self.count += 1;
        if self.count >= CONTEXT_WINDOW {
            self.total /= 2;
            self.count /= 2;
        }
    }
}

fn write_code(writer: &mut BitWriter, folded: u64, parameter: u32) {
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

fn read_code(reader: &mut BitReader<'_>, parameter: u32) -> Option<u64> {
    let quotient = reader.read_zeros(ESCAPE_ZEROS)?;
    if quotient < ESCAPE_ZEROS {
        return Some(u64::from(quotient) << parameter | reader.read_long(parameter)?);
    }
    let length = reader.read(ESCAPE_LENGTH_BITS)? as u32;
    if length > 64 { None } else { reader.read_long(length) }
}

/// Folds a signed number so that small magnitudes become small numbers.
const fn fold(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

const fn unfold(folded: u64) -> i64 {
    (folded >> 1) as i64 ^ -((folded & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tile(width: u32, height: u32, sums: Vec<[u64; 3]>) -> RadianceSums {
        let rect = PixelRect { x: 3, y: 5, width, height };
        RadianceSums { rect, samples: SampleRange::new(0, 4), sums }
    }

    fn check_round_trip(tile: &RadianceSums) -> usize {
        let bytes = pack_sums(tile);
        assert!(bytes.len() <= packed_limit_bytes(tile.rect.area()));
        assert_eq!(unpack_sums(&bytes, tile.rect, tile.samples).as_ref(), Ok(tile));
        bytes.len()
    }

    #[test]
    fn black_tile_is_nearly_free() {
        let bytes = check_round_trip(&tile(64, 64, vec![[0; 3]; 4096]));
        assert!(bytes <= 4096 * 3 / 8 + 4, "{bytes}");
    }

    #[test]
    fn extreme_sums_survive() {
        let edge = [0, u64::from(u32::MAX), 1 << 46, i64::MAX as u64];
        let sums = (0..64).map(|index| [edge[index % 4], edge[index / 4 % 4], edge[index / 16]]);
        check_round_trip(&tile(8, 8, sums.collect()));
    }

    #[test]
    fn noise_of_sixteen_bits_costs_about_sixteen_bits() {
        let mut state = 1u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 48
        };
        let sums = (0..4096).map(|_| [noise(), noise(), noise()]).collect();
        let bytes = check_round_trip(&tile(64, 64, sums));
        let bits = bytes as f64 * 8.0 / (4096.0 * 3.0);
        assert!((15.0..17.5).contains(&bits), "{bits} bits per number");
    }

    #[test]
    fn cut_and_lengthened_bytes_are_refused() {
        let tile = tile(7, 5, (0..35).map(|index| [index * 977, index * 3, 70_000]).collect());
        let mut bytes = pack_sums(&tile);
        for length in 0..bytes.len() {
            assert!(unpack_sums(&bytes[..length], tile.rect, tile.samples).is_err());
        }
        bytes.push(0);
        let found = unpack_sums(&bytes, tile.rect, tile.samples);
        assert_eq!(found, Err(CodecError::Trailing));
        bytes[0] = 9;
        assert_eq!(unpack_sums(&bytes, tile.rect, tile.samples), Err(CodecError::Mode(9)));
        let long = vec![0; packed_limit_bytes(35) + 1];
        let found = unpack_sums(&long, tile.rect, tile.samples);
        assert!(matches!(found, Err(CodecError::TooLong { .. })));
    }

    #[test]
    fn huge_rectangle_is_refused_before_it_allocates() {
        let rect = PixelRect::of_size(16_384, 16_384);
        let found = unpack_sums(&[0, 1, 2], rect, SampleRange::new(0, 1));
        assert!(matches!(found, Err(CodecError::Truncated { .. })));
    }

    fn any_sums() -> impl Strategy<Value = RadianceSums> {
        (1u32..40, 1u32..40, 0u32..47).prop_flat_map(|(width, height, bits)| {
            let sum = 0..1u64 << bits;
            let pixel = [sum.clone(), sum.clone(), sum];
            prop::collection::vec(pixel, (width * height) as usize)
                .prop_map(move |sums| tile(width, height, sums))
        })
    }

    proptest! {
        #[test]
        fn any_tile_survives(tile in any_sums()) {
            check_round_trip(&tile);
        }

        #[test]
        fn random_bytes_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..600), width in 1u32..20, height in 1u32..20,
        ) {
            let rect = PixelRect::of_size(width, height);
            if let Ok(tile) = unpack_sums(&bytes, rect, SampleRange::new(0, 1)) {
                prop_assert_eq!(tile.sums.len() as u64, rect.area());
            }
        }

        #[test]
        fn mangled_tile_never_panics(
            tile in any_sums(), position: prop::sample::Index, value: u8,
        ) {
            let mut bytes = pack_sums(&tile);
            let position = position.index(bytes.len());
            bytes[position] = value;
            // Any answer will do; a panic will not.
            let _ = unpack_sums(&bytes, tile.rect, tile.samples);
        }
    }
}
