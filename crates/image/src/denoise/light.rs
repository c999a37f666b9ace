//! Light without colour: what arrives at the first surface, and back to radiance.
//!
//! Emission and albedo are known exactly, so only the light between them is filtered (Schied et al. 2017,
//! "Spatiotemporal variance-guided filtering", section 4). Their detail is never blurred.

use p2c2r_frame::AovPixel;
use p2c2r_scene::math::{Vec3, larger, smaller};

/// Albedo below this is taken for it, so that light is never divided by nothing.
const LEAST_ALBEDO: f32 = 0.01;

/// Light is cut here: beyond it no display tells the difference.
const MAX_LIGHT: f32 = 1e9;

/// An albedo to divide by.
fn usable(albedo: [f32; 3]) -> [f32; 3] {
    albedo.map(|share| smaller(larger(share, LEAST_ALBEDO), 1.0))
}

/// Radiance without hostile numbers.
pub(super) fn cleaned(radiance: [f32; 3]) -> [f32; 3] {
    radiance.map(|channel| smaller(larger(channel, 0.0), MAX_LIGHT))
}

/// The light that a radiance is made of. It may be negative where the radiance's few samples hold less
/// than the mean of what is mirrored; only so does the noise of the mirrored light average out.
pub(super) fn light_of(radiance: [f32; 3], mirrored: Vec3, pixel: &AovPixel) -> Vec3 {
    let (radiance, emission) = (cleaned(radiance), cleaned(pixel.sampled_emission));
    let (mirrored, albedo) = (mirrored.to_array(), usable(pixel.sampled_albedo));
    Vec3::from([0, 1, 2].map(|channel| {
        let reflected = radiance[channel] - emission[channel] - mirrored[channel];
        smaller(larger(reflected / albedo[channel], -MAX_LIGHT), MAX_LIGHT)
    }))
}

/// The radiance that this light gives.
pub(super) fn radiance_of(light: Vec3, mirrored: Vec3, pixel: &AovPixel) -> [f32; 3] {
    let (light, mirrored) = (light.to_array(), mirrored.to_array());
    let (albedo, emission) = (usable(pixel.albedo), cleaned(pixel.emission));
    [0, 1, 2].map(|channel| {
        let reflected = light[channel] * albedo[channel] + mirrored[channel];
        larger(reflected + emission[channel], 0.0)
    })
}
