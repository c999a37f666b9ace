//! The path tracer on the CPU: fallback where there is no GPU, and oracle for those that are.
//!
//! The same task gives the same bits natively and in WASM, on any number of threads and however the job
//! was split: numbers are drawn from (pixel, sample, block, seed), floats are added within one path only,
//! and paths are added as integers. One loop, `integrator.rs`, reads top to bottom; the shaders mirror
//! these files one to one.

mod aov;
mod bsdf;
mod bvh;
mod camera;
mod integrator;
mod job;
mod light;
mod material;
#[cfg(not(target_arch = "wasm32"))]
mod parallel;
mod poses;
mod prepared;
mod query;
mod ray;
mod ray_cone;
mod rng;
mod screen;
mod surface;
mod texture;
mod triangle;

pub use aov::AovJob;
pub use job::{CpuTracer, MAX_TASK_PIXELS, TileJob, TraceError, TracedTile};
pub use query::{RayHit, RayQuery};
