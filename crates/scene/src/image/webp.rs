//! WebP, by a library that is the same on every target.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::{DecodedImage, ImageError, ImageLimits, checked, malformed, texels_from_samples};
use crate::ImageFormat;

type Decoder<'a> = WebPDecoder<Cursor<&'a [u8]>>;

/// The size that the header tells.
pub(super) fn size(bytes: &[u8]) -> Result<(u32, u32), ImageError> {
    Ok(decoder(bytes)?.dimensions())
}

fn decoder(bytes: &[u8]) -> Result<Decoder<'_>, ImageError> {
    let decoder = Decoder::new(Cursor::new(bytes));
    let decoder = decoder.map_err(|error| malformed(ImageFormat::WebP, &error))?;
    if decoder.is_animated() {
        return Err(malformed(ImageFormat::WebP, &"it is animated"));
    }
    Ok(decoder)
}

/// Decodes an image within the limits.
pub(super) fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<DecodedImage, ImageError> {
    let mut decoder = decoder(bytes)?;
    let (width, height) = decoder.dimensions();
    limits.check(width, height)?;
    let samples_per_texel = if decoder.has_alpha() { 4 } else { 3 };
    let mut samples = vec![0; width as usize * height as usize * samples_per_texel];
    decoder.set_memory_limit(2 * samples.len() + bytes.len());
    decoder.read_image(&mut samples).map_err(|error| malformed(ImageFormat::WebP, &error))?;
    checked(ImageFormat::WebP, width, height, texels_from_samples(&samples, samples_per_texel))
}
