//! Frames cut into tiles one after the other, each by what was known before it was rendered.

use anyhow::Result;
use p2c2r_frame::{PixelRect, SampleRange, View};
use p2c2r_predictor::CostPredictor;
use p2c2r_splitter::{CostKnowledge, CostMap, Measurement, Partition, Surfaces};

use crate::{RealCosts, Studio};

/// A frame before it is cut, and what it will cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The camera.
    pub view: View,
    /// What it sees first.
    pub surfaces: Surfaces,
    /// What a small film costs.
    pub probe: Vec<Measurement>,
    /// What the model says of each cell; empty without one.
    pub answers: Vec<f64>,
    /// What each pixel costs.
    pub real: RealCosts,
}

impl Frame {
    /// Looks at a view, asks a model, probes and renders it.
    pub fn new(
        studio: &Studio,
        model: Option<&CostPredictor>,
        view: View,
        samples: u32,
        seed: u32,
    ) -> Result<Self> {
        let surfaces = studio.look(&view)?;
        let mut seen = CostKnowledge::new(&view, studio.max_bounces());
        seen.see(surfaces.clone(), studio.sketch());
        let answers = model.map_or(Vec::new(), |model| model.log_long_costs(seen.rows()));
        let probe = studio.probe(&view, seed.wrapping_add(1 << 16))?;
        let real = studio.real_costs(&view, SampleRange::new(0, samples), seed)?;
        Ok(Self { view, surfaces, probe, answers, real })
    }
}

/// What the requester's own tracer tells before a frame is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knows {
    /// Nothing: all there is are other frames' tiles.
    Nothing,
    /// What the camera sees first.
    Looks,
    /// That, and for the first frame what a small film costs.
    LooksAndProbesFirst,
    /// That, and for every frame what a small film costs.
    LooksAndProbes,
}

/// For which frames the model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// For none.
    Never,
    /// For the first.
    First,
    /// For all.
    Always,
}

/// How frames are followed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Follow {
    /// Tiles of a frame, all for takers of the same speed.
    pub tiles: usize,
    /// Imbalance by the map below which a partition stays as it was.
    pub slack: f64,
    /// What is known beside what tiles have cost.
    pub knows: Knows,
    /// For which of the frames that are seen the model is asked, if there is one.
    pub asks: Asks,
    /// Tiles of a frame that are measured, if others than those that are judged: a swarm cuts finer.
    pub measured_tiles: usize,
}

/// How a frame went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameFigures {
    /// Most over mean cost of the tiles.
    pub imbalance: f64,
    /// The same if all tiles had as many pixels.
    pub of_equal_pixels: f64,
    /// The same as the map expected it.
    pub expected: f64,
    /// Standard deviation of the logarithm of tiles' costs around what the map said.
    pub log_error: f64,
    /// The tile that cost most.
    pub dearest: PixelRect,
    /// Cuts that lie elsewhere than in the frame before.
    pub moved_cuts: usize,
}

/// Cuts and measures each frame.
pub fn follow(studio: &Studio, frames: &[Frame], how: &Follow) -> Vec<FrameFigures> {
    follow_to_the_end(studio, frames, how).0
}

/// The same, and what is known of the last frame after it was rendered.
pub fn follow_to_the_end(
    studio: &Studio,
    frames: &[Frame],
    how: &Follow,
) -> (Vec<FrameFigures>, Option<CostKnowledge>) {
    let mut known: Option<CostKnowledge> = None;
    let mut partition: Option<Partition> = None;
    let mut figures = Vec::new();
    for Frame { view, surfaces, probe, answers, real } in frames {
        let bounces = studio.max_bounces();
        let mut here = match &known {
            Some(known) => known.carried(view, bounces),
            None => CostKnowledge::new(view, bounces),
        };
        if how.knows != Knows::Nothing {
            here.see(surfaces.clone(), studio.sketch());
            if how.asks == Asks::Always || (how.asks == Asks::First && figures.is_empty()) {
                here.expect(answers);
            }
        }
        let probes = match how.knows {
            Knows::LooksAndProbes => true,
            Knows::LooksAndProbesFirst => figures.is_empty(),
            Knows::Nothing | Knows::Looks => false,
        };
        if probes {
            here.probe(probe);
        }
        let cut = |tiles: usize| Partition::new(real.film(), &vec![1.0; tiles], here.map());
        let next = match &partition {
            Some(before) => before.followed(here.map(), how.slack),
            None => cut(how.tiles),
        };
        let tiles: Vec<PixelRect> = next.tiles().into_iter().map(|(_, rect)| rect).collect();
        figures.push(FrameFigures {
            imbalance: imbalance(tiles.iter().map(|&rect| real.cost(rect) as f64)),
            of_equal_pixels: of_equal_pixels(real, how.tiles),
            expected: next.imbalance(here.map()),
            log_error: log_error(&tiles, real, &here),
            dearest: tiles
                .iter()
                .copied()
                .max_by_key(|&rect| real.cost(rect))
                .unwrap_or(real.film()),
            moved_cuts: partition.map_or(0, |before| next.moved_cuts(&before)),
        });
        let measured = match how.measured_tiles {
            0 => tiles,
            finer => cut(finer).tiles().into_iter().map(|(_, rect)| rect).collect(),
        };
        measured.into_iter().for_each(|rect| here.observe(real.measure(rect)));
        (known, partition) = (Some(here), Some(next));
    }
    (figures, known)
}

fn of_equal_pixels(real: &RealCosts, tiles: usize) -> f64 {
    let film = real.film();
    let blind = CostMap::uniform(film.width, film.height);
    let tiles = Partition::new(film, &vec![1.0; tiles], &blind).tiles();
    imbalance(tiles.into_iter().map(|(_, rect)| real.cost(rect) as f64))
}

/// The most over the mean.
pub fn imbalance(costs: impl Iterator<Item = f64>) -> f64 {
    let (mut most, mut sum, mut count) = (0.0f64, 0.0, 0.0);
    for cost in costs {
        (most, sum, count) = (most.max(cost), sum + cost, count + 1.0);
    }
    most * count / sum
}

fn log_error(tiles: &[PixelRect], real: &RealCosts, known: &CostKnowledge) -> f64 {
    let errors = tiles.iter().map(|&rect| (real.cost(rect) as f64 / known.map().cost(rect)).ln());
    let errors: Vec<f64> = errors.collect();
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let squares: f64 = errors.iter().map(|error| (error - mean) * (error - mean)).sum();
    (squares / errors.len() as f64).sqrt()
}
