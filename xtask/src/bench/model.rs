//! What the trained model costs a page: its module's bytes, the time to its first answer, and of those of a frame.

use std::process::Command;

use anyhow::{Context, Result};

use super::report::Row;
use crate::build;
use crate::places::Places;
use crate::setup;
use crate::tools::{self, Permission};

/// The rows of this module.
const ROWS: [&str; 5] = [
    "model-load-ms-wasm",
    "model-fetch-ms-wasm",
    "model-read-ms-wasm",
    "model-wasm-brotli-bytes",
    "model-answers-ms-wasm",
];

/// Whether a row is one of these, or all are wanted.
pub(super) fn is_wanted(only: Option<&str>) -> bool {
    only.is_none_or(|id| ROWS.contains(&id))
}

/// Builds the module and has Chromium load and ask it.
pub(super) fn measure(
    places: &Places,
    permission: Permission,
    only: Option<&str>,
) -> Result<Vec<Row>> {
    for tool in tools::for_pages() {
        setup::ensure(tool.as_ref(), places, permission)?;
    }
    let browser = tools::find_chromium().context("no Chromium; run `cargo xtask setup`")?;
    let package = build::build_predictor(places)?;
    let mut node = Command::new("node");
    node.arg(places.at("bench/web/measure/model.mjs")).env("P2C2R_CHROMIUM", browser);
    node.arg("--package").arg(package).arg("--folder").arg(places.at("models"));
    node.args(only.into_iter().flat_map(|id| ["--only", id]));
    Row::all_from(&mut node)
}
