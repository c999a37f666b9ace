//! `soak`: the tests that take a number of cases, with far more of them than the suite has.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::places::Places;
use crate::process;
use crate::timing::Timing;

/// How much.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Rays through broken scenes, which every tree must answer alike.
    #[arg(long, default_value_t = 100_000_000)]
    rays: u64,
    /// Broken scenes that the CPU traces.
    #[arg(long, default_value_t = 200_000)]
    scenes: u64,
    /// Broken scenes that a GPU traces, where there is one.
    #[arg(long, default_value_t = 5_000)]
    gpu_scenes: u64,
    /// The seed of the first scene, so that two soaks see different ones.
    #[arg(long, default_value_t = 1_000_000)]
    first_seed: u64,
}

/// Runs each for as long as it takes; the tests name the seed that fails.
pub(crate) fn soak(places: &Places, options: &Options) -> Result<()> {
    let mut timing = Timing::default();
    let seeds = |count: u64| format!("{}..{}", options.first_seed, options.first_seed + count);
    let rays = options.rays.to_string();
    let result = [
        ("rays through every tree", "p2c2r-tracer-cpu", "every_width", "P2C2R_RAYS", rays),
        (
            "scenes on the CPU",
            "p2c2r-tracer-cpu",
            "broken_scenes",
            "P2C2R_SEEDS",
            seeds(options.scenes),
        ),
        (
            "scenes on a GPU",
            "p2c2r-tracer-gpu",
            "broken_scenes",
            "P2C2R_SEEDS",
            seeds(options.gpu_scenes),
        ),
    ]
    .into_iter()
    .try_for_each(|(name, package, test, variable, value)| {
        timing.step(name, || {
            let mut cargo = Command::new("cargo");
            cargo.current_dir(&places.root).env(variable, value);
            cargo.args(["test", "--locked", "--release", "-p", package, test, "--", "--nocapture"]);
            process::run(&mut cargo)
        })
    });
    eprintln!("{timing}");
    result
}
