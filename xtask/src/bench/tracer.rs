//! Rays and renders beside those of others; programs outside the workspace trace ours, since one links
//! Embree.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::report::{Report, Row};
use super::{codec, denoise, renders};
use crate::places::Places;
use crate::process;
use crate::setup;
use crate::tools::{Embree, Permission};

/// Where Debian's package puts Embree.
const EMBREE_PREFIX: &str = "/usr";
/// The program that races trees.
const RAYS: &str = "p2c2r-bench-tracer";
/// The program that renders what Mitsuba and Cycles render.
const RENDERS: &str = "renders";
/// Real scenes beside the checkout; the program says what it leaves out without them.
pub(super) const SCENES: &str = "../shared/scenes";

/// Measures whatever rows are wanted; a peer that cannot be had is named instead.
pub(super) fn measure(
    places: &Places,
    permission: Permission,
    only: Option<&str>,
) -> Result<Report> {
    let mut found = Found::default();
    if codec::is_wanted(only) {
        found.add("the tiles", codec::rows(places, only));
    }
    if denoise::is_wanted(only) {
        found.add("the denoiser", denoise::measure(places, only));
    }
    let is_elsewhere = codec::is_wanted(only) || denoise::is_wanted(only);
    if only.is_none() || !is_elsewhere {
        match build(places, permission) {
            Err(error) => found.add("rays and renders", Err(error)),
            Ok(programs) => found.add_traced(places, permission, &programs, only),
        }
    }
    let is_known = !found.rows.is_empty() || !found.missing.is_empty();
    ensure!(is_known, "no row is called {}", only.unwrap_or_default());
    Ok(Report::of("tracer", found.rows).without(found.missing))
}

/// Rows, and what could not be measured with the reason.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    missing: Vec<String>,
}

impl Found {
    fn add(&mut self, what: &str, rows: Result<Vec<Row>>) {
        match rows {
            Ok(rows) => self.rows.extend(rows),
            Err(error) => self.missing.push(format!("{what}: {error:#}")),
        }
    }

    /// What the programs that link Embree or race renderers measure.
    fn add_traced(
        &mut self,
        places: &Places,
        permission: Permission,
        programs: &Path,
        only: Option<&str>,
    ) {
        let real_scenes = places.at(SCENES);
        if only.is_none() || !renders::is_wanted(only) {
            self.add("rays", trace_rays(&programs.join(RAYS), &real_scenes, only));
        }
        if renders::is_wanted(only) {
            let program = programs.join(RENDERS);
            let rows = renders::measure(places, permission, &program, &real_scenes, only);
            self.add("Mitsuba and Cycles", rows);
        }
    }
}

/// Builds both programs; gives their folder.
fn build(places: &Places, permission: Permission) -> Result<PathBuf> {
    setup::ensure(&Embree, places, permission)?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(places.at("bench/tracer")).args(["build", "--release", "--locked"]);
    let target = places.at("target/bench");
    cargo.arg("--target-dir").arg(&target).env("EMBREE_DIR", EMBREE_PREFIX);
    process::run(&mut cargo)?;
    Ok(target.join("release"))
}

/// Runs the program and reads its rows.
fn trace_rays(program: &Path, real_scenes: &Path, only: Option<&str>) -> Result<Vec<Row>> {
    let mut command = Command::new(program);
    command.arg("--scenes").arg(real_scenes);
    command.args(only.into_iter().flat_map(|id| ["--only", id]));
    Row::all_from(&mut command)
}
