//! The film on the device: 64-bit sums of a region, cleared, added to by slices, read back.

use p2c2r_frame::{PixelRect, TraceCounters};
use p2c2r_shaders::{FILM_COUNTER_WORDS, FILM_PIXEL_WORDS};

use crate::submit::read_words;
use crate::{GpuContext, GpuError};

/// The sums of a region, on the device and for reading.
#[derive(Debug)]
pub(crate) struct Film {
    sums: wgpu::Buffer,
    readable: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
    /// What the region of now takes of the buffers.
    bytes: u64,
}

impl Film {
    /// Bytes that a region takes.
    pub(crate) fn bytes_of(region: PixelRect) -> u64 {
        4 * (FILM_COUNTER_WORDS as u64 + region.area() * FILM_PIXEL_WORDS as u64)
    }

    /// Buffers of this size, bound beside the slice's uniform.
    pub(crate) fn new(context: &GpuContext, slice_params: &wgpu::Buffer, bytes: u64) -> Self {
        let buffer = |label, usage| {
            context.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: bytes,
                usage,
                mapped_at_creation: false,
            })
        };
        let writable = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_DST
            | wgpu::BufferUsages::COPY_SRC;
        let sums = buffer("film", writable);
        let readable =
            buffer("film for reading", wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let bind_group = context.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("slice"),
            layout: &context.layouts.slice,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: slice_params.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: sums.as_entire_binding() },
            ],
        });
        Self { sums, readable, bind_group, bytes }
    }

    /// Whether the buffers are large enough.
    pub(crate) fn can_hold(&self, bytes: u64) -> bool {
        self.sums.size() >= bytes
    }

    /// The same buffers for a region of this many bytes.
    pub(crate) fn cut_to(self, bytes: u64) -> Self {
        Self { bytes, ..self }
    }

    /// The sums, for kernels that bind them beside other things.
    pub(crate) fn sums(&self) -> &wgpu::Buffer {
        &self.sums
    }

    /// What the megakernel binds.
    pub(crate) fn bind_group(&self) -> &wgpu::BindGroup {
        &self.bind_group
    }

    /// Sets all sums to zero before the next submit.
    pub(crate) fn clear(&self, context: &GpuContext) {
        let mut encoder = context.device.create_command_encoder(&Default::default());
        encoder.clear_buffer(&self.sums, 0, Some(self.bytes));
        context.queue.submit([encoder.finish()]);
    }

    /// Reads all words after the last submit.
    pub(crate) async fn read(&self, context: &GpuContext) -> Result<Vec<u32>, GpuError> {
        let mut encoder = context.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.sums, 0, &self.readable, 0, self.bytes);
        context.queue.submit([encoder.finish()]);
        let words = read_words(&context.device, &self.readable, self.bytes).await?;
        context.reports.check()?;
        Ok(words)
    }
}

/// Words of the film into sums and counters.
pub(crate) fn unpack(words: &[u32], sums: &mut [[u64; 3]]) -> TraceCounters {
    let joined = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let (counters, pixels) = words.split_at(FILM_COUNTER_WORDS);
    for (target, pixel) in sums.iter_mut().zip(pixels.chunks_exact(FILM_PIXEL_WORDS)) {
        *target =
            [joined(pixel[0], pixel[1]), joined(pixel[2], pixel[3]), joined(pixel[4], pixel[5])];
    }
    TraceCounters {
        rays: joined(counters[0], counters[1]),
        shadow_rays: joined(counters[2], counters[3]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn film_words_join_with_their_carry() {
        let mut sums = [[0; 3]];
        let counters = unpack(&[1, 2, 3, 0, 4, 1, 5, 0, u32::MAX, 0], &mut sums);
        assert_eq!(sums, [[4 + (1 << 32), 5, u64::from(u32::MAX)]]);
        assert_eq!(counters, TraceCounters { rays: 1 + (2 << 32), shadow_rays: 3 });
    }
}
