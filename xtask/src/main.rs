//! The commands of this repository: what needs doing before, after and between compiler runs.

mod bench;
mod build;
mod checks;
mod demo;
mod places;
mod process;
mod references;
mod screenshots;
mod setup;
mod soak;
mod timing;
mod tools;
mod train;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::places::Places;
use crate::timing::Timing;
use crate::tools::Permission;

#[derive(Parser)]
#[command(name = "xtask", about = "The commands of this repository", bin_name = "cargo xtask")]
struct Arguments {
    /// Install missing system packages through sudo when not root.
    #[arg(long, global = true)]
    install: bool,
    #[command(subcommand)]
    order: Order,
}

#[derive(Subcommand)]
enum Order {
    /// Say which tools are there and which are missing; change nothing.
    Doctor,
    /// Install whatever is missing for building and testing.
    Setup,
    /// Build the browser module, the player, the pages and the native programs.
    Build,
    /// Start a server and a contributor to look at, or render one picture without a person.
    Demo(demo::Options),
    /// Run every test, the browser ones included.
    Test,
    /// Measure a suite, print a table, and write it as JSON.
    Bench(bench::Options),
    /// Record the means of Mitsuba 3 that our tracer's are tested against.
    References(references::Options),
    /// Train the models of `models/` on simulated attempts, and compare what runs them.
    Train(train::Options),
    /// Run the tests of rays and of broken scenes with far more cases than the suite has.
    Soak(soak::Options),
    /// Take the pictures of the pages that the documentation shows.
    Screenshots(screenshots::Options),
    /// Check formatting and lints, natively and for wasm32, and run every test.
    Ci,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: &Arguments) -> Result<()> {
    process::end_children_on_signals()?;
    let places = Places::find()?;
    let permission = Permission::of_this_user(arguments.install);
    match &arguments.order {
        Order::Doctor => setup::doctor(&places),
        Order::Setup => setup::set_up(&places, permission),
        Order::Build => build_all(&places, permission),
        Order::Demo(options) => demo::demo(&places, permission, options),
        Order::Test => checks::test(&places, permission),
        Order::Bench(options) => bench::bench(&places, permission, options),
        Order::References(options) => references::record(&places, permission, options),
        Order::Train(options) => train::train(&places, permission, options),
        Order::Soak(options) => soak::soak(&places, options),
        Order::Screenshots(options) => screenshots::screenshots(&places, permission, options),
        Order::Ci => checks::ci(&places, permission),
    }
}

fn build_all(places: &Places, permission: Permission) -> Result<()> {
    let mut timing = Timing::default();
    timing.step("tools", || setup::set_up(places, permission))?;
    build::build_web(places, &mut timing)?;
    let programs = build::build_native(places, &mut timing)?;
    println!("{}\n{}", programs.cli.display(), programs.server.display());
    eprintln!("{timing}");
    Ok(())
}
