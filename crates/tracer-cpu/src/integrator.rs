//! The path tracer: one loop per sample, light by next-event estimation and MIS.

use fearless_simd::Simd;
use p2c2r_frame::{Effects, TileTask, TraceCounters};
use p2c2r_scene::math::{Vec3, equirect_from_direction, exp, larger, smaller};

use crate::bsdf::{Bsdf, BsdfWords};
use crate::bvh::{is_occluded, nearest_hit};
use crate::camera::camera_ray;
use crate::light::{
    LightSample, Receiver, emissive_pdf, environment_pdf, radiance_at, sample_light,
};
use crate::prepared::Prepared;
use crate::ray::{Hit, Ray};
use crate::ray_cone::RayCone;
use crate::rng::{CAMERA_BLOCK, SampleRandom, index_from_word, unit_from_word};
use crate::surface::Surface;

/// From this vertex on a path may end by Russian roulette.
const FIRST_ROULETTE_VERTEX: u32 = 1;

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

/// A path on its way.
#[derive(Debug, Clone, Copy)]
struct Path {
    ray: Ray,
    /// The beam that the ray stands for.
    cone: RayCone,
    origin: Origin,
    throughput: Vec3,
    /// Absorption per metre along the ray; 0 outside of bodies.
    absorption: Vec3,
    /// What the throughput was divided by where the path entered denser media.
    radiance_scale: f32,
    /// Whether lobes after a spread-out scattering are blurred.
    is_regularized: bool,
    /// Lobes along the path are at least this rough.
    roughness_floor: f32,
    /// The one channel that is left after a dispersing interface.
    channel: Option<usize>,
}

/// Traces one path of the task's view.
///
/// Its parts go into one piece of code for each kind of machine.
#[inline(always)]
pub(crate) fn trace_path<S: Simd>(
    simd: S,
    prepared: &Prepared,
    task: &TileTask,
    [x, y]: [u32; 2],
    sample: u32,
) -> PathResult {
    let random = SampleRandom::new(x, y, sample, task.seed);
    let mut result = PathResult::default();
    // The camera's block comes right before those of the first vertex.
    let [camera, choice, place, next] = random.blocks(simd, CAMERA_BLOCK);
    let mut words = VertexWords { choice, place, next };
    let Some(ray) = camera_ray(&task.view, x, y, camera) else { return result };
    let is_regularized = !task.effects.contains(Effects::UNREGULARIZED);
    let cone = RayCone::from_camera(&task.view, ray.direction);
    let mut path = Path {
        ray,
        cone: if is_regularized { cone } else { RayCone::NONE },
        origin: Origin::Camera,
        throughput: Vec3::ONE,
        absorption: Vec3::ZERO,
        radiance_scale: 1.0,
        is_regularized,
        roughness_floor: 0.0,
        channel: None,
    };
    let max_vertices = u32::from(task.max_bounces);
    // The ray from the last vertex still gathers emission: MIS counts on it.
    for vertex in 0..=max_vertices {
        result.rays += 1;
        let Some(hit) = nearest_hit(prepared, &path.ray) else {
            result.radiance += path.throughput * escaped(simd, prepared, &path.ray, path.origin);
            break;
        };
        path.throughput *= transmittance(path.absorption, hit.t);
        path.cone = path.cone.advanced(hit.t);
        let mut surface = Surface::at_hit(prepared, &path.ray, &hit, path.cone.width());
        surface.blur(path.roughness_floor);
        let emission = emitted(simd, prepared, &path.ray, &hit, &surface, path.origin);
        result.radiance += path.throughput * emission;
        if vertex == max_vertices || surface.material.is_unlit {
            break;
        }
        if vertex > 0 {
            words = VertexWords::new(simd, random, vertex);
        }
        path.disperse(&surface, words.choice[3]);
        let bsdf = path.bsdf(&surface, prepared);
        gather_direct(simd, prepared, &path, &surface, &bsdf, &words, &mut result);
        if !path.scatter(&surface, &bsdf, &words, vertex) {
            break;
        }
    }
    result
}

/// The random numbers of one vertex; `rng.rs` tells what each is for.
struct VertexWords {
    choice: [u32; 4],
    place: [u32; 4],
    next: [u32; 4],
}

impl VertexWords {
    #[inline(always)]
    fn new<S: Simd>(simd: S, random: SampleRandom, vertex: u32) -> Self {
        let [choice, place, next, _] = random.vertex_blocks(simd, vertex);
        Self { choice, place, next }
    }
}

impl Path {
    /// Lets only one channel go on where an interface bends each differently.
    fn disperse(&mut self, surface: &Surface, word: u32) {
        let material = &surface.material;
        let is_dispersing =
            material.is_body && material.is_transmissive() && material.dispersion > 0.0;
        if is_dispersing && self.channel.is_none() {
            let channel = index_from_word(word, 3) as usize;
            let mut kept = [0.0; 3];
            kept[channel] = 3.0;
            self.throughput *= Vec3::from(kept);
            self.channel = Some(channel);
        }
    }

    fn bsdf<'a>(&self, surface: &Surface, prepared: &'a Prepared) -> Bsdf<'a> {
        let wo = surface.local_from_world(-self.ray.direction);
        let ior = surface.material.channel_ior(self.channel);
        Bsdf::new(surface, wo, ior, &prepared.lobe_albedo)
    }

    /// Draws the next ray; false where the path ends.
    fn scatter(
        &mut self,
        surface: &Surface,
        bsdf: &Bsdf<'_>,
        words: &VertexWords,
        vertex: u32,
    ) -> bool {
        let [_, _, u, v] = words.place;
        // What of the word's product the channel has not used.
        let side = words.choice[3].wrapping_mul(3);
        let wi_in_frame = bsdf.sample(BsdfWords { u, v, side });
        let wi = surface.world_from_local(wi_in_frame);
        let value = bsdf.evaluate(wi_in_frame);
        let is_usable = value.pdf > 0.0 && value.pdf < f32::MAX;
        if !is_usable || !surface.is_consistent(wi, wi_in_frame) {
            return false;
        }
        if wi_in_frame.z < 0.0 {
            self.radiance_scale *= bsdf.radiance_scale();
        }
        self.absorption = self.absorption_towards(surface, wi_in_frame);
        self.throughput *= value.weighted / value.pdf;
        let carried = self.throughput * self.radiance_scale;
        let Some(survival) = survival(carried, vertex, words.next[0]) else { return false };
        self.throughput = self.throughput / survival;
        self.origin = Origin::Scattered { pdf: value.pdf, receiver: surface.receiver() };
        self.cone = self.cone.scattered(value.pdf);
        if self.is_regularized {
            self.roughness_floor = larger(self.roughness_floor, roughness_floor_after(value.pdf));
        }
        let start = surface.point.offset_along(surface.geometric_normal, wi);
        self.ray = Ray { origin: start, direction: wi, t_max: f32::MAX, key: words.next[2] };
        true
    }

    /// Absorption beyond the surface, or on this side of it.
    fn absorption_towards(&self, surface: &Surface, wi_in_frame: Vec3) -> Vec3 {
        let material = &surface.material;
        if wi_in_frame.z > 0.0 || !material.is_body {
            self.absorption
        } else if surface.is_front {
            material.absorption
        } else {
            Vec3::ZERO
        }
    }
}

/// Share of light that is left after some metres (Beer and Lambert).
fn transmittance(absorption: Vec3, distance_m: f32) -> Vec3 {
    if absorption == Vec3::ZERO {
        return Vec3::ONE;
    }
    Vec3::from(absorption.to_array().map(|per_metre| exp(-per_metre * distance_m)))
}

/// Adds what one light sample sends by the surface to the path, if nothing is in between.
#[inline(always)]
fn gather_direct<S: Simd>(
    simd: S,
    prepared: &Prepared,
    path: &Path,
    surface: &Surface,
    bsdf: &Bsdf<'_>,
    words: &VertexWords,
    result: &mut PathResult,
) {
    let place = [words.place[0], words.place[1]];
    let receiver = surface.receiver();
    let light = sample_light(simd, prepared, surface, &receiver, words.choice, place);
    let Some(light) = light else { return };
    let wi_in_frame = surface.local_from_world(light.wi);
    let direct = scattered(surface, bsdf, &light, wi_in_frame);
    if direct.max_component() <= 0.0 {
        return;
    }
    let ray = shadow_ray(surface, &light, words.next[1]);
    let absorption = path.absorption_towards(surface, wi_in_frame);
    // A ray to infinity leaves every body, and is stopped there if there is one.
    let distance_m = if light.target.is_some() { ray.direction.length() } else { 0.0 };
    let radiance = path.throughput * direct * transmittance(absorption, distance_m);
    if let Some(worth) = worth(radiance, result.radiance, words.next[3]) {
        result.shadow_rays += 1;
        if !is_occluded(prepared, &ray) {
            result.radiance += radiance / worth;
        }
    }
}

/// How rough the next lobes must be after a direction of this density: a mirror's blurs nothing.
fn roughness_floor_after(pdf: f32) -> f32 {
    MAX_ROUGHNESS_FLOOR * larger(1.0 - pdf, 0.0).sqrt()
}

/// Russian roulette: the probability with which the path went on, or `None` where it ends.
///
/// The noise that roulette adds grows as its probability falls, and so does the time it saves: the root
/// of what a path still carries lies between (Bolin and Meyer 1997, "An error metric for Monte Carlo ray
/// tracing").
fn survival(throughput: Vec3, vertex: u32, word: u32) -> Option<f32> {
    let brightest = throughput.max_component();
    let carries_light = brightest > 0.0 && brightest < f32::MAX;
    if !carries_light {
        return None;
    }
    if vertex < FIRST_ROULETTE_VERTEX {
        return Some(1.0);
    }
    let probability = smaller(larger(brightest.sqrt(), MIN_SURVIVAL), 1.0);
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
#[inline(always)]
fn escaped<S: Simd>(simd: S, prepared: &Prepared, ray: &Ray, origin: Origin) -> Vec3 {
    let Some(environment) = prepared.scene.environment.as_ref() else { return Vec3::ZERO };
    let place = equirect_from_direction(ray.direction);
    let radiance = radiance_at(environment, place);
    match origin {
        Origin::Camera => radiance,
        Origin::Scattered { pdf, receiver } => {
            let light_pdf = environment_pdf(simd, prepared, &receiver, environment, place);
            radiance * power_heuristic(pdf, light_pdf)
        }
    }
}

/// Light that the hit surface itself sends along the ray.
#[inline(always)]
fn emitted<S: Simd>(
    simd: S,
    prepared: &Prepared,
    ray: &Ray,
    hit: &Hit,
    surface: &Surface,
    origin: Origin,
) -> Vec3 {
    match origin {
        Origin::Scattered { pdf, receiver } if surface.material.emission.max_component() > 0.0 => {
            let cos = -ray.direction.dot(surface.geometric_normal);
            let place = [hit.instance, hit.triangle];
            let light_pdf = emissive_pdf(simd, prepared, &receiver, place, hit.t, cos);
            surface.material.emission * power_heuristic(pdf, light_pdf)
        }
        _ => surface.material.emission,
    }
}

/// What the surface sends to the viewer of an unoccluded light sample, weighed against scattering.
fn scattered(surface: &Surface, bsdf: &Bsdf<'_>, light: &LightSample, wi_in_frame: Vec3) -> Vec3 {
    if !surface.is_consistent(light.wi, wi_in_frame) {
        return Vec3::ZERO;
    }
    let value = bsdf.evaluate(wi_in_frame);
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
