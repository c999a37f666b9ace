//! What the camera sees first: for EXR layers and for the denoiser, traced here after the merge.

use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use p2c2r_frame::{AovTask, Aovs, PixelRect, TileTask};
use p2c2r_image::{Denoiser, Film};
use p2c2r_scene::Scene;
use p2c2r_tracer_cpu::CpuTracer;

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

/// Traces the surfaces of a whole job; 0 threads takes all cores.
pub(crate) fn trace(scene: &Arc<Scene>, task: &TileTask, threads: usize) -> anyhow::Result<Aovs> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("cannot start the tracing threads")?;
    let TileTask { scene: id, view, rect, samples, seed, .. } = *task;
    let max_samples = MAX_SAMPLES;
    let task = AovTask { scene: id, view, previous_view: None, rect, samples, max_samples, seed };
    let tracer = CpuTracer::new(Arc::clone(scene));
    // In bands, as the radiance: a task has a largest size.
    let rows = (p2c2r_tracer_cpu::MAX_TASK_PIXELS / u64::from(rect.width)).max(1) as u32;
    let mut pixels = Vec::new();
    for y in (0..rect.height).step_by(rows as usize) {
        let height = rows.min(rect.height - y);
        let band = AovTask { rect: PixelRect { y: rect.y + y, height, ..rect }, ..task };
        pixels.extend(tracer.aovs_parallel(&band, &pool)?.pixels);
    }
    Ok(Aovs { rect, pixels })
}

/// The film's radiance without noise.
pub(crate) fn denoised(film: &Film, aovs: &Aovs) -> anyhow::Result<Vec<[f32; 3]>> {
    Ok(Denoiser::new().denoise(&film.radiances(), aovs)?)
}
