//! What the denoiser is worth; a program outside the workspace measures it, beside Open Image Denoise
//! where that can be installed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::report::Row;
use crate::places::Places;
use crate::process;

/// The rows of this module.
const ROWS: [&str; 3] = ["denoise-equivalent-spp", "denoise-db-vs-oidn", "denoise-history-db"];

/// The package that brings the library, and its version.
const PEER: &str = "oidn==0.2.1";

/// Whether a row is one of these, or all are wanted.
pub(super) fn is_wanted(only: Option<&str>) -> bool {
    only.is_none_or(|id| ROWS.contains(&id))
}

/// Builds the program, runs it and reads its rows; says what is missing without the peer.
pub(super) fn measure(
    places: &Places,
    only: Option<&str>,
    missing: &mut Option<String>,
) -> Result<Vec<Row>> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(places.at("bench/denoise")).args(["run", "--release", "--locked"]);
    cargo.arg("--target-dir").arg(places.at("target/bench"));
    let folder = places.at("target/bench/denoise");
    // Pictures of an earlier run may be those of another tracer.
    let _ = std::fs::remove_dir_all(&folder);
    cargo.arg("--").arg("--folder").arg(folder);
    cargo.args(only.into_iter().flat_map(|id| ["--only", id]));
    match peer(places) {
        Ok(python) => {
            cargo.arg("--python").arg(python);
        }
        Err(error) => *missing = Some(format!("denoise-db-vs-oidn: no {PEER}: {error:#}")),
    }
    Row::all_from(&mut cargo)
}

/// The interpreter of an environment in the cache that has the peer.
fn peer(places: &Places) -> Result<PathBuf> {
    let folder = places.cache.join("peers/oidn");
    let python = folder.join("bin/python");
    if !python.is_file() {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    // The script needs nothing of what the package's own binding depends on.
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", PEER]);
    process::run(&mut pip)?;
    Ok(python)
}
