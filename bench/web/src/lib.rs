//! What a browser page and a native program measure: the same rays, pictures and tiles on both sides.

#[cfg(target_arch = "wasm32")]
mod browser;
mod decisions;
mod rays;

pub use decisions::DecisionRace;
pub use rays::{RayRace, RaysError, rays_to_bytes};
