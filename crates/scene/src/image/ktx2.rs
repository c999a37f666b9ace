//! KTX2 files that hold a Basis Universal texture, as `KHR_texture_basisu` allows them: ETC1S with BasisLZ,
//! and UASTC, plain or with Zstandard. The container is read here; blocks are decoded by a library.

use std::io::Read;

use basisu::basislz::etc1s::Etc1sTranscoder;
use basisu::uastc::unpack::unpack_uastc;

use super::{DecodedImage, ImageError, ImageLimits, checked, malformed};
use crate::ImageFormat;

/// The first bytes of every KTX2 file.
pub(super) const IDENTIFIER: [u8; 12] = *b"\xabKTX 20\xbb\r\n\x1a\n";
/// Bytes before the level index.
const HEADER_BYTES: usize = 80;
/// Offset of the colour model in the first block of the data format descriptor.
const MODEL_OFFSET: usize = 12;
const MODEL_ETC1S: u8 = 163;
const MODEL_UASTC: u8 = 166;
const SCHEME_NONE: u32 = 0;
const SCHEME_BASIS_LZ: u32 = 1;
const SCHEME_ZSTANDARD: u32 = 2;
/// Bytes of the global data before the descriptions of the images, and of one description.
const GLOBAL_BYTES: usize = 20;
const DESCRIPTION_BYTES: usize = 20;
/// Bytes of a block of 4×4 texels.
const UASTC_BLOCK_BYTES: usize = 16;

/// What the header tells of the largest level.
struct Header<'a> {
    width: u32,
    height: u32,
    scheme: u32,
    model: u8,
    /// The level's bytes, as they are stored.
    level: &'a [u8],
    /// Its length without Zstandard.
    level_bytes: u64,
    /// Images that the global data describes.
    image_count: usize,
    global: &'a [u8],
}

/// The size that the header tells.
pub(super) fn size(bytes: &[u8]) -> Result<(u32, u32), ImageError> {
    let header = Header::read(bytes)?;
    Ok((header.width, header.height))
}

/// Decodes the largest level within the limits.
pub(super) fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<DecodedImage, ImageError> {
    let header = Header::read(bytes)?;
    let (width, height) = (header.width, header.height);
    limits.check(width, height)?;
    let texels = match (header.model, header.scheme) {
        (MODEL_ETC1S, SCHEME_BASIS_LZ) => header.etc1s(),
        (MODEL_UASTC, SCHEME_NONE) => header.uastc(header.level),
        (MODEL_UASTC, SCHEME_ZSTANDARD) => header.uastc(&header.inflated()?),
        _ => Err(wrong("it holds neither ETC1S nor UASTC")),
    }?;
    checked(ImageFormat::Ktx2, width, height, texels)
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let header = bytes.get(..HEADER_BYTES).ok_or_else(cut)?;
        if !header.starts_with(&IDENTIFIER) {
            return Err(wrong("it is no KTX2 file"));
        }
        let word = |place: usize| word(header, 12 + 4 * place);
        let (format, width, height, depth) = (word(0)?, word(2)?, word(3)?, word(4)?);
        let (layers, faces, levels) = (word(5)?, word(6)?, word(7)?);
        if width == 0 || height == 0 || depth != 0 || layers > 1 || faces != 1 || format != 0 {
            return Err(wrong("it is not one flat Basis Universal image"));
        }
        let descriptor = part(bytes, word(9)?.into(), word(10)?.into())?;
        let model = *descriptor.get(MODEL_OFFSET).ok_or_else(cut)?;
        let global = part(bytes, long(header, 64)?, long(header, 72)?)?;
        let (offset, length) = (long(bytes, HEADER_BYTES)?, long(bytes, HEADER_BYTES + 8)?);
        let level_bytes = long(bytes, HEADER_BYTES + 16)?;
        Ok(Self {
            width,
            height,
            scheme: word(8)?,
            model,
            level: part(bytes, offset, length)?,
            level_bytes,
            // A file without levels asks the reader to make them, and has one.
            image_count: levels.max(1) as usize,
            global,
        })
    }

    const fn blocks(&self) -> (u32, u32) {
        (self.width.div_ceil(4), self.height.div_ceil(4))
    }

    /// ETC1S: code books for the whole file, then indices into them.
    fn etc1s(&self) -> Result<Vec<u32>, ImageError> {
        let global = self.global;
        let (endpoint_count, selector_count) = (short(global, 0)?, short(global, 2)?);
        let lengths = [4, 8, 12].map(|offset| word(global, offset));
        let [endpoints, selectors, tables] = lengths;
        let descriptions = self.image_count.checked_mul(DESCRIPTION_BYTES).ok_or_else(cut)?;
        let mut rest = global.get(GLOBAL_BYTES + descriptions..).ok_or_else(cut)?;
        let mut next = |length: u32| {
            let (head, tail) = rest.split_at_checked(length as usize).ok_or_else(cut)?;
            rest = tail;
            Ok::<_, ImageError>(head)
        };
        let (endpoints, selectors, tables) = (next(endpoints?)?, next(selectors?)?, next(tables?)?);
        let mut transcoder = Etc1sTranscoder::new();
        let is_read =
            transcoder.decode_palettes(endpoint_count, endpoints, selector_count, selectors)
                && transcoder.decode_tables(tables);
        if !is_read {
            return Err(wrong("its code books are damaged"));
        }
        let description = |place: usize| word(global, GLOBAL_BYTES + 4 * place);
        let slice = |place: usize| -> Result<&[u8], ImageError> {
            part(self.level, description(place)?.into(), description(place + 1)?.into())
        };
        let (colour, alpha) = (slice(1)?, slice(3)?);
        let (across, down) = self.blocks();
        let (width, height) = (self.width, self.height);
        let mut texels = vec![0; width as usize * height as usize * 4];
        let done = if alpha.is_empty() {
            transcoder.transcode_slice_rgba32(
                colour,
                across,
                down,
                width,
                height,
                None,
                &mut texels,
            )
        } else {
            transcoder.transcode_image_rgba32(
                colour,
                alpha,
                across,
                down,
                width,
                height,
                None,
                &mut texels,
            )
        };
        done.ok_or_else(|| wrong("its blocks are damaged"))?;
        Ok(texels.as_chunks().0.iter().map(|&texel| u32::from_le_bytes(texel)).collect())
    }

    /// UASTC: 128 bits for each block.
    fn uastc(&self, blocks: &[u8]) -> Result<Vec<u32>, ImageError> {
        let (across, down) = self.blocks();
        let (across, down) = (across as usize, down as usize);
        let (blocks, _) = blocks.as_chunks::<UASTC_BLOCK_BYTES>();
        let blocks = blocks.get(..across * down).ok_or_else(cut)?;
        let (width, height) = (self.width as usize, self.height as usize);
        let mut texels = vec![0; width * height];
        for (index, block) in blocks.iter().enumerate() {
            let block = unpack_uastc(block, false).ok_or_else(|| wrong("a block is damaged"))?;
            let (left, top) = (index % across * 4, index / across * 4);
            for (place, colour) in block.iter().enumerate() {
                let (x, y) = (left + place % 4, top + place / 4);
                if x < width && y < height {
                    let texel = [colour.r(), colour.g(), colour.b(), colour.a()];
                    texels[y * width + x] = u32::from_le_bytes(texel);
                }
            }
        }
        Ok(texels)
    }

    /// The level without Zstandard; its length is that of its blocks, whatever the file says.
    fn inflated(&self) -> Result<Vec<u8>, ImageError> {
        let (across, down) = self.blocks();
        let expected = across as usize * down as usize * UASTC_BLOCK_BYTES;
        if self.level_bytes != expected as u64 {
            return Err(wrong("its level has another length than its blocks"));
        }
        let damaged = |_| wrong("its Zstandard stream is damaged");
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(self.level).map_err(damaged)?;
        let mut level = vec![0; expected];
        decoder.read_exact(&mut level).map_err(|_| wrong("its Zstandard stream is damaged"))?;
        Ok(level)
    }
}

fn wrong(reason: &'static str) -> ImageError {
    malformed(ImageFormat::Ktx2, &reason)
}

fn cut() -> ImageError {
    wrong("it is cut off")
}

fn part(bytes: &[u8], offset: u64, length: u64) -> Result<&[u8], ImageError> {
    let start = usize::try_from(offset).map_err(|_| cut())?;
    let length = usize::try_from(length).map_err(|_| cut())?;
    let rest = bytes.get(start..).ok_or_else(cut)?;
    rest.get(..length).ok_or_else(cut)
}

fn array<const N: usize>(bytes: &[u8], offset: usize) -> Result<[u8; N], ImageError> {
    let rest = bytes.get(offset..).ok_or_else(cut)?;
    rest.first_chunk().copied().ok_or_else(cut)
}

fn short(bytes: &[u8], offset: usize) -> Result<u32, ImageError> {
    array(bytes, offset).map(|bytes| u16::from_le_bytes(bytes).into())
}

fn word(bytes: &[u8], offset: usize) -> Result<u32, ImageError> {
    array(bytes, offset).map(u32::from_le_bytes)
}

fn long(bytes: &[u8], offset: usize) -> Result<u64, ImageError> {
    array(bytes, offset).map(u64::from_le_bytes)
}
