//! The variance of each pixel's light, estimated from its surroundings on the same surface.
//!
//! A film keeps sums alone, and a pixel of a few samples says little about its own noise. The spread over
//! a window holds both the noise and the detail of the light: the filter errs to the side of smoothing.

use p2c2r_scene::math::{Vec3, larger};

use super::guide::GuideScales;
use super::pixels::{Picture, brightness};

/// Taps on each side of the window (Schied et al. 2017 take 7 × 7 as well).
const RADIUS: i32 = 3;

/// Variance of the brightness of one pixel.
pub(super) fn spatial(
    picture: &Picture<'_>,
    light: &[Vec3],
    index: usize,
    scales: &GuideScales,
) -> f32 {
    let (mut first, mut second, mut weights) = (0.0, 0.0, 0.0);
    picture.window(index, RADIUS, 1, |there, offset| {
        let weight = picture.surface_weight(index, there, offset, scales);
        let value = brightness(light[there]);
        first += weight * value;
        second += weight * value * value;
        weights += weight;
    });
    let mean = first / weights;
    larger(second / weights - mean * mean, 0.0)
}
