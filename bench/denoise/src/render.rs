//! Pictures of the benchmark's scene, kept in a folder since references take minutes.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, anyhow};
use p2c2r_frame::{AovTask, Aovs, Effects, PixelRect, RadianceSums, SampleRange, TileTask, View};
use p2c2r_image::Film;
use p2c2r_scene::{GeneratedScene, UnpackLimits, generate, pack, unpack};
use p2c2r_tracer_cpu::CpuTracer;

/// Path vertices after the camera, as the command line has them.
const BOUNCES: u8 = 8;

/// Camera samples of a pixel at most, as the command line has them.
const MAX_AOV_SAMPLES: u32 = 128;

/// A scene that is ready to be traced.
pub(crate) struct Renderer {
    tracer: CpuTracer,
    threads: rayon::ThreadPool,
    folder: PathBuf,
}

impl Renderer {
    /// Generates the scene by its name.
    pub(crate) fn new(scene: &str, folder: PathBuf) -> Result<Self> {
        let generated: GeneratedScene = scene.parse().map_err(|error| anyhow!("{error}"))?;
        let packed = pack(&generate(&generated))?;
        let tracer = CpuTracer::new(Arc::new(unpack(&packed.bytes, &UnpackLimits::default())?));
        let threads = rayon::ThreadPoolBuilder::new().build()?;
        fs::create_dir_all(&folder)?;
        Ok(Self { tracer, threads, folder })
    }

    /// A camera of the scene.
    pub(crate) fn view(&self, camera: &str, [width, height]: [u32; 2]) -> Result<View> {
        let view = self.tracer.scene().view_of_camera(camera, width, height);
        view.with_context(|| format!("no camera is called {camera}"))
    }

    /// The samples of a picture, from the folder if they are there.
    pub(crate) fn film(
        &self,
        view: &View,
        seed: u32,
        samples: SampleRange,
    ) -> Result<RadianceSums> {
        let rect = PixelRect::of_size(view.width_px, view.height_px);
        let task = TileTask {
            scene: self.tracer.scene().id,
            view: *view,
            rect,
            samples,
            seed,
            effects: Effects::PATH_TRACED,
            max_bounces: BOUNCES,
        };
        let path = self.folder.join(file_name(&task));
        if let Ok(bytes) = fs::read(&path)
            && bytes.len() as u64 == rect.area() * 24
        {
            let words = bytemuck::allocation::pod_collect_to_vec::<u8, u64>(&bytes);
            let sums = words.chunks_exact(3).map(|sum| [sum[0], sum[1], sum[2]]).collect();
            return Ok(RadianceSums { rect, samples, sums });
        }
        let never = AtomicBool::new(false);
        let traced = self.tracer.trace_parallel(&task, &self.threads, &never, &|_| {})?;
        let words: Vec<u64> = traced.sums.sums.iter().flatten().copied().collect();
        fs::write(&path, bytemuck::cast_slice(&words))?;
        Ok(traced.sums)
    }

    /// What the camera sees first, through the same points as the samples, and where it was in the view
    /// before.
    pub(crate) fn aovs(
        &self,
        (view, previous_view): (&View, Option<View>),
        seed: u32,
        samples: SampleRange,
    ) -> Result<Aovs> {
        let rect = PixelRect::of_size(view.width_px, view.height_px);
        let scene = self.tracer.scene().id;
        let task = AovTask {
            scene,
            view: *view,
            previous_view,
            rect,
            samples,
            max_samples: MAX_AOV_SAMPLES,
            seed,
        };
        Ok(self.tracer.aovs_parallel(&task, &self.threads)?)
    }
}

/// One film of all these sums.
pub(crate) fn merged(parts: &[RadianceSums]) -> Result<Film> {
    let rect = parts.first().context("no sums")?.rect;
    let count = parts.iter().map(|part| part.samples.count).sum();
    let mut film = Film::new(rect.width, rect.height, count)?;
    for part in parts {
        film.merge(part)?;
    }
    Ok(film)
}

/// Names everything that the sums depend on but the tracer itself.
fn file_name(task: &TileTask) -> String {
    let view = task.view.world_from_camera.iter().flatten().chain([&task.view.tan_half_fov_y]);
    let hash = view.fold(0u32, |hash, number| hash.rotate_left(5) ^ number.to_bits());
    let SampleRange { first, count } = task.samples;
    let (width, height) = (task.rect.width, task.rect.height);
    let scene = &task.scene.to_string()[..16];
    format!("{scene}-{hash:08x}-{width}x{height}-{seed}-{first}-{count}.sums", seed = task.seed)
}
