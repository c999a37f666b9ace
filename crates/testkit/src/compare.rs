//! How far two pictures are apart, said so that a failing test explains itself.

use p2c2r_frame::{RadianceSums, radiance_from_sum};
use p2c2r_image::rmse;

/// Mean radiance of each pixel.
pub fn radiances(picture: &RadianceSums) -> Vec<[f32; 3]> {
    let count = picture.samples.count;
    picture.sums.iter().map(|sums| sums.map(|sum| radiance_from_sum(sum, count))).collect()
}

/// Mean radiance over all pixels.
pub fn mean_radiance(picture: &RadianceSums) -> [f64; 3] {
    let pixels = radiances(picture);
    std::array::from_fn(|channel| {
        let sum: f64 = pixels.iter().map(|pixel| f64::from(pixel[channel])).sum();
        sum / pixels.len() as f64
    })
}

/// The distance between two pictures of the same size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Root of the mean squared difference, in radiance.
    pub rmse: f64,
    /// Largest difference of one channel.
    pub largest: f32,
    /// Column and row of the pixel that has it.
    pub largest_at: [u32; 2],
    /// Pixels that are not equal to the bit.
    pub unequal_pixels: usize,
}

/// Compares two pictures pixel by pixel.
///
/// # Panics
/// If their sizes differ.
pub fn difference(ours: &RadianceSums, theirs: &RadianceSums) -> Difference {
    let (ours_mean, theirs_mean) = (radiances(ours), radiances(theirs));
    let rmse = rmse(&ours_mean, &theirs_mean).expect("both pictures have the same size");
    let mut found = Difference { rmse, largest: 0.0, largest_at: [0, 0], unequal_pixels: 0 };
    for (index, (a, b)) in ours_mean.iter().zip(&theirs_mean).enumerate() {
        for channel in 0..3 {
            let distance = (a[channel] - b[channel]).abs();
            if distance > found.largest {
                let (index, width) = (index as u32, ours.rect.width);
                found.largest = distance;
                found.largest_at = [ours.rect.x + index % width, ours.rect.y + index / width];
            }
        }
    }
    found.unequal_pixels =
        ours.sums.iter().zip(&theirs.sums).filter(|(ours, theirs)| ours != theirs).count();
    found
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{PixelRect, SampleRange};

    use super::*;

    #[test]
    fn the_worst_pixel_is_named() {
        let rect = PixelRect { x: 10, y: 20, width: 3, height: 2 };
        let black = RadianceSums::zeroed(rect, SampleRange::new(0, 2));
        let mut spot = black.clone();
        spot.sums[4][1] = 4 << p2c2r_frame::FRACTION_BITS;
        let found = difference(&black, &spot);
        assert_eq!((found.largest, found.largest_at, found.unequal_pixels), (2.0, [11, 21], 1));
        assert!((found.rmse - (4.0f64 / 18.0).sqrt()).abs() < 1e-9);
        assert_eq!(mean_radiance(&spot)[1], 2.0 / 6.0);
    }
}
