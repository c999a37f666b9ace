//! One task on many threads: small blocks of pixels, whose sums do not depend on who traced them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use p2c2r_frame::{AovPixel, AovTask, Aovs, PixelRect, RadianceSums, TileTask, TraceCounters};
use rayon::prelude::*;

use crate::job::{CpuTracer, TraceError, TracedTile};

/// Side of the blocks that threads take, in pixels.
const BLOCK_SIDE_PX: u32 = 16;

impl CpuTracer {
    /// Traces a task on a pool's threads; `progress` hears the share done, from any of them.
    pub fn trace_parallel(
        &self,
        task: &TileTask,
        threads: &rayon::ThreadPool,
        cancel: &AtomicBool,
        progress: &(dyn Fn(f32) + Sync),
    ) -> Result<TracedTile, TraceError> {
        self.check(task)?;
        let pixels_done = AtomicU64::new(0);
        let trace_block = |rect: PixelRect| {
            let tile = self.trace(&TileTask { rect, ..*task }, cancel)?;
            let done = pixels_done.fetch_add(rect.area(), Ordering::Relaxed) + rect.area();
            progress(done as f32 / task.rect.area() as f32);
            Ok(tile)
        };
        let tiles: Vec<TracedTile> = threads.install(|| {
            blocks_of(task.rect).into_par_iter().map(trace_block).collect::<Result<_, TraceError>>()
        })?;

        let mut sums = RadianceSums::zeroed(task.rect, task.samples);
        let mut counters = TraceCounters::default();
        for tile in tiles {
            counters.add(tile.counters);
            copy_block(&tile.sums, &mut sums);
        }
        Ok(TracedTile { sums, counters })
    }
}

impl CpuTracer {
    /// Traces what the camera sees first on a pool's threads.
    pub fn aovs_parallel(
        &self,
        task: &AovTask,
        threads: &rayon::ThreadPool,
    ) -> Result<Aovs, TraceError> {
        // The whole task is checked and its memory bounded before rows are cut from it.
        let whole = self.begin_aovs(task)?;
        let PixelRect { y, height, .. } = task.rect;
        let trace_row = |row: u32| {
            let mut job = whole.of_rect(PixelRect { y: row, height: 1, ..task.rect });
            job.step(u32::MAX);
            job.finish().pixels
        };
        let rows: Vec<Vec<AovPixel>> =
            threads.install(|| (y..y + height).into_par_iter().map(trace_row).collect());
        Ok(Aovs { rect: task.rect, pixels: rows.concat() })
    }
}

/// Cuts a rectangle into blocks, row by row.
fn blocks_of(rect: PixelRect) -> Vec<PixelRect> {
    let mut blocks = Vec::new();
    for down in (0..rect.height).step_by(BLOCK_SIDE_PX as usize) {
        for across in (0..rect.width).step_by(BLOCK_SIDE_PX as usize) {
            blocks.push(PixelRect {
                x: rect.x + across,
                y: rect.y + down,
                width: BLOCK_SIDE_PX.min(rect.width - across),
                height: BLOCK_SIDE_PX.min(rect.height - down),
            });
        }
    }
    blocks
}

/// Writes a block's sums to their place in the whole.
fn copy_block(block: &RadianceSums, whole: &mut RadianceSums) {
    let width = block.rect.width as usize;
    for (row, sums) in block.sums.chunks_exact(width).enumerate() {
        let down = (block.rect.y - whole.rect.y) as usize + row;
        let across = (block.rect.x - whole.rect.x) as usize;
        let first = down * whole.rect.width as usize + across;
        whole.sums[first..first + width].copy_from_slice(sums);
    }
}
