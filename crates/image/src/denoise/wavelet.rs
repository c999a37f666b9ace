//! One level of the edge-avoiding à-trous wavelet (Dammertz et al. 2010), guided by variance.

use p2c2r_scene::math::{Vec3, exp, larger};

use super::guide::GuideScales;
use super::pixels::{Picture, brightness};

/// The B3 spline that each level convolves with.
const KERNEL: [f32; 3] = [3.0 / 8.0, 1.0 / 4.0, 1.0 / 16.0];

/// The binomial kernel that variance is smoothed with before it is used.
const SMOOTH: [f32; 2] = [1.0 / 2.0, 1.0 / 4.0];

/// Brightness differences below this never count as edges.
const LEAST_DEVIATION: f32 = 1e-4;

/// Light and the variance of its brightness.
#[derive(Debug, Clone)]
pub(super) struct Noisy {
    /// The light.
    pub(super) light: Vec<Vec3>,
    /// The variance.
    pub(super) variance: Vec<f32>,
}

/// Smooths with taps `stride` pixels apart. `strength` is how many standard deviations count as alike.
pub(super) fn level(
    picture: &Picture<'_>,
    input: &Noisy,
    stride: i32,
    strength: f32,
    scales: &GuideScales,
) -> Noisy {
    let count = input.light.len();
    let mut output =
        Noisy { light: Vec::with_capacity(count), variance: Vec::with_capacity(count) };
    for index in 0..count {
        let here = brightness(input.light[index]);
        let deviation = smoothed_variance(picture, &input.variance, index).sqrt();
        let per_difference = 1.0 / (strength * deviation + LEAST_DEVIATION);
        let (mut light, mut variance, mut weights) = (Vec3::ZERO, 0.0, 0.0);
        picture.window(index, 2, stride, |there, offset| {
            let spline = KERNEL[offset[0].unsigned_abs() as usize]
                * KERNEL[offset[1].unsigned_abs() as usize];
            let offset_px = offset.map(|taps| taps * stride);
            let Some(apart) = picture.surface_distance(index, there, offset_px, scales) else {
                return;
            };
            let difference = (here - brightness(input.light[there])) * per_difference;
            let weight = spline * exp(-apart - difference * difference);
            light += input.light[there] * weight;
            variance += weight * weight * input.variance[there];
            weights += weight;
        });
        output.light.push(light / weights);
        output.variance.push(variance / (weights * weights));
    }
    output
}

/// Variance over 3 × 3 pixels: that of one pixel is itself noise.
fn smoothed_variance(picture: &Picture<'_>, variance: &[f32], index: usize) -> f32 {
    let (mut sum, mut weights) = (0.0, 0.0);
    picture.window(index, 1, 1, |there, offset| {
        let weight =
            SMOOTH[offset[0].unsigned_abs() as usize] * SMOOTH[offset[1].unsigned_abs() as usize];
        sum += weight * variance[there];
        weights += weight;
    });
    larger(sum / weights, 0.0)
}
