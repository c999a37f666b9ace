//! Rows to train the cost model on: what is seen of some cells of many views, and what they really cost.
//!
//! A line of JSON for each cell: `schema`, `scene`, `group` (one view, whose cells share the summand that a model
//! need not know), `features` (in the order of `COST_FEATURE_NAMES`), `log_long_cost` (what is to be answered; `null`
//! where hardly any path is long), `log_cost` (of all paths), `short` (the share of the others), and `line`: the
//! logarithm that the product expects without a model, by a line through a probe of the view. Hold out by scene or
//! group, never by row. The orbit that `imbalance` measures is not among the views.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use p2c2r_bench_cost::{Chance, Studio};
use p2c2r_frame::{PixelRect, SampleRange, View};
use p2c2r_splitter::{
    COST_SCHEMA_VERSION, CostKnowledge, CostRow, Measurement, log_long_cost, short_share,
};
use rayon::prelude::*;
use serde_json::json;

/// Scenes with names that rows come from. The benchmark's is there to be held out, and so are the last two.
const SCENES: [&str; 20] = [
    "night-city:size=20,seed=10",
    "night-city:size=40,seed=11",
    "night-city:size=90,seed=12",
    "night-city:size=200,seed=13",
    "night-city:size=400,seed=14",
    "night-city:size=60,seed=15",
    "night-city:size=150,seed=16",
    "night-city:size=300,seed=17",
    "gallery:only=glass",
    "gallery:only=frosted",
    "gallery:only=pane",
    "gallery:only=varnish",
    "gallery:only=brushed",
    "gallery:only=unlit",
    "gallery:only=lamp",
    "furnace:albedo=0.7,metallic=0,roughness=0.5",
    "furnace:albedo=0.95,metallic=1,roughness=0.1",
    "night-city:size=120,seed=1",
    "cornell",
    "gallery",
];
const BOUNCES: [u8; 4] = [2, 4, 8, 16];

/// Prints rows.
#[derive(Parser)]
struct Arguments {
    /// Scenes with names, of all there are.
    #[arg(long, default_value_t = SCENES.len())]
    named: usize,
    /// Scenes put together by chance beside them.
    #[arg(long, default_value_t = 80)]
    drawn: u32,
    /// Views of each scene.
    #[arg(long, default_value_t = 10)]
    views: u32,
    /// Cells of each view.
    #[arg(long, default_value_t = 64)]
    cells: u32,
    /// Samples of a pixel for true costs.
    #[arg(long, default_value_t = 16)]
    samples: u32,
    /// What else the views could have been.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let output: Box<dyn Write> = match &arguments.log {
        Some(path) => Box::new(File::create(path).with_context(|| format!("{}", path.display()))?),
        None => Box::new(std::io::stdout().lock()),
    };
    let mut output = BufWriter::new(output);
    let named = SCENES.iter().take(arguments.named).map(|name| (*name).to_owned());
    // Seeds far from those that anybody tries by hand.
    let drawn = (0..arguments.drawn).map(|seed| format!("drawn:{}", 70_000 + seed));
    for (number, scene) in named.chain(drawn).enumerate() {
        let mut chance = Chance::new(arguments.seed.wrapping_add(1000 * number as u32));
        let mut studio = Studio::new(&scene, BOUNCES[0])?;
        for index in 0..arguments.views {
            studio.bounce(chance.pick(&BOUNCES));
            let view = chance.view(studio.scene(), index);
            let group = number as u32 * arguments.views + index;
            for cell in cells(&studio, &view, &arguments, &mut chance)? {
                let line = json!({
                    "schema": COST_SCHEMA_VERSION,
                    "scene": scene,
                    "group": group,
                    "features": cell.row,
                    "log_long_cost": log_long_cost(&cell.row, cell.cost),
                    "log_cost": cell.cost.ln(),
                    "short": short_share(&cell.row),
                    "line": cell.line,
                });
                writeln!(output, "{line}")?;
            }
        }
    }
    output.flush()?;
    Ok(())
}

/// What is seen, expected and true of a cell.
struct Cell {
    row: CostRow,
    line: Option<f64>,
    /// Of a path, in camera rays.
    cost: f64,
}

/// Some cells of a view.
fn cells(
    studio: &Studio,
    view: &View,
    arguments: &Arguments,
    chance: &mut Chance,
) -> Result<Vec<Cell>> {
    let mut known = CostKnowledge::new(view, studio.max_bounces());
    known.see(studio.look(view)?, studio.sketch());
    known.probe(&studio.probe(view, arguments.seed + 1000)?);
    let expected = known.expectations();
    let mut places: Vec<(usize, PixelRect)> = known.map().cell_rects().enumerate().collect();
    let count = places.len().min(arguments.cells as usize);
    for place in 0..count {
        let other = place + chance.below((places.len() - place) as u32) as usize;
        places.swap(place, other);
    }
    let samples = SampleRange::new(0, arguments.samples);
    let cell = |&(index, rect): &(usize, PixelRect)| {
        let counters = studio.trace(view, rect, samples)?;
        let cost = Measurement::new(rect, samples.count, counters).cost_per_path;
        let line = expected.as_ref().map(|expected| expected[index]);
        Ok(Cell { row: known.rows()[index], line, cost })
    };
    places[..count].par_iter().map(cell).collect()
}
