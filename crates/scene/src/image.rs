//! Encoded images into RGBA8 texels: the same bits on every target, bounded before any allocation.

mod webp;

use std::io::Cursor;

use thiserror::Error;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use crate::{ImageFormat, ImageSource};

/// Memory that a PNG decoder may take beside its output.
const PNG_SCRATCH_BYTES: usize = 64 << 20;

/// Why an image cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImageError {
    /// The bytes are not an image of this format, or end early.
    #[error("not a readable {format}: {reason}")]
    Malformed {
        /// What it was taken for.
        format: ImageFormat,
        /// The decoder's words.
        reason: String,
    },
    /// Too many texels, told by the header alone.
    #[error("an image of {width}x{height} texels, at most {limit} texels are left")]
    TooLarge {
        /// Width in texels.
        width: u32,
        /// Height in texels.
        height: u32,
        /// Texels that are still allowed.
        limit: u64,
    },
}

/// Decoded texels, row by row from the top left, 0xAABBGGRR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecodedImage {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) texels: Vec<u32>,
}

/// How large an image may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImageLimits {
    /// Width times height.
    pub(crate) max_texels: u64,
    /// Longest side.
    pub(crate) max_side: u32,
}

impl ImageLimits {
    fn check(&self, width: u32, height: u32) -> Result<(), ImageError> {
        let texels = u64::from(width) * u64::from(height);
        if texels > self.max_texels || width.max(height) > self.max_side {
            return Err(ImageError::TooLarge { width, height, limit: self.max_texels });
        }
        Ok(())
    }
}

/// Guesses the format by the first bytes.
pub(crate) fn sniff_format(bytes: &[u8]) -> Option<ImageFormat> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(ImageFormat::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(ImageFormat::WebP);
    }
    bytes.starts_with(&[0xff, 0xd8, 0xff]).then_some(ImageFormat::Jpeg)
}

/// Reads the size from the header, checking it; decodes nothing.
pub(crate) fn image_size(
    image: &ImageSource,
    limits: &ImageLimits,
) -> Result<(u32, u32), ImageError> {
    let size = match image.format {
        ImageFormat::Png => {
            let reader = png_reader(&image.bytes)?;
            (reader.info().width, reader.info().height)
        }
        ImageFormat::Jpeg => jpeg_decoder(&image.bytes, limits)?.1,
        ImageFormat::WebP => webp::size(&image.bytes)?,
    };
    limits.check(size.0, size.1)?;
    Ok(size)
}

/// Decodes an image.
pub(crate) fn decode_image(
    image: &ImageSource,
    limits: &ImageLimits,
) -> Result<DecodedImage, ImageError> {
    match image.format {
        ImageFormat::Png => decode_png(&image.bytes, limits),
        ImageFormat::Jpeg => decode_jpeg(&image.bytes, limits),
        ImageFormat::WebP => webp::decode(&image.bytes, limits),
    }
}

fn png_reader(bytes: &[u8]) -> Result<png::Reader<Cursor<&[u8]>>, ImageError> {
    let limits = png::Limits { bytes: PNG_SCRATCH_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.read_info().map_err(|error| malformed(ImageFormat::Png, &error))
}

fn decode_png(bytes: &[u8], limits: &ImageLimits) -> Result<DecodedImage, ImageError> {
    let mut reader = png_reader(bytes)?;
    let (width, height) = (reader.info().width, reader.info().height);
    limits.check(width, height)?;
    let (color_type, _) = reader.output_color_type();
    let size = reader.output_buffer_size().ok_or(ImageError::TooLarge {
        width,
        height,
        limit: limits.max_texels,
    })?;
    let mut samples = vec![0; size];
    reader.next_frame(&mut samples).map_err(|error| malformed(ImageFormat::Png, &error))?;
    let texels = texels_from_samples(&samples, color_type.samples());
    checked(ImageFormat::Png, width, height, texels)
}

type Jpeg<'a> = zune_jpeg::JpegDecoder<ZCursor<&'a [u8]>>;

fn jpeg_decoder<'a>(
    bytes: &'a [u8],
    limits: &ImageLimits,
) -> Result<(Jpeg<'a>, (u32, u32)), ImageError> {
    let side = limits.max_side as usize;
    let options = DecoderOptions::default()
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = Jpeg::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| malformed(ImageFormat::Jpeg, &error))?;
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| malformed(ImageFormat::Jpeg, &"a header without a size"))?;
    // A JPEG stores its sides in 16 bits.
    Ok((decoder, (width as u32, height as u32)))
}

fn decode_jpeg(bytes: &[u8], limits: &ImageLimits) -> Result<DecodedImage, ImageError> {
    let (mut decoder, (width, height)) = jpeg_decoder(bytes, limits)?;
    limits.check(width, height)?;
    let samples = decoder.decode().map_err(|error| malformed(ImageFormat::Jpeg, &error))?;
    let texels = texels_from_samples(&samples, 3);
    checked(ImageFormat::Jpeg, width, height, texels)
}

fn texels_from_samples(samples: &[u8], samples_per_texel: usize) -> Vec<u32> {
    let texel = |s: &[u8]| {
        u32::from_le_bytes(match *s {
            [gray] => [gray, gray, gray, 255],
            [gray, alpha] => [gray, gray, gray, alpha],
            [red, green, blue] => [red, green, blue, 255],
            [red, green, blue, alpha] => [red, green, blue, alpha],
            _ => [0; 4],
        })
    };
    samples.chunks_exact(samples_per_texel).map(texel).collect()
}

fn checked(
    format: ImageFormat,
    width: u32,
    height: u32,
    texels: Vec<u32>,
) -> Result<DecodedImage, ImageError> {
    if texels.is_empty() || texels.len() as u64 != u64::from(width) * u64::from(height) {
        return Err(malformed(format, &"fewer texels than its size tells"));
    }
    Ok(DecodedImage { width, height, texels })
}

fn malformed(format: ImageFormat, reason: &dyn ToString) -> ImageError {
    ImageError::Malformed { format, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: ImageLimits = ImageLimits { max_texels: 4096, max_side: 64 };

    fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xff, marker];
        bytes.extend((content.len() as u16 + 2).to_be_bytes());
        bytes.extend(content);
        bytes
    }

    /// A baseline JPEG of one red 8×8 block, every coefficient but the means zero.
    fn red_jpeg() -> Vec<u8> {
        let mut quantization = vec![0];
        quantization.extend([8; 64]);
        let mut dc_table = vec![0x00, 0, 3];
        dc_table.extend([0; 14]);
        // Codes 00, 01 and 10 for differences of 6, 7 and 0 bits.
        dc_table.extend([6, 7, 0]);
        let mut ac_table = vec![0x10, 1];
        ac_table.extend([0; 15]);
        // Code 0 ends a block.
        ac_table.push(0);
        let frame = [8, 0, 8, 0, 8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
        let scan = [3, 1, 0, 2, 0, 3, 0, 0, 63, 0];
        // Y −52, Cb −43, Cr +127 around the middle.
        let data = [0x0b, 0x0a, 0x1f, 0xef];
        [
            vec![0xff, 0xd8],
            segment(0xdb, &quantization),
            segment(0xc0, &frame),
            segment(0xc4, &dc_table),
            segment(0xc4, &ac_table),
            segment(0xda, &scan),
            data.to_vec(),
            vec![0xff, 0xd9],
        ]
        .concat()
    }

    fn source(format: ImageFormat, bytes: Vec<u8>) -> ImageSource {
        ImageSource { format, bytes }
    }

    /// A PNG of 3×2 texels with a palette of two colours, one of them half transparent.
    fn palette_png() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 3, 2);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::One);
        encoder.set_palette(&[10u8, 20, 30, 40, 50, 60]);
        encoder.set_trns(&[255u8, 128]);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0b0100_0000, 0b1010_0000]).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn jpeg_decodes_to_its_colour() {
        let image = decode_image(&source(ImageFormat::Jpeg, red_jpeg()), &LIMITS).unwrap();
        assert_eq!((image.width, image.height), (8, 8));
        for texel in image.texels {
            let [red, green, blue, alpha] = texel.to_le_bytes();
            assert!(red >= 252 && green <= 2 && blue <= 2 && alpha == 255, "{texel:08x}");
        }
    }

    #[test]
    fn palettes_and_transparency_are_expanded() {
        let image = decode_image(&source(ImageFormat::Png, palette_png()), &LIMITS).unwrap();
        let (first, second) = ([10, 20, 30, 255], [40, 50, 60, 128]);
        let expected = [first, second, first, second, first, second].map(u32::from_le_bytes);
        assert_eq!(image.texels, expected);
    }

    #[test]
    fn limits_are_told_before_decoding() {
        let limits = ImageLimits { max_texels: 5, max_side: 64 };
        for source in
            [source(ImageFormat::Png, palette_png()), source(ImageFormat::Jpeg, red_jpeg())]
        {
            let error = decode_image(&source, &limits).unwrap_err();
            assert!(matches!(error, ImageError::TooLarge { limit: 5, .. }), "{error}");
            assert_eq!(image_size(&source, &limits), Err(error));
        }
    }

    proptest! {
        #[test]
        fn damaged_images_never_panic(
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            is_jpeg in any::<bool>(),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = if is_jpeg { red_jpeg() } else { palette_png() };
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let format = if is_jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
            if let Ok(image) = decode_image(&source(format, bytes), &LIMITS) {
                prop_assert_eq!(image.texels.len() as u32, image.width * image.height);
            }
        }
    }
}
