//! Rays and renders beside those of others; programs outside the workspace trace ours, since one links
//! Embree.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::found::Found;
use super::report::{Report, Row};
use super::{codec, denoise, renders, web};
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

/// Rows of the program that races trees.
const TRACED: [&str; 8] = [
    "incoherent-vs-embree",
    "coherent-vs-embree",
    "shadow-vs-embree",
    "incoherent-vs-obvhs",
    "incoherent-vs-bvh",
    "build-vs-embree",
    "memory-vs-embree",
    "ten-million-memory",
];

/// Measures whatever rows are wanted; a peer that cannot be had is named instead.
pub(super) fn measure(
    places: &Places,
    permission: Permission,
    only: Option<&str>,
) -> Result<Report> {
    let mut found = Found::default();
    if codec::is_wanted(only) {
        found.add("tiles", || codec::rows(places, only));
    }
    if denoise::is_wanted(only) {
        let mut missing = None;
        found.add("denoiser", || denoise::measure(places, only, &mut missing));
        found.missing.extend(missing);
    }
    if web::is_wanted(only) {
        found.add_web(places, permission, only);
    }
    if TRACED.iter().any(|id| only.is_none_or(|only| only == *id)) || renders::is_wanted(only) {
        found.add_traced(places, permission, only);
    }
    found.report("tracer", only)
}

impl Found {
    /// What a browser measures.
    fn add_web(&mut self, places: &Places, permission: Permission, only: Option<&str>) {
        let build = || web::Sides::build(places, permission);
        let Some(sides) = self.step("programs for browsers", build) else { return };
        if web::wants_rays(only) {
            self.add("rays in a browser", || sides.rays(places, only));
        }
        if web::wants_pictures(only) {
            self.add("three-gpu-pathtracer", || sides.pictures(places, permission, only));
        }
    }

    /// What the programs that link Embree or race renderers measure.
    fn add_traced(&mut self, places: &Places, permission: Permission, only: Option<&str>) {
        let build = || build(places, permission);
        let Some(programs) = self.step("programs beside Embree", build) else { return };
        let real_scenes = places.at(SCENES);
        if only.is_none() || !renders::is_wanted(only) {
            self.add("rays", || trace_rays(&programs.join(RAYS), &real_scenes, only));
        }
        if renders::is_wanted(only) {
            let program = programs.join(RENDERS);
            self.add("Mitsuba and Cycles", || {
                renders::measure(places, permission, &program, &real_scenes, only)
            });
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
