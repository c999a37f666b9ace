//! The passes in their order; mirrors `crates/image/src/denoise.rs`.

use p2c2r_shaders::DenoiseParams;

use super::buffers::{Arrays, Kept, Memory};
use super::kernels::binding::*;
use super::kernels::{DenoiseKernel, DenoiseKernels, WORKGROUP_SIZE};
use crate::layouts::bound;
use crate::submit::Submitted;
use crate::{GpuContext, GpuError};

/// Pixels of one submit: a level of the wavelet over so many takes some 25 ms on a slow GPU.
const BAND_PIXELS: u32 = 1 << 20;

/// Levels of the wavelet.
const LEVELS: u32 = 4;
/// Standard deviations of light that count as alike at the first level, and what is left at each further.
const STRENGTH: f32 = 8.0;
const STRENGTH_KEPT: f32 = 0.7;
/// Weight of the squared distance of two albedos.
const ALBEDO_SCALE: f32 = 10.0;
/// The same two of what is mirrored.
const MIRRORED_STRENGTH: f32 = 3.0;
const MIRRORED_ALBEDO_SCALE: f32 = 0.0;

/// How a pass filters; what a kernel does not read does not matter.
#[derive(Debug, Clone, Copy)]
struct Filter {
    stride: u32,
    strength: f32,
    albedo_scale: f32,
}

const LIGHT: Filter = Filter { stride: 1, strength: STRENGTH, albedo_scale: ALBEDO_SCALE };
const MIRRORS: Filter =
    Filter { stride: 1, strength: MIRRORED_STRENGTH, albedo_scale: MIRRORED_ALBEDO_SCALE };

/// Runs all passes over a picture of so many samples; the last one leaves it in the second working array.
pub(super) async fn run(
    context: &GpuContext,
    kernels: &DenoiseKernels,
    (arrays, memory): (&Arrays, &Memory),
    samples: u32,
) -> Result<(), GpuError> {
    let params = params_buffer(context);
    let samples = samples.max(1) as f32;
    let runner = Runner { context, kernels, arrays, memory, samples, params };
    let Arrays { mirrors, work: [first, second], .. } = arrays;
    let current = &memory.current;
    runner.guide(first).await?;
    runner.guided(&kernels.wavelet, MIRRORS, [first, mirrors]).await?;
    if let Some(previous) = &memory.previous {
        runner.demodulate(first).await?;
        runner.history(previous, first).await?;
    } else {
        runner.demodulate(&current.lights).await?;
    }
    runner.guided(&kernels.variance, LIGHT, [&current.lights, first]).await?;
    let (mut way, mut filter) = ([first, second], LIGHT);
    for _ in 0..LEVELS {
        runner.guided(&kernels.wavelet, filter, way).await?;
        way.swap(0, 1);
        filter.stride *= 2;
        filter.strength *= STRENGTH_KEPT;
    }
    runner.remodulate(way).await
}

/// What all passes share.
struct Runner<'a> {
    context: &'a GpuContext,
    kernels: &'a DenoiseKernels,
    arrays: &'a Arrays,
    memory: &'a Memory,
    samples: f32,
    params: wgpu::Buffer,
}

impl Runner<'_> {
    async fn guide(&self, mirrored: &wgpu::Buffer) -> Result<(), GpuError> {
        let Arrays { uploads, paints, .. } = self.arrays;
        let current = &self.memory.current;
        let arrays = [
            (SEEN_SHAPES, &uploads.seen_shapes),
            (SEEN_PAINTS, &uploads.seen_paints),
            (SEEN_MARKS, &uploads.seen_marks),
            (MIRRORED, &uploads.mirrored),
            (SHAPES_OUT, &current.shapes),
            (PAINTS_OUT, paints),
            (STEPS_OUT, &current.steps),
            (LIGHTS_OUT, mirrored),
        ];
        self.pass(&self.kernels.guide, LIGHT, &arrays).await
    }

    async fn demodulate(&self, light: &wgpu::Buffer) -> Result<(), GpuError> {
        let Arrays { uploads, mirrors, .. } = self.arrays;
        let arrays = [
            (RADIANCES, &uploads.radiances),
            (SAMPLED_ALBEDOS, &uploads.sampled_albedos),
            (SAMPLED_EMISSIONS, &uploads.sampled_emissions),
            (LIGHTS, mirrors),
            (LIGHTS_OUT, light),
        ];
        self.pass(&self.kernels.demodulate, LIGHT, &arrays).await
    }

    async fn history(&self, previous: &Kept, light: &wgpu::Buffer) -> Result<(), GpuError> {
        let (uploads, current) = (&self.arrays.uploads, &self.memory.current);
        let arrays = [
            (SEEN_MARKS, &uploads.seen_marks),
            (SHAPES, &current.shapes),
            (STEPS, &current.steps),
            (OLD_LIGHTS, &previous.lights),
            (OLD_SHAPES, &previous.shapes),
            (OLD_STEPS, &previous.steps),
            (LIGHTS, light),
            (LIGHTS_OUT, &current.lights),
        ];
        self.pass(&self.kernels.history, LIGHT, &arrays).await
    }

    async fn remodulate(&self, [light, radiance]: [&wgpu::Buffer; 2]) -> Result<(), GpuError> {
        let Arrays { uploads, mirrors, .. } = self.arrays;
        let arrays = [
            (SEEN_PAINTS, &uploads.seen_paints),
            (EMISSIONS, &uploads.emissions),
            (MIRRORED, mirrors),
            (LIGHTS, light),
            (LIGHTS_OUT, radiance),
        ];
        self.pass(&self.kernels.remodulate, LIGHT, &arrays).await
    }

    /// A pass from one array to another that looks at the guides.
    async fn guided(
        &self,
        kernel: &DenoiseKernel,
        filter: Filter,
        [from, to]: [&wgpu::Buffer; 2],
    ) -> Result<(), GpuError> {
        let Kept { shapes, steps, .. } = &self.memory.current;
        let paints = &self.arrays.paints;
        let arrays =
            [(SHAPES, shapes), (PAINTS, paints), (STEPS, steps), (LIGHTS, from), (LIGHTS_OUT, to)];
        self.pass(kernel, filter, &arrays).await
    }

    /// One kernel over the whole picture, in bands, each a submit of its own.
    async fn pass(
        &self,
        kernel: &DenoiseKernel,
        filter: Filter,
        arrays: &[(u32, &wgpu::Buffer)],
    ) -> Result<(), GpuError> {
        let GpuContext { device, queue, .. } = self.context;
        let group = self.group(kernel, arrays);
        let pixel_count = self.memory.current.pixel_count();
        for first_pixel in (0..pixel_count).step_by(BAND_PIXELS as usize) {
            let end_pixel = pixel_count.min(first_pixel + BAND_PIXELS);
            let params = self.params_of(filter, [first_pixel, end_pixel]);
            queue.write_buffer(&self.params, 0, bytemuck::bytes_of(&params));
            let mut encoder = device.create_command_encoder(&Default::default());
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&kernel.pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups((end_pixel - first_pixel).div_ceil(WORKGROUP_SIZE), 1, 1);
            drop(pass);
            Submitted::new(queue, encoder).finished(device).await?;
            self.context.reports.check()?;
        }
        Ok(())
    }

    fn group(&self, kernel: &DenoiseKernel, arrays: &[(u32, &wgpu::Buffer)]) -> wgpu::BindGroup {
        let mut entries = vec![bound(PARAMS, &self.params)];
        entries.extend(arrays.iter().map(|&(binding, buffer)| bound(binding, buffer)));
        self.context.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("denoise"),
            layout: &kernel.layout,
            entries: &entries,
        })
    }

    fn params_of(&self, filter: Filter, [first_pixel, end_pixel]: [u32; 2]) -> DenoiseParams {
        let Memory { current, previous, .. } = self.memory;
        DenoiseParams {
            size_px: current.size_px,
            old_size_px: previous.as_ref().unwrap_or(current).size_px,
            first_pixel,
            end_pixel,
            stride: filter.stride as i32,
            strength: filter.strength,
            albedo_scale: filter.albedo_scale,
            samples: self.samples,
            padding: [0; 2],
        }
    }
}

fn params_buffer(context: &GpuContext) -> wgpu::Buffer {
    context.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("denoise"),
        size: size_of::<DenoiseParams>() as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}
