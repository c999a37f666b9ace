//! A device for the tests, tasks to trace on it, and measures of what comes back.

use std::cell::Cell;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use p2c2r_frame::{
    Effects, PixelRect, RadianceSums, SampleRange, TileTask, TraceCounters, View, radiance_from_sum,
};
use p2c2r_scene::{Scene, UnpackLimits, generate, pack, unpack};
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_tracer_gpu::{GpuContext, GpuError, GpuOptions, GpuTracer, TuneChoice, TuneMemory};

/// Time since the first call.
pub(crate) fn clock() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// A device, software ones included; `None`, said aloud, where Vulkan has no adapter at all.
pub(crate) fn context(test: &str) -> Option<GpuContext> {
    match block_on(GpuContext::request(GpuOptions { allow_software: true, clock, memory: None })) {
        Ok(context) => {
            println!("{test}: on {}", context.adapter_name());
            Some(context)
        }
        Err(GpuError::NoAdapter(reason)) => {
            println!("{test}: NOT RUN, there is no Vulkan adapter ({reason})");
            println!("{test}: `apt-get install mesa-vulkan-drivers libvulkan1` brings one");
            None
        }
        Err(error) => panic!("{test}: {error}"),
    }
}

thread_local! {
    /// What the memory of this thread's contexts holds.
    pub(crate) static KEPT: Cell<Option<TuneChoice>> = const { Cell::new(None) };
    /// How often something was kept.
    pub(crate) static TIMES_KEPT: Cell<u32> = const { Cell::new(0) };
}

/// A memory of one choice per thread, whatever the adapter.
const MEMORY: TuneMemory = TuneMemory {
    recall: |_| KEPT.get(),
    keep: |_, choice| {
        KEPT.set(Some(choice));
        TIMES_KEPT.set(TIMES_KEPT.get() + 1);
    },
};

/// A device that uses what this thread's memory holds.
pub(crate) fn remembering_context() -> GpuContext {
    let options = GpuOptions { allow_software: true, clock, memory: Some(MEMORY) };
    block_on(GpuContext::request(options)).unwrap()
}

/// A device that uses these kernels.
pub(crate) fn context_of(choice: TuneChoice) -> GpuContext {
    KEPT.set(Some(choice));
    let context = remembering_context();
    assert_eq!(context.choice(), choice, "the probe refused it");
    context
}

/// A task over a whole film.
pub(crate) fn task(scene: &Scene, view: View, samples: SampleRange) -> TileTask {
    TileTask {
        scene: scene.id,
        view,
        rect: PixelRect::of_size(view.width_px, view.height_px),
        samples,
        seed: 7,
        effects: Effects::PATH_TRACED,
        max_bounces: 8,
    }
}

/// Traces without a cancel.
pub(crate) fn traced(
    tracer: &mut GpuTracer,
    task: &TileTask,
) -> Result<(RadianceSums, TraceCounters), GpuError> {
    block_on(tracer.trace(task, &AtomicBool::new(false), &mut |_| {}))
}

/// A generated scene, packed and unpacked as peers would have it.
pub(crate) fn generated(text: &str) -> Arc<Scene> {
    let source = generate(&text.parse().unwrap());
    let package = pack(&source).unwrap();
    Arc::new(unpack(&package.bytes, &UnpackLimits::default()).unwrap())
}

/// Mean radiance of each pixel.
pub(crate) fn radiance(sums: &RadianceSums) -> Vec<[f64; 3]> {
    let mean = |sum: u64| f64::from(radiance_from_sum(sum, sums.samples.count));
    sums.sums.iter().map(|pixel| pixel.map(mean)).collect()
}

/// Root of the mean squared difference over pixels and channels.
pub(crate) fn rmse(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    let squares = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).powi(2));
    (squares.sum::<f64>() / (3 * a.len()) as f64).sqrt()
}

/// Noise of the task's picture: the difference of two seeds over √2.
pub(crate) fn noise_rmse(tracer: &CpuTracer, task: &TileTask) -> f64 {
    let picture = |seed| {
        let task = TileTask { seed, ..*task };
        radiance(&tracer.trace(&task, &AtomicBool::new(false)).unwrap().sums)
    };
    rmse(&picture(task.seed + 1), &picture(task.seed + 2)) / std::f64::consts::SQRT_2
}
