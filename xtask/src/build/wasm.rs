//! The browser module: cargo, then wasm-bindgen, then wasm-opt where the module has changed.

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
const NAME: &str = "p2c2r_web";
const PACKAGE_FOLDER: &str = "web/wasm/pkg";

/// Makes `web/wasm/pkg` from `web/wasm`.
pub(super) fn build(places: &Places, rust: &WasmRust) -> Result<()> {
    let mut cargo = rust.cargo(places, "build")?;
    process::run(cargo.args(["--package", "p2c2r-web", "--profile", "web"]))?;
    let module = places.at("target/wasm/wasm32-unknown-unknown/web").join(format!("{NAME}.wasm"));
    let path = tools::path_with_tools(places)?;
    let settings = format!("{OPTIMISATION} {}", path.to_string_lossy());
    let note = Note::of(places, NAME, std::slice::from_ref(&module), &settings)?;
    let package = places.at(PACKAGE_FOLDER);
    if note.is_current(&package) {
        return Ok(());
    }
    let mut bindgen = Command::new("wasm-bindgen");
    bindgen.env("PATH", &path).arg(&module).args(["--target", "web", "--out-name", NAME]);
    process::run(bindgen.arg("--out-dir").arg(&package))?;
    optimise(
        &package.join(format!("{NAME}_bg.wasm")),
        Command::new("wasm-opt").env("PATH", &path),
    )?;
    note.keep()
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
