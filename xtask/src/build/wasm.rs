//! Browser modules: cargo, then wasm-bindgen, then wasm-opt where the module has changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::inputs::Note;
use crate::places::Places;
use crate::process;
use crate::tools::{self, WasmRust};

/// rustc has optimised already; this level takes seconds and shrinks what rustc leaves.
const OPTIMISATION: &str = "-O1";

/// A module for browsers.
pub(super) struct Module {
    /// The crate.
    package: &'static str,
    /// What its files are called.
    name: &'static str,
    /// Where they go.
    folder: &'static str,
    /// The profile of cargo that makes it.
    profile: &'static str,
}

/// What visitors load.
pub(super) const PLAYER: Module =
    Module { package: "p2c2r-web", name: "p2c2r_web", folder: "web/wasm/pkg", profile: "web" };
/// What runs trained models; only requesters load it.
pub(super) const PREDICTOR: Module = Module {
    package: "p2c2r-web-predictor",
    name: "p2c2r_web_predictor",
    folder: "web/predictor/pkg",
    profile: "web-predictor",
};
/// What benchmarks load, made the same way.
pub(super) const BENCH: Module = Module {
    package: "p2c2r-bench-web",
    name: "p2c2r_bench_web",
    folder: "target/bench/web-package",
    profile: "web",
};

/// Makes a module; gives its folder.
pub(super) fn build(places: &Places, rust: &WasmRust, wanted: &Module) -> Result<PathBuf> {
    let Module { package, name, folder, profile } = wanted;
    let mut cargo = rust.cargo(places, "build")?;
    process::run(cargo.args(["--lib", "--package", package, "--profile", profile]))?;
    let module = places.at("target/wasm/wasm32-unknown-unknown").join(profile);
    let module = module.join(format!("{name}.wasm"));
    let path = tools::path_with_tools(places)?;
    let settings = format!("{OPTIMISATION} {}", path.to_string_lossy());
    let note = Note::of(places, name, std::slice::from_ref(&module), &settings)?;
    let folder = places.at(folder);
    if note.is_current(&folder) {
        return Ok(folder);
    }
    let mut bindgen = Command::new("wasm-bindgen");
    bindgen.env("PATH", &path).arg(&module).args(["--target", "web", "--out-name", name]);
    process::run(bindgen.arg("--out-dir").arg(&folder))?;
    optimise(&folder.join(format!("{name}_bg.wasm")), Command::new("wasm-opt").env("PATH", &path))?;
    note.keep()?;
    Ok(folder)
}

/// Makes the modules without imports that a test only has to instantiate.
pub(super) fn build_examples(places: &Places, rust: &WasmRust) -> Result<PathBuf> {
    let mut cargo = rust.cargo(places, "build")?;
    process::run(cargo.args(["--package", "p2c2r-scene", "--example", "package_ids"]))?;
    Ok(places.at("target/wasm/wasm32-unknown-unknown/debug/examples"))
}

fn optimise(module: &Path, wasm_opt: &mut Command) -> Result<()> {
    let smaller = module.with_extension("opt.wasm");
    process::run(wasm_opt.arg(OPTIMISATION).arg(module).arg("-o").arg(&smaller))?;
    fs::rename(&smaller, module).context("cannot replace the module by the smaller one")
}
