//! The npm package: bundled by its own build script around the browser module.

use anyhow::Result;

use super::inputs::Note;
use crate::places::Places;
use crate::process;
use crate::tools;

/// Makes `web/player/dist` from `web/player`, the modules and the trained models.
pub(super) fn build(places: &Places) -> Result<()> {
    let folder = places.at("web/player");
    let models = ["models/latency.onnx", "models/cost.onnx"];
    let inputs = ["web/player", "web/wasm/pkg", "web/predictor/pkg"];
    let inputs: Vec<_> = inputs.iter().chain(&models).map(|input| places.at(input)).collect();
    let note = Note::of(places, "player", &inputs, "")?;
    if note.is_current(&folder.join("dist/p2c2r-player.js")) {
        return Ok(());
    }
    process::run(tools::npm().args(["run", "build"]).current_dir(&folder))?;
    note.keep()
}
