//! What the page calls.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use p2c2r_frame::{Effects, PixelRect, RadianceSums, SampleRange, TileTask, radiance_from_sum};
use p2c2r_scene::{Scene, UnpackLimits, unpack};
use p2c2r_tracer_gpu::{GpuContext, GpuOptions, GpuTracer, TuneChoice, TuneMemory};
use wasm_bindgen::prelude::*;

use crate::{DecisionRace, RayRace};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn now_ms() -> f64;
}

thread_local! {
    /// Which kernels are fastest on which adapter, as long as the page lives.
    static KERNELS: RefCell<BTreeMap<String, TuneChoice>> = const { RefCell::new(BTreeMap::new()) };
}

const MEMORY: TuneMemory = TuneMemory {
    recall: |key| KERNELS.with_borrow(|kernels| kernels.get(key).copied()),
    keep: |key, choice| {
        KERNELS.with_borrow_mut(|kernels| kernels.insert(key.to_owned(), choice));
    },
};

/// A scene and rays for the CPU tracer.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Rays(RayRace);

#[wasm_bindgen]
impl Rays {
    /// Reads a scene package and a file of rays.
    #[wasm_bindgen(constructor)]
    pub fn new(package: &[u8], rays: &[u8]) -> Result<Self, JsError> {
        Ok(Self(RayRace::new(read_scene(package)?, rays)?))
    }

    /// How many rays there are.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.0.ray_count()
    }

    /// Traces every ray; gives how many hit.
    pub fn trace(&self) -> usize {
        self.0.trace()
    }

    /// Every bit of every hit, as one number in hex.
    pub fn digest(&self) -> String {
        format!("{:016x}", self.0.digest())
    }
}

/// A scheduler in the middle of a job.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Decisions(DecisionRace);

#[wasm_bindgen]
impl Decisions {
    /// One that has seen each of so many peers deliver some tasks.
    #[wasm_bindgen(constructor)]
    pub fn new(peers: u32) -> Self {
        Self(DecisionRace::new(peers))
    }

    /// Plans this many tasks, as often as said; gives how many were planned the last time.
    pub fn decide(&self, tasks: u32, rounds: u32) -> usize {
        (0..rounds).map(|_| self.0.decide(tasks)).last().unwrap_or_default()
    }
}

/// A scene on the GPU.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Gpu {
    tracer: GpuTracer,
    scene: Arc<Scene>,
}

/// A picture, and what it took.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Picture {
    sums: RadianceSums,
    /// Rays of both kinds.
    #[wasm_bindgen(readonly)]
    pub rays: f64,
}

#[wasm_bindgen]
impl Gpu {
    /// Finds a device and puts a scene package on it; races the kernels, as visitors' browsers do.
    pub async fn open(package: Vec<u8>) -> Result<Self, JsError> {
        let scene = read_scene(&package)?;
        let clock = || Duration::try_from_secs_f64(now_ms() / 1e3).unwrap_or_default();
        let options = GpuOptions { allow_software: true, clock, memory: Some(MEMORY) };
        let context = GpuContext::request(options).await?;
        let tracer = GpuTracer::new(&context, Arc::clone(&scene)).await?;
        Ok(Self { tracer, scene })
    }

    /// Which kernels won the race.
    #[wasm_bindgen(getter)]
    pub fn kernels(&self) -> String {
        self.tracer.context().choice().to_string()
    }

    /// Traces a square picture of the scene's first camera.
    pub async fn trace(
        &mut self,
        side_px: u32,
        samples: u32,
        bounces: u8,
    ) -> Result<Picture, JsError> {
        let task = TileTask {
            scene: self.scene.id,
            view: self.scene.default_view(side_px, side_px),
            rect: PixelRect::of_size(side_px, side_px),
            samples: SampleRange::new(0, samples),
            seed: 1,
            effects: Effects::PATH_TRACED.with(Effects::UNREGULARIZED),
            max_bounces: bounces,
        };
        let cancel = AtomicBool::new(false);
        let (sums, counters) = self.tracer.trace(&task, &cancel, &mut |_| ()).await?;
        Ok(Picture { sums, rays: (counters.rays + counters.shadow_rays) as f64 })
    }
}

#[wasm_bindgen]
impl Picture {
    /// Radiance of every pixel, row by row from the top, three numbers each.
    pub fn radiance(&self) -> Vec<f32> {
        let count = self.sums.samples.count;
        self.sums.sums.iter().flatten().map(|&sum| radiance_from_sum(sum, count)).collect()
    }
}

fn read_scene(package: &[u8]) -> Result<Arc<Scene>, JsError> {
    Ok(Arc::new(unpack(package, &UnpackLimits::default())?))
}
