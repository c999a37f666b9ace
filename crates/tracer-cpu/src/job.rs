//! The tracer as others see it: tasks in, radiance sums out, in steps or at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fearless_simd::{Level, Simd, dispatch};
use p2c2r_frame::{RadianceSums, SceneId, TaskError, TileTask, TraceCounters, sample_to_fixed};
use p2c2r_scene::Scene;
use thiserror::Error;

use crate::integrator::trace_path;
use crate::poses::Poses;
use crate::prepared::Prepared;

/// Most pixels of one task: 400 MB of sums. Larger films are split.
pub const MAX_TASK_PIXELS: u64 = 1 << 24;

/// Paths between two looks at the cancel flag: a few milliseconds at most.
const PATHS_PER_CANCEL_CHECK: u32 = 256;

/// Why a task was not traced.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// No tracer could trace it.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The task is for another scene than the one that is loaded.
    #[error("the task is for scene {wanted}, but {loaded} is loaded")]
    OtherScene {
        /// The task's scene.
        wanted: SceneId,
        /// The tracer's scene.
        loaded: SceneId,
    },
    /// The rectangle is too large for one task.
    #[error("a task of {0} pixels; at most {MAX_TASK_PIXELS} are traced at once")]
    TooManyPixels(u64),
    /// The caller's flag was set before the end.
    #[error("tracing was cancelled")]
    Cancelled,
}

/// What a task gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedTile {
    /// Summed radiance.
    pub sums: RadianceSums,
    /// What it cost.
    pub counters: TraceCounters,
}

/// A scene that is ready to be traced; cheap to clone.
#[derive(Debug, Clone)]
pub struct CpuTracer {
    prepared: Arc<Prepared>,
    poses: Arc<Poses>,
}

impl CpuTracer {
    /// Prepares a scene that [`p2c2r_scene::unpack`] has checked.
    pub fn new(scene: Arc<Scene>) -> Self {
        Self { prepared: Arc::new(Prepared::new(scene)), poses: Arc::default() }
    }

    /// The same through trees of four children a node, whatever the machine: what browsers walk, for
    /// measuring them beside native code.
    pub fn four_wide(scene: Arc<Scene>) -> Self {
        Self { prepared: Arc::new(Prepared::four_wide(scene)), poses: Arc::default() }
    }

    /// The loaded scene, at time 0.
    pub fn scene(&self) -> &Arc<Scene> {
        &self.prepared.scene
    }

    /// What rays are traced through at time 0.
    pub(crate) fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// What rays are traced through at a time.
    pub(crate) fn prepared_at(&self, time_us: u64) -> Arc<Prepared> {
        self.poses.at(&self.prepared, time_us)
    }

    /// The scene as it is at a time; the last poses are kept.
    pub fn scene_at(&self, time_us: u64) -> Arc<Scene> {
        Arc::clone(&self.prepared_at(time_us).scene)
    }

    /// Checks a task, poses the scene and makes room for its sums; traces nothing yet.
    pub fn begin(&self, task: &TileTask) -> Result<TileJob, TraceError> {
        self.check(task)?;
        Ok(TileJob::new(self.prepared_at(task.view.time_us), *task))
    }

    /// Traces a task on the calling thread; `cancel` is looked at every few milliseconds.
    pub fn trace(&self, task: &TileTask, cancel: &AtomicBool) -> Result<TracedTile, TraceError> {
        let mut job = self.begin(task)?;
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err(TraceError::Cancelled);
            }
            if job.step(PATHS_PER_CANCEL_CHECK) {
                return Ok(job.finish());
            }
        }
    }

    /// Fails unless this tracer can trace the task.
    pub(crate) fn check(&self, task: &TileTask) -> Result<(), TraceError> {
        task.check()?;
        let loaded = self.prepared.scene.id;
        if task.scene != loaded {
            return Err(TraceError::OtherScene { wanted: task.scene, loaded });
        }
        if task.rect.area() > MAX_TASK_PIXELS {
            return Err(TraceError::TooManyPixels(task.rect.area()));
        }
        Ok(())
    }
}

/// A task on its way, traced in steps: for workers that must look at their messages in between.
#[derive(Debug)]
pub struct TileJob {
    prepared: Arc<Prepared>,
    /// The machine's vectors.
    level: Level,
    task: TileTask,
    sums: RadianceSums,
    counters: TraceCounters,
    /// Row-major index of the pixel that is next.
    pixel: usize,
    /// Samples of that pixel that are done.
    samples_done: u32,
}

impl TileJob {
    fn new(prepared: Arc<Prepared>, task: TileTask) -> Self {
        Self {
            prepared,
            level: Level::new(),
            task,
            sums: RadianceSums::zeroed(task.rect, task.samples),
            counters: TraceCounters::default(),
            pixel: 0,
            samples_done: 0,
        }
    }

    /// Traces up to `max_paths` more paths (one path is one sample of one pixel); true once all are done.
    pub fn step(&mut self, max_paths: u32) -> bool {
        dispatch!(self.level, simd => self.trace_some(simd, max_paths));
        self.is_done()
    }

    #[inline(always)]
    fn trace_some<S: Simd>(&mut self, simd: S, max_paths: u32) {
        for _ in 0..max_paths {
            if self.is_done() {
                break;
            }
            self.trace_next(simd);
        }
    }

    /// Whether nothing is left to trace.
    pub fn is_done(&self) -> bool {
        self.pixel >= self.sums.sums.len()
    }

    /// Share of the paths that are done, 0 to 1.
    pub fn progress(&self) -> f32 {
        let within = self.samples_done as f32 / self.task.samples.count as f32;
        (self.pixel as f32 + within) / self.sums.sums.len() as f32
    }

    /// What it has cost so far.
    pub fn counters(&self) -> TraceCounters {
        self.counters
    }

    /// The sums. Of a job that is not done they lack the paths not traced yet.
    pub fn finish(self) -> TracedTile {
        TracedTile { sums: self.sums, counters: self.counters }
    }

    #[inline(always)]
    fn trace_next<S: Simd>(&mut self, simd: S) {
        let rect = self.task.rect;
        let x = rect.x + self.pixel as u32 % rect.width;
        let y = rect.y + self.pixel as u32 / rect.width;
        let sample = self.task.samples.first + self.samples_done;
        let path = trace_path(simd, &self.prepared, &self.task, [x, y], sample);
        path.count_into(&mut self.counters);
        let radiance = path.radiance;
        // A sample that is not finite says nothing about the other channels either.
        if radiance.is_finite() {
            for (sum, channel) in self.sums.sums[self.pixel].iter_mut().zip(radiance.to_array()) {
                *sum += u64::from(sample_to_fixed(channel));
            }
        }
        self.samples_done += 1;
        if self.samples_done == self.task.samples.count {
            self.samples_done = 0;
            self.pixel += 1;
        }
    }
}
