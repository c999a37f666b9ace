//! Radiance tiles through our codec and through those of others; a program outside the workspace does it,
//! since it links libraries that nothing else needs.

use std::process::Command;

use anyhow::Result;

use super::report::Row;
use super::tracer::SCENES;
use crate::places::Places;

/// What the ids of these rows begin with.
const PREFIX: &str = "codec-";

/// Whether a row is one of these, or all are wanted.
pub(super) fn is_wanted(only: Option<&str>) -> bool {
    only.is_none_or(|id| id.starts_with(PREFIX))
}

/// Builds the program, runs it and reads its rows.
pub(super) fn rows(places: &Places, only: Option<&str>) -> Result<Vec<Row>> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(places.at("bench/codec")).args(["run", "--release", "--locked"]);
    cargo.arg("--target-dir").arg(places.at("target/bench"));
    cargo.arg("--").arg("--scenes").arg(places.at(SCENES));
    cargo.args(only.into_iter().flat_map(|id| ["--only", id]));
    Row::all_from(&mut cargo)
}
