//! What views really cost by pixel, counted by the CPU tracer, and what the splitter makes of it.
//!
//! Costs are counted rays, as the splitter weighs them: the same on every machine, so figures made of them can be
//! compared exactly.

mod chance;
mod drawn;
mod follow;
mod orbit;
mod real;
mod studio;

use std::path::Path;

use anyhow::{Context, Result};
use p2c2r_predictor::CostPredictor;

pub use chance::Chance;
pub use drawn::drawn;
pub use follow::{Asks, Follow, Frame, FrameFigures, Knows, follow, follow_to_the_end, imbalance};
pub use orbit::orbit;
pub use real::RealCosts;
pub use studio::Studio;

/// The model file that the product ships.
pub const SHIPPED_MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/cost.onnx");

/// Reads a model file.
pub fn model(path: &Path) -> Result<CostPredictor> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(CostPredictor::load(&bytes)?)
}

/// Path vertices after the camera, as the command line has them.
pub const BOUNCES: u8 = 8;
