//! Development only: scenes and tasks to trace, pictures compared, and the hashes that must not change.
//!
//! Nothing here knows a tracer: tests pass theirs in, so that every tracer is held to the same list.

pub mod bit_equality;
mod broken;
mod builder;
mod compare;
mod convergence;
mod fixtures;
mod moving;
mod picture;

pub use broken::{Words, broken_scene, named_seeds, words_of_seed};
pub use builder::{SceneBuilder, emitter, material};
pub use compare::{Difference, difference, mean_radiance, radiances};
pub use convergence::{Numbers, log_log_slope, rmse_by_samples};
pub use fixtures::{generated_scene, whole_task};
pub use moving::{moving_scene, moving_source};
pub use picture::save_png;
