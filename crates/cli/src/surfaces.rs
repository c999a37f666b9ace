//! What the camera sees first: for EXR layers and for the denoiser, traced here after the merge.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use clap::ValueEnum;
use futures::executor::block_on;
use p2c2r_frame::{AovPixel, AovTask, Aovs, TileTask};
use p2c2r_image::{Denoiser, Film};
use p2c2r_scene::Scene;
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_tracer_gpu::{GpuContext, GpuDenoiser, GpuError, GpuTracer};

use crate::args::Device;
use crate::local;

/// Camera samples of a pixel at most: beyond them no edge looks smoother.
const MAX_SAMPLES: u32 = 128;

/// A layer of an EXR picture beside its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AovLayer {
    /// Distance from the camera's plane in metres.
    Depth,
    /// Shading normal in world space.
    Normal,
    /// Share of light that is reflected.
    Albedo,
    /// Radiance of what emits.
    Emission,
    /// Radiance of what emits, in smooth surfaces.
    Mirrored,
    /// To the place in the previous picture; one picture alone has no motion.
    Motion,
    /// Instance and material.
    Ids,
}

/// What is done with a merged picture, on the GPU where one is wanted and there, else on the CPU.
pub(crate) struct Finisher {
    gpu: Option<GpuContext>,
    threads: usize,
}

impl Finisher {
    /// Looks for a GPU; 0 threads takes all cores.
    pub(crate) fn new(device: Device, threads: usize) -> Self {
        let gpu = match device {
            Device::Cpu => None,
            Device::Gpu => local::request_gpu(true).ok(),
            Device::Auto => local::request_gpu(false).ok(),
        };
        Self { gpu, threads }
    }

    /// The surfaces of a whole job.
    pub(crate) fn surfaces(&self, scene: &Arc<Scene>, task: &TileTask) -> anyhow::Result<Aovs> {
        let TileTask { scene: id, view, rect, samples, seed, .. } = *task;
        let max_samples = MAX_SAMPLES;
        let task =
            AovTask { scene: id, view, previous_view: None, rect, samples, max_samples, seed };
        // In bands, as the radiance: a task has a largest size, the same for both tracers.
        let bands = local::bands(rect, p2c2r_tracer_cpu::MAX_TASK_PIXELS);
        let tasks = bands.into_iter().map(|rect| AovTask { rect, ..task }).collect::<Vec<_>>();
        if let Some(context) = &self.gpu {
            match surfaces_on_gpu(context, scene, &tasks) {
                Ok(pixels) => return Ok(Aovs { rect, pixels }),
                Err(error) => eprintln!("looking at the surfaces on the CPU: {error}"),
            }
        }
        Ok(Aovs { rect, pixels: surfaces_on_cpu(scene, &tasks, self.threads)? })
    }

    /// The film's radiance without noise.
    pub(crate) fn denoised(&self, film: &Film, aovs: &Aovs) -> anyhow::Result<Vec<[f32; 3]>> {
        let (radiances, samples) = (film.radiances(), film.samples_per_pixel());
        if let Some(context) = &self.gpu {
            match denoised_on_gpu(context, &radiances, samples, aovs) {
                Ok(denoised) => return Ok(denoised),
                Err(error) => eprintln!("denoising on the CPU: {error}"),
            }
        }
        Ok(Denoiser::new().denoise(&radiances, samples, aovs)?)
    }
}

fn surfaces_on_cpu(
    scene: &Arc<Scene>,
    tasks: &[AovTask],
    threads: usize,
) -> anyhow::Result<Vec<AovPixel>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("cannot start the tracing threads")?;
    let tracer = CpuTracer::new(Arc::clone(scene));
    let mut pixels = Vec::new();
    for task in tasks {
        pixels.extend(tracer.aovs_parallel(task, &pool)?.pixels);
    }
    Ok(pixels)
}

fn surfaces_on_gpu(
    context: &GpuContext,
    scene: &Arc<Scene>,
    tasks: &[AovTask],
) -> Result<Vec<AovPixel>, GpuError> {
    block_on(async {
        let mut tracer = GpuTracer::new(context, Arc::clone(scene)).await?;
        let mut pixels = Vec::new();
        for task in tasks {
            pixels.extend(tracer.aovs(task, &AtomicBool::new(false)).await?.pixels);
        }
        Ok(pixels)
    })
}

fn denoised_on_gpu(
    context: &GpuContext,
    radiances: &[[f32; 3]],
    samples: u32,
    aovs: &Aovs,
) -> Result<Vec<[f32; 3]>, GpuError> {
    block_on(async { GpuDenoiser::new(context).await?.denoise(radiances, samples, aovs).await })
}
