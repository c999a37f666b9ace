//! What is known of a scene's costs, from frame to frame: measured, carried along with the camera, and
//! expected where something was only seen.

use std::collections::VecDeque;

use p2c2r_frame::{MAX_BOUNCES, SceneSketch, View};

use crate::carry::Eye;
use crate::cost::{CostMap, Known, Measurement};
use crate::features::{COST_FEATURES, CostRow, cost_rows};
use crate::ridge::{Example, Line};
use crate::surfaces::Surfaces;

/// Most measurements of a frame that are kept until it has been seen.
const MAX_KEPT: usize = 4096;
/// Most measurements that a line is fitted to; the oldest go.
const MAX_EXAMPLES: usize = 2048;
/// No path costs more than this, two rays at each vertex, or less than its camera ray.
const MOST_COST: f64 = 10.0 * (MAX_BOUNCES as f64 + 1.0);
const LEAST_COST: f64 = 1.0;
/// Of one path's cost around the mean of its cell, relative; and of what a line cannot know.
const PATH_VARIANCE: f64 = 1.0;
const LINE_VARIANCE: f64 = 0.05;
/// Variance of expectations before anything shows how good they are, and the least that is believed.
const EXPECTED_VARIANCE: f64 = 0.25;
const LEAST_EXPECTED_VARIANCE: f64 = 0.01;
/// Cells that are known this well show how good expectations are.
const WELL_KNOWN: f64 = 0.1;

/// What is known of the costs of one view of a scene.
///
/// It begins with nothing, or with what the view before knew. [`Self::see`] tells what the camera sees,
/// [`Self::probe`] what a small film cost, [`Self::observe`] what tasks cost; all of it is optional and
/// comes in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct CostKnowledge {
    map: CostMap,
    eye: Eye,
    max_bounces: u8,
    /// One for each cell, once the view was seen.
    rows: Vec<CostRow>,
    /// What a model says of them.
    answers: Vec<f64>,
    /// What this frame's tasks have cost.
    measured: Vec<Measurement>,
    /// The map and view of the frame before.
    before: Option<Box<(CostMap, Eye)>>,
    /// What was seen of places that were measured: features, cost per path, weight.
    examples: VecDeque<(CostRow, f64, f64)>,
}

impl CostKnowledge {
    /// Nothing is known of a view.
    pub fn new(view: &View, max_bounces: u8) -> Self {
        Self {
            map: CostMap::uniform(view.width_px, view.height_px),
            eye: Eye { view: *view, surfaces: None },
            max_bounces,
            rows: Vec::new(),
            answers: Vec::new(),
            measured: Vec::new(),
            before: None,
            examples: VecDeque::new(),
        }
    }

    /// A map from elsewhere.
    pub fn of_map(view: &View, max_bounces: u8, map: CostMap) -> Self {
        Self { map, ..Self::new(view, max_bounces) }
    }

    /// What follows for another view of the same scene.
    pub fn carried(&self, view: &View, max_bounces: u8) -> Self {
        let mut next = Self::new(view, max_bounces);
        next.before = Some(Box::new((self.map.clone(), self.eye.clone())));
        next.examples = self.examples.clone();
        next.recompute();
        next
    }

    /// Costs by place.
    pub const fn map(&self) -> &CostMap {
        &self.map
    }

    /// The view that this is about.
    pub const fn view(&self) -> &View {
        &self.eye.view
    }

    /// Features of each cell for a model; none before the view was seen.
    pub fn rows(&self) -> &[CostRow] {
        &self.rows
    }

    /// Takes what the camera sees of this view; what was seen of another one is ignored.
    pub fn see(&mut self, surfaces: Surfaces, sketch: &SceneSketch) {
        if surfaces.view() != &self.eye.view {
            return;
        }
        self.eye.surfaces = Some(surfaces);
        let plain = self.known_without_expectations();
        if let Some(surfaces) = &self.eye.surfaces {
            self.rows = cost_rows(&plain, surfaces, sketch, self.max_bounces);
        }
        let kept = std::mem::take(&mut self.measured);
        self.learn_from(&kept);
        self.measured = kept;
        self.recompute_from(plain);
    }

    /// Takes what a model says of [`Self::rows`]: logarithms of costs. Of another number of cells they
    /// are ignored.
    pub fn expect(&mut self, log_costs: &[f64]) {
        if log_costs.len() == self.rows.len() {
            self.answers = log_costs.to_vec();
            self.recompute();
        }
    }

    /// Takes all that a small film cost: the first look at this view's costs.
    pub fn probe(&mut self, measurements: &[Measurement]) {
        let measurements: Vec<Measurement> = measurements.iter().filter_map(believable).collect();
        self.keep(&measurements);
        self.recompute();
    }

    /// Takes what a task cost.
    pub fn observe(&mut self, measurement: Measurement) {
        if let Some(measurement) = believable(&measurement) {
            self.keep(&[measurement]);
            self.map.observe(measurement);
        }
    }

    fn keep(&mut self, measurements: &[Measurement]) {
        let room = MAX_KEPT.saturating_sub(self.measured.len());
        self.measured.extend(measurements.iter().take(room));
        self.learn_from(measurements);
    }

    /// Adds what was seen of measured places to the examples.
    fn learn_from(&mut self, measurements: &[Measurement]) {
        for measurement in measurements {
            let Some(row) = self.mean_row(measurement) else { continue };
            let Measurement { cost_per_path, paths, .. } = *measurement;
            let weight = 1.0 / (LINE_VARIANCE + PATH_VARIANCE / paths.max(1) as f64);
            if self.examples.len() >= MAX_EXAMPLES {
                self.examples.pop_front();
            }
            self.examples.push_back((row, cost_per_path, weight));
        }
    }

    /// The mean features of the cells under a rectangle.
    fn mean_row(&self, measurement: &Measurement) -> Option<CostRow> {
        if self.rows.is_empty() {
            return None;
        }
        let shares = self.map.shares(measurement.rect);
        if shares.is_empty() {
            return None;
        }
        let mut sums = [0.0; COST_FEATURES];
        for (index, share) in shares {
            for (sum, value) in sums.iter_mut().zip(self.rows.get(index)?) {
                *sum += share * f64::from(*value);
            }
        }
        Some(sums.map(|sum| sum as f32))
    }

    /// The map anew, from all that is known by now.
    fn recompute(&mut self) {
        self.recompute_from(self.known_without_expectations());
    }

    /// As [`Self::recompute`], where [`Self::known_without_expectations`] is at hand.
    fn recompute_from(&mut self, plain: CostMap) {
        let Some(expected) = self.expectations() else {
            self.map = plain;
            return;
        };
        let variance = variance_of(&expected, &plain);
        let mut map = CostMap::uniform(plain.width_px(), plain.height_px());
        map.expect(&expected, variance);
        self.fill(&mut map);
        self.map = map;
    }

    fn known_without_expectations(&self) -> CostMap {
        let view = &self.eye.view;
        let mut map = CostMap::uniform(view.width_px, view.height_px);
        self.fill(&mut map);
        map
    }

    /// Adds what the frame before knew, and what was measured since.
    fn fill(&self, map: &mut CostMap) {
        if let Some(before) = &self.before {
            map.carry(&before.0, &before.1, &self.eye);
        }
        map.observe_all(&self.measured);
    }

    /// What each cell is expected to cost from what is seen in it.
    fn expectations(&self) -> Option<Vec<f64>> {
        if self.rows.is_empty() {
            return None;
        }
        if self.answers.len() == self.rows.len() {
            return Some(self.answers.clone());
        }
        let examples = self.examples.iter();
        let line = Line::fit(examples.map(|(row, cost, weight)| Example {
            row,
            cost: *cost,
            weight: *weight,
        }))?;
        Some(self.rows.iter().map(|row| line.log_cost(row)).collect())
    }
}

/// A measurement within what a path can take, whoever said it; `None` if it is no number.
fn believable(measurement: &Measurement) -> Option<Measurement> {
    let cost_per_path = measurement.cost_per_path;
    let is_sound = cost_per_path.is_finite() && cost_per_path > 0.0;
    let cost_per_path = cost_per_path.clamp(LEAST_COST, MOST_COST);
    is_sound.then_some(Measurement { cost_per_path, ..*measurement })
}

/// How far expectations are off, where costs are well known.
fn variance_of(expected: &[f64], plain: &CostMap) -> f64 {
    let (mut sum, mut squares, mut noise, mut count) = (0.0, 0.0, 0.0, 0.0);
    for (cell, expected) in plain.cells().iter().zip(expected) {
        let Some(Known { cost, variance }) = cell.known else { continue };
        if variance < WELL_KNOWN {
            let error = cost.ln() - expected;
            (sum, squares) = (sum + error, squares + error * error);
            (noise, count) = (noise + variance, count + 1.0);
        }
    }
    // As if one cell more were off by what is thought of all of them.
    let spread = (squares - sum * sum / f64::max(count, 1.0) - noise).max(0.0);
    ((spread + EXPECTED_VARIANCE) / (count + 1.0)).max(LEAST_EXPECTED_VARIANCE)
}

#[cfg(test)]
#[path = "knowledge_tests.rs"]
mod tests;
