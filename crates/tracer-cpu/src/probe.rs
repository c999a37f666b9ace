//! What a view will cost, from a few paths per cell of a coarse grid.

use p2c2r_frame::{Effects, PixelRect, SampleRange, TaskError, TileTask, View};

use crate::integrator::trace_path;
use crate::job::CpuTracer;
use crate::rng::{index_from_word, pcg4d};

/// Most columns of the grid, and most rows.
pub const MAX_PROBE_COLUMNS: u32 = 40;

/// Paths per cell: enough to tell sky from street.
const PATHS_PER_CELL: u32 = 4;

/// Relative cost of each cell of a film, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostProbe {
    /// Columns, 1 to [`MAX_PROBE_COLUMNS`].
    pub columns: u32,
    /// Rows, 1 to [`MAX_PROBE_COLUMNS`].
    pub rows: u32,
    /// Rays that the cell's paths took, shadow rays included; at least 1.
    pub costs: Vec<u32>,
}

impl CpuTracer {
    /// Probes a view: a few thousand paths, the same for the same seed.
    pub fn probe_cost(
        &self,
        view: &View,
        seed: u32,
        max_bounces: u8,
    ) -> Result<CostProbe, TaskError> {
        let task = TileTask {
            scene: self.scene().id,
            view: *view,
            rect: PixelRect::of_size(view.width_px, view.height_px),
            samples: SampleRange::new(0, PATHS_PER_CELL),
            seed,
            effects: Effects::PATH_TRACED,
            max_bounces,
        };
        task.check()?;
        let (columns, rows) = grid_of(view.width_px, view.height_px);
        let cell_cost = |column: u32, row: u32| {
            let paths = (0..PATHS_PER_CELL).map(|path| {
                let words = pcg4d([column, row, path, seed]);
                let x = pixel_in_cell(column, columns, view.width_px, words[0]);
                let y = pixel_in_cell(row, rows, view.height_px, words[1]);
                trace_path(self.prepared(), &task, [x, y], path)
            });
            paths.map(|path| path.rays + path.shadow_rays).sum::<u32>().max(1)
        };
        let costs = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (column, row)))
            .map(|(column, row)| cell_cost(column, row))
            .collect();
        Ok(CostProbe { columns, rows, costs })
    }
}

/// Columns and rows of roughly square cells.
fn grid_of(width_px: u32, height_px: u32) -> (u32, u32) {
    let longest = width_px.max(height_px);
    let cells = |side: u32| (side * MAX_PROBE_COLUMNS.min(longest)).div_ceil(longest);
    (cells(width_px), cells(height_px))
}

/// A pixel of the cell's span.
fn pixel_in_cell(cell: u32, cells: u32, side_px: u32, word: u32) -> u32 {
    let first = cell * side_px / cells;
    let end = ((cell + 1) * side_px / cells).max(first + 1);
    first + index_from_word(word, end - first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cover_films_of_any_shape() {
        for (width, height) in [(1, 1), (16_384, 1), (1, 16_384), (640, 360), (39, 41), (7, 3)] {
            let (columns, rows) = grid_of(width, height);
            assert!((1..=MAX_PROBE_COLUMNS).contains(&columns), "{width}x{height}");
            assert!((1..=MAX_PROBE_COLUMNS).contains(&rows), "{width}x{height}");
            for word in [0, u32::MAX] {
                assert!(pixel_in_cell(columns - 1, columns, width, word) < width);
                assert!(pixel_in_cell(rows - 1, rows, height, word) < height);
            }
        }
    }
}
