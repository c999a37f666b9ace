//! What the camera sees first, looked at by a kernel of its own; mirrors `crates/tracer-cpu/src/aov.rs`.

use std::sync::atomic::{AtomicBool, Ordering};

use p2c2r_frame::{AovPixel, AovTask, Aovs, Effects, PixelRect, SampleRange, TileTask, View};
use p2c2r_scene::math::Affine;
use p2c2r_shaders::{AovParams, LOOK_ROWS, SliceParams, aov_flag};

use crate::layouts::{AOV, LOOKS, SLICE, bound};
use crate::pipeline::aov_pipeline;
use crate::resources::slice_params;
use crate::slices::{Slice, SliceCursor, SlicePacer, regions};
use crate::submit::{Submitted, read_words};
use crate::{GpuContext, GpuError};

/// Bytes that a pixel takes.
const PIXEL_BYTES: u64 = 16 * LOOK_ROWS as u64;

/// The kernel and what it learned of its pace.
#[derive(Debug)]
pub(crate) struct AovKernel {
    pipeline: wgpu::ComputePipeline,
    workgroup_size: u32,
    slice: wgpu::Buffer,
    params: wgpu::Buffer,
    /// Paths are pixels here.
    pacer: SlicePacer,
}

/// The surfaces of a region on the device.
struct Looks {
    words: wgpu::Buffer,
    readable: wgpu::Buffer,
    group: wgpu::BindGroup,
    bytes: u64,
}

impl AovKernel {
    /// Compiles it with the stack of the kernels in use.
    pub(crate) async fn new(context: &GpuContext) -> Result<Self, GpuError> {
        let pipeline = aov_pipeline(context).await?;
        let uniform = |size: usize| {
            let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
            buffer(context, "first surfaces", size as u64, usage)
        };
        Ok(Self {
            pipeline,
            workgroup_size: context.choice().workgroup_size,
            slice: uniform(size_of::<SliceParams>()),
            params: uniform(size_of::<AovParams>()),
            pacer: SlicePacer::new(),
        })
    }

    /// Looks at all pixels of a checked task.
    pub(crate) async fn trace(
        &mut self,
        context: &GpuContext,
        scene: &wgpu::BindGroup,
        task: &AovTask,
        cancel: &AtomicBool,
    ) -> Result<Aovs, GpuError> {
        context.queue.write_buffer(&self.params, 0, bytemuck::bytes_of(&params(task)));
        let mut pixels = Vec::with_capacity(task.rect.area() as usize);
        for region in regions(task.rect) {
            let memory = context.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
            let looks = self.looks(context, region);
            if let Some(error) = memory.pop().await {
                return Err(GpuError::OutOfMemory(format!("{error:?}")));
            }
            let one_sample = SampleRange::new(task.samples.first, 1);
            let mut cursor = SliceCursor::new(region, one_sample);
            while let Some(slice) = cursor.next(self.pacer.paths()) {
                if cancel.load(Ordering::Relaxed) {
                    return Err(GpuError::Cancelled);
                }
                let began = (context.options.clock)();
                self.submit(context, scene, &looks, &uniform_of(task, region, slice)).await?;
                let took = (context.options.clock)().saturating_sub(began);
                self.pacer.observe(slice.path_count, took);
            }
            pixels.extend(looks.read(context).await?);
        }
        Ok(Aovs { rect: task.rect, pixels })
    }

    async fn submit(
        &self,
        context: &GpuContext,
        scene: &wgpu::BindGroup,
        looks: &Looks,
        slice: &SliceParams,
    ) -> Result<(), GpuError> {
        context.queue.write_buffer(&self.slice, 0, bytemuck::bytes_of(slice));
        let mut encoder = context.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, scene, &[]);
        pass.set_bind_group(1, &looks.group, &[]);
        pass.dispatch_workgroups(slice.path_count.div_ceil(self.workgroup_size), 1, 1);
        drop(pass);
        Submitted::new(&context.queue, encoder).finished(&context.device).await?;
        context.reports.check()
    }

    fn looks(&self, context: &GpuContext, region: PixelRect) -> Looks {
        let bytes = region.area() * PIXEL_BYTES;
        let writable = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
        let words = buffer(context, "first surfaces", bytes, writable);
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let readable = buffer(context, "first surfaces for reading", bytes, usage);
        let entries = [bound(SLICE, &self.slice), bound(AOV, &self.params), bound(LOOKS, &words)];
        let group = context.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("first surfaces"),
            layout: &context.layouts.looks,
            entries: &entries,
        });
        Looks { words, readable, group, bytes }
    }
}

impl Looks {
    async fn read(&self, context: &GpuContext) -> Result<Vec<AovPixel>, GpuError> {
        let mut encoder = context.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.words, 0, &self.readable, 0, self.bytes);
        context.queue.submit([encoder.finish()]);
        let words = read_words(&context.device, &self.readable, self.bytes).await?;
        context.reports.check()?;
        Ok(words.chunks_exact(4 * LOOK_ROWS).map(unpacked).collect())
    }
}

/// A pixel from its rows, in the order of `aov_tile.wesl`.
fn unpacked(words: &[u32]) -> AovPixel {
    let number = |at: usize| f32::from_bits(words[at]);
    let color = |row: usize| [0, 1, 2].map(|channel| number(4 * row + channel));
    AovPixel {
        normal: color(0),
        depth: number(3),
        albedo: color(1),
        mirrored_variance: number(7),
        emission: color(2),
        motion_px: [number(11), number(15)],
        sampled_albedo: color(3),
        sampled_emission: color(4),
        instance: words[19],
        mirrored: color(5),
        material: words[23],
    }
}

fn uniform_of(task: &AovTask, region: PixelRect, slice: Slice) -> SliceParams {
    let AovTask { scene, view, rect, samples, seed, .. } = *task;
    let (effects, max_bounces) = (Effects::PATH_TRACED, 0);
    let task = TileTask { scene, view, rect, samples, seed, effects, max_bounces };
    slice_params(&task, region, slice)
}

fn params(task: &AovTask) -> AovParams {
    let inverse = |view: &View| Affine::from_rows(view.world_from_camera).inverse();
    let camera = inverse(&task.view);
    let previous = task.previous_view.as_ref().and_then(inverse);
    let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
    let flags = flag(camera.is_some(), aov_flag::HAS_INVERSE)
        | flag(task.previous_view.is_some(), aov_flag::HAS_PREVIOUS)
        | flag(previous.is_some(), aov_flag::HAS_PREVIOUS_INVERSE);
    let [camera_x, camera_y, camera_z] = camera.unwrap_or(Affine::IDENTITY).rows;
    let [previous_x, previous_y, previous_z] = previous.unwrap_or(Affine::IDENTITY).rows;
    let previous_view = task.previous_view.unwrap_or(task.view);
    AovParams {
        camera_from_world_x: camera_x,
        camera_from_world_y: camera_y,
        camera_from_world_z: camera_z,
        previous_from_world_x: previous_x,
        previous_from_world_y: previous_y,
        previous_from_world_z: previous_z,
        previous_size_px: [previous_view.width_px as f32, previous_view.height_px as f32],
        previous_tan_half_fov_y: previous_view.tan_half_fov_y,
        flags,
        sampled_count: task.samples.count.min(task.max_samples),
        max_samples: task.max_samples,
        padding: [0; 2],
    }
}

fn buffer(
    context: &GpuContext,
    label: &'static str,
    size: u64,
    usage: wgpu::BufferUsages,
) -> wgpu::Buffer {
    context.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage,
        mapped_at_creation: false,
    })
}
