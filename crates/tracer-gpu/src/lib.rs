//! The path tracer on wgpu.
