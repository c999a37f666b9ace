//! The exact packing of a tile's radiance sums: prediction, then Golomb–Rice codes by context.
//!
//! Each channel is predicted from its neighbours; the residual is folded to an unsigned number and
//! coded with a Rice parameter learned per context, the context being the size of the residuals
//! above and to the left (after Weinberger, Seroussi, Sapiro, "LOCO-I", 1996). The first byte says
//! how the channels were correlated and predicted; the encoder takes what suits the tile.

mod rice;
mod rows;
#[cfg(test)]
mod tests;

use p2c2r_frame::{PixelRect, RadianceSums, SampleRange};
use thiserror::Error;

use crate::bits::{BitReader, BitWriter};
use rice::{Contexts, MAX_CODE_BITS, read_code, write_code};
use rows::Rows;

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

/// Folds a signed number so that small magnitudes become small numbers.
const fn fold(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

const fn unfold(folded: u64) -> i64 {
    (folded >> 1) as i64 ^ -((folded & 1) as i64)
}
