//! What views really cost by pixel, counted by the CPU tracer, and what the splitter makes of it.
//!
//! Costs are counted rays, as the splitter weighs them: the same on every machine, so figures made of them can be
//! compared exactly.

mod follow;
mod orbit;
mod real;
mod studio;

pub use follow::{Follow, Frame, FrameFigures, Knows, follow, follow_to_the_end, imbalance};
pub use orbit::orbit;
pub use real::RealCosts;
pub use studio::Studio;

/// Path vertices after the camera, as the command line has them.
pub const BOUNCES: u8 = 8;
