//! What one camera ray meets first, and what that mirrors.

use p2c2r_frame::{AovTask, LOST_MOTION_PX, View};
use p2c2r_scene::Scene;
use p2c2r_scene::math::fresnel::schlick_weight;
use p2c2r_scene::math::microfacet::{Alpha, sample_visible_normal};
use p2c2r_scene::math::{Affine, Vec3, larger, smaller, unit_clamped};

use super::projection::Projection;
use crate::bvh::nearest_hit;
use crate::light::environment_radiance;
use crate::prepared::Prepared;
use crate::ray::{Hit, Ray};
use crate::ray_cone::RayCone;
use crate::rng::{CONTINUATION_BLOCK, DIRECTION_BLOCK, SampleRandom, unit_from_word};
use crate::surface::Surface;

/// Surfaces rougher than this mirror nothing that one could recognise.
const ROUGHEST_MIRROR: f32 = 0.35;

/// Surfaces smoother than this mirror all that their lobe reflects.
const SMOOTHEST_RAMP: f32 = 0.15;

/// What one sample shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    pub(super) depth: Option<f32>,
    pub(super) normal: Vec3,
    pub(super) albedo: Vec3,
    pub(super) emission: Vec3,
    pub(super) mirrored: Vec3,
    pub(super) motion_px: [f32; 2],
    pub(super) ids: Option<[u32; 2]>,
}

/// The cameras of a task.
#[derive(Debug)]
pub(super) struct Eyes {
    view: View,
    camera: Projection,
    previous: Option<Projection>,
    /// Where instances that move were in the previous picture: index and map, in order.
    previous_places: Vec<(u32, Affine)>,
}

impl Eyes {
    /// Of this picture and of the one before.
    pub(super) fn new(task: &AovTask, scene: &Scene) -> Self {
        let previous = task.previous_view.as_ref().map(Projection::new);
        let previous_time = task.previous_view.map(|view| view.time_us);
        let previous_places = previous_time
            .filter(|&time_us| time_us != task.view.time_us)
            .map_or(Vec::new(), |time_us| scene.moving_places(time_us));
        let camera = Projection::new(&task.view);
        Self { view: task.view, camera, previous, previous_places }
    }

    /// What one camera ray meets.
    pub(super) fn look(&self, prepared: &Prepared, ray: &Ray, random: &SampleRandom) -> Look {
        match nearest_hit(prepared, ray) {
            Some(hit) => {
                let cone = RayCone::from_camera(&self.view, ray.direction).advanced(hit.t);
                let surface = Surface::at_hit(prepared, ray, &hit, cone.width());
                let mirrored = mirrored_emission(prepared, (ray, cone), &surface, random);
                let look = self.look_at_surface(prepared, &surface, &hit);
                Look { mirrored, ..look }
            }
            None => self.look_at_infinity(prepared, ray),
        }
    }

    fn look_at_surface(&self, prepared: &Prepared, surface: &Surface, hit: &Hit) -> Look {
        let instance = &prepared.scene.instances[hit.instance as usize];
        let material = prepared.scene.meshes[instance.mesh as usize].material;
        let place = surface.point.position;
        Look {
            depth: Some(self.camera.depth_of(place)),
            normal: surface.frame[2],
            albedo: reflected_share(surface),
            emission: surface.material.emission,
            motion_px: self.motion_of(prepared, hit, place),
            ids: Some([instance.source_index, material]),
            ..Look::default()
        }
    }

    fn look_at_infinity(&self, prepared: &Prepared, ray: &Ray) -> Look {
        let environment = prepared.scene.environment.as_ref();
        Look {
            emission: environment
                .map_or(Vec3::ZERO, |light| environment_radiance(light, ray.direction)),
            motion_px: self.motion_px(
                |camera| camera.film_of_direction(ray.direction),
                |previous| previous.film_of_direction(ray.direction),
            ),
            ..Look::default()
        }
    }

    /// Of a place on a surface, which may have moved by itself.
    fn motion_of(&self, prepared: &Prepared, hit: &Hit, place: Vec3) -> [f32; 2] {
        let places = &self.previous_places;
        let moved = places.binary_search_by_key(&hit.instance, |&(instance, _)| instance);
        let previous_place = match moved {
            Ok(index) => {
                let [a, b, c] = prepared.corners(hit.triangle).map(Vec3::from);
                let in_object = a + (b - a) * hit.weights[0] + (c - a) * hit.weights[1];
                places[index].1.point(in_object)
            }
            Err(_) => place,
        };
        self.motion_px(
            |camera| camera.film_of_point(place),
            |previous| previous.film_of_point(previous_place),
        )
    }

    /// From the place in this picture to that in the previous one.
    fn motion_px(
        &self,
        film: impl Fn(&Projection) -> Option<[f32; 2]>,
        previous_film: impl Fn(&Projection) -> Option<[f32; 2]>,
    ) -> [f32; 2] {
        let Some(previous) = &self.previous else { return [0.0; 2] };
        match (film(&self.camera), previous_film(previous)) {
            (Some(here), Some(there)) => {
                let step = |axis: usize| {
                    let length = there[axis] - here[axis];
                    smaller(larger(length, -LOST_MOTION_PX), LOST_MOTION_PX)
                };
                [step(0), step(1)]
            }
            _ => [LOST_MOTION_PX; 2],
        }
    }
}

/// The share of light that a surface reflects, roughly: what radiance is divided by before a filter.
fn reflected_share(surface: &Surface) -> Vec3 {
    let material = &surface.material;
    let (f0, _) = material.dielectric_f0_f90();
    let share = material.base_color + f0 * (1.0 - material.metallic);
    let [red, green, blue] = share.to_array().map(unit_clamped);
    Vec3::new(red, green, blue)
}

/// What the lobe of a smooth surface reflects of things that emit: one sample of it.
///
/// The picture holds the same light with the noise of few samples. Who knows its mean can take the noise
/// off without blurring the mirrored shapes.
fn mirrored_emission(
    prepared: &Prepared,
    (ray, cone): (&Ray, RayCone),
    surface: &Surface,
    random: &SampleRandom,
) -> Vec3 {
    let material = &surface.material;
    let smoothness = smoothness(material.roughness);
    if smoothness <= 0.0 {
        return Vec3::ZERO;
    }
    let words = random.vertex(0, DIRECTION_BLOCK);
    let wo = surface.local_from_world(-ray.direction);
    let alpha = Alpha::stretched(material.roughness, material.anisotropy);
    let (u, v) = (unit_from_word(words[2]), unit_from_word(words[3]));
    let h = sample_visible_normal(wo, alpha, u, v);
    let wi = h * (2.0 * wo.dot(h)) - wo;
    let wi_in_world = surface.world_from_local(wi);
    if wi.z <= 0.0 || wi_in_world.dot(surface.geometric_normal) <= 0.0 {
        return Vec3::ZERO;
    }
    let (dielectric_f0, dielectric_f90) = material.dielectric_f0_f90();
    let dielectric_share = 1.0 - material.metallic;
    let f0 = dielectric_f0 * dielectric_share + material.base_color * material.metallic;
    let f90 = dielectric_f90 * dielectric_share + material.metallic;
    let fresnel = f0 + (Vec3::splat(f90) - f0) * schlick_weight(wo.dot(h));
    let origin = surface.point.offset_along(surface.geometric_normal, wi_in_world);
    let key = random.vertex(0, CONTINUATION_BLOCK)[2];
    let mirrored = Ray { origin, direction: wi_in_world, t_max: f32::MAX, key };
    let emission = match nearest_hit(prepared, &mirrored) {
        Some(hit) => {
            let width = cone.advanced(hit.t).width();
            Surface::at_hit(prepared, &mirrored, &hit, width).material.emission
        }
        None => prepared
            .scene
            .environment
            .as_ref()
            .map_or(Vec3::ZERO, |light| environment_radiance(light, wi_in_world)),
    };
    fresnel * emission * smoothness
}

/// 1 for mirrors, 0 for what is too rough to mirror a shape, and a ramp in between.
fn smoothness(roughness: f32) -> f32 {
    unit_clamped((ROUGHEST_MIRROR - roughness) / (ROUGHEST_MIRROR - SMOOTHEST_RAMP))
}
