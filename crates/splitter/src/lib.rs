//! A frame into tasks of equal estimated cost.
//!
//! [`CostKnowledge`] is what is known of a view's costs by place; its [`CostMap`] says what to cut.
//!
//! Work is a [`Slice`]: a rectangle × a sample range. Cutting is a binary space partition: the
//! longer side of the rectangle at the column or row that gives the estimated cost that is wished; once
//! pixels run out, the sample range. [`SlicePool`] cuts lazily, so that each worker gets a piece of the
//! size that suits it and the pieces always partition the job; it cuts where it did before while that
//! suits. [`Cutting`] shares a whole job among takers of known speeds at once, and a [`Partition`] follows
//! costs from frame to frame without jumping.

mod camera;
mod carry;
mod cost;
mod cutting;
mod features;
mod kept;
mod knowledge;
mod low_film;
mod partition;
mod pool;
mod ridge;
mod slice;
mod surfaces;

pub use cost::{CostMap, MAX_COST_CELLS_PER_SIDE, Measurement, cost_of_rays};
pub use cutting::{Cut, Cutting};
pub use features::{
    COST_FEATURE_NAMES, COST_FEATURES, COST_OUTPUT_NAMES, COST_OUTPUTS, COST_SCHEMA_VERSION,
    CostRow, cost_rows, log_cost, log_long_cost, short_share,
};
pub use knowledge::CostKnowledge;
pub use low_film::{LOW_FILM_SIDE_PX, LowFilm};
pub use partition::{MAX_TAKERS, Partition};
pub use pool::SlicePool;
pub use slice::{Slice, SliceLimits};
pub use surfaces::Surfaces;
