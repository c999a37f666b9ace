//! How fast this machine's GPU traces a generated scene, and how close it comes to the CPU tracer.
//!
//! `cargo run --release -p p2c2r-tracer-gpu --example measure -- night-city 1280x720 16 --compare`
//!
//! A form's name, as `wavefront-64-private`, measures that one; several names, or `--forms` for all of
//! them, race those forms in turns, and say what the tuner takes.

#![expect(clippy::unwrap_used, reason = "a measurement ends at any error")]

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use p2c2r_frame::{Effects, PixelRect, RadianceSums, SampleRange, TileTask, TraceCounters};
use p2c2r_scene::{Scene, UnpackLimits, generate, pack, unpack};
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_tracer_gpu::{GpuContext, GpuOptions, GpuTracer, TuneChoice, TuneMemory};

/// Times each scene is traced; the first warms up.
const REPETITIONS: u32 = 4;
/// Times each form is raced; the first warms up.
const RACE_REPETITIONS: u32 = 8;

/// The kernels that contexts are to use; none leaves it to the tuner.
static WANTED: Mutex<Option<TuneChoice>> = Mutex::new(None);

fn clock() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [scene, size, spp, rest @ ..] = &arguments[..] else {
        eprintln!("usage: measure SCENE WIDTHxHEIGHT SPP [FORM...] [--forms] [--compare]");
        std::process::exit(2);
    };
    let (width, height) = size.split_once('x').expect("a size is WIDTHxHEIGHT");
    let scene = generated(scene);
    let view = scene.default_view(width.parse().unwrap(), height.parse().unwrap());
    let task = TileTask {
        scene: scene.id,
        view,
        rect: PixelRect::of_size(view.width_px, view.height_px),
        samples: SampleRange::new(0, spp.parse().unwrap()),
        seed: 1,
        effects: Effects::PATH_TRACED,
        max_bounces: 8,
    };
    let forms: Vec<TuneChoice> = rest.iter().filter_map(|word| word.parse().ok()).collect();
    if forms.len() > 1 || rest.iter().any(|word| word == "--forms") {
        return race(&scene, &task, forms);
    }
    let form = forms.first().copied().unwrap_or(TuneChoice::DEFAULT);
    let mut tracer = tracer_of(form, &scene);
    let mut sums = RadianceSums::zeroed(task.rect, task.samples);
    for _ in 0..REPETITIONS {
        (sums, _) = measured(&mut tracer, &task);
    }
    if rest.iter().any(|word| word == "--compare") {
        compare(&scene, &task, &sums);
    }
}

/// A tracer that uses these kernels.
fn tracer_of(form: TuneChoice, scene: &Arc<Scene>) -> GpuTracer {
    *WANTED.lock().unwrap() = Some(form);
    let started = clock();
    let context = request();
    let kind = if context.is_software() { "software" } else { "hardware" };
    let name = context.adapter_name();
    println!("adapter {name} ({kind}), {} ready in {:.2?}", context.choice(), clock() - started);
    block_on(GpuTracer::new(&context, Arc::clone(scene))).expect("it fits")
}

fn request() -> GpuContext {
    let recall = |_: &str| *WANTED.lock().unwrap();
    let memory = Some(TuneMemory { recall, keep: |_, _| () });
    let options = GpuOptions { allow_software: true, clock, memory };
    block_on(GpuContext::request(options)).expect("there is a usable adapter")
}

/// Measures forms, or all, in turns, so that a machine's moods spread over all of them.
fn race(scene: &Arc<Scene>, task: &TileTask, mut forms: Vec<TuneChoice>) {
    *WANTED.lock().unwrap() = None;
    let context = request();
    let started = clock();
    let tuned = block_on(GpuTracer::new(&context, Arc::clone(scene))).expect("it fits");
    println!("the tuner takes {} after {:.2?}", tuned.context().choice(), clock() - started);
    if forms.is_empty() {
        forms = TuneChoice::all(context.has_subgroups());
    }
    let mut tracers: Vec<_> = forms.iter().map(|&form| tracer_of(form, scene)).collect();
    let mut times = vec![Vec::new(); forms.len()];
    for _ in 0..RACE_REPETITIONS {
        for (tracer, times) in tracers.iter_mut().zip(&mut times) {
            times.push(measured(tracer, task).1);
        }
    }
    // Whatever else the machine does only slows a run down.
    let fastest = |times: &[f64]| times[1..].iter().copied().fold(f64::INFINITY, f64::min);
    let first_s = fastest(&times[0]);
    for (form, times) in forms.iter().zip(&times) {
        println!("{form}: {:.2} times the speed of {}", first_s / fastest(times), forms[0]);
    }
}

fn generated(text: &str) -> Arc<Scene> {
    let source = generate(&text.parse().expect("a generated scene"));
    let package = pack(&source).expect("generated scenes can be packed");
    Arc::new(unpack(&package.bytes, &UnpackLimits::default()).expect("what was packed unpacks"))
}

/// Traces once and prints speed and slices; gives the film and the seconds.
fn measured(tracer: &mut GpuTracer, task: &TileTask) -> (RadianceSums, f64) {
    let mut slices: Vec<Duration> = Vec::new();
    let started = clock();
    let mut last = started;
    let outcome = block_on(tracer.trace(task, &AtomicBool::new(false), &mut |_| {
        let now = clock();
        slices.push(now - last);
        last = now;
    }));
    let (sums, counters) = outcome.expect("the device traces");
    let seconds = (clock() - started).as_secs_f64();
    slices.sort();
    let middle = slices.get(slices.len() / 2).copied().unwrap_or_default();
    println!(
        "gpu {seconds:.3} s, {}; {} slices, median {middle:.1?}, longest {:.1?}",
        rates(task, counters, seconds),
        slices.len(),
        slices.last().copied().unwrap_or_default(),
    );
    (sums, seconds)
}

fn rates(task: &TileTask, counters: TraceCounters, seconds: f64) -> String {
    let paths = task.rect.area() * u64::from(task.samples.count);
    let rays = counters.rays + counters.shadow_rays;
    format!(
        "{:.3} Mpaths/s, {:.3} Mrays/s ({} closest, {} shadow)",
        paths as f64 / seconds * 1e-6,
        rays as f64 / seconds * 1e-6,
        counters.rays,
        counters.shadow_rays
    )
}

/// Traces the same task on one CPU thread and prints the difference.
fn compare(scene: &Arc<Scene>, task: &TileTask, sums: &RadianceSums) {
    let tracer = CpuTracer::new(Arc::clone(scene));
    let started = clock();
    let tile = tracer.trace(task, &AtomicBool::new(false)).expect("the cpu traces");
    let seconds = (clock() - started).as_secs_f64();
    println!("cpu, one thread: {seconds:.3} s, {}", rates(task, tile.counters, seconds));
    let scale = 1.0 / (f64::from(task.samples.count) * 65_536.0);
    let pairs = sums.sums.iter().flatten().zip(tile.sums.sums.iter().flatten());
    let differences = pairs.map(|(&a, &b)| (a as f64 - b as f64) * scale);
    let squares: f64 = differences.map(|difference| difference * difference).sum();
    let rmse = (squares / (3 * sums.sums.len()) as f64).sqrt();
    let same = sums.sums.iter().zip(&tile.sums.sums).filter(|(a, b)| a == b).count();
    println!("rmse {rmse:.3e}; {same} of {} pixels equal to the bit", sums.sums.len());
}
