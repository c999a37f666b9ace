//! `p2c2r`: contribute to a network, render with or without one, and look into scenes.
//!
//! Exit codes: 0 done, 1 something else went wrong, 2 wrong usage, 3 bad input, 4 no network, 5 cannot
//! write the output, 6 no such device, 130 stopped by the user.

mod args;
mod compare;
mod contribute;
mod exr_layers;
mod failure;
mod foresight;
mod frames;
mod local;
mod measure;
mod network;
mod picture;
mod progress;
mod render;
mod scene_command;
mod scene_input;
mod sim_command;
mod sim_log;
mod stats;
mod surfaces;
mod view;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::args::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log();
    let result = match arguments.command {
        Command::Render(options) => render::run(&options),
        Command::Contribute(options) => contribute::run(&options),
        Command::Scene(options) => scene_command::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Sim(options) => sim_command::run(&options),
        Command::Measure(command) => measure::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            failure::exit_code(&error)
        }
    }
}

/// Warnings of libraries go nowhere unless `RUST_LOG` asks for them: what matters is printed anyway.
fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    let is_terminal = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_ansi(is_terminal).init();
}
