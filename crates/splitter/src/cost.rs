//! The cost map: how much dearer than the mean each part of the film is.

use p2c2r_frame::PixelRect;

/// Most columns and rows of a map.
pub const MAX_COST_CELLS_PER_SIDE: u32 = 64;
/// A cell counts for at least and at most this multiple of the mean, whatever was measured there.
const MAX_CONTRAST: f64 = 64.0;
/// Weight of a new measurement against what a cell knew before.
const LEARNING_RATE: f64 = 0.5;

/// Relative cost of a path by place, on a coarse grid; a mean path costs 1.
///
/// Within a cell the cost is uniform, so the cost of any rectangle comes from four look-ups in a
/// summed-area table (Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984).
#[derive(Debug, Clone, PartialEq)]
pub struct CostMap {
    width_px: u32,
    height_px: u32,
    columns: u32,
    rows: u32,
    /// Measured cost per path and cell, in any unit; `None` where nothing was measured.
    measured: Vec<Option<f64>>,
    /// Cost of all pixels left of and above each grid corner, with one column and row more.
    table: Vec<f64>,
}

impl CostMap {
    /// A map that knows nothing: every path costs 1. Sides of 0 count as 1.
    pub fn uniform(width_px: u32, height_px: u32) -> Self {
        let (width_px, height_px) = (width_px.max(1), height_px.max(1));
        let columns = width_px.div_ceil(16).min(MAX_COST_CELLS_PER_SIDE);
        let rows = height_px.div_ceil(16).min(MAX_COST_CELLS_PER_SIDE);
        let measured = vec![None; (columns * rows) as usize];
        let mut map = Self { width_px, height_px, columns, rows, measured, table: Vec::new() };
        map.rebuild();
        map
    }

    /// Film width in pixels.
    pub const fn width_px(&self) -> u32 {
        self.width_px
    }

    /// Film height in pixels.
    pub const fn height_px(&self) -> u32 {
        self.height_px
    }

    /// Estimated cost of one sample of every pixel of a rectangle, in mean paths.
    pub fn cost(&self, rect: PixelRect) -> f64 {
        let (left, right) = (u64::from(rect.x), rect.right());
        let (top, bottom) = (u64::from(rect.y), rect.bottom());
        let inside =
            self.corner(right, bottom) - self.corner(left, bottom) - self.corner(right, top)
                + self.corner(left, top);
        // Rounding may leave a hair less than nothing.
        inside.max(f64::MIN_POSITIVE)
    }

    /// Learns what a path cost on average in a rectangle; the unit only has to stay the same.
    /// Values that are not positive and finite are ignored.
    pub fn observe(&mut self, rect: PixelRect, cost_per_path: f64) {
        self.observe_all(&[(rect, cost_per_path)]);
    }

    /// Learns several measurements at once.
    pub fn observe_all(&mut self, measurements: &[(PixelRect, f64)]) {
        let mut is_changed = false;
        for &(rect, cost_per_path) in measurements {
            if cost_per_path.is_finite() && cost_per_path > 0.0 {
                is_changed |= self.learn(rect, cost_per_path);
            }
        }
        if is_changed {
            self.rebuild();
        }
    }

    /// The same knowledge for a film of another size, on a grid that suits that one.
    pub fn resized(&self, width_px: u32, height_px: u32) -> Self {
        let mut map = Self::uniform(width_px, height_px);
        let (columns, rows) = (map.columns, map.rows);
        for (index, cell) in (0..).zip(&mut map.measured) {
            // What the known cell under this one's middle says.
            let column = (2 * (index % columns) + 1) * self.columns / (2 * columns);
            let row = (2 * (index / columns) + 1) * self.rows / (2 * rows);
            *cell = self.measured[(row * self.columns + column) as usize];
        }
        map.rebuild();
        map
    }

    /// Updates the cells that a rectangle touches; `false` if there is none.
    fn learn(&mut self, rect: PixelRect, cost_per_path: f64) -> bool {
        let film = PixelRect::of_size(self.width_px, self.height_px);
        let Some(rect) = rect.intersection(film) else { return false };
        let column = |x: u64| (x * u64::from(self.columns) / u64::from(self.width_px)) as u32;
        let row = |y: u64| (y * u64::from(self.rows) / u64::from(self.height_px)) as u32;
        let (first_column, last_column) = (column(u64::from(rect.x)), column(rect.right() - 1));
        let (first_row, last_row) = (row(u64::from(rect.y)), row(rect.bottom() - 1));
        for row in first_row..=last_row {
            for column in first_column..=last_column {
                let cell = &mut self.measured[(row * self.columns + column) as usize];
                let known = cell.unwrap_or(cost_per_path);
                *cell = Some(known + LEARNING_RATE * (cost_per_path - known));
            }
        }
        true
    }

    /// Cost of the film left of and above a pixel corner.
    fn corner(&self, x_px: u64, y_px: u64) -> f64 {
        let (column, across) = split(x_px, self.width_px, self.columns);
        let (row, down) = split(y_px, self.height_px, self.rows);
        let stride = self.columns as usize + 1;
        let at = |column: usize, row: usize| self.table[row * stride + column];
        let above = lerp(at(column, row), at(column + 1, row), across);
        let below = lerp(at(column, row + 1), at(column + 1, row + 1), across);
        lerp(above, below, down)
    }

    /// Recomputes the table so that the whole film costs its number of pixels.
    fn rebuild(&mut self) {
        let known: Vec<f64> = self.measured.iter().flatten().copied().collect();
        let mean =
            if known.is_empty() { 1.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
        let weight = |cell: &Option<f64>| {
            let relative = cell.map_or(1.0, |cost| cost / mean);
            relative.clamp(1.0 / MAX_CONTRAST, MAX_CONTRAST)
        };
        let total: f64 = self.measured.iter().map(weight).sum();
        let pixels = f64::from(self.width_px) * f64::from(self.height_px);
        let (columns, stride) = (self.columns as usize, self.columns as usize + 1);
        self.table.clear();
        self.table.resize(stride * (self.rows as usize + 1), 0.0);
        for (row, cells) in self.measured.chunks_exact(columns).enumerate() {
            let mut row_sum = 0.0;
            for (column, cell) in cells.iter().enumerate() {
                row_sum += weight(cell) * pixels / total;
                self.table[(row + 1) * stride + column + 1] =
                    self.table[row * stride + column + 1] + row_sum;
            }
        }
    }
}

/// The cell that a pixel corner falls into, and how far across it (0 to 1); the far edge belongs to
/// the last cell.
fn split(px: u64, side_px: u32, cells: u32) -> (usize, f64) {
    let scaled = px.min(u64::from(side_px)) as f64 * f64::from(cells) / f64::from(side_px);
    let cell = (scaled as usize).min(cells as usize - 1);
    (cell, scaled - cell as f64)
}

fn lerp(from: f64, to: f64, along: f64) -> f64 {
    from + (to - from) * along
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn film_of_unknown_cost_costs_its_pixels() {
        let map = CostMap::uniform(640, 360);
        let rect = PixelRect { x: 17, y: 5, width: 101, height: 33 };
        assert!((map.cost(PixelRect::of_size(640, 360)) - 640.0 * 360.0).abs() < 1e-6);
        assert!((map.cost(rect) - 101.0 * 33.0).abs() < 1e-6);
    }

    #[test]
    fn dear_half_costs_what_was_measured_against_the_other() {
        let mut map = CostMap::uniform(64, 64);
        let left = PixelRect { x: 0, y: 0, width: 32, height: 64 };
        let right = PixelRect { x: 32, ..left };
        map.observe_all(&[(left, 3.0), (right, 1.0)]);
        assert!((map.cost(left) / map.cost(right) - 3.0).abs() < 1e-9);
        assert!((map.cost(left) + map.cost(right) - 64.0 * 64.0).abs() < 1e-6);
    }

    #[test]
    fn knowledge_survives_a_change_of_size() {
        let mut map = CostMap::uniform(64, 64);
        let left = PixelRect { x: 0, y: 0, width: 32, height: 64 };
        map.observe_all(&[(PixelRect::of_size(64, 64), 1.0), (left, 5.0)]);
        let large = map.resized(640, 360);
        let left = PixelRect { x: 0, y: 0, width: 320, height: 360 };
        let right = PixelRect { x: 320, ..left };
        assert!((large.cost(left) / large.cost(right) - 3.0).abs() < 0.2);
        // A larger film learns finer things, wherever its map came from.
        let mut grown = CostMap::uniform(1, 1).resized(640, 360);
        grown.observe_all(&[(left, 5.0), (right, 1.0)]);
        assert!((grown.cost(left) / grown.cost(right) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn impossible_measurements_change_nothing() {
        let mut map = CostMap::uniform(64, 64);
        let known = map.clone();
        for cost in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            map.observe(PixelRect::of_size(64, 64), cost);
        }
        map.observe(PixelRect { x: 64, y: 64, width: 9, height: 9 }, 5.0);
        assert_eq!(map, known);
    }

    #[test]
    fn liar_cannot_make_a_cell_free() {
        let mut map = CostMap::uniform(64, 64);
        let cell = PixelRect { x: 0, y: 0, width: 16, height: 16 };
        map.observe_all(&[(PixelRect::of_size(64, 64), 1.0), (cell, 1e-30)]);
        assert!(map.cost(cell) > 1.0);
    }
}
