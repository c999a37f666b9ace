//! Pictures on disk, for a person to look at when a test fails.

use std::path::Path;

use image::{ImageError, Rgb, RgbImage};
use p2c2r_frame::RadianceSums;
use p2c2r_image::Display;

use crate::radiances;

/// Writes the sums as a tone-mapped PNG.
pub fn save_png(picture: &RadianceSums, path: &Path) -> Result<(), ImageError> {
    let display = Display::default();
    let (width, height) = (picture.rect.width, picture.rect.height);
    let pixels = radiances(picture);
    let image = RgbImage::from_fn(width, height, |x, y| {
        Rgb(display.srgb8(pixels[(y * width + x) as usize]))
    });
    image.save(path)
}
