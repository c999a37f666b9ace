//! Records the means that `crates/tracer-cpu/tests/references.rs` compares ours with.

use anyhow::Result;
use clap::Args;

use crate::places::Places;
use crate::process;
use crate::setup;
use crate::tools::{Permission, RenderPeers};

/// Where the scenes and their means are kept.
const FOLDER: &str = "crates/tracer-cpu/tests/references";

/// What is to be recorded.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Record one scene only.
    #[arg(long, value_name = "SCENE")]
    only: Option<String>,
}

/// Writes the scenes, renders them with Mitsuba and keeps the means; takes minutes.
pub(crate) fn record(places: &Places, permission: Permission, options: &Options) -> Result<()> {
    setup::ensure(&RenderPeers, places, permission)?;
    let mut command = RenderPeers::command(places, "record_references.py");
    command.arg(places.at(FOLDER));
    command.args(options.only.iter().flat_map(|scene| ["--only", scene]));
    process::run(&mut command)
}
