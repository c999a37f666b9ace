//! The path tracer on wgpu: the same estimator as `p2c2r-tracer-cpu`, in WGSL.
//!
//! This is the only crate that knows wgpu. A [`GpuContext`] is a checked device, a [`GpuTracer`] a
//! scene on it; tracing runs in bounded submits, so that no watchdog fires and a cancel is prompt.
//! Natively the futures block their thread while the GPU works; in a browser they yield.

mod aovs;
mod choice;
mod context;
mod denoise;
mod error;
mod film;
mod layouts;
mod pack;
mod pipeline;
mod probe;
mod resources;
mod slices;
mod steps;
mod submit;
mod tracer;
mod tune;
mod upload;
mod wave_buffers;
mod wave_pacer;
mod wavefront;

pub use choice::{KernelForm, TuneChoice, TuneChoiceError};
pub use context::{Clock, GpuContext, GpuOptions, TuneMemory};
pub use denoise::{GpuDenoiser, MAX_DENOISE_PIXELS};
pub use error::GpuError;
pub use slices::{LONGEST_SLICE, SLICE_TARGET};
pub use tracer::{GpuTracer, MAX_TASK_PIXELS};
