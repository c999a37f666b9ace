//! What the camera sees first: the pixels' depth, normal, colour, motion and ids, in steps or at once.
//!
//! It looks through the same points of each pixel as the radiance of the same seed and samples does, so
//! that emission can be taken off a picture exactly. Mirrors and glass are surfaces like others here, but
//! for one thing: what smooth ones mirror of things that emit is found by one more ray.

use p2c2r_frame::{AovPixel, AovTask, Aovs, LOST_MOTION_PX, MAX_SAMPLE_RADIANCE, PixelRect, View};
use p2c2r_scene::math::fresnel::schlick_weight;
use p2c2r_scene::math::microfacet::{Alpha, sample_visible_normal};
use p2c2r_scene::math::{Affine, Vec3, larger, luminance, smaller, unit_clamped};

use crate::bvh::nearest_hit;
use crate::camera::camera_ray;
use crate::job::{CpuTracer, MAX_TASK_PIXELS, TraceError};
use crate::light::environment_radiance;
use crate::prepared::Prepared;
use crate::ray::{Hit, Ray};
use crate::ray_cone::RayCone;
use crate::rng::{CONTINUATION_BLOCK, DIRECTION_BLOCK, SampleRandom, unit_from_word};
use crate::surface::Surface;

/// Each pixel gets at least so many camera samples, if it may have them.
const FEWEST_SAMPLES: u32 = 16;

/// A pixel is settled when the error of its emission, as a share of it, is below this,
const SETTLED: f32 = 0.01;

/// where this radiance is added to the emission: darkness need not be exact.
const DARK: f32 = 0.05;

/// and when the error of its albedo is below this.
const SETTLED_ALBEDO: f32 = 0.01;

/// Surfaces rougher than this mirror nothing that one could recognise.
const ROUGHEST_MIRROR: f32 = 0.35;

/// Surfaces smoother than this mirror all that their lobe reflects.
const SMOOTHEST_RAMP: f32 = 0.15;

impl CpuTracer {
    /// Checks a task and makes room for its pixels; traces nothing yet.
    pub fn begin_aovs(&self, task: &AovTask) -> Result<AovJob, TraceError> {
        task.check()?;
        let loaded = self.scene().id;
        if task.scene != loaded {
            return Err(TraceError::OtherScene { wanted: task.scene, loaded });
        }
        if task.rect.area() > MAX_TASK_PIXELS {
            return Err(TraceError::TooManyPixels(task.rect.area()));
        }
        Ok(AovJob::new(self.clone(), *task))
    }

    /// Traces a task on the calling thread.
    pub fn aovs(&self, task: &AovTask) -> Result<Aovs, TraceError> {
        let mut job = self.begin_aovs(task)?;
        job.step(u32::MAX);
        Ok(job.finish())
    }
}

/// A task on its way, traced in steps: for workers that must look at their messages in between.
#[derive(Debug)]
pub struct AovJob {
    tracer: CpuTracer,
    task: AovTask,
    camera: Projection,
    previous: Option<Projection>,
    pixels: Vec<AovPixel>,
}

impl AovJob {
    fn new(tracer: CpuTracer, task: AovTask) -> Self {
        let camera = Projection::new(&task.view);
        let previous = task.previous_view.as_ref().map(Projection::new);
        let pixels = Vec::with_capacity(task.rect.area() as usize);
        Self { tracer, task, camera, previous, pixels }
    }

    /// Traces up to `max_pixels` more pixels; true once all are done.
    pub fn step(&mut self, max_pixels: u32) -> bool {
        let PixelRect { x, y, width, .. } = self.task.rect;
        let total = self.task.rect.area();
        for _ in 0..max_pixels {
            let next = self.pixels.len() as u64;
            if next >= total {
                break;
            }
            let place =
                [x + (next % u64::from(width)) as u32, y + (next / u64::from(width)) as u32];
            let pixel = self.pixel(place);
            self.pixels.push(pixel);
        }
        self.is_done()
    }

    /// Whether nothing is left to trace.
    pub fn is_done(&self) -> bool {
        self.pixels.len() as u64 >= self.task.rect.area()
    }

    /// The pixels; those that were not traced show nothing.
    pub fn finish(mut self) -> Aovs {
        self.pixels.resize(self.task.rect.area() as usize, AovPixel::EMPTY);
        Aovs { rect: self.task.rect, pixels: self.pixels }
    }

    fn pixel(&self, [x, y]: [u32; 2]) -> AovPixel {
        let AovTask { samples, max_samples, seed, view, .. } = &self.task;
        let sampled_count = samples.count.min(*max_samples);
        let mut mean = Mean::default();
        let mut sampled = None;
        for index in 0..*max_samples {
            let random = SampleRandom::new(x, y, samples.first + index, *seed);
            if let Some(ray) = camera_ray(view, x, y, random.camera()) {
                mean.add(&self.look(&ray, &random));
            }
            mean.count += 1;
            if mean.count == sampled_count {
                sampled = Some([mean.albedo, mean.emission].map(|sum| sum / mean.count as f32));
            }
            if sampled.is_some() && mean.is_settled() {
                break;
            }
        }
        mean.pixel(sampled.unwrap_or_default())
    }

    /// What one camera ray meets.
    fn look(&self, ray: &Ray, random: &SampleRandom) -> Look {
        let prepared = self.tracer.prepared();
        match nearest_hit(prepared, ray) {
            Some(hit) => {
                let cone = RayCone::from_camera(&self.task.view, ray.direction).advanced(hit.t);
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
            motion_px: self.motion_px(|projection| projection.film_of_point(place)),
            ids: Some([instance.source_index, material]),
            ..Look::default()
        }
    }

    fn look_at_infinity(&self, prepared: &Prepared, ray: &Ray) -> Look {
        let environment = prepared.scene.environment.as_ref();
        Look {
            emission: environment
                .map_or(Vec3::ZERO, |light| environment_radiance(light, ray.direction)),
            motion_px: self.motion_px(|projection| projection.film_of_direction(ray.direction)),
            ..Look::default()
        }
    }

    /// From the place in this picture to that in the previous one.
    fn motion_px(&self, film: impl Fn(&Projection) -> Option<[f32; 2]>) -> [f32; 2] {
        let Some(previous) = &self.previous else { return [0.0; 2] };
        match (film(&self.camera), film(previous)) {
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

/// What one sample shows.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    depth: Option<f32>,
    normal: Vec3,
    albedo: Vec3,
    emission: Vec3,
    mirrored: Vec3,
    motion_px: [f32; 2],
    ids: Option<[u32; 2]>,
}

/// Sums on their way to a pixel.
#[derive(Debug, Default)]
struct Mean {
    count: u32,
    hits: u32,
    depth: f32,
    normal: Vec3,
    albedo: Vec3,
    emission: Vec3,
    mirrored: Vec3,
    /// Of the squares of the luminances of albedo, emission and mirrored.
    squares: Vec3,
    motion_px: [f32; 2],
    ids: Option<[u32; 2]>,
}

impl Mean {
    fn add(&mut self, look: &Look) {
        if let Some(depth) = look.depth {
            self.hits += 1;
            self.depth += depth;
        }
        let (emission, mirrored) = (clamped(look.emission), clamped(look.mirrored));
        self.normal += look.normal;
        self.albedo += look.albedo;
        self.emission += emission;
        self.mirrored += mirrored;
        let values = Vec3::new(luminance(look.albedo), luminance(emission), luminance(mirrored));
        self.squares += values * values;
        self.motion_px = [0, 1].map(|axis| self.motion_px[axis] + look.motion_px[axis]);
        self.ids = self.ids.or(look.ids);
    }

    /// Variances of the means of the luminances of albedo, emission and mirrored.
    fn variances(&self) -> Vec3 {
        let count = self.count as f32;
        let sums = [self.albedo, self.emission, self.mirrored].map(luminance);
        let variance = |square: f32, sum: f32| {
            let mean = sum / count;
            larger(square / count - mean * mean, 0.0) / larger(count - 1.0, 1.0)
        };
        let [albedo, emission, mirrored] = sums;
        Vec3::new(
            variance(self.squares.x, albedo),
            variance(self.squares.y, emission),
            variance(self.squares.z, mirrored),
        )
    }

    /// Whether more samples would show nothing new; asked at powers of two, where samples are even.
    fn is_settled(&self) -> bool {
        if self.count < FEWEST_SAMPLES || !self.count.is_power_of_two() {
            return false;
        }
        let deviation = self.variances();
        let radiance = luminance(self.emission + self.mirrored) / self.count as f32;
        let allowed = SETTLED * (radiance + DARK);
        let seen = deviation.y + deviation.z;
        seen <= allowed * allowed && deviation.x <= SETTLED_ALBEDO * SETTLED_ALBEDO
    }

    fn pixel(&self, [sampled_albedo, sampled_emission]: [Vec3; 2]) -> AovPixel {
        let count = larger(self.count as f32, 1.0);
        let [instance, material] =
            self.ids.unwrap_or([AovPixel::EMPTY.instance, AovPixel::EMPTY.material]);
        AovPixel {
            depth: if self.hits > 0 { self.depth / self.hits as f32 } else { 0.0 },
            normal: (self.normal / count).to_array(),
            albedo: (self.albedo / count).to_array(),
            emission: (self.emission / count).to_array(),
            sampled_albedo: sampled_albedo.to_array(),
            sampled_emission: sampled_emission.to_array(),
            mirrored: (self.mirrored / count).to_array(),
            mirrored_variance: self.variances().z,
            motion_px: self.motion_px.map(|length| length / count),
            instance,
            material,
        }
    }
}

/// As the film clamps each sample.
fn clamped(radiance: Vec3) -> Vec3 {
    Vec3::from(radiance.to_array().map(|channel| {
        if channel.is_finite() { smaller(channel, MAX_SAMPLE_RADIANCE) } else { 0.0 }
    }))
}

/// From the world to a film.
#[derive(Debug, Clone, Copy)]
struct Projection {
    /// `None` where the view's matrix has no inverse.
    camera_from_world: Option<Affine>,
    tan_half_fov_y: f32,
    size_px: [f32; 2],
}

impl Projection {
    fn new(view: &View) -> Self {
        Self {
            camera_from_world: Affine::from_rows(view.world_from_camera).inverse(),
            tan_half_fov_y: view.tan_half_fov_y,
            size_px: [view.width_px as f32, view.height_px as f32],
        }
    }

    fn depth_of(&self, place: Vec3) -> f32 {
        self.camera_from_world.as_ref().map_or(0.0, |map| larger(-map.point(place).z, 0.0))
    }

    fn film_of_point(&self, place: Vec3) -> Option<[f32; 2]> {
        self.film_of(self.camera_from_world.as_ref()?.point(place))
    }

    fn film_of_direction(&self, direction: Vec3) -> Option<[f32; 2]> {
        self.film_of(self.camera_from_world.as_ref()?.vector(direction))
    }

    /// The inverse of `camera_ray`; nothing that lies behind the camera is on the film.
    fn film_of(&self, in_camera: Vec3) -> Option<[f32; 2]> {
        let depth = -in_camera.z;
        let is_ahead = depth > 0.0;
        if !is_ahead {
            return None;
        }
        let [width, height] = self.size_px;
        let x = in_camera.x / (depth * self.tan_half_fov_y * (width / height));
        let y = in_camera.y / (depth * self.tan_half_fov_y);
        let film = [(0.5 * x + 0.5) * width, (0.5 - 0.5 * y) * height];
        film.iter().all(|place| place.is_finite()).then_some(film)
    }
}

#[cfg(test)]
#[path = "aov_tests.rs"]
mod tests;
