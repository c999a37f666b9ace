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

/// Light and the variance of its brightness, as far as they are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Noisy {
    /// The light.
    pub(super) light: Vec<Vec3>,
    /// The variance.
    pub(super) variance: Vec<f32>,
}

impl Noisy {
    /// Room for so many pixels.
    pub(super) fn reserve_exact(&mut self, count: usize) {
        self.light.reserve_exact(count);
        self.variance.reserve_exact(count);
    }
}

/// How a level smooths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    /// Distance of two taps, in pixels.
    pub(super) stride: i32,
    /// How many standard deviations count as alike.
    pub(super) strength: f32,
    /// How surfaces are told apart.
    pub(super) scales: GuideScales,
}

impl Level {
    /// Light and variance of one pixel after the level.
    #[inline]
    pub(super) fn smoothed(
        &self,
        picture: &Picture<'_>,
        input: &Noisy,
        index: usize,
    ) -> (Vec3, f32) {
        let here = brightness(input.light[index]);
        let deviation = smoothed_variance(picture, &input.variance, index).sqrt();
        let per_difference = 1.0 / (self.strength * deviation + LEAST_DEVIATION);
        let (mut light, mut variance, mut weights) = (Vec3::ZERO, 0.0, 0.0);
        picture.window(index, 2, self.stride, |there, offset| {
            let spline = KERNEL[offset[0].unsigned_abs() as usize]
                * KERNEL[offset[1].unsigned_abs() as usize];
            let offset_px = offset.map(|taps| taps * self.stride);
            let apart = picture.surface_distance(index, there, offset_px, &self.scales);
            let Some(apart) = apart else { return };
            let difference = (here - brightness(input.light[there])) * per_difference;
            let weight = spline * exp(-apart - difference * difference);
            light += input.light[there] * weight;
            variance += weight * weight * input.variance[there];
            weights += weight;
        });
        (light / weights, variance / (weights * weights))
    }
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
