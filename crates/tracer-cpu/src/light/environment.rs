//! Light from infinity: texels picked by an alias table, looked up bilinearly.

use fearless_simd::Simd;
use p2c2r_scene::Environment;
use p2c2r_scene::math::{
    Vec3, direction_from_equirect, equirect_from_direction, larger, sin_cos_turns, smaller,
};

use super::groups::environment_probability;
use super::tree::Receiver;
use super::{LightSample, sample_alias};
use crate::prepared::Prepared;
use crate::rng::unit_from_word;

/// Draws a direction uniformly within a texel of the picked brightness.
pub(super) fn sample(prepared: &Prepared, pick: [u32; 2], place: [u32; 2]) -> Option<LightSample> {
    let environment = prepared.scene.environment.as_ref()?;
    let texel = sample_alias(&environment.alias, pick);
    let (column, row) = (texel % environment.width, texel / environment.width);
    let u = (column as f32 + unit_from_word(place[0])) / environment.width as f32;
    let wi = direction_in_row(environment, row, u, unit_from_word(place[1]));
    let pdf = environment.pdf[texel as usize];
    let is_usable = pdf > 0.0 && pdf < f32::MAX;
    if !is_usable {
        return None;
    }
    let radiance = environment_radiance(environment, wi);
    Some(LightSample { wi, target: None, weighted_radiance: radiance / pdf, pdf: Some(pdf) })
}

/// Direction at azimuth `u` whose height is uniform within a row: equal solid angles.
fn direction_in_row(environment: &Environment, row: u32, u: f32, share: f32) -> Vec3 {
    let cos_of_edge = |edge: u32| sin_cos_turns(0.5 * edge as f32 / environment.height as f32).1;
    let (upper, lower) = (cos_of_edge(row), cos_of_edge(row + 1));
    let y = upper + (lower - upper) * share;
    let radius = larger(1.0 - y * y, 0.0).sqrt();
    // The equator of the mapping gives the azimuth.
    let level = direction_from_equirect([u, 0.5]);
    Vec3::new(level.x * radius, y, level.z * radius)
}

/// Density with which a receiver's light sample is a direction to this place of the environment.
#[inline(always)]
pub(crate) fn environment_pdf<S: Simd>(
    simd: S,
    prepared: &Prepared,
    receiver: &Receiver,
    environment: &Environment,
    [u, v]: [f32; 2],
) -> f32 {
    if environment.pdf.is_empty() {
        return 0.0;
    }
    let cell = |x: f32, size: u32| smaller((x * size as f32).floor(), (size - 1) as f32) as u32;
    let texel = cell(v, environment.height) * environment.width + cell(u, environment.width);
    environment.pdf[texel as usize] * environment_probability(simd, prepared, receiver)
}

/// Radiance from a direction, interpolated; periodic around, clamped at the poles.
pub(crate) fn environment_radiance(environment: &Environment, direction: Vec3) -> Vec3 {
    radiance_at(environment, equirect_from_direction(direction))
}

/// The same, for the place in the picture that a direction leads to.
pub(crate) fn radiance_at(environment: &Environment, [u, v]: [f32; 2]) -> Vec3 {
    let (width, height) = (environment.width, environment.height);
    let x = u * width as f32 - 0.5;
    let y = larger(v * height as f32 - 0.5, 0.0);
    let (x_floor, y_floor) = (x.floor(), smaller(y.floor(), (height - 1) as f32));
    let left = if x_floor < 0.0 { width - 1 } else { smaller(x_floor, (width - 1) as f32) as u32 };
    let right = if left + 1 < width { left + 1 } else { 0 };
    let top = y_floor as u32;
    let bottom = if top + 1 < height { top + 1 } else { top };
    let texel =
        |column: u32, row: u32| Vec3::from(environment.radiance[(row * width + column) as usize]);
    let (across, down) = (x - x_floor, y - y_floor);
    let upper = texel(left, top) + (texel(right, top) - texel(left, top)) * across;
    let lower = texel(left, bottom) + (texel(right, bottom) - texel(left, bottom)) * across;
    upper + (lower - upper) * down
}
