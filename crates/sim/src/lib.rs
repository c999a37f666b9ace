//! Schedulers raced on simulated people: the product's own sessions, splitter and schedulers on the
//! virtual network, with peers and links drawn from published figures.
//!
//! Everything is fixed by a seed, and every policy meets the same people, links, frames and dice.

mod bound;
mod draw;
mod estimate;
mod machine;
mod measure;
mod policy;
mod population;
mod questions;
mod race;
mod real;
mod report;
mod suite;
mod trace;
mod truth;
mod visit;
mod wide;
mod work;
mod world;

pub use estimate::Estimate;
pub use measure::{Attempt, FrameRecord, IN_TIME, Run, TaskRecord, Window, quantile};
pub use policy::{Part, Policy, Rule, UnknownPolicy};
pub use population::{Access, Evening, MAX_PEERS, Population, PopulationError, Spell};
pub use questions::BaseModel;
pub use race::{Frames, Race, RaceError, Raced, Standing};
pub use real::RealPolicy;
pub use report::{RacedLoad, page};
pub use suite::{LOADS, Row, Suite};
pub use trace::{MAX_LINE_BYTES, MAX_LINES, Trace, TraceError};
pub use visit::{Mood, Visit};
pub use wide::{RUNS_A_DAY, TRAINING_SEEDS, training_attempts};
