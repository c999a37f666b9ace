//! Rays through our tree and through those of other libraries; a program outside the workspace traces
//! them, since it links Embree.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::report::{Report, Row};
use crate::places::Places;
use crate::process;
use crate::setup;
use crate::tools::{Embree, Permission};

/// Where Debian's package puts Embree.
const EMBREE_PREFIX: &str = "/usr";
/// Real scenes beside the checkout; the program says what it leaves out without them.
const SCENES: &str = "../shared/scenes";

/// Builds the program, runs it and reads its rows.
pub(super) fn measure(
    places: &Places,
    permission: Permission,
    only: Option<&str>,
) -> Result<Report> {
    setup::ensure(&Embree, places, permission)?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(places.at("bench/tracer")).args(["run", "--release", "--locked"]);
    cargo.arg("--target-dir").arg(places.at("target/bench")).env("EMBREE_DIR", EMBREE_PREFIX);
    cargo.arg("--").arg("--scenes").arg(places.at(SCENES));
    cargo.args(only.into_iter().flat_map(|id| ["--only", id]));
    let mut text = String::new();
    process::run_lines(&mut cargo, |line| text.push_str(line))?;
    let rows: Value = serde_json::from_str(&text).context("the program prints no JSON")?;
    let rows = rows.as_array().context("the rows are not a list")?;
    ensure!(!rows.is_empty(), "no row is called {}", only.unwrap_or_default());
    let rows = rows.iter().map(|row| Row::from_json(row).with_context(|| format!("in {row}")));
    Ok(Report::of("tracer", rows.collect::<Result<_>>()?))
}
