//! Denoising away from the tracers: first surfaces, then the filter, in steps; and looks between them. The façade of
//! a finisher.

use std::cell::RefCell;
use std::sync::Arc;

use p2c2r_frame::{AovTask, Aovs, Effects, TileTask, View};
use p2c2r_image::{DenoiseJob, Denoiser};
use p2c2r_scene::{UnpackLimits, unpack};
use p2c2r_tracer_cpu::{AovJob, CpuTracer};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::aovs::aovs_bytes;
use crate::followed::{Followed, Relation};
use crate::traced::{task_bytes, task_of};

/// Most pixels of a picture that a browser denoises: 2560 × 1440 and a little more. Each takes some 250
/// bytes on the way.
pub(crate) const MAX_DENOISED_PIXELS: u64 = 1 << 22;

/// Most camera samples of a look, which is not done in steps: those of the small film that costs are told from.
pub(crate) const MAX_LOOK_SAMPLES: u64 = 1 << 14;

/// Camera samples of a pixel's surface: fewer leave jagged edges,
const FEWEST_LOOKS: u32 = 4;
/// and more are not seen.
const MOST_LOOKS: u32 = 64;

/// What a camera sample of a surface costs, in taps of the filter.
const TAPS_PER_LOOK: u64 = 100;

/// A picture to denoise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DenoiseRequest {
    /// Names it.
    pub(crate) ticket: u32,
    /// What the film holds: its whole rectangle and the samples that a pixel has on average.
    pub(crate) task: TileTask,
    /// Means of the film.
    pub(crate) radiance: Vec<[f32; 3]>,
}

/// Camera samples of a pixel's surface at most, beside a film of so many samples.
pub(crate) fn looks(samples: u32) -> u32 {
    samples.clamp(FEWEST_LOOKS, MOST_LOOKS)
}

/// What to look at so as to denoise a film, after a picture of another view if one is remembered.
pub(crate) fn surfaces_of(task: &TileTask, looks: u32, previous_view: Option<View>) -> AovTask {
    let TileTask { scene, view, rect, mut samples, seed, .. } = *task;
    // What the film has beyond them is not looked through: so films of many samples share surfaces.
    samples.count = samples.count.min(looks);
    AovTask { scene, view, previous_view, rect, samples, max_samples: looks, seed }
}

/// A look as a finisher is told of it: as the task of the film that it belongs to.
pub(crate) fn look_bytes(look: &AovTask) -> Vec<u8> {
    let AovTask { scene, view, rect, samples, seed, .. } = *look;
    let (effects, max_bounces) = (Effects::PATH_TRACED, 1);
    task_bytes(&TileTask { scene, view, rect, samples, seed, effects, max_bounces })
}

/// Radiance between two workers of one page: three f32 a pixel as they lie in memory.
pub(crate) fn radiance_bytes(radiance: &[[f32; 3]]) -> Vec<u8> {
    bytemuck::cast_slice(radiance).to_vec()
}

/// Reads it; none if it is cut.
pub(crate) fn radiance_of(bytes: &[u8]) -> Option<Vec<[f32; 3]>> {
    let is_whole = bytes.len().is_multiple_of(size_of::<[f32; 3]>());
    is_whole.then(|| bytemuck::pod_collect_to_vec(bytes))
}

/// Denoises pictures of the scene that it holds.
#[wasm_bindgen]
#[derive(Default)]
pub struct FinishWorker {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    tracer: Option<CpuTracer>,
    /// Surfaces that were looked at last, for more samples of the same picture.
    surfaces: Option<(AovTask, Arc<Aovs>)>,
    denoiser: Denoiser,
    followed: Followed,
    job: Job,
}

/// A film that is denoised.
struct Film {
    task: TileTask,
    relation: Relation,
    radiance: Vec<[f32; 3]>,
}

/// Where a picture stands.
#[derive(Default)]
enum Job {
    #[default]
    None,
    /// Its surfaces are looked at.
    Looking {
        surfaces: AovTask,
        job: Box<AovJob>,
        film: Film,
    },
    Filtering {
        task: TileTask,
        relation: Relation,
        job: DenoiseJob<Arc<Aovs>>,
    },
}

#[wasm_bindgen]
impl FinishWorker {
    /// Without a scene.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        console_error_panic_hook::set_once();
        Self::default()
    }

    /// Unpacks a scene package and keeps the scene in place of the one before.
    #[wasm_bindgen(js_name = setScene)]
    pub fn set_scene(&self, bytes: &[u8]) -> Result<(), String> {
        *self.state.borrow_mut() = State::default();
        let scene = unpack(bytes, &UnpackLimits::default()).map_err(|error| error.to_string())?;
        self.state.borrow_mut().tracer = Some(CpuTracer::new(Arc::new(scene)));
        Ok(())
    }

    /// What the samples of a task (postcard) meet first, as [`crate::aovs`] writes it; a picture that was begun
    /// stays as it is.
    pub fn look(&self, task: &[u8]) -> Result<Vec<u8>, String> {
        self.state.borrow().look(&task_of(task)?).map(|aovs| aovs_bytes(&aovs))
    }

    /// Begins to denoise the film of a task (postcard) with these means; what was begun is dropped.
    pub fn begin(&self, task: &[u8], looks: u32, radiance: &[u8]) -> Result<(), String> {
        let task = task_of(task)?;
        let radiance = radiance_of(radiance).ok_or("the film is cut")?;
        self.state.borrow_mut().begin(task, looks, radiance)
    }

    /// Does work of about this many taps of the filter; true when the picture is done.
    pub fn step(&self, max_taps: u32) -> Result<bool, String> {
        self.state.borrow_mut().step(u64::from(max_taps))
    }

    /// The radiance, as it was given.
    pub fn finish(&self) -> Result<Vec<u8>, String> {
        self.state.borrow_mut().finish().map(|radiance| radiance_bytes(&radiance))
    }

    /// Drops what was begun.
    pub fn cancel(&self) {
        self.state.borrow_mut().job = Job::None;
    }
}

impl State {
    fn look(&self, task: &TileTask) -> Result<Aovs, String> {
        let count = task.samples.count;
        if task.rect.area().saturating_mul(u64::from(count)) > MAX_LOOK_SAMPLES {
            return Err("that is too much to look at".to_owned());
        }
        let tracer = self.tracer.as_ref().ok_or("the scene is not here")?;
        tracer.aovs(&surfaces_of(task, count, None)).map_err(|error| error.to_string())
    }

    fn begin(&mut self, task: TileTask, looks: u32, radiance: Vec<[f32; 3]>) -> Result<(), String> {
        self.job = Job::None;
        if task.rect.area() > MAX_DENOISED_PIXELS {
            return Err(format!("{} pixels are too many to denoise", task.rect.area()));
        }
        let relation = self.followed.relation(&task);
        let surfaces = surfaces_of(&task, looks, relation.previous_view());
        let film = Film { task, relation, radiance };
        if let Some((seen, aovs)) = &self.surfaces
            && *seen == surfaces
        {
            let aovs = Arc::clone(aovs);
            return self.filter(film, aovs);
        }
        // Before the next take as much again.
        self.surfaces = None;
        let tracer = self.tracer.as_ref().ok_or("the scene is not here")?;
        let job = Box::new(tracer.begin_aovs(&surfaces).map_err(|error| error.to_string())?);
        self.job = Job::Looking { surfaces, job, film };
        Ok(())
    }

    fn step(&mut self, max_taps: u64) -> Result<bool, String> {
        match &mut self.job {
            Job::None => Err("there is no picture".to_owned()),
            Job::Filtering { job, .. } => Ok(job.step(max_taps)),
            Job::Looking { surfaces, job, .. } => {
                let taps = TAPS_PER_LOOK * u64::from(surfaces.max_samples);
                if job.step((max_taps / taps).max(1) as u32) {
                    self.looked()?;
                }
                Ok(false)
            }
        }
    }

    /// All surfaces are seen: the filter begins.
    fn looked(&mut self) -> Result<(), String> {
        if let Job::Looking { surfaces, job, film } = std::mem::take(&mut self.job) {
            let aovs = Arc::new(job.finish());
            self.surfaces = Some((surfaces, Arc::clone(&aovs)));
            self.filter(film, aovs)?;
        }
        Ok(())
    }

    fn filter(&mut self, film: Film, aovs: Arc<Aovs>) -> Result<(), String> {
        let Film { task, relation, radiance } = film;
        match relation {
            Relation::Follows(_) => {}
            Relation::Again(_) => self.denoiser.again(),
            Relation::Unknown => self.denoiser.forget(),
        }
        let job = self.denoiser.begin(radiance, task.samples.count, aovs);
        let job = job.map_err(|error| error.to_string())?;
        self.job = Job::Filtering { task, relation, job };
        Ok(())
    }

    fn finish(&mut self) -> Result<Vec<[f32; 3]>, String> {
        let Job::Filtering { task, relation, job } = std::mem::take(&mut self.job) else {
            return Err("there is no picture".to_owned());
        };
        let picture = self.denoiser.finish(job);
        if !self.followed.note(&task, relation) {
            self.denoiser.forget();
        }
        Ok(picture)
    }
}

#[cfg(test)]
#[path = "finish_tests.rs"]
mod tests;
