//! The cost map: how much dearer than the mean each part of the film is, and how sure that is.

use p2c2r_frame::{MAX_SAMPLES_PER_PIXEL, PixelRect, TraceCounters};

/// Most columns and rows of a map.
pub const MAX_COST_CELLS_PER_SIDE: u32 = 128;
/// Shortest side of a cell.
const CELL_PX: u32 = 8;
/// Camera rays that take as long as any other ray, with what is shaded at its start.
const OTHER_RAY: u64 = 5;
/// A cell counts for at least and at most this multiple of the mean, whatever was measured there.
const MAX_CONTRAST: f64 = 64.0;
/// Largest factor by which one measurement moves a cell that was known.
const MAX_STEP: f64 = 8.0;
/// A cell that is more uncertain than the others under a tile moves at most this much more than their mean:
/// what they are wrong by together must not end up in it.
const MOST_MORE: f64 = 3.0;
/// Variances below are relative: of the logarithm of a cost. Of one path around its cell's mean,
const PATH_VARIANCE: f64 = 1.0;
/// of a measurement of any length,
const LEAST_VARIANCE: f64 = 1e-5;
/// and of a cell that nothing is known of.
const UNKNOWN_VARIANCE: f64 = 4.0;

/// What a place was measured to cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// The pixels.
    pub rect: PixelRect,
    /// Mean of [`cost_of_rays`].
    pub cost_per_path: f64,
    /// Paths that it is the mean of.
    pub paths: u64,
}

impl Measurement {
    /// What tracing so many samples of a rectangle cost, by the tracer's counters.
    pub fn new(rect: PixelRect, samples: u32, counters: TraceCounters) -> Self {
        let paths = rect.area() * u64::from(samples);
        let cost_per_path = cost_of_rays(counters, paths) as f64 / paths as f64;
        Self { rect, cost_per_path, paths }
    }
}

/// What some paths cost, the same on every machine, in camera rays.
///
/// All other rays begin where a surface was shaded, and go where no other ray just went. In four scenes of
/// unlike kinds a path of `rays` rays took the CPU tracer a time in proportion to `rays - 0.8`, to 0.2 or
/// so in the logarithm; a path into the sky is ten times as fast as one that meets a city.
pub const fn cost_of_rays(counters: TraceCounters, paths: u64) -> u64 {
    let rays = counters.rays.saturating_add(counters.shadow_rays);
    let cost = rays.saturating_mul(OTHER_RAY).saturating_sub(paths.saturating_mul(OTHER_RAY - 1));
    // Views that see nothing have no rays.
    if cost > paths { cost } else { paths }
}

/// Relative cost of a path by place, on a coarse grid; a mean path costs 1.
///
/// Each cell is a normal distribution of the logarithm of its cost, updated as by an extended Kalman
/// filter (Jazwinski, "Stochastic Processes and Filtering Theory", 1970, section 8.3) that keeps no
/// correlations: what a tile was measured to cost moves all of its cells, the uncertain ones most, and
/// keeps what was known of their differences.
///
/// Within a cell the cost is uniform, so the cost of any rectangle comes from four look-ups in a
/// summed-area table (Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984).
#[derive(Debug, Clone, PartialEq)]
pub struct CostMap {
    width_px: u32,
    height_px: u32,
    columns: u32,
    rows: u32,
    cells: Vec<Cell>,
    /// Variance of expectations.
    expected_variance: f64,
    /// Cost of all pixels left of and above each grid corner, with one column and row more.
    table: Vec<f64>,
}

/// What is known of a cell. Costs are of a path, in camera rays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// `None` where nothing was measured.
    pub(crate) known: Option<Known>,
    /// What somebody who saw the cell expects it to cost, up to a factor that all cells share.
    pub(crate) expected: Option<f64>,
}

/// A cost with its relative variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Known {
    pub(crate) cost: f64,
    pub(crate) variance: f64,
}

impl CostMap {
    /// A map that knows nothing: every path costs 1. Sides of 0 count as 1.
    pub fn uniform(width_px: u32, height_px: u32) -> Self {
        let (width_px, height_px) = (width_px.max(1), height_px.max(1));
        let columns = width_px.div_ceil(CELL_PX).min(MAX_COST_CELLS_PER_SIDE);
        let rows = height_px.div_ceil(CELL_PX).min(MAX_COST_CELLS_PER_SIDE);
        let cells = vec![Cell { known: None, expected: None }; (columns * rows) as usize];
        let expected_variance = UNKNOWN_VARIANCE;
        let table = Vec::new();
        let mut map = Self { width_px, height_px, columns, rows, cells, expected_variance, table };
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

    /// Columns and rows of cells.
    pub const fn size(&self) -> [u32; 2] {
        [self.columns, self.rows]
    }

    /// The pixels of each cell, row by row, to the nearest pixel.
    pub fn cell_rects(&self) -> impl Iterator<Item = PixelRect> {
        let edge = |at: u32, side_px: u32, cells: u32| {
            ((2 * u64::from(at) * u64::from(side_px) + u64::from(cells)) / (2 * u64::from(cells)))
                as u32
        };
        let [columns, rows] = self.size();
        let [width, height] = [self.width_px, self.height_px];
        (0..columns * rows).map(move |index| {
            let (column, row) = (index % columns, index / columns);
            let (x, y) = (edge(column, width, columns), edge(row, height, rows));
            let (right, bottom) = (edge(column + 1, width, columns), edge(row + 1, height, rows));
            PixelRect { x, y, width: right - x, height: bottom - y }
        })
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
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

    /// Learns what a path cost on average in some rectangles. Costs that are not positive and finite are
    /// ignored, and so is what lies outside of the film.
    pub fn observe_all(&mut self, measurements: &[Measurement]) {
        let mut is_changed = false;
        let mut scale = self.scale();
        for (index, measurement) in measurements.iter().enumerate() {
            if index == 1 {
                // The first measurement of all may have said what expectations are worth.
                scale = self.scale();
            }
            is_changed |= self.learn(measurement, &scale);
        }
        if is_changed {
            self.rebuild();
        }
    }

    /// Learns one measurement.
    pub fn observe(&mut self, measurement: Measurement) {
        self.observe_all(&[measurement]);
    }

    /// Takes what somebody who saw the cells expects them to cost, row by row, in the logarithm and up to a
    /// summand that all share; and the variance of that. It counts where nothing was measured. What is no
    /// number counts as unknown.
    pub(crate) fn expect(&mut self, log_costs: &[f64], variance: f64) {
        let variance = if variance.is_nan() { UNKNOWN_VARIANCE } else { variance };
        self.expected_variance = variance.clamp(LEAST_VARIANCE, UNKNOWN_VARIANCE);
        let expected = log_costs.iter().map(|log| {
            let is_sound = log.abs() <= 2.0 * MAX_CONTRAST.ln();
            is_sound.then(|| log.exp())
        });
        let expected = expected.chain(std::iter::repeat(None));
        for (cell, expected) in self.cells.iter_mut().zip(expected) {
            cell.expected = expected;
        }
        self.rebuild();
    }

    /// Replaces what is known of all cells, row by row.
    pub(crate) fn know(&mut self, known: impl Iterator<Item = Option<Known>>) {
        for (cell, known) in self.cells.iter_mut().zip(known) {
            cell.known = known;
        }
        self.rebuild();
    }

    /// Where the middle of a cell lies on the film, moved by a share of its sides.
    pub(crate) fn place_in(&self, index: usize, share: [f64; 2]) -> [f64; 2] {
        let (column, row) = (index as u32 % self.columns, index as u32 / self.columns);
        let place = |at: u32, share: f64, side_px: u32, cells: u32| {
            (f64::from(at) + share) * f64::from(side_px) / f64::from(cells)
        };
        [
            place(column, share[0], self.width_px, self.columns),
            place(row, share[1], self.height_px, self.rows),
        ]
    }

    /// The cell at a place on the film.
    pub(crate) fn cell_at(&self, film: [f64; 2]) -> usize {
        let at = |place: f64, side_px: u32, cells: u32| {
            // The cast takes NaN and what is below 0 to 0.
            ((place * f64::from(cells) / f64::from(side_px)) as u32).min(cells - 1)
        };
        let column = at(film[0], self.width_px, self.columns);
        (at(film[1], self.height_px, self.rows) * self.columns + column) as usize
    }

    /// The cells under a rectangle, each with its share of it.
    pub(crate) fn shares(&self, rect: PixelRect) -> Vec<(usize, f64)> {
        let film = PixelRect::of_size(self.width_px, self.height_px);
        let Some(rect) = rect.intersection(film) else { return Vec::new() };
        let parts = self.parts(rect, 1.0, &self.scale());
        parts.into_iter().map(|part| (part.index, part.area)).collect()
    }

    /// Updates the cells that a rectangle touches; `false` if there is none.
    fn learn(&mut self, measurement: &Measurement, scale: &Scale) -> bool {
        let Measurement { rect, cost_per_path, paths } = *measurement;
        let film = PixelRect::of_size(self.width_px, self.height_px);
        let Some(rect) = rect.intersection(film) else { return false };
        if !cost_per_path.is_finite() || cost_per_path <= 0.0 {
            return false;
        }
        let paths = paths.clamp(1, film.area() * u64::from(MAX_SAMPLES_PER_PIXEL)) as f64;
        let noise = PATH_VARIANCE / paths + LEAST_VARIANCE;
        let mut parts = self.parts(rect, cost_per_path, scale);
        let whole: f64 = parts.iter().map(|part| part.area * part.prior.cost).sum();
        let surprise = (cost_per_path / whole).ln();
        let mut deviation = 0.0;
        let mut doubt = 0.0;
        for part in &mut parts {
            part.share = part.area * part.prior.cost / whole;
            deviation += part.share * part.prior.variance.sqrt();
            doubt += part.share * part.prior.variance;
        }
        // What is wrong with a tile is mostly wrong alike in all of it, so deviations add up.
        let gain = deviation * deviation / (deviation * deviation + noise);
        for part in &mut parts {
            let more = (part.prior.variance / doubt).min(MOST_MORE);
            part.move_by(more * gain * surprise);
            part.prior.variance *= 1.0 - part.share * gain * part.covered;
        }
        // The filter is linear and costs are not: what it leaves is shared by all.
        let found: f64 = parts.iter().map(|part| part.area * part.prior.cost).sum();
        let rest = gain * (cost_per_path / found).ln();
        for part in &mut parts {
            part.move_by(rest);
            self.cells[part.index].known = Some(part.prior);
        }
        true
    }

    /// The cells under a rectangle and what is thought of them before it is measured.
    fn parts(&self, rect: PixelRect, cost_per_path: f64, scale: &Scale) -> Vec<Part> {
        let columns = overlaps(u64::from(rect.x), rect.right(), self.width_px, self.columns);
        let rows = overlaps(u64::from(rect.y), rect.bottom(), self.height_px, self.rows);
        let mut parts = Vec::with_capacity(columns.len() * rows.len());
        for &(row, height) in &rows {
            for &(column, width) in &columns {
                let index = (row * self.columns + column) as usize;
                let cell_area = f64::from(self.width_px) / f64::from(self.columns)
                    * (f64::from(self.height_px) / f64::from(self.rows));
                let covered = (width * height / cell_area).min(1.0);
                let area = width * height / rect.area() as f64;
                let prior = scale.prior(&self.cells[index], cost_per_path);
                let is_known = self.cells[index].known.is_some();
                parts.push(Part { index, area, covered, share: 0.0, prior, is_known });
            }
        }
        parts
    }

    /// What measured cells say of expectations, and of cells without any.
    pub(crate) fn scale(&self) -> Scale {
        let (mut sum, mut count) = (0.0, 0.0);
        let (mut log, mut logs) = (0.0, 0.0);
        for cell in &self.cells {
            let Some(Known { cost, variance }) = cell.known else { continue };
            (sum, count) = (sum + cost, count + 1.0);
            if let Some(expected) = cell.expected {
                let weight = 1.0 / (self.expected_variance + variance);
                (log, logs) = (log + weight * (cost / expected).ln(), logs + weight);
            }
        }
        Scale {
            mean: (count > 0.0).then(|| sum / count),
            factor: if logs > 0.0 { (log / logs).exp() } else { 1.0 },
            variance: self.expected_variance,
        }
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
        let scale = self.scale();
        let costs: Vec<f64> = self.cells.iter().map(|cell| scale.prior(cell, 1.0).cost).collect();
        let mean = costs.iter().sum::<f64>() / costs.len() as f64;
        let weight = |cost: &f64| (cost / mean).clamp(1.0 / MAX_CONTRAST, MAX_CONTRAST);
        let total: f64 = costs.iter().map(weight).sum();
        let pixels = f64::from(self.width_px) * f64::from(self.height_px);
        let (columns, stride) = (self.columns as usize, self.columns as usize + 1);
        self.table.clear();
        self.table.resize(stride * (self.rows as usize + 1), 0.0);
        for (row, costs) in costs.chunks_exact(columns).enumerate() {
            let mut row_sum = 0.0;
            for (column, cost) in costs.iter().enumerate() {
                row_sum += weight(cost) * pixels / total;
                self.table[(row + 1) * stride + column + 1] =
                    self.table[row * stride + column + 1] + row_sum;
            }
        }
    }
}

/// A cell under a rectangle that was measured.
struct Part {
    index: usize,
    /// Share of the rectangle.
    area: f64,
    /// Share of the cell.
    covered: f64,
    /// Share of the rectangle's cost.
    share: f64,
    prior: Known,
    is_known: bool,
}

impl Part {
    /// Moves the logarithm of the cost, by less where only a part of the cell was measured.
    fn move_by(&mut self, log: f64) {
        let log = if self.is_known { log * self.covered } else { log };
        self.prior.cost *= log.clamp(-MAX_STEP.ln(), MAX_STEP.ln()).exp();
        self.prior.cost = self.prior.cost.clamp(1e-12, 1e12);
    }
}

/// What is thought of cells that were not measured.
pub(crate) struct Scale {
    /// Mean cost of those that were.
    mean: Option<f64>,
    /// From expectations to costs, and how far those are off.
    factor: f64,
    variance: f64,
}

impl Scale {
    /// What is thought of a cell; `unknown` if there is nothing to go by.
    pub(crate) fn prior(&self, cell: &Cell, unknown: f64) -> Known {
        match (cell.known, cell.expected) {
            (Some(known), _) => known,
            (None, Some(expected)) => {
                Known { cost: expected * self.factor, variance: self.variance }
            }
            (None, None) => {
                Known { cost: self.mean.unwrap_or(unknown), variance: UNKNOWN_VARIANCE }
            }
        }
    }
}

/// The cells between two pixel corners of a side, and how many pixels of each.
fn overlaps(from: u64, to: u64, side_px: u32, cells: u32) -> Vec<(u32, f64)> {
    let cell_px = f64::from(side_px) / f64::from(cells);
    let (first, _) = split(from, side_px, cells);
    let spans = (first as u32..cells).map(|cell| {
        let start = (f64::from(cell) * cell_px).max(from as f64);
        (cell, (f64::from(cell + 1) * cell_px).min(to as f64) - start)
    });
    spans.take_while(|&(_, length)| length > 1e-9).collect()
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
#[path = "cost_tests.rs"]
mod tests;
