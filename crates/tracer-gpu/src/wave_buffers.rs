//! Device memory of the wavefront: paths in flight, queues of them, dispatch sizes.

use p2c2r_shaders::{DISPATCH_BYTES, PATH_WORDS, QUEUE_HEADER_WORDS, QUEUES as QUEUE_COUNT};

use crate::GpuContext;
use crate::layouts::{FILM, PATHS, QUEUES, SLICE};

/// Memory that paths in flight and their queues may take.
const MOST_WAVE_BYTES: u64 = 48 << 20;

/// Bytes of a path in flight with its places in the queues.
const BYTES_PER_PATH: u64 = 4 * (PATH_WORDS + QUEUE_COUNT);

/// Paths in flight at most, a power of two.
pub(crate) const MOST_PATHS_IN_FLIGHT: u32 = 1 << (MOST_WAVE_BYTES / BYTES_PER_PATH).ilog2();

/// Paths that there is always room for.
const FEWEST_PATHS: u32 = 1024;

/// Paths, queues and dispatch sizes, with their bind groups.
#[derive(Debug)]
pub(crate) struct WaveBuffers {
    capacity: u32,
    paths: wgpu::Buffer,
    queues: wgpu::Buffer,
    dispatch: wgpu::Buffer,
    group: wgpu::BindGroup,
    dispatch_group: wgpu::BindGroup,
}

impl WaveBuffers {
    /// Room for so many paths, rounded up to a power of two.
    pub(crate) fn new(context: &GpuContext, slice_params: &wgpu::Buffer, paths: u32) -> Self {
        let capacity = paths.clamp(FEWEST_PATHS, MOST_PATHS_IN_FLIGHT).next_power_of_two();
        let buffer = |label, size, usage| {
            context.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: usage | wgpu::BufferUsages::STORAGE,
                mapped_at_creation: false,
            })
        };
        let slots = u64::from(capacity);
        let paths = buffer("paths", 4 * PATH_WORDS * slots, wgpu::BufferUsages::empty());
        let queue_bytes = 4 * (QUEUE_HEADER_WORDS + QUEUE_COUNT * slots);
        let queues = buffer("queues", queue_bytes, wgpu::BufferUsages::COPY_DST);
        let dispatch = buffer("dispatch sizes", DISPATCH_BYTES, wgpu::BufferUsages::INDIRECT);
        let group = context.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("waves"),
            layout: &context.layouts.waves,
            entries: &[bound(SLICE, slice_params), bound(PATHS, &paths), bound(QUEUES, &queues)],
        });
        let dispatch_group = context.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("dispatch sizes"),
            layout: &context.layouts.dispatch,
            entries: &[bound(0, &dispatch)],
        });
        Self { capacity, paths, queues, dispatch, group, dispatch_group }
    }

    /// Whether a batch fits.
    pub(crate) fn can_hold(&self, paths: u32) -> bool {
        self.capacity >= paths
    }

    /// Forgets the batch before: nothing is queued, nothing was counted.
    pub(crate) fn clear(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.clear_buffer(&self.queues, 0, Some(4 * QUEUE_HEADER_WORDS));
    }

    /// Group 1 of most kernels.
    pub(crate) fn group(&self) -> &wgpu::BindGroup {
        &self.group
    }

    /// Group 1 of the kernel that adds paths to a film.
    pub(crate) fn group_with_film(
        &self,
        context: &GpuContext,
        slice_params: &wgpu::Buffer,
        film: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        context.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("waves and film"),
            layout: &context.layouts.waves_and_film,
            entries: &[
                bound(SLICE, slice_params),
                bound(FILM, film),
                bound(PATHS, &self.paths),
                bound(QUEUES, &self.queues),
            ],
        })
    }

    /// Group 2 of the kernel that writes dispatch sizes.
    pub(crate) fn dispatch_group(&self) -> &wgpu::BindGroup {
        &self.dispatch_group
    }

    /// What indirect dispatches read.
    pub(crate) fn dispatch(&self) -> &wgpu::Buffer {
        &self.dispatch
    }
}

fn bound(binding: u32, buffer: &wgpu::Buffer) -> wgpu::BindGroupEntry<'_> {
    wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }
}

// A batch and its shadow rays must fit one dispatch of the smallest workgroups, and the default binding limit.
const _: () = assert!(2 * MOST_PATHS_IN_FLIGHT / 32 <= 65_535);
const _: () = assert!(4 * PATH_WORDS * (MOST_PATHS_IN_FLIGHT as u64) <= 128 << 20);
