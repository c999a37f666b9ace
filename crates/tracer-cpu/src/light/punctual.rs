//! Point, spot and directional lights (`KHR_lights_punctual`).

use p2c2r_scene::math::{Vec3, larger, luminance, smaller, unit_clamped};
use p2c2r_scene::{LightKind, PunctualLight};

use super::LightSample;
use crate::prepared::Prepared;
use crate::rng::{index_from_word, unit_from_word};
use crate::surface::Surface;

/// Lights that are weighed against each other at each vertex.
const CANDIDATES: u32 = 8;

/// Picks one of some consecutive lights by what it would send to the surface.
///
/// The window starts at random, so each light is in it with probability `window / count`.
pub(super) fn sample(
    prepared: &Prepared,
    surface: &Surface,
    pick: [u32; 2],
) -> Option<LightSample> {
    let lights = &prepared.scene.lights;
    let count = lights.len() as u32;
    let window = if count < CANDIDATES { count } else { CANDIDATES };
    let start = index_from_word(pick[0], count);
    let candidate = |index: u32| {
        let incident = incident(&lights[((start + index) % count) as usize], surface);
        let cos = surface.facing(incident.wi);
        (luminance(incident.irradiance) * cos, incident)
    };

    let mut total = 0.0;
    for index in 0..window {
        total += candidate(index).0;
    }
    let is_lit = total > 0.0 && total < f32::MAX;
    if !is_lit {
        return None;
    }
    let mut rest = unit_from_word(pick[1]) * total;
    let mut chosen = None;
    for index in 0..window {
        let (weight, incident) = candidate(index);
        if weight > 0.0 {
            chosen = Some((weight, incident));
        }
        rest -= weight;
        if rest < 0.0 {
            break;
        }
    }
    let (weight, incident) = chosen?;
    let probability = (weight / total) * (window as f32 / count as f32);
    Some(LightSample {
        wi: incident.wi,
        target: incident.target,
        weighted_radiance: incident.irradiance / probability,
        pdf: None,
    })
}

/// What a light sends to a point: irradiance on a surface that faces it.
struct Incident {
    wi: Vec3,
    target: Option<Vec3>,
    irradiance: Vec3,
}

fn incident(light: &PunctualLight, surface: &Surface) -> Incident {
    let intensity = Vec3::from(light.intensity);
    let shines_along = Vec3::from(light.direction);
    if light.kind == LightKind::Directional {
        return Incident { wi: -shines_along, target: None, irradiance: intensity };
    }
    let target = Vec3::from(light.position);
    let to_light = target - surface.point.position;
    let Some(wi) = to_light.normalized() else {
        return Incident { wi: shines_along, target: None, irradiance: Vec3::ZERO };
    };
    let cone = match light.kind {
        LightKind::Spot { cos_inner, cos_outer } => {
            let width = larger(cos_inner - cos_outer, 1e-3);
            let share = unit_clamped((-wi.dot(shines_along) - cos_outer) / width);
            share * share
        }
        LightKind::Point | LightKind::Directional => 1.0,
    };
    let distance_squared = to_light.length_squared();
    let falloff = cone * range_share(distance_squared, light.range_m) / distance_squared;
    // A light within a micrometre of the surface overflows: it then sends nothing.
    let falloff = if falloff < f32::MAX { falloff } else { 0.0 };
    Incident { wi, target: Some(target), irradiance: intensity * falloff }
}

/// The extension's fade towards the range: 1 − (d / range)⁴.
fn range_share(distance_squared: f32, range_m: f32) -> f32 {
    let ratio = distance_squared / (range_m * range_m);
    larger(smaller(1.0 - ratio * ratio, 1.0), 0.0)
}
