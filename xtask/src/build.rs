//! Builds everything that runs: the browser module, the player, the pages, the native programs.

mod app;
mod inputs;
mod native;
mod player;
mod wasm;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::timing::Timing;
use crate::tools::WasmRust;

pub(crate) use native::{COST_ROWS, EMBED_PAGES, Programs, tested, tested_program};

/// Builds what the browser loads: `web/player/dist` and `web/app/dist`.
pub(crate) fn build_web(places: &Places, timing: &mut Timing) -> Result<()> {
    let rust = WasmRust::find(places).context("no Rust for wasm32; run `cargo xtask setup`")?;
    timing.step("build web/wasm", || wasm::build(places, &rust, &wasm::PLAYER))?;
    timing.step("build web/predictor", || wasm::build(places, &rust, &wasm::PREDICTOR))?;
    timing.step("build web/player", || player::build(places))?;
    timing.step("build web/app", || app::build(places, &rust))
}

/// Builds the module that benchmarks load, and tells its folder.
pub(crate) fn build_bench_module(places: &Places) -> Result<PathBuf> {
    let rust = WasmRust::find(places).context("no Rust for wasm32; run `cargo xtask setup`")?;
    wasm::build(places, &rust, &wasm::BENCH)
}

/// Builds the module that runs trained models, and tells its folder.
pub(crate) fn build_predictor(places: &Places) -> Result<PathBuf> {
    let rust = WasmRust::find(places).context("no Rust for wasm32; run `cargo xtask setup`")?;
    wasm::build(places, &rust, &wasm::PREDICTOR)
}

/// Builds the modules that tests compare with native code, and tells their folder.
pub(crate) fn build_wasm_examples(places: &Places, timing: &mut Timing) -> Result<PathBuf> {
    let rust = WasmRust::find(places).context("no Rust for wasm32; run `cargo xtask setup`")?;
    timing.step("build wasm32 examples", || wasm::build_examples(places, &rust))
}

/// Builds `p2c2r` and `p2c2r-server` and tells where they are.
pub(crate) fn build_native(places: &Places, timing: &mut Timing) -> Result<Programs> {
    timing.step("build p2c2r and p2c2r-server", || native::build(places, true))
}

/// The same without pages, which need not be built then: for who needs peers alone.
pub(crate) fn build_peers(places: &Places, timing: &mut Timing) -> Result<Programs> {
    timing.step("build p2c2r and p2c2r-server", || native::build(places, false))
}

/// Builds the program that prints rows to train the cost model on, and tells where it is.
pub(crate) fn build_cost_rows(places: &Places, timing: &mut Timing) -> Result<PathBuf> {
    timing.step("build cost-rows", || native::build_cost_rows(places))
}
