//! A job rendered by this process alone.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use p2c2r_frame::{PixelRect, SampleRange, TileTask, TraceCounters};
use p2c2r_image::Film;
use p2c2r_scene::Scene;
use p2c2r_tracer_cpu::{CpuTracer, MAX_TASK_PIXELS};

use crate::failure::{Failure, OrFail};
use crate::progress;

/// A picture and what it cost.
pub(crate) struct Rendered {
    /// All samples.
    pub(crate) film: Film,
    /// Rays traced here.
    pub(crate) counters: TraceCounters,
}

/// Traces the whole of `task`'s rectangle and samples on CPU threads; 0 threads takes all cores.
pub(crate) fn render_on_cpu(
    scene: &Arc<Scene>,
    task: &TileTask,
    threads: usize,
) -> anyhow::Result<Rendered> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("cannot start the tracing threads")?;
    let tracer = CpuTracer::new(Arc::clone(scene));
    let (width_px, height_px) = (task.view.width_px, task.view.height_px);
    let mut film = Film::new(width_px, height_px, task.samples.count).or_fail(Failure::Usage)?;
    let mut counters = TraceCounters::default();
    let bar = progress::bar("rendering");
    let bands = bands(task.rect);
    for (index, &rect) in bands.iter().enumerate() {
        let band = TileTask { rect, ..*task };
        let report = |done: f32| progress::set(&bar, (index as f32 + done) / bands.len() as f32);
        let traced = tracer.trace_parallel(&band, &pool, &AtomicBool::new(false), &report)?;
        counters.add(traced.counters);
        film.merge(&traced.sums)?;
    }
    bar.finish_and_clear();
    Ok(Rendered { film, counters })
}

/// The rectangle in as few full-width bands as the tracer's limit allows.
fn bands(rect: PixelRect) -> Vec<PixelRect> {
    let rows = (MAX_TASK_PIXELS / u64::from(rect.width)).clamp(1, u64::from(rect.height)) as u32;
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
            let bands = bands(PixelRect::of_size(width, height));
            assert_eq!(
                bands.iter().map(|band| band.area()).sum::<u64>(),
                u64::from(width) * u64::from(height)
            );
            assert!(bands.iter().all(|band| band.area() <= MAX_TASK_PIXELS.max(u64::from(width))));
            assert!(bands.windows(2).all(|pair| pair[0].bottom() == u64::from(pair[1].y)));
        }
    }
}
