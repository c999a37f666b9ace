//! The path tracer: one loop per sample, light by next-event estimation and MIS.

use p2c2r_frame::{TileTask, TraceCounters};
use p2c2r_scene::math::{Vec3, larger, smaller};

use crate::bsdf::Bsdf;
use crate::bvh::{is_occluded, nearest_hit};
use crate::camera::camera_ray;
use crate::light::{
    LightSample, Receiver, emissive_pdf, environment_pdf, environment_radiance, sample_light,
};
use crate::prepared::Prepared;
use crate::ray::{Hit, Ray};
use crate::rng::{CHOICE_BLOCK, CONTINUATION_BLOCK, DIRECTION_BLOCK, SampleRandom, unit_from_word};
use crate::surface::Surface;

/// From this vertex on a path may end by Russian roulette.
const FIRST_ROULETTE_VERTEX: u32 = 3;

/// A path survives roulette with at least this probability, which bounds its weight.
const MIN_SURVIVAL: f32 = 0.05;

/// Lobes met after a spread-out scattering are blurred to at most this perceptual roughness.
///
/// Paths that find a light in a mirror by chance are rare and very bright: fireflies. A blur that only
/// such paths see trades them for a little softness (Kaplanyan and Dachsbacher 2013).
const MAX_ROUGHNESS_FLOOR: f32 = 0.6;

/// Light samples of at least this share of what a path has gathered are always followed.
const WORTHWHILE_SHARE: f32 = 0.5;

/// Shadow rays end this share before a light's point; both ends are already off their surfaces.
const SHADOW_END: f32 = 0.999_99;

/// One sample of one pixel: its radiance and the rays it took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PathResult {
    /// Radiance, not yet clamped.
    pub(crate) radiance: Vec3,
    /// Nearest-hit rays.
    pub(crate) rays: u32,
    /// Shadow rays.
    pub(crate) shadow_rays: u32,
}

impl PathResult {
    /// Adds the rays to a task's counters.
    pub(crate) fn count_into(&self, counters: &mut TraceCounters) {
        let rays = u64::from(self.rays);
        counters.add(TraceCounters { rays, shadow_rays: u64::from(self.shadow_rays) });
    }
}

/// How the ray that is being followed was drawn.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// By the camera: no light sample competes with it.
    Camera,
    /// By a BSDF at this place, with this density per steradian.
    Scattered { pdf: f32, receiver: Receiver },
}

/// Traces one path of the task's view.
pub(crate) fn trace_path(
    prepared: &Prepared,
    task: &TileTask,
    [x, y]: [u32; 2],
    sample: u32,
) -> PathResult {
    let random = SampleRandom::new(x, y, sample, task.seed);
    let mut result = PathResult::default();
    let Some(mut ray) = camera_ray(&task.view, x, y, random.camera()) else { return result };
    let mut origin = Origin::Camera;
    let mut throughput = Vec3::ONE;
    let mut roughness_floor = 0.0;
    let max_vertices = u32::from(task.max_bounces);
    // The ray from the last vertex still gathers emission: MIS counts on it.
    for vertex in 0..=max_vertices {
        result.rays += 1;
        let Some(hit) = nearest_hit(prepared, &ray) else {
            result.radiance += throughput * escaped(prepared, &ray, origin);
            break;
        };
        let mut surface = Surface::at_hit(prepared, &ray, &hit);
        surface.roughness = larger(surface.roughness, roughness_floor);
        result.radiance += throughput * emitted(prepared, &ray, &hit, &surface, origin);
        if vertex == max_vertices {
            break;
        }

        let choice = random.vertex(vertex, CHOICE_BLOCK);
        let place = random.vertex(vertex, DIRECTION_BLOCK);
        let next = random.vertex(vertex, CONTINUATION_BLOCK);
        let wo = surface.local_from_world(-ray.direction);
        let bsdf = Bsdf::new(&surface, wo, &prepared.specular_albedo);

        let receiver = surface.receiver();
        let light = sample_light(prepared, &surface, &receiver, choice, [place[0], place[1]]);
        if let Some(light) = light {
            let direct = throughput * reflected(&surface, &bsdf, &light);
            if let Some(worth) = worth(direct, result.radiance, next[3]) {
                result.shadow_rays += 1;
                if !is_occluded(prepared, &shadow_ray(&surface, &light, next[1])) {
                    result.radiance += direct / worth;
                }
            }
        }

        let wi_in_frame = bsdf.sample(place[2], place[3]);
        let wi = surface.world_from_local(wi_in_frame);
        let value = bsdf.evaluate(wi_in_frame);
        let is_reflected = value.pdf > 0.0 && wi.dot(surface.geometric_normal) > 0.0;
        if !is_reflected {
            break;
        }
        throughput *= value.weighted / value.pdf;
        let Some(survival) = survival(throughput, vertex, next[0]) else { break };
        throughput = throughput / survival;
        origin = Origin::Scattered { pdf: value.pdf, receiver };
        roughness_floor = larger(roughness_floor, roughness_floor_after(value.pdf));
        let start = surface.point.offset_along(surface.geometric_normal, wi);
        ray = Ray { origin: start, direction: wi, t_max: f32::MAX, key: next[2] };
    }
    result
}

/// How rough the next lobes must be after a direction of this density: a mirror's blurs nothing.
fn roughness_floor_after(pdf: f32) -> f32 {
    MAX_ROUGHNESS_FLOOR * larger(1.0 - pdf, 0.0).sqrt()
}

/// Russian roulette: the probability with which the path went on, or `None` where it ends.
fn survival(throughput: Vec3, vertex: u32, word: u32) -> Option<f32> {
    let brightest = throughput.max_component();
    let carries_light = brightest > 0.0 && brightest < f32::MAX;
    if !carries_light {
        return None;
    }
    if vertex < FIRST_ROULETTE_VERTEX {
        return Some(1.0);
    }
    let probability = smaller(larger(brightest, MIN_SURVIVAL), 1.0);
    (unit_from_word(word) < probability).then_some(probability)
}

/// Probability with which a light sample was found worth a shadow ray; `None` where it was not.
///
/// What is little beside the light that the path has already gathered is looked for less often: the
/// noise that this adds is a small share of what the path itself stands for.
fn worth(direct: Vec3, gathered: Vec3, word: u32) -> Option<f32> {
    let brightest = direct.max_component();
    let carries_light = brightest > 0.0 && brightest < f32::MAX;
    if !carries_light {
        return None;
    }
    let sought = WORTHWHILE_SHARE * gathered.max_component();
    if brightest >= sought {
        return Some(1.0);
    }
    let probability = larger(brightest / sought, MIN_SURVIVAL);
    (unit_from_word(word) < probability).then_some(probability)
}

/// Veach's power heuristic for the strategy of density `pdf`, as a ratio that cannot overflow.
fn power_heuristic(pdf: f32, other_pdf: f32) -> f32 {
    let ratio = other_pdf / pdf;
    1.0 / (1.0 + ratio * ratio)
}

/// Environment light along a ray that has left the scene.
fn escaped(prepared: &Prepared, ray: &Ray, origin: Origin) -> Vec3 {
    let Some(environment) = prepared.scene.environment.as_ref() else { return Vec3::ZERO };
    let radiance = environment_radiance(environment, ray.direction);
    match origin {
        Origin::Camera => radiance,
        Origin::Scattered { pdf, receiver } => {
            let light_pdf = environment_pdf(prepared, &receiver, environment, ray.direction);
            radiance * power_heuristic(pdf, light_pdf)
        }
    }
}

/// Light that the hit surface itself sends along the ray.
fn emitted(prepared: &Prepared, ray: &Ray, hit: &Hit, surface: &Surface, origin: Origin) -> Vec3 {
    match origin {
        Origin::Scattered { pdf, receiver } if surface.emission.max_component() > 0.0 => {
            let cos = -ray.direction.dot(surface.geometric_normal);
            let place = [hit.instance, hit.triangle];
            let light_pdf = emissive_pdf(prepared, &receiver, place, hit.t, cos);
            surface.emission * power_heuristic(pdf, light_pdf)
        }
        _ => surface.emission,
    }
}

/// What the surface sends to the viewer of an unoccluded light sample, weighed against scattering.
fn reflected(surface: &Surface, bsdf: &Bsdf, light: &LightSample) -> Vec3 {
    if light.wi.dot(surface.geometric_normal) <= 0.0 {
        return Vec3::ZERO;
    }
    let value = bsdf.evaluate(surface.local_from_world(light.wi));
    let mis_weight = light.pdf.map_or(1.0, |pdf| power_heuristic(pdf, value.pdf));
    value.weighted * light.weighted_radiance * mis_weight
}

/// The ray that looks for something between a surface and a light.
fn shadow_ray(surface: &Surface, light: &LightSample, key: u32) -> Ray {
    let origin = surface.point.offset_along(surface.geometric_normal, light.wi);
    match light.target {
        Some(target) => Ray { origin, direction: target - origin, t_max: SHADOW_END, key },
        None => Ray { origin, direction: light.wi, t_max: f32::MAX, key },
    }
}
