//! Trains the models of `models/`: simulated attempts from `p2c2r sim` and cells of real views from `cost-rows`,
//! then the pinned Python environment.

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

/// What prints the data.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// `p2c2r`, which simulates attempts.
    pub(crate) cli: PathBuf,
    /// `cost-rows`, which traces cells.
    pub(crate) cost_rows: PathBuf,
}

/// A model of `models/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Latency,
    Cost,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Latency, Self::Cost];

    const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Cost => "cost",
        }
    }

    const fn script(self) -> &'static str {
        match self {
            Self::Latency => "models/train/train.py",
            Self::Cost => "models/train/train_cost.py",
        }
    }

    /// How much data: words for the program that prints it.
    const fn amount(self, is_small: bool) -> &'static [&'static str] {
        match (self, is_small) {
            (Self::Latency, false) => &["--seeds", "400", "--seconds", "12"],
            (Self::Latency, true) => &["--seeds", "128", "--seconds", "6"],
            (Self::Cost, false) => &[],
            (Self::Cost, true) => &[
                "--named",
                "3",
                "--drawn",
                "13",
                "--views",
                "3",
                "--cells",
                "32",
                "--samples",
                "4",
            ],
        }
    }
}

/// Makes the environment and the data, trains, and runs the tests that compare what runs the models.
pub(crate) fn train(places: &Places, permission: Permission, options: &Options) -> Result<()> {
    let mut timing = Timing::default();
    let training = Training { has_rivals: !options.small };
    timing.step("Python", || setup::ensure(&training, places, permission))?;
    let programs = build::build_peers(places, &mut timing)?;
    let cost_rows = build::build_cost_rows(places, &mut timing)?;
    let sources = Sources { cli: programs.cli, cost_rows };
    if options.small {
        return timing.step("small retraining", || retrain_small(places, &sources));
    }
    for kind in Kind::ALL {
        let log = timing.step(kind.name(), || data(places, &sources, kind, false))?;
        let mut python = script(places, training, kind, &places.at("models"));
        python.arg("--log").arg(log);
        // What requesters write is of the latency model.
        for more in options.log.iter().filter(|_| kind == Kind::Latency) {
            python.arg("--log").arg(more);
        }
        timing.step("train", || process::run(&mut python))?;
    }
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
pub(crate) fn check(
    places: &Places,
    permission: Permission,
    sources: &Sources,
) -> Option<Result<()>> {
    let training = Training { has_rivals: false };
    if let Err(error) = setup::ensure(&training, places, permission) {
        let remedy = training.remedy(places);
        eprintln!("xtask: skipped the small retraining: run `{remedy}` ({error:#})");
        return None;
    }
    Some(retrain_small(places, sources))
}

fn retrain_small(places: &Places, sources: &Sources) -> Result<()> {
    for kind in Kind::ALL {
        let log = data(places, sources, kind, true)?;
        let model = |name: &str| -> Result<Vec<u8>> {
            let folder = places.at(FOLDER).join(name);
            let mut python = script(places, Training { has_rivals: false }, kind, &folder);
            process::run(python.arg("--small").arg("--log").arg(&log))?;
            let file = folder.join(kind.name()).with_extension("onnx");
            fs::read(file).context("no model was written")
        };
        ensure!(
            model("first")? == model("second")?,
            "the same {} log gave two models",
            kind.name()
        );
    }
    Ok(())
}

/// The training script of a model, writing into a folder.
fn script(places: &Places, training: Training, kind: Kind, folder: &Path) -> Command {
    let mut python = Command::new(training.python(places));
    python.arg("-B").arg(places.at(kind.script()));
    python.arg("--schema").arg(places.at("models/schema.json")).arg("--out").arg(folder);
    python
}

/// Attempts of simulated people, or cells of views, as a log.
fn data(places: &Places, sources: &Sources, kind: Kind, is_small: bool) -> Result<PathBuf> {
    let folder = places.at(FOLDER);
    fs::create_dir_all(&folder).context("no place for logs")?;
    let size = if is_small { "small" } else { "full" };
    let log = folder.join(format!("{}-{size}.jsonl", kind.name()));
    let mut program = match kind {
        Kind::Latency => {
            let mut sim = Command::new(&sources.cli);
            sim.arg("sim");
            sim
        }
        Kind::Cost => Command::new(&sources.cost_rows),
    };
    process::run(program.args(kind.amount(is_small)).arg("--log").arg(&log))?;
    Ok(log)
}
