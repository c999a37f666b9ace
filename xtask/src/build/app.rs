//! The pages: Trunk compiles them and copies the player's files beside them; all get compressed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::inputs::Note;
use crate::places::Places;
use crate::process;
use crate::tools::{self, WasmRust};

/// What the pages are made from.
const INPUTS: &[&str] = &["web/app", "web/player/dist", "Trunk.toml", "Cargo.toml", "Cargo.lock"];

/// Makes `web/app/dist` from `web/app` and `web/player/dist`.
pub(super) fn build(places: &Places, rust: &WasmRust) -> Result<()> {
    let folder = places.at("web/app");
    let path = tools::path_with_tools(places)?;
    let inputs: Vec<PathBuf> = INPUTS.iter().map(|input| places.at(input)).collect();
    let note = Note::of(places, "app", &inputs, &path.to_string_lossy())?;
    if note.is_current(&folder.join("dist/index.html")) {
        return Ok(());
    }
    let mut trunk = Command::new("trunk");
    trunk.args(["build", "--release", "--offline"]).current_dir(&places.root);
    rust.prepare(&mut trunk, path)?;
    // Trunk 0.21 takes NO_COLOR for one of its arguments and fails on `1`.
    trunk.env_remove("NO_COLOR").env("CARGO_TARGET_DIR", places.at("target/wasm"));
    process::run(&mut trunk)?;
    let mut compress = Command::new("node");
    compress.arg(places.at("xtask/scripts/precompress.mjs")).arg(folder.join("dist"));
    process::run(&mut compress)?;
    note.keep()
}
