//! The tracers in Chromium: beside themselves natively, and beside another tracer for browsers; and the
//! scheduler.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::report::Row;
use super::tracer::SCENES;
use crate::build;
use crate::places::Places;
use crate::process;
use crate::setup;
use crate::tools::{self, Permission, WebPeers};

/// Rows of the CPU tracer; the second says what the first one's other side is worth.
const RAYS: &[&str] = &["wasm-vs-native", "four-wide-vs-best"];
/// Rows of the GPU tracer.
const PICTURES: &[&str] = &["webgpu-vs-three"];

/// Rows of the coordinator, which suite `coordinator` has.
const DECISIONS: &[&str] = &["decision-ms-wasm"];

/// Whether rows of the coordinator are wanted.
pub(super) fn wants_decisions(only: Option<&str>) -> bool {
    only.is_none_or(|id| DECISIONS.contains(&id))
}

/// Whether any row of this module is one of these, or all are wanted.
pub(super) fn is_wanted(only: Option<&str>) -> bool {
    wants_rays(only) || wants_pictures(only)
}

/// Whether rows of the CPU tracer are wanted.
pub(super) fn wants_rays(only: Option<&str>) -> bool {
    only.is_none_or(|id| RAYS.contains(&id))
}

/// Whether rows of the GPU tracer are wanted.
pub(super) fn wants_pictures(only: Option<&str>) -> bool {
    only.is_none_or(|id| PICTURES.contains(&id))
}

/// What was built for both sides.
pub(super) struct Sides {
    package: PathBuf,
    /// The native program, where it is compared with.
    native: Option<PathBuf>,
    browser: PathBuf,
}

impl Sides {
    /// Sets up what a browser needs, and builds its module and the native program.
    pub(super) fn build(places: &Places, permission: Permission) -> Result<Self> {
        let browser_side = Self::build_browser(places, permission)?;
        Ok(Self { native: Some(build_native_side(places)?), ..browser_side })
    }

    /// Sets up what a browser needs, and builds its module alone.
    pub(super) fn build_browser(places: &Places, permission: Permission) -> Result<Self> {
        for tool in tools::for_pages() {
            setup::ensure(tool.as_ref(), places, permission)?;
        }
        let browser = tools::find_chromium().context("no Chromium; run `cargo xtask setup`")?;
        let package = build::build_bench_module(places)?;
        Ok(Self { package, native: None, browser })
    }

    /// The CPU tracer beside itself.
    pub(super) fn rays(&self, places: &Places, only: Option<&str>) -> Result<Vec<Row>> {
        self.run(places, "rays", only, None)
    }

    /// What the scheduler takes to decide.
    pub(super) fn decisions(&self, places: &Places, only: Option<&str>) -> Result<Vec<Row>> {
        self.run(places, "decisions", only, None)
    }

    /// The GPU tracer beside another, which npm may not have.
    pub(super) fn pictures(
        &self,
        places: &Places,
        permission: Permission,
        only: Option<&str>,
    ) -> Result<Vec<Row>> {
        setup::ensure(&WebPeers, places, permission)?;
        self.run(places, "webgpu", only, Some(&WebPeers::packages(places)))
    }

    /// Runs a script of `bench/web/measure` and reads its rows.
    fn run(
        &self,
        places: &Places,
        script: &str,
        only: Option<&str>,
        peers: Option<&Path>,
    ) -> Result<Vec<Row>> {
        let mut node = Command::new("node");
        node.arg(places.at("bench/web/measure").join(format!("{script}.mjs")));
        node.arg("--package").arg(&self.package);
        if let Some(native) = &self.native {
            node.arg("--native").arg(native);
        }
        node.arg("--folder").arg(places.at("target/bench/web-files").join(script));
        node.arg("--scenes").arg(places.at(SCENES)).env("P2C2R_CHROMIUM", &self.browser);
        if let Some(peers) = peers {
            node.arg("--peers").arg(peers);
        }
        node.args(only.into_iter().flat_map(|id| ["--only", id]));
        Row::all_from(&mut node)
    }
}

/// Builds the native program; gives its path.
fn build_native_side(places: &Places) -> Result<PathBuf> {
    // The browser's profile for the native side too, so that only the machine code differs.
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&places.root).args(["build", "--locked", "--profile", "web"]);
    cargo.args(["--package", "p2c2r-bench-web", "--bin", "bench-web-native"]);
    let target = places.at("target/bench");
    process::run(cargo.arg("--target-dir").arg(&target))?;
    Ok(target.join("web/bench-web-native"))
}
