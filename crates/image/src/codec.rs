//! The packing of a tile's radiance sums: prediction, then a range coder that learns by surroundings.
//!
//! Each channel is predicted from its neighbours, red and blue from green's surprise as well; what is left
//! is folded to an unsigned number and coded by a model that the numbers around it choose. Exact packing
//! carries every sum as it is. Packing below the noise divides the sums by a step that each block's
//! measured noise decides, with subtractive dither (Wannamaker et al., "A theory of nonsubtractive
//! dither", 2000): the error is uniform within a step and zero on average, whatever the sum.

mod lattice;
mod model;
mod noise;
mod range;
mod residual;
mod rows;
#[cfg(test)]
mod tests;

use p2c2r_frame::{PixelRect, RadianceSums, SampleRange};
use thiserror::Error;

use lattice::{DitherKey, Lattice, MAX_STEP_INDEX, MAX_SUM, Step};
use noise::{BLOCK_PX, StepMap};
use residual::{MAX_CODE_BITS, ResidualReader, ResidualWriter, Surrounding};
use rows::{Predictor, Rows};

pub use noise::LOSSY_ERROR_GROWTH;

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
    /// Rounded sums where exact ones were asked for.
    #[error("the sums are rounded, but exact ones were asked for")]
    Rounded,
    /// Sums that are not halves of one tile.
    #[error("the halves are not consecutive samples of one rectangle")]
    Halves,
    /// A step outside the table.
    #[error("block {block} has no step {index}")]
    Step {
        /// Row-major index.
        block: usize,
        /// Index of the step.
        index: i64,
    },
    /// The bytes end inside a number.
    #[error("the bytes end at pixel {pixel} of {pixels}")]
    Truncated {
        /// Row-major index.
        pixel: usize,
        /// Pixels of the tile.
        pixels: u64,
    },
    /// A negative sum, or one that no samples reach.
    #[error("pixel {pixel} has an impossible sum")]
    OutOfRange {
        /// Row-major index.
        pixel: usize,
    },
    /// Bytes are left after the last pixel.
    #[error("bytes are left after the last pixel")]
    Trailing,
}

/// The first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mode {
    predictor: Predictor,
    is_rounded: bool,
}

impl Mode {
    const MEAN: u8 = 1;
    const ROUNDED: u8 = 2;
    /// Set in every packing of this form.
    const FORM: u8 = 0x10;

    fn byte(self) -> u8 {
        let mean = if self.predictor == Predictor::Mean { Self::MEAN } else { 0 };
        Self::FORM | mean | if self.is_rounded { Self::ROUNDED } else { 0 }
    }

    fn from_byte(byte: u8) -> Result<Self, CodecError> {
        let predictor = if byte & Self::MEAN != 0 { Predictor::Mean } else { Predictor::Median };
        let mode = Self { predictor, is_rounded: byte & Self::ROUNDED != 0 };
        if mode.byte() == byte { Ok(mode) } else { Err(CodecError::Mode(byte)) }
    }
}

/// Longest packing of a tile with this many pixels.
pub const fn packed_limit_bytes(pixels: u64) -> usize {
    // A block has a step and a flag; the mode, the symbols' length and the ends of both parts on top.
    let numbers = 3 * pixels + 2 * pixels;
    (numbers * MAX_CODE_BITS / 8 + 16) as usize
}

/// Packs sums exactly; the rectangle and the sample range are not part of it, since both sides know the task.
pub fn pack_sums(tile: &RadianceSums) -> Result<Vec<u8>, CodecError> {
    pack(tile, None)
}

/// Adds two halves of a tile's samples and packs the sum below the noise that the halves show; `seed` is
/// the task's.
pub fn pack_sums_below_noise(
    first: &RadianceSums,
    second: &RadianceSums,
    seed: u32,
) -> Result<Vec<u8>, CodecError> {
    let whole = first.joined(second).ok_or(CodecError::Halves)?;
    let steps = StepMap::measured([first, second], &whole);
    pack(&whole, Some((steps, DitherKey::new(seed, whole.samples))))
}

fn pack(
    tile: &RadianceSums,
    rounding: Option<(StepMap, DitherKey)>,
) -> Result<Vec<u8>, CodecError> {
    if let Some(pixel) = tile.sums.iter().position(|sums| sums.iter().any(|&s| s > MAX_SUM as u64))
    {
        return Err(CodecError::OutOfRange { pixel });
    }
    let mode = Mode { predictor: best_predictor(tile), is_rounded: rounding.is_some() };
    let mut bytes = vec![mode.byte()];
    let mut writer = ResidualWriter::new(tile.sums.len());
    match rounding {
        None => {
            let mut port = Outgoing { tile, writer: &mut writer };
            walk(tile.rect, mode.predictor, |_, _| Lattice::EXACT, &mut port)?;
        }
        Some((steps, key)) => {
            write_steps(&mut writer, &steps);
            let mut port = Outgoing { tile, writer: &mut writer };
            walk(tile.rect, mode.predictor, lattices(tile.rect, &steps, key), &mut port)?;
        }
    }
    writer.finish(&mut bytes);
    Ok(bytes)
}

/// Unpacks sums of a known task; `seed` is the task's. Rounded sums are refused unless they may be.
///
/// Memory grows with what is read, and never beyond what the task's area needs.
pub fn unpack_sums(
    bytes: &[u8],
    rect: PixelRect,
    samples: SampleRange,
    rounded_with: Option<u32>,
) -> Result<RadianceSums, CodecError> {
    let (pixels, limit) = (rect.area(), packed_limit_bytes(rect.area()));
    if bytes.len() > limit {
        return Err(CodecError::TooLong { found: bytes.len(), pixels, limit });
    }
    let truncated = CodecError::Truncated { pixel: 0, pixels };
    let (&mode, rest) = bytes.split_first().ok_or(truncated.clone())?;
    let mode = Mode::from_byte(mode)?;
    let mut reader = ResidualReader::new(rest).ok_or(truncated)?;
    let sums = if mode.is_rounded {
        let seed = rounded_with.ok_or(CodecError::Rounded)?;
        let steps = read_steps(&mut reader, rect)?;
        let key = DitherKey::new(seed, samples);
        let mut port = Incoming { reader: &mut reader, sums: Vec::new(), pixels };
        walk(rect, mode.predictor, lattices(rect, &steps, key), &mut port)?;
        port.sums
    } else {
        let mut port = Incoming { reader: &mut reader, sums: Vec::new(), pixels };
        walk(rect, mode.predictor, |_, _| Lattice::EXACT, &mut port)?;
        port.sums
    };
    if !reader.is_at_end() {
        return Err(CodecError::Trailing);
    }
    Ok(RadianceSums { rect, samples, sums })
}

/// One end of [`walk`]: knows the numbers and writes them, or reads them.
trait Port {
    /// The index of a channel whose prediction has the index `near`, and the folded distance of both.
    fn exchange(
        &mut self,
        place: (usize, usize),
        around: Surrounding,
        lattice: &Lattice,
        near: i64,
    ) -> Result<(i64, u64), CodecError>;

    /// A pixel is complete.
    fn pixel_done(&mut self, _sums: [i64; 3]) {}

    /// A row begins: fails if there is nothing more to come.
    fn begin_row(&mut self, _pixels: usize) -> Result<(), CodecError> {
        Ok(())
    }
}

/// Visits each number of a tile in coding order: the same for both ends, so that they cannot differ.
#[inline]
fn walk<P: Port>(
    rect: PixelRect,
    predictor: Predictor,
    lattice_at: impl Fn(usize, usize) -> Lattice,
    port: &mut P,
) -> Result<(), CodecError> {
    /// Green first: the others follow it.
    const ORDER: [usize; 3] = [1, 0, 2];
    let (width, height) = (rect.width as usize, rect.height as usize);
    let mut rows = Rows::new(width);
    for row in 0..height {
        port.begin_row(width)?;
        for column in 0..width {
            let pixel = row * width + column;
            let around = rows.around(column, predictor);
            let lattice = lattice_at(column, row);
            let (mut values, mut folded, mut surprises) = ([0; 3], [0; 3], [0; 3]);
            for (channel, source) in ORDER.into_iter().enumerate() {
                let mut predicted = around.predicted[channel];
                if channel > 0 {
                    predicted += rows.lean(channel, surprises[0]);
                }
                let near = lattice.index_near(predicted);
                let surrounding = around.surrounding(channel, folded[0]);
                let (index, distance) =
                    port.exchange((pixel, source), surrounding, &lattice, near)?;
                let value = lattice.value(index).ok_or(CodecError::OutOfRange { pixel })?;
                values[channel] = value;
                folded[channel] = distance;
                surprises[channel] = value - around.predicted[channel];
            }
            rows.set(column, values, folded, surprises);
            port.pixel_done([values[1], values[0], values[2]]);
        }
        rows.advance();
    }
    Ok(())
}

struct Outgoing<'a> {
    tile: &'a RadianceSums,
    writer: &'a mut ResidualWriter,
}

impl Port for Outgoing<'_> {
    #[inline]
    fn exchange(
        &mut self,
        (pixel, source): (usize, usize),
        around: Surrounding,
        lattice: &Lattice,
        near: i64,
    ) -> Result<(i64, u64), CodecError> {
        let index = lattice.index_of(self.tile.sums[pixel][source] as i64);
        let folded = fold(index - near);
        self.writer.write(around, folded);
        Ok((index, folded))
    }
}

struct Incoming<'a, 'b> {
    reader: &'a mut ResidualReader<'b>,
    sums: Vec<[u64; 3]>,
    pixels: u64,
}

impl Incoming<'_, '_> {
    const fn truncated(&self, pixel: usize) -> CodecError {
        CodecError::Truncated { pixel, pixels: self.pixels }
    }
}

impl Port for Incoming<'_, '_> {
    #[inline]
    fn exchange(
        &mut self,
        (pixel, _): (usize, usize),
        around: Surrounding,
        _lattice: &Lattice,
        near: i64,
    ) -> Result<(i64, u64), CodecError> {
        let folded = self.reader.read(around).ok_or(self.truncated(pixel))?;
        Ok((near.wrapping_add(unfold(folded)), folded))
    }

    #[inline]
    fn pixel_done(&mut self, sums: [i64; 3]) {
        self.sums.push(sums.map(|sum| sum as u64));
    }

    fn begin_row(&mut self, pixels: usize) -> Result<(), CodecError> {
        if self.reader.is_exhausted() {
            return Err(self.truncated(self.sums.len()));
        }
        self.sums.reserve(pixels);
        Ok(())
    }
}

/// The lattice of each pixel under a map of steps.
fn lattices(rect: PixelRect, steps: &StepMap, key: DitherKey) -> impl Fn(usize, usize) -> Lattice {
    move |column, row| {
        let block = row / BLOCK_PX * steps.columns() + column / BLOCK_PX;
        let step = steps.steps()[block];
        if step.index == 0 {
            return Lattice::EXACT;
        }
        let hash = key.of(rect.x.wrapping_add(column as u32), rect.y.wrapping_add(row as u32));
        Lattice::new(step, hash)
    }
}

/// Models of the steps: distances to the block before, and flags.
const STEP_SURROUNDING: Surrounding = Surrounding::new(3, 2);
const FLAG_SURROUNDING: Surrounding = Surrounding::new(3, 0);

/// What a block's step is expected to be: as the one on its left, or above.
fn step_before(steps: &StepMap, block: usize) -> i64 {
    let is_first = block.is_multiple_of(steps.columns());
    let before = block.checked_sub(if is_first { steps.columns() } else { 1 });
    before.map_or(0, |before| i64::from(steps.steps()[before].index))
}

fn write_steps(writer: &mut ResidualWriter, steps: &StepMap) {
    for (block, step) in steps.steps().iter().enumerate() {
        let distance = i64::from(step.index) - step_before(steps, block);
        writer.write(STEP_SURROUNDING, fold(distance));
        writer.write(FLAG_SURROUNDING, u64::from(step.is_subtractive));
    }
}

fn read_steps(reader: &mut ResidualReader<'_>, rect: PixelRect) -> Result<StepMap, CodecError> {
    let truncated = CodecError::Truncated { pixel: 0, pixels: rect.area() };
    let mut steps = StepMap::exact(rect);
    for block in 0..steps.steps().len() {
        let distance = reader.read(STEP_SURROUNDING).ok_or(truncated.clone())?;
        let is_subtractive = reader.read(FLAG_SURROUNDING).ok_or(truncated.clone())? != 0;
        let index = step_before(&steps, block).wrapping_add(unfold(distance));
        if !(0..=i64::from(MAX_STEP_INDEX)).contains(&index) {
            return Err(CodecError::Step { block, index });
        }
        if reader.is_exhausted() {
            return Err(truncated);
        }
        steps.steps_mut()[block] = Step { index: index as u8, is_subtractive };
    }
    Ok(steps)
}

/// The predictor that leaves least, judged by some of the rows.
fn best_predictor(tile: &RadianceSums) -> Predictor {
    /// Every so many rows are looked at.
    const ROW_STRIDE: usize = 8;
    let width = tile.rect.width as usize;
    let cost = |predictor: &Predictor| {
        let rows = tile.sums.chunks_exact(width.max(1)).collect::<Vec<_>>();
        let pairs = rows.windows(2).step_by(ROW_STRIDE);
        pairs.map(|pair| predictor.cost(pair[0], pair[1])).sum::<u64>()
    };
    Predictor::ALL.into_iter().min_by_key(cost).unwrap_or(Predictor::Mean)
}

/// Folds a signed number so that small magnitudes become small numbers.
const fn fold(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

const fn unfold(folded: u64) -> i64 {
    (folded >> 1) as i64 ^ -((folded & 1) as i64)
}
