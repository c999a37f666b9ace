//! What the camera sees first: the pixels' depth, normal, colour, motion and ids, in steps or at once.
//!
//! It looks through the same points of each pixel as the radiance of the same seed and samples does, so
//! that emission can be taken off a picture exactly. Mirrors and glass are surfaces like others here: what
//! they show is part of the radiance.

use p2c2r_frame::{AovPixel, AovTask, Aovs, LOST_MOTION_PX, MAX_SAMPLE_RADIANCE, PixelRect, View};
use p2c2r_scene::math::{Affine, Vec3, larger, smaller, unit_clamped};

use crate::bvh::nearest_hit;
use crate::camera::camera_ray;
use crate::job::{CpuTracer, MAX_TASK_PIXELS, TraceError};
use crate::light::environment_radiance;
use crate::prepared::Prepared;
use crate::ray::{Hit, Ray};
use crate::rng::SampleRandom;
use crate::surface::Surface;

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
        let samples = self.task.samples;
        let mut mean = Mean::default();
        for index in 0..samples.count {
            let random = SampleRandom::new(x, y, samples.first + index, self.task.seed);
            let Some(ray) = camera_ray(&self.task.view, x, y, random.camera()) else { continue };
            mean.add(&self.look(&ray, index == 0));
        }
        mean.pixel(samples.count)
    }

    /// What one camera ray meets.
    fn look(&self, ray: &Ray, is_first: bool) -> Look {
        let prepared = self.tracer.prepared();
        match nearest_hit(prepared, ray) {
            Some(hit) => self.look_at_surface(prepared, ray, &hit, is_first),
            None => self.look_at_infinity(prepared, ray),
        }
    }

    fn look_at_surface(&self, prepared: &Prepared, ray: &Ray, hit: &Hit, is_first: bool) -> Look {
        let surface = Surface::at_hit(prepared, ray, hit);
        let instance = &prepared.scene.instances[hit.instance as usize];
        let material = prepared.scene.meshes[instance.mesh as usize].material;
        let place = surface.point.position;
        Look {
            depth: Some(self.camera.depth_of(place)),
            normal: surface.frame[2],
            albedo: reflected_share(&surface),
            emission: surface.material.emission,
            motion_px: self.motion_px(|projection| projection.film_of_point(place)),
            ids: is_first.then_some([instance.source_index, material]),
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

/// What one sample shows.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    depth: Option<f32>,
    normal: Vec3,
    albedo: Vec3,
    emission: Vec3,
    motion_px: [f32; 2],
    ids: Option<[u32; 2]>,
}

/// Sums on their way to a pixel.
#[derive(Debug, Default)]
struct Mean {
    hits: u32,
    depth: f32,
    normal: Vec3,
    albedo: Vec3,
    emission: Vec3,
    motion_px: [f32; 2],
    ids: Option<[u32; 2]>,
}

impl Mean {
    fn add(&mut self, look: &Look) {
        if let Some(depth) = look.depth {
            self.hits += 1;
            self.depth += depth;
        }
        self.normal += look.normal;
        self.albedo += look.albedo;
        // The film clamps each sample as well.
        let clamped = look.emission.to_array().map(|channel| {
            if channel.is_finite() { smaller(channel, MAX_SAMPLE_RADIANCE) } else { 0.0 }
        });
        self.emission += Vec3::from(clamped);
        self.motion_px = [0, 1].map(|axis| self.motion_px[axis] + look.motion_px[axis]);
        self.ids = self.ids.or(look.ids);
    }

    fn pixel(&self, samples: u32) -> AovPixel {
        let count = samples as f32;
        let [instance, material] =
            self.ids.unwrap_or([AovPixel::EMPTY.instance, AovPixel::EMPTY.material]);
        AovPixel {
            depth: if self.hits > 0 { self.depth / self.hits as f32 } else { 0.0 },
            normal: (self.normal / count).to_array(),
            albedo: (self.albedo / count).to_array(),
            emission: (self.emission / count).to_array(),
            motion_px: self.motion_px.map(|length| length / count),
            instance,
            material,
        }
    }
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
