//! Benchmarks: suites of rows, each measured beside what it is compared with.

mod codec;
mod coordinator;
mod denoise;
mod found;
mod model;
mod network;
mod renders;
mod report;
mod size;
mod tracer;
mod web;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::build;
use crate::places::Places;
use crate::setup;
use crate::timing::Timing;
use crate::tools::Permission;

/// What is to be measured.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The suite.
    #[arg(value_enum)]
    suite: Suite,
    /// Also write the rows to this file as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Measure one row only (suites `tracer` and `coordinator`; `real-run` means all of its rows).
    #[arg(long, value_name = "ID")]
    only: Option<String>,
    /// Seeds of the simulated rows (suite `coordinator`).
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: Option<u64>,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum Suite {
    /// What contributors cost and give, absent and dead ones too.
    Network,
    /// Who gets which task: races on simulated people, decisions in a browser, and a real run.
    Coordinator,
    /// Rays, builds, renders and tiles of ours and of other libraries and programs.
    Tracer,
    /// Brotli bytes of every module and of the first load of each page, against the budgets.
    Size,
}

/// Builds what is needed, measures, and prints a table.
pub(crate) fn bench(places: &Places, permission: Permission, options: &Options) -> Result<()> {
    let mut timing = Timing::default();
    let report = match options.suite {
        Suite::Network => {
            prepare_pages(places, permission, &mut timing)?;
            let programs = build::build_native(places, &mut timing)?;
            timing.step("measure the network", || network::measure(places, &programs))?
        }
        Suite::Coordinator => {
            let wanted =
                coordinator::Wanted { only: options.only.as_deref(), seeds: options.seeds };
            timing.step("measure the coordinator", || {
                coordinator::measure(places, permission, wanted)
            })?
        }
        Suite::Tracer => {
            let only = options.only.as_deref();
            timing.step("measure the tracer", || tracer::measure(places, permission, only))?
        }
        Suite::Size => {
            prepare_pages(places, permission, &mut timing)?;
            timing.step("measure sizes", || size::measure(places))?
        }
    };
    println!("{report}");
    if let Some(path) = &options.json {
        fs::write(path, format!("{:#}\n", report.to_json()))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn prepare_pages(places: &Places, permission: Permission, timing: &mut Timing) -> Result<()> {
    timing.step("tools", || setup::set_up(places, permission))?;
    build::build_web(places, timing)
}
