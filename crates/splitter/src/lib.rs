//! A frame into tasks of equal estimated cost.
//!
//! Work is a [`Slice`]: a rectangle × a sample range. Cutting is a binary space partition: the
//! longer side of the rectangle at the column or row that halves the estimated cost; once pixels
//! run out, the sample range. [`SlicePool`] cuts lazily, so that each worker gets a piece of the
//! size that suits it and the pieces always partition the job.

mod cost;
mod pool;
mod slice;

pub use cost::{CostMap, MAX_COST_CELLS_PER_SIDE};
pub use pool::SlicePool;
pub use slice::{Slice, SliceLimits};
