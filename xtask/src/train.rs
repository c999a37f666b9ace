//! Trains the models of `models/`: simulated attempts from `p2c2r sim`, then the pinned Python environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::build;
use crate::places::Places;
use crate::process;
use crate::setup;
use crate::timing::Timing;
use crate::tools::{Permission, Tool, Training};

/// Where logs and trial models go.
const FOLDER: &str = "target/train";

/// What is to be trained.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Little data and a small network, into target/train; fails unless it is as good as it must be.
    #[arg(long)]
    small: bool,
    /// Train on this log as well: one that a requester wrote with its predictions.
    #[arg(long, value_name = "FILE")]
    log: Vec<PathBuf>,
}

/// How much is simulated.
#[derive(Debug, Clone, Copy)]
struct Amount {
    runs: u32,
    seconds: u32,
}

const FULL: Amount = Amount { runs: 140, seconds: 12 };
const SMALL: Amount = Amount { runs: 64, seconds: 6 };

/// Makes the environment and the data, trains, and runs the tests that compare what runs the model.
pub(crate) fn train(places: &Places, permission: Permission, options: &Options) -> Result<()> {
    let mut timing = Timing::default();
    let training = Training { has_rivals: !options.small };
    timing.step("Python", || setup::ensure(&training, places, permission))?;
    let programs = build::build_peers(places, &mut timing)?;
    if options.small {
        return timing.step("small retraining", || retrain_small(places, &programs.cli));
    }
    let log = timing.step("simulate", || simulate(places, &programs.cli, FULL, "full"))?;
    let mut python = script(places, training, &places.at("models"));
    python.arg("--log").arg(log);
    for more in &options.log {
        python.arg("--log").arg(more);
    }
    timing.step("train", || process::run(&mut python))?;
    timing.step("compare", || {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&places.root).args(["test", "--locked", "--package", "p2c2r-predictor"]);
        process::run(&mut cargo)
    })?;
    eprintln!("{timing}");
    Ok(())
}

/// Retrains as a test does: twice, which must give the same bytes, as good as they must be. `None`, and a word
/// on why, where there is no Python for it.
pub(crate) fn check(places: &Places, permission: Permission, cli: &Path) -> Option<Result<()>> {
    let training = Training { has_rivals: false };
    if let Err(error) = setup::ensure(&training, places, permission) {
        let remedy = training.remedy(places);
        eprintln!("xtask: skipped the small retraining: run `{remedy}` ({error:#})");
        return None;
    }
    Some(retrain_small(places, cli))
}

fn retrain_small(places: &Places, cli: &Path) -> Result<()> {
    let log = simulate(places, cli, SMALL, "small")?;
    let model = |name: &str| -> Result<Vec<u8>> {
        let folder = places.at(FOLDER).join(name);
        let mut python = script(places, Training { has_rivals: false }, &folder);
        process::run(python.arg("--small").arg("--log").arg(&log))?;
        fs::read(folder.join("latency.onnx")).context("no model was written")
    };
    ensure!(model("first")? == model("second")?, "the same log gave two models");
    Ok(())
}

/// The training script, writing into a folder.
fn script(places: &Places, training: Training, folder: &Path) -> Command {
    let mut python = Command::new(training.python(places));
    python.arg("-B").arg(places.at("models/train/train.py"));
    python.arg("--schema").arg(places.at("models/schema.json")).arg("--out").arg(folder);
    python
}

/// Attempts of simulated people, as a log.
fn simulate(places: &Places, cli: &Path, amount: Amount, name: &str) -> Result<PathBuf> {
    let folder = places.at(FOLDER);
    fs::create_dir_all(&folder).context("no place for logs")?;
    let log = folder.join(format!("{name}.jsonl"));
    let Amount { runs, seconds } = amount;
    let mut sim = Command::new(cli);
    sim.arg("sim").arg("--log").arg(&log);
    sim.args(["--seeds", &runs.to_string(), "--seconds", &seconds.to_string()]);
    process::run(&mut sim)?;
    Ok(log)
}
