//! What is seen of a cell of the cost map before anybody has rendered it, as numbers for a model.
//!
//! A model (`models/cost.onnx`, run by the crate `predictor`) answers with [`COST_OUTPUT_NAMES`] for each row;
//! what it says goes into [`crate::CostKnowledge::expect`]. Rows with true costs to train it on are printed by
//! `cargo run --release -p p2c2r-bench-cost --bin cost-rows` (`bench/cost/src/bin/cost-rows.rs`), one JSON object
//! a line. A row says nothing of what was measured: measurements correct the model's answers in
//! [`crate::CostKnowledge`], which would count them twice if the model knew them too.

use p2c2r_frame::{MaterialSketch, SceneSketch};

use crate::CostMap;
use crate::surfaces::{Sight, Surfaces};

/// Version of the meaning of [`COST_FEATURE_NAMES`]; a model says for which it was trained.
pub const COST_SCHEMA_VERSION: u32 = 2;

/// What a model is told of a cell, in this order. Logarithms are natural ones; shares are from 0 to 1.
/// What is unknown is 0.
pub const COST_FEATURE_NAMES: [&str; COST_FEATURES] = [
    // What the camera sees first.
    "sky_share",
    "log_depth",
    "depth_edges",
    "normal_edges",
    "id_edges",
    "facing",
    "up_share",
    "down_share",
    "albedo",
    "log_emission",
    "log_mirrored",
    "reflective_share",
    "refractive_share",
    "transparent_share",
    "unlit_share",
    // The scene and the task.
    "log_lights",
    "has_environment",
    "log_triangles",
    "log_triangles_seen",
    "log_bounces",
];
/// Number of features.
pub const COST_FEATURES: usize = 20;
/// Places of two of them.
pub(crate) const SKY_SHARE: usize = 0;
pub(crate) const UNLIT_SHARE: usize = 14;

/// What a model answers: the natural logarithm of what those paths cost on average, as [`crate::cost_of_rays`]
/// counts it, that neither meet the sky at once nor a surface that ends them ([`short_share`]). A summand that all
/// cells of a frame share does little harm.
pub const COST_OUTPUT_NAMES: [&str; COST_OUTPUTS] = ["log_long_cost"];
/// Number of answers.
pub const COST_OUTPUTS: usize = 1;

/// Paths that meet nothing, or nothing that scatters, cost a camera ray.
const SHORTEST_PATH: f64 = 1.0;
/// Cells of which at least this much is such paths say nothing of the others.
const MOST_SHORT: f64 = 0.9;

/// The share of a cell's paths that end where they first meet something, or meet nothing.
pub fn short_share(row: &CostRow) -> f64 {
    let sky = f64::from(row[SKY_SHARE]);
    (sky + (1.0 - sky) * f64::from(row[UNLIT_SHARE])).clamp(0.0, 1.0)
}

/// What the other paths of a cell cost where all of its paths cost this on average, as
/// [`COST_OUTPUT_NAMES`]; `None` where there are hardly any.
pub fn log_long_cost(row: &CostRow, cost: f64) -> Option<f64> {
    let short = short_share(row);
    let long = (cost - short * SHORTEST_PATH) / (1.0 - short);
    (short < MOST_SHORT && long.is_finite()).then(|| long.max(SHORTEST_PATH).ln())
}

/// The logarithm of what all paths of a cell cost on average, where its other paths cost this.
pub fn log_cost(row: &CostRow, log_long_cost: f64) -> f64 {
    let short = short_share(row);
    (short * SHORTEST_PATH + (1.0 - short) * log_long_cost.exp()).ln()
}

/// One row.
pub type CostRow = [f32; COST_FEATURES];

/// Depths whose ratio is larger are an edge.
const EDGE_RATIO: f32 = 1.1;

/// A row for each cell of a map, row by row; all numbers are finite.
pub fn cost_rows(
    map: &CostMap,
    surfaces: &Surfaces,
    sketch: &SceneSketch,
    max_bounces: u8,
) -> Vec<CostRow> {
    let looks = looks(map, surfaces, sketch);
    let footprint = surfaces.camera().footprint_of_pixel();
    let cell_px = f64::from(map.width_px()) / f64::from(map.size()[0]);
    let row = |look: &Look| {
        let side_m = look.depth() * footprint * cell_px;
        let share = side_m / (f64::from(sketch.radius_m).max(1e-6) * 2.0);
        let scene = [
            (1.0 + sketch.lights as f64).ln(),
            f64::from(u8::from(sketch.has_environment)),
            (1.0 + sketch.triangles as f64).ln(),
            (1.0 + sketch.triangles as f64 * (share * share).min(1.0)).ln(),
            f64::from(max_bounces.max(1)).ln(),
        ];
        let seen = look.features();
        let mut row = [0.0; COST_FEATURES];
        for (place, &value) in row.iter_mut().zip(seen.iter().chain(&scene)) {
            let value = value as f32;
            *place = if value.is_finite() { value } else { 0.0 };
        }
        row
    };
    looks.iter().map(row).collect()
}

/// Sums over the pixels of the small film that lie in a cell.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    pixels: f64,
    surfaces: f64,
    log_depth: f64,
    /// Pairs of neighbours, and those among them that differ.
    pairs: f64,
    depth_edges: f64,
    normal_edges: f64,
    id_edges: f64,
    facing: f64,
    up: f64,
    down: f64,
    albedo: f64,
    log_emission: f64,
    log_mirrored: f64,
    material: [f64; 4],
}

/// What is seen in each cell.
fn looks(map: &CostMap, surfaces: &Surfaces, sketch: &SceneSketch) -> Vec<Look> {
    let mut looks = vec![Look::default(); map.cells().len()];
    let low = surfaces.low();
    let (width, height) = (low.view().width_px, low.view().height_px);
    for y in 0..height {
        for x in 0..width {
            let look = &mut looks[map.cell_at(low.middle([x, y]))];
            look.add_pixel(surfaces, [x, y], sketch);
        }
    }
    // Cells between the pixels of the small film show what the next pixel shows.
    for (index, look) in looks.iter_mut().enumerate().filter(|(_, look)| look.pixels == 0.0) {
        look.add_pixel(surfaces, low.pixel_at(map.place_in(index, [0.5; 2])), sketch);
    }
    looks
}

impl Look {
    fn add_pixel(&mut self, surfaces: &Surfaces, [x, y]: [u32; 2], sketch: &SceneSketch) {
        let sight = surfaces.at([x, y]);
        let size = surfaces.low().view();
        self.pixels += 1.0;
        for [x, y] in [[x + 1, y], [x, y + 1]] {
            if x < size.width_px && y < size.height_px {
                self.add_pair(sight, surfaces.at([x, y]));
            }
        }
        self.log_emission += f64::from(1.0 + sight.emission).ln();
        if !sight.has_surface() {
            return;
        }
        self.surfaces += 1.0;
        self.log_depth += f64::from(sight.depth).ln();
        let [along, normal] = [surfaces.direction_of([x, y]), sight.normal.map(f64::from)];
        let cos: f64 = (0..3).map(|axis| along[axis] * normal[axis]).sum();
        self.facing += cos.abs();
        self.up += normal[1].max(0.0);
        self.down += (-normal[1]).max(0.0);
        self.albedo += f64::from(sight.albedo);
        self.log_mirrored += f64::from(1.0 + sight.mirrored).ln();
        let unknown = MaterialSketch::default();
        let material = sketch.materials.get(sight.material as usize).unwrap_or(&unknown);
        let MaterialSketch { reflective, refractive, transparent, unlit } = *material;
        for (sum, share) in
            self.material.iter_mut().zip([reflective, refractive, transparent, unlit])
        {
            *sum += f64::from(share);
        }
    }

    fn add_pair(&mut self, a: &Sight, b: &Sight) {
        let (near, far) = if a.depth < b.depth { (a.depth, b.depth) } else { (b.depth, a.depth) };
        let flag = |holds: bool| f64::from(u8::from(holds));
        self.pairs += 1.0;
        self.depth_edges += flag(far > near * EDGE_RATIO);
        self.id_edges += flag((a.instance, a.material) != (b.instance, b.material));
        if a.has_surface() && b.has_surface() {
            let cos: f32 = (0..3).map(|axis| a.normal[axis] * b.normal[axis]).sum();
            self.normal_edges += f64::from(1.0 - cos).clamp(0.0, 2.0) * 0.5;
        }
    }

    /// Mean distance of what is seen; 0 where nothing is.
    fn depth(&self) -> f64 {
        if self.surfaces > 0.0 { (self.log_depth / self.surfaces).exp() } else { 0.0 }
    }

    fn features(&self) -> [f64; 15] {
        let (pixels, surfaces) = (self.pixels.max(1.0), self.surfaces.max(1.0));
        let pairs = self.pairs.max(1.0);
        let [reflective, refractive, transparent, unlit] = self.material;
        [
            1.0 - self.surfaces / pixels,
            self.log_depth / surfaces,
            self.depth_edges / pairs,
            self.normal_edges / pairs,
            self.id_edges / pairs,
            self.facing / surfaces,
            self.up / surfaces,
            self.down / surfaces,
            self.albedo / surfaces,
            self.log_emission / pixels,
            self.log_mirrored / surfaces,
            reflective / surfaces,
            refractive / surfaces,
            transparent / surfaces,
            unlit / surfaces,
        ]
    }
}
