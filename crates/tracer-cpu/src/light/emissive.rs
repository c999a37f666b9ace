//! Emissive triangles: picked by the light tree, sampled uniformly over their area.

use fearless_simd::Simd;
use p2c2r_scene::EmissiveTriangle;
use p2c2r_scene::math::{Affine, Vec3};

use super::LightSample;
use super::groups::emissive_probability;
use super::tree::{Receiver, pick, probability};
use crate::material::{coverage, emission_at};
use crate::prepared::Prepared;
use crate::ray::SurfacePoint;
use crate::rng::unit_from_word;

/// Draws a point of an emissive triangle and what it sends to the receiver.
#[inline(always)]
pub(super) fn sample<S: Simd>(
    simd: S,
    prepared: &Prepared,
    receiver: &Receiver,
    words: [u32; 2],
    place: [u32; 2],
) -> Option<LightSample> {
    let scene = &*prepared.scene;
    let (index, probability) = pick(simd, &scene.light_tree, receiver, words)?;
    sample_on(prepared, &scene.emissive_triangles[index as usize], receiver, place)?
        .chosen_with(probability)
}

/// Draws a point of this triangle.
pub(super) fn sample_on(
    prepared: &Prepared,
    light: &EmissiveTriangle,
    receiver: &Receiver,
    place: [u32; 2],
) -> Option<LightSample> {
    let scene = &*prepared.scene;
    let instance = &scene.instances[light.instance as usize];
    let world_from_object = Affine::from_rows(instance.world_from_object);
    let object_from_world = Affine::from_rows(instance.object_from_world);
    let corners = prepared.corners(light.triangle).map(Vec3::from);
    // Square root parametrisation: uniform over the triangle.
    let root = unit_from_word(place[0]).sqrt();
    let w2 = unit_from_word(place[1]) * root;
    let weights = [root - w2, w2];
    let point = SurfacePoint::on_triangle(corners, weights, &world_from_object, &object_from_world);
    let in_object = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
    let normal = object_from_world.transposed_vector(in_object).normalized()?;

    let to_light = point.position - receiver.position;
    let wi = to_light.normalized()?;
    let cos = -wi.dot(normal);
    let is_single_sided = prepared.mesh_traits[instance.mesh as usize].is_single_sided;
    if cos == 0.0 || (is_single_sided && cos < 0.0) {
        return None;
    }
    let pdf = solid_angle_pdf(1.0 / light.area_m2, to_light.length_squared(), cos.abs());
    let is_usable = pdf > 0.0 && pdf < f32::MAX;
    if !is_usable {
        return None;
    }
    // The shadow ray ends before the light, so the light's own transparency counts here.
    let radiance = emission_at(prepared, light.instance, light.triangle, weights)
        * coverage(prepared, light.instance, light.triangle, weights);
    Some(LightSample {
        wi,
        target: Some(point.offset_along(normal, -wi)),
        weighted_radiance: radiance / pdf,
        pdf: Some(pdf),
    })
}

/// Density with which a receiver's light sample is a point that a ray from there has hit at `distance`
/// under `cos`; 0 if the triangle is not among the lights.
#[inline(always)]
pub(crate) fn emissive_pdf<S: Simd>(
    simd: S,
    prepared: &Prepared,
    receiver: &Receiver,
    [instance, triangle]: [u32; 2],
    distance: f32,
    cos: f32,
) -> f32 {
    match prepared.emissive_triangle(instance, triangle) {
        Some(light) if cos > 0.0 => {
            let probability = probability(simd, &prepared.scene.light_tree, receiver, light.trail)
                * emissive_probability(simd, prepared, receiver);
            solid_angle_pdf(probability / light.area_m2, distance * distance, cos)
        }
        _ => 0.0,
    }
}

/// From density per area to density per steradian.
fn solid_angle_pdf(area_pdf: f32, distance_squared: f32, cos: f32) -> f32 {
    area_pdf * distance_squared / cos
}
