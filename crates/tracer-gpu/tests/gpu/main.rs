//! What a device must do; each file holds one kind of claim. Where Vulkan has no adapter, each test
//! says so and ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod aovs;
mod common;
mod constants;
mod denoise;
mod device;
mod fixture;
mod forms;
mod poses;
mod scene_fuzz;
