//! What is known of a scene's costs, from frame to frame: measured, carried along with the camera, and
//! expected where something was only seen.

use std::collections::VecDeque;

use p2c2r_frame::{MAX_BOUNCES, SceneSketch, View};

use crate::carry::Eye;
use crate::cost::{CostMap, Known, Measurement};
use crate::features::{COST_FEATURES, CostRow, cost_rows, log_cost};
use crate::ridge::{ALONE, CORRECTING, Example, Line};
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
    /// What a model says of them; none where none was asked, or where it says what cannot be meant.
    answers: Vec<f64>,
    /// What this frame's tasks have cost.
    measured: Vec<Measurement>,
    /// The map and view of the frame before.
    before: Option<Box<(CostMap, Eye)>>,
    /// What was seen of places that were measured.
    examples: VecDeque<SeenCost>,
    /// How many of them, the last ones, are of this view.
    own_examples: usize,
}

/// What was seen of a place that was measured.
#[derive(Debug, Clone, PartialEq)]
struct SeenCost {
    row: CostRow,
    /// Of a path, in camera rays.
    cost: f64,
    weight: f64,
    /// What a model said of the place, if one was asked.
    said: Option<f64>,
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
            own_examples: 0,
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

    /// Features of each cell for a model, which depend on the view alone; none before it was seen.
    pub fn rows(&self) -> &[CostRow] {
        &self.rows
    }

    /// Takes what the camera sees of this view; what was seen of another one is ignored.
    pub fn see(&mut self, surfaces: Surfaces, sketch: &SceneSketch) {
        if surfaces.view() != &self.eye.view {
            return;
        }
        self.rows = cost_rows(&self.map, &surfaces, sketch, self.max_bounces);
        self.answers.clear();
        self.eye.surfaces = Some(surfaces);
        self.learn_again();
        self.recompute();
    }

    /// Takes what a model says of [`Self::rows`], as [`crate::COST_OUTPUT_NAMES`]. Words on another number of
    /// cells are ignored, and so are all if one of them cannot be meant.
    pub fn expect(&mut self, log_long_costs: &[f64]) {
        let is_sound = |log: &f64| (LEAST_COST.ln()..=MOST_COST.ln()).contains(log);
        if log_long_costs.len() == self.rows.len() && log_long_costs.iter().all(is_sound) {
            self.answers = log_long_costs.to_vec();
            self.learn_again();
            self.recompute();
        }
    }

    /// What each cell's path is expected to cost from what is seen there, as a logarithm; `None` where nothing
    /// says it.
    pub fn expectations(&self) -> Option<Vec<f64>> {
        let has_answers = !self.answers.is_empty();
        let examples = self.examples.iter().filter_map(|SeenCost { row, cost, weight, said }| {
            let said = if has_answers { (*said)? } else { 0.0 };
            Some(Example { row, cost: *cost, weight: *weight, said })
        });
        let line = Line::fit(examples, if has_answers { CORRECTING } else { ALONE });
        if self.rows.is_empty() || (line.is_none() && !has_answers) {
            return None;
        }
        let answers = self.answers.iter().copied().chain(std::iter::repeat(0.0));
        let expect = |(row, said): (&CostRow, f64)| {
            log_cost(row, said + line.as_ref().map_or(0.0, |line| line.summand(row)))
        };
        Some(self.rows.iter().zip(answers).map(expect).collect())
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

    /// Looks at this view's measurements anew, with what is seen and said of its cells by now.
    fn learn_again(&mut self) {
        self.examples.truncate(self.examples.len() - self.own_examples);
        self.own_examples = 0;
        let measured = std::mem::take(&mut self.measured);
        self.learn_from(&measured);
        self.measured = measured;
    }

    /// Adds what was seen of measured places to the examples.
    fn learn_from(&mut self, measurements: &[Measurement]) {
        for measurement in measurements {
            let Some(example) = self.seen_cost(measurement) else { continue };
            if self.examples.len() >= MAX_EXAMPLES {
                self.examples.pop_front();
            }
            self.examples.push_back(example);
            self.own_examples = (self.own_examples + 1).min(self.examples.len());
        }
    }

    /// The means of what is seen and said of the cells under a rectangle.
    fn seen_cost(&self, measurement: &Measurement) -> Option<SeenCost> {
        let Measurement { rect, cost_per_path: cost, paths } = *measurement;
        let shares = if self.rows.is_empty() { Vec::new() } else { self.map.shares(rect) };
        if shares.is_empty() {
            return None;
        }
        let mut sums = [0.0; COST_FEATURES];
        let mut said = 0.0;
        for (index, share) in shares {
            for (sum, value) in sums.iter_mut().zip(self.rows.get(index)?) {
                *sum += share * f64::from(*value);
            }
            said += share * self.answers.get(index).copied().unwrap_or(0.0);
        }
        let row = sums.map(|sum| sum as f32);
        let weight = 1.0 / (LINE_VARIANCE + PATH_VARIANCE / paths.max(1) as f64);
        let said = (!self.answers.is_empty()).then_some(said);
        Some(SeenCost { row, cost, weight, said })
    }

    /// The map anew, from all that is known by now.
    fn recompute(&mut self) {
        let plain = self.known_without_expectations();
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
