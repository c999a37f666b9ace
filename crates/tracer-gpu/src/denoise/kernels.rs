//! The denoiser's pipelines, each with the arrays that it sees.

use p2c2r_shaders::{
    DENOISE_DEMODULATE, DENOISE_GUIDE, DENOISE_HISTORY, DENOISE_REMODULATE, DENOISE_VARIANCE,
    DENOISE_WAVELET, Kernel,
};

use crate::pipeline::{accepted, compute_pipeline};
use crate::{GpuContext, GpuError};

/// Invocations of a workgroup, on any adapter: the kernels are short.
pub(super) const WORKGROUP_SIZE: u32 = 64;

/// Numbers of the bindings of `denoise_bindings.wesl`.
pub(super) mod binding {
    pub(in super::super) const PARAMS: u32 = 0;
    pub(in super::super) const SEEN_SHAPES: u32 = 1;
    pub(in super::super) const SEEN_PAINTS: u32 = 2;
    pub(in super::super) const SEEN_MARKS: u32 = 3;
    pub(in super::super) const RADIANCES: u32 = 4;
    pub(in super::super) const SAMPLED_ALBEDOS: u32 = 5;
    pub(in super::super) const SAMPLED_EMISSIONS: u32 = 6;
    pub(in super::super) const EMISSIONS: u32 = 7;
    pub(in super::super) const MIRRORED: u32 = 8;
    pub(in super::super) const SHAPES_OUT: u32 = 9;
    pub(in super::super) const PAINTS_OUT: u32 = 10;
    pub(in super::super) const STEPS_OUT: u32 = 11;
    pub(in super::super) const SHAPES: u32 = 12;
    pub(in super::super) const PAINTS: u32 = 13;
    pub(in super::super) const STEPS: u32 = 14;
    pub(in super::super) const OLD_LIGHTS: u32 = 15;
    pub(in super::super) const OLD_SHAPES: u32 = 16;
    pub(in super::super) const OLD_STEPS: u32 = 17;
    pub(in super::super) const LIGHTS: u32 = 18;
    pub(in super::super) const LIGHTS_OUT: u32 = 19;
}

use binding::*;

/// Bindings that kernels write.
const WRITTEN: [u32; 4] = [SHAPES_OUT, PAINTS_OUT, STEPS_OUT, LIGHTS_OUT];

/// A pipeline and the layout of its one bind group.
#[derive(Debug)]
pub(super) struct DenoiseKernel {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) layout: wgpu::BindGroupLayout,
}

/// One pipeline per kind of pass.
#[derive(Debug)]
pub(super) struct DenoiseKernels {
    pub(super) guide: DenoiseKernel,
    pub(super) demodulate: DenoiseKernel,
    pub(super) history: DenoiseKernel,
    pub(super) variance: DenoiseKernel,
    pub(super) wavelet: DenoiseKernel,
    pub(super) remodulate: DenoiseKernel,
}

impl DenoiseKernels {
    /// Compiles them all.
    pub(super) async fn new(context: &GpuContext) -> Result<Self, GpuError> {
        let kernel = |kernel, storage: &[u32]| compiled(&context.device, kernel, storage);
        accepted(context, || Self {
            guide: kernel(
                DENOISE_GUIDE,
                &[
                    SEEN_SHAPES,
                    SEEN_PAINTS,
                    SEEN_MARKS,
                    MIRRORED,
                    SHAPES_OUT,
                    PAINTS_OUT,
                    STEPS_OUT,
                    LIGHTS_OUT,
                ],
            ),
            demodulate: kernel(
                DENOISE_DEMODULATE,
                &[RADIANCES, SAMPLED_ALBEDOS, SAMPLED_EMISSIONS, LIGHTS, LIGHTS_OUT],
            ),
            history: kernel(
                DENOISE_HISTORY,
                &[SEEN_MARKS, SHAPES, STEPS, OLD_LIGHTS, OLD_SHAPES, OLD_STEPS, LIGHTS, LIGHTS_OUT],
            ),
            variance: kernel(DENOISE_VARIANCE, &[SHAPES, PAINTS, STEPS, LIGHTS, LIGHTS_OUT]),
            wavelet: kernel(DENOISE_WAVELET, &[SHAPES, PAINTS, STEPS, LIGHTS, LIGHTS_OUT]),
            remodulate: kernel(
                DENOISE_REMODULATE,
                &[SEEN_PAINTS, EMISSIONS, MIRRORED, LIGHTS, LIGHTS_OUT],
            ),
        })
        .await
    }
}

/// A kernel that sees the uniform and these arrays.
fn compiled(device: &wgpu::Device, kernel: Kernel, storage: &[u32]) -> DenoiseKernel {
    let layout = layout(device, kernel.entry_point, storage);
    let pipeline = compute_pipeline(device, kernel, false, &[&layout], WORKGROUP_SIZE);
    DenoiseKernel { pipeline, layout }
}

fn layout(device: &wgpu::Device, name: &'static str, storage: &[u32]) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let mut entries = vec![entry(PARAMS, wgpu::BufferBindingType::Uniform)];
    entries.extend(storage.iter().map(|&binding| {
        let read_only = !WRITTEN.contains(&binding);
        entry(binding, wgpu::BufferBindingType::Storage { read_only })
    }));
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some(name),
        entries: &entries,
    })
}
