//! The words every crate shares: rectangles, sample ranges, views, tasks and radiance sums.
//!
//! Nothing here computes a picture or talks to a network. Pixels count from the top left corner,
//! distances are metres, matrices are named `target_from_source` and stored by rows.

mod aovs;
mod rect;
mod sketch;
mod sums;
mod task;

pub use aovs::{AovPixel, AovTask, Aovs, LOST_MOTION_PX, NO_SURFACE};
pub use rect::{PixelRect, RectError, SampleRange};
pub use sketch::{MaterialSketch, SceneSketch};
pub use sums::{
    FRACTION_BITS, MAX_SAMPLE_RADIANCE, RadianceSums, SumsError, radiance_from_sum, sample_to_fixed,
};
pub use task::{
    Effects, Lens, MAX_BOUNCES, MAX_FILM_SIDE_PX, MAX_LENS_M, MAX_SAMPLES_PER_PIXEL, MAX_TIME_US,
    Packing, SceneId, SceneIdError, Task, TaskError, TileTask, TraceCounters, View,
    time_us_of_seconds,
};
