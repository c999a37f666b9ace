//! What is rendered: frames whose cost differs by place and drifts, without any light.

use p2c2r_frame::{
    Effects, Lens, Packing, PixelRect, RadianceSums, SampleRange, SceneId, TileTask, TraceCounters,
    View,
};
use p2c2r_swarm::{CostSource, JobSpec, RefineOrder};

use crate::draw::Draw;

/// Film of the simulated frames.
pub(crate) const FILM: (u32, u32) = (128, 96);
/// Side of the cells within which cost is even.
const CELL_PX: u32 = 16;
/// Rays of a mean path, as the counters say them, beside the one from the camera,
const RAYS_PER_PATH: f64 = 10.0;
/// of which `splitter` does not count this share.
const CAMERA_RAY: f64 = 0.8;
/// Spread of cost by place: the standard deviation of its logarithm.
const COST_SIGMA: f64 = 0.7;
/// How much of a cell's cost the next frame keeps.
const KEPT: f64 = 0.98;

/// The true cost of the current frame.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    draw: Draw,
    /// Standard normal, by cell.
    field: Vec<f64>,
    /// Cost of a path by cell; the mean is 1.
    weights: Vec<f64>,
}

impl Work {
    pub(crate) fn new(seed: u64) -> Self {
        let mut draw = Draw::new(seed, 0xf1e1d);
        let cells = (FILM.0 / CELL_PX) * (FILM.1 / CELL_PX);
        let field = (0..cells).map(|_| draw.normal()).collect();
        let mut work = Self { draw, field, weights: Vec::new() };
        work.weigh();
        work
    }

    /// Goes on to the next frame: the same scene, seen from a little further.
    pub(crate) fn advance(&mut self) {
        let fresh = (1.0 - KEPT * KEPT).sqrt();
        for value in &mut self.field {
            *value = KEPT * *value + fresh * self.draw.normal();
        }
        self.weigh();
    }

    fn weigh(&mut self) {
        self.weights = self.field.iter().map(|value| (COST_SIGMA * value).exp()).collect();
        let mean = self.weights.iter().sum::<f64>() / self.weights.len() as f64;
        self.weights.iter_mut().for_each(|weight| *weight /= mean);
    }

    /// The frame as a job. `view` numbers the frame.
    pub(crate) fn job(samples_per_pixel: u32, max_bounces: u8, view: u32) -> JobSpec {
        let (width_px, height_px) = FILM;
        JobSpec {
            scene: SceneId([7; 32]),
            scene_bytes: 1 << 20,
            view: View {
                world_from_camera: [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]],
                tan_half_fov_y: 0.5 + view as f32 * 1e-6,
                width_px,
                height_px,
                lens: Lens::PINHOLE,
                time_us: 0,
            },
            samples_per_pixel,
            seed: view,
            effects: Effects::PATH_TRACED,
            max_bounces,
            packing: Packing::Exact,
            order: RefineOrder::Tiles,
            cost: CostSource::Learned,
        }
    }

    /// True cost of a piece in mean paths.
    pub(crate) fn cost(&self, rect: PixelRect, samples: SampleRange) -> f64 {
        let columns = FILM.0 / CELL_PX;
        let cells = (0..).zip(&self.weights).filter_map(|(index, weight)| {
            let (x, y) = (index % columns * CELL_PX, index / columns * CELL_PX);
            let cell = PixelRect { x, y, width: CELL_PX, height: CELL_PX };
            let part = cell.intersection(rect)?;
            Some(part.area() as f64 * weight)
        });
        cells.sum::<f64>() * f64::from(samples.count)
    }

    /// Sums that say nothing, of a size like real ones, and counters that say the truth.
    pub(crate) fn trace(&self, task: &TileTask) -> (RadianceSums, TraceCounters) {
        let mut sums = RadianceSums::zeroed(task.rect, task.samples);
        let mut bits =
            u64::from(task.seed) ^ (u64::from(task.rect.x) << 32 | u64::from(task.rect.y));
        for pixel in &mut sums.sums {
            for sum in pixel.iter_mut() {
                bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                *sum = bits >> 52;
            }
        }
        let paths = task.rect.area() * u64::from(task.samples.count);
        let rays =
            (self.cost(task.rect, task.samples) * RAYS_PER_PATH + paths as f64 * CAMERA_RAY) as u64;
        (sums, TraceCounters { rays, shadow_rays: 0 })
    }
}
