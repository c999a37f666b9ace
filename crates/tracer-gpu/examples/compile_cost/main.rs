//! What kernels cost to compile: the driver's processor time, and how long their text is once every call
//! is copied into its caller, as drivers do.
//!
//! `VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json cargo run -p p2c2r-tracer-gpu --example
//! compile_cost` measures on the adapter that browsers fall back to. Words choose kernels by the
//! beginnings of their names; files that end in `.wgsl` are texts to measure instead. `--variants` adds the
//! kernels' other forms, `--functions` tells which functions the text comes from, `--start` measures the
//! whole start of a tracer instead, tuning included. `--page` prints a page that measures in the browser
//! that opens it.
//!
//! SwiftShader takes naga's text of `trace_tile` so badly that it needs minutes and gigabytes; name others.

#![expect(clippy::unwrap_used, reason = "a measurement ends at any error")]

mod inlined_text;
mod page;

use std::fs;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use p2c2r_scene::{UnpackLimits, generate, pack, unpack};
use p2c2r_shaders::KERNELS;
use p2c2r_tracer_gpu::{GpuContext, GpuOptions, GpuTracer, TuneMemory};

use inlined_text::InlinedText;

/// Ticks of /proc in a second, which Linux has fixed for programs.
const TICKS_PER_SECOND: f64 = 100.0;
/// Functions that `--functions` lists.
const LISTED_FUNCTIONS: usize = 25;
/// What `--start` tunes on.
const SCENE: &str = "cornell";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if is_asked("--start") {
        return measure_start();
    }
    let words: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    let texts = texts(&words, is_asked("--variants"));
    if is_asked("--page") {
        return println!("{}", page::page(&texts));
    }
    let device = device();
    println!("{:<36} {:>8} {:>10} {:>12}", "kernel", "cpu s", "operations", "words loaded");
    let mut total_s = 0.0;
    for (name, text) in texts {
        let inlined = InlinedText::of(&text);
        let seconds = compiled_s(&device, &name, &text);
        total_s += seconds;
        let (operations, loaded) = (inlined.operations(), inlined.words_loaded());
        println!("{name:<36} {seconds:>8.2} {operations:>10} {loaded:>12}");
        if is_asked("--functions") {
            inlined.list(LISTED_FUNCTIONS);
        }
    }
    println!("{:<36} {total_s:>8.2}", "all of these");
}

/// The texts that the words choose, named.
fn texts(words: &[&str], with_variants: bool) -> Vec<(String, String)> {
    let is_chosen =
        |name: &str| words.is_empty() || words.iter().any(|word| name.starts_with(word));
    let mut texts = Vec::new();
    for kernel in KERNELS.iter().filter(|kernel| is_chosen(kernel.entry_point)) {
        texts.push((kernel.entry_point.to_owned(), kernel.text.to_owned()));
        if let Some(text) = kernel.variant_text.filter(|_| with_variants) {
            texts.push((format!("{} (variant)", kernel.entry_point), text.to_owned()));
        }
    }
    for path in words.iter().filter(|word| word.ends_with(".wgsl")) {
        texts.push(((*path).to_owned(), fs::read_to_string(path).expect("the file can be read")));
    }
    texts
}

/// Processor seconds that making a pipeline takes, of all threads of this process.
fn compiled_s(device: &wgpu::Device, name: &str, text: &str) -> f64 {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(text.into()),
    });
    let before = processor_s();
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(name),
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    drop(pipeline);
    processor_s() - before
}

/// Requests a context that remembers nothing, and tunes it, as a browser's first visit does.
fn measure_start() {
    let package = pack(&generate(&SCENE.parse().unwrap())).unwrap();
    let scene = Arc::new(unpack(&package.bytes, &UnpackLimits::default()).unwrap());
    let memory = Some(TuneMemory { recall: |_| None, keep: |_, _| () });
    let options = GpuOptions { allow_software: true, clock, memory };
    let before = processor_s();
    let context = block_on(GpuContext::request(options)).unwrap();
    let requested = processor_s();
    println!("{}: {} after {:.2} s", context.adapter_name(), context.choice(), requested - before);
    let tracer = block_on(GpuTracer::new(&context, scene)).unwrap();
    let tuned = processor_s() - before;
    println!("tuned to {} after {tuned:.2} processor seconds", tracer.context().choice());
}

fn clock() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// A device with WebGPU's default limits.
fn device() -> wgpu::Device {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = block_on(instance.request_adapter(&Default::default())).unwrap();
    println!("adapter {}", adapter.get_info().name);
    let descriptor = wgpu::DeviceDescriptor {
        required_features: adapter.features() & wgpu::Features::SUBGROUP,
        ..Default::default()
    };
    block_on(adapter.request_device(&descriptor)).unwrap().0
}

/// Processor seconds of this process so far: the 14th and 15th field of /proc/self/stat.
fn processor_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("processor time is read on Linux only");
    // The second field is a name in brackets, which may hold blanks.
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let ticks = rest.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap());
    ticks.sum::<u64>() as f64 / TICKS_PER_SECOND
}
