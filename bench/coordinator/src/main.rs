//! Prints rows of the coordinator's benchmark as JSON: real sessions on the virtual network, at four loads.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, ensure};
use clap::Parser;
use p2c2r_predictor::Predictor;
use p2c2r_sim::{BaseModel, Population, Suite};

/// The base model that ships.
const MODEL: &[u8] = include_bytes!("../../../models/latency.onnx");

/// What to measure.
#[derive(Debug, Parser)]
struct Arguments {
    /// One row only.
    #[arg(long, value_name = "ID")]
    only: Option<String>,
    /// How many seeds.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// The first of them; from 500 on nobody trains or tunes.
    #[arg(long, default_value_t = 500)]
    first_seed: u64,
    /// Virtual seconds of a run.
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Without a base model to begin from.
    #[arg(long)]
    no_model: bool,
    /// Print the names of all rows instead.
    #[arg(long)]
    list: bool,
}

fn main() -> Result<()> {
    let Arguments { only, seeds, first_seed, seconds, no_model, list } = Arguments::parse();
    let seeds: Vec<u64> = (first_seed..first_seed + seeds).collect();
    let predictor = (!no_model).then(|| Predictor::load(MODEL)).transpose()?;
    let model =
        predictor.map(|model| BaseModel::new(move |rows| model.predict(rows).try_into().ok()));
    let suite = Suite { population: Population::default(), seeds, seconds, model };
    if list {
        println!("{}", serde_json::to_string(&suite.ids())?);
        return Ok(());
    }
    let is_known = only.as_ref().is_none_or(|only| suite.ids().contains(only));
    ensure!(is_known, "no row is called {}", only.unwrap_or_default());
    let rows = suite.rows(&|id| only.as_deref().is_none_or(|only| only == id), &tell())?;
    println!("{}", serde_json::to_string(&rows)?);
    Ok(())
}

/// Says every ten percent on standard error.
fn tell() -> impl Fn(f64) + Sync {
    let told = AtomicU64::new(0);
    move |share| {
        let tenth = (10.0 * share) as u64;
        if told.fetch_max(tenth, Ordering::Relaxed) < tenth {
            eprintln!("{} % of the runs are done", 10 * tenth);
        }
    }
}
