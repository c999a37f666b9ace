//! What the camera sees first: the pixels' depth, normal, colour, motion and ids, in steps or at once.
//!
//! It looks through the same points of each pixel as the radiance of the same seed and samples does, so
//! that emission can be taken off a picture exactly. Mirrors and glass are surfaces like others here, but
//! for one thing: what smooth ones mirror of things that emit is found by one more ray.

mod look;
mod projection;

use std::sync::Arc;

use p2c2r_frame::{AovPixel, AovTask, Aovs, MAX_SAMPLE_RADIANCE, PixelRect};
use p2c2r_scene::math::{Vec3, larger, luminance, smaller};

use crate::camera::camera_ray;
use crate::job::{CpuTracer, MAX_TASK_PIXELS, TraceError};
use crate::prepared::Prepared;
use crate::rng::SampleRandom;
use look::{Eyes, Look};

/// Each pixel gets at least so many camera samples, if it may have them.
const FEWEST_SAMPLES: u32 = 16;

/// A pixel is settled when the error of its emission, as a share of it, is below this,
const SETTLED: f32 = 0.01;

/// where this radiance is added to the emission: darkness need not be exact.
const DARK: f32 = 0.05;

/// and when the error of its albedo is below this.
const SETTLED_ALBEDO: f32 = 0.01;

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
        Ok(AovJob::new(self.prepared_at(task.view.time_us), *task))
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
    prepared: Arc<Prepared>,
    task: AovTask,
    eyes: Arc<Eyes>,
    pixels: Vec<AovPixel>,
}

impl AovJob {
    fn new(prepared: Arc<Prepared>, task: AovTask) -> Self {
        let eyes = Arc::new(Eyes::new(&task, &prepared.scene));
        let pixels = Vec::with_capacity(task.rect.area() as usize);
        Self { prepared, task, eyes, pixels }
    }

    /// The same for other pixels, none of which is traced yet.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn of_rect(&self, rect: PixelRect) -> Self {
        Self {
            prepared: Arc::clone(&self.prepared),
            task: AovTask { rect, ..self.task },
            eyes: Arc::clone(&self.eyes),
            pixels: Vec::with_capacity(rect.area() as usize),
        }
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
                mean.add(&self.eyes.look(&self.prepared, &ray, &random));
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

#[cfg(test)]
#[path = "aov_tests.rs"]
mod tests;
