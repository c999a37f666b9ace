//! A job rendered by this process alone.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Context;
use p2c2r_frame::{PixelRect, RadianceSums, SampleRange, TileTask, TraceCounters};
use p2c2r_image::Film;
use p2c2r_peer::native::TUNE_FILE;
use p2c2r_scene::Scene;
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_tracer_gpu::{GpuContext, GpuError, GpuOptions, GpuTracer};

use crate::args::Device;
use crate::failure::{Failure, OrFail};
use crate::progress;

/// A picture and what it cost.
pub(crate) struct Rendered {
    /// All samples.
    pub(crate) film: Film,
    /// Rays traced here.
    pub(crate) counters: TraceCounters,
    /// What traced: `cpu`, or the adapter's name.
    pub(crate) device: String,
}

/// Traces the whole of `task`'s rectangle and samples; 0 threads takes all cores.
pub(crate) fn render(
    scene: &Arc<Scene>,
    task: &TileTask,
    device: Device,
    threads: usize,
) -> anyhow::Result<Rendered> {
    match device {
        Device::Cpu => render_on_cpu(scene, task, threads),
        Device::Gpu => render_on_gpu(scene, task, &request_gpu(true)?),
        // Whatever keeps the GPU from being used, the CPU gives the same picture.
        Device::Auto => match request_gpu(false) {
            Ok(context) => render_on_gpu(scene, task, &context),
            Err(error) => {
                eprintln!("rendering on the CPU: {error}");
                render_on_cpu(scene, task, threads)
            }
        },
    }
}

fn render_on_cpu(scene: &Arc<Scene>, task: &TileTask, threads: usize) -> anyhow::Result<Rendered> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("cannot start the tracing threads")?;
    let tracer = CpuTracer::new(Arc::clone(scene));
    let trace = |band: &TileTask, report: &(dyn Fn(f32) + Sync)| {
        let traced = tracer.trace_parallel(band, &pool, &AtomicBool::new(false), report)?;
        Ok((traced.sums, traced.counters))
    };
    render_in_bands(task, p2c2r_tracer_cpu::MAX_TASK_PIXELS, "cpu".into(), trace)
}

/// A GPU that renders rightly; a software one only if that will do.
pub(crate) fn request_gpu(allow_software: bool) -> Result<GpuContext, GpuError> {
    let options = GpuOptions { allow_software, clock: since_start, memory: Some(TUNE_FILE) };
    futures::executor::block_on(GpuContext::request(options))
}

fn render_on_gpu(
    scene: &Arc<Scene>,
    task: &TileTask,
    context: &GpuContext,
) -> anyhow::Result<Rendered> {
    let new_tracer = GpuTracer::new(context, Arc::clone(scene));
    let mut tracer = futures::executor::block_on(new_tracer)?;
    let trace = |band: &TileTask, report: &(dyn Fn(f32) + Sync)| {
        let cancel = AtomicBool::new(false);
        let mut on_slice = |done| report(done);
        Ok(futures::executor::block_on(tracer.trace(band, &cancel, &mut on_slice))?)
    };
    let name = context.adapter_name().to_owned();
    render_in_bands(task, p2c2r_tracer_gpu::MAX_TASK_PIXELS, name, trace)
}

/// Time since the first call: what slices of GPU work are measured by.
fn since_start() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Traces band after band, each within the tracer's limit, and merges them.
fn render_in_bands(
    task: &TileTask,
    max_pixels: u64,
    device: String,
    mut trace: impl FnMut(
        &TileTask,
        &(dyn Fn(f32) + Sync),
    ) -> anyhow::Result<(RadianceSums, TraceCounters)>,
) -> anyhow::Result<Rendered> {
    let (width_px, height_px) = (task.view.width_px, task.view.height_px);
    let mut film = Film::new(width_px, height_px, task.samples.count).or_fail(Failure::Usage)?;
    let mut counters = TraceCounters::default();
    let bar = progress::bar("rendering");
    let bands = bands(task.rect, max_pixels);
    for (index, &rect) in bands.iter().enumerate() {
        let report = |done: f32| progress::set(&bar, (index as f32 + done) / bands.len() as f32);
        let (sums, traced) = trace(&TileTask { rect, ..*task }, &report)?;
        counters.add(traced);
        film.merge(&sums)?;
    }
    bar.finish_and_clear();
    Ok(Rendered { film, counters, device })
}

/// The rectangle in as few full-width bands as the tracer's limit allows.
pub(crate) fn bands(rect: PixelRect, max_pixels: u64) -> Vec<PixelRect> {
    let rows = (max_pixels / u64::from(rect.width)).clamp(1, u64::from(rect.height)) as u32;
    (0..rect.height)
        .step_by(rows as usize)
        .map(|y| PixelRect { y: rect.y + y, height: rows.min(rect.height - y), ..rect })
        .collect()
}

/// The samples of a whole job.
pub(crate) const fn all_samples(spp: u32) -> SampleRange {
    SampleRange::new(0, spp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_partition_the_film() {
        for (width, height) in [(1, 1), (16_384, 16_384), (640, 360), (3, 16_384)] {
            let film = PixelRect::of_size(width, height);
            for max_pixels in [1 << 24, 1 << 20, 1] {
                let bands = bands(film, max_pixels);
                assert_eq!(bands.iter().map(|band| band.area()).sum::<u64>(), film.area());
                let limit = max_pixels.max(u64::from(width));
                assert!(bands.iter().all(|band| band.area() <= limit));
                assert!(bands.windows(2).all(|pair| pair[0].bottom() == u64::from(pair[1].y)));
            }
        }
    }
}
