//! True costs of a view by pixel.

use p2c2r_frame::PixelRect;
use p2c2r_splitter::Measurement;

/// Costs of each pixel in camera rays, summed so that any rectangle's is four look-ups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealCosts {
    width_px: u32,
    height_px: u32,
    samples: u32,
    /// Costs left of and above each corner, with one column and row more.
    table: Vec<u64>,
}

impl RealCosts {
    /// Takes the cost of each pixel, row by row.
    pub fn new(width_px: u32, samples: u32, pixels: &[u64]) -> Self {
        let stride = width_px as usize + 1;
        let height_px = (pixels.len() / width_px as usize) as u32;
        let mut table = vec![0; stride * (height_px as usize + 1)];
        for (y, row) in pixels.chunks_exact(width_px as usize).enumerate() {
            let mut sum = 0;
            for (x, cost) in row.iter().enumerate() {
                sum += cost;
                table[(y + 1) * stride + x + 1] = table[y * stride + x + 1] + sum;
            }
        }
        Self { width_px, height_px, samples, table }
    }

    /// The whole film.
    pub const fn film(&self) -> PixelRect {
        PixelRect::of_size(self.width_px, self.height_px)
    }

    /// Cost of all samples of a rectangle of the film.
    pub fn cost(&self, rect: PixelRect) -> u64 {
        let stride = self.width_px as usize + 1;
        let at = |x: u64, y: u64| self.table[y as usize * stride + x as usize];
        let (left, top) = (u64::from(rect.x), u64::from(rect.y));
        at(rect.right(), rect.bottom()) + at(left, top)
            - at(left, rect.bottom())
            - at(rect.right(), top)
    }

    /// What whoever rendered a rectangle of the film says that it cost.
    pub fn measure(&self, rect: PixelRect) -> Measurement {
        let paths = rect.area() * u64::from(self.samples);
        Measurement { rect, cost_per_path: self.cost(rect) as f64 / paths as f64, paths }
    }
}
