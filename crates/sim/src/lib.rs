//! Schedulers raced on simulated people: the product's own sessions, splitter and schedulers on the
//! virtual network, with peers and links drawn from published figures.
//!
//! Everything is fixed by a seed, and every policy meets the same people, links, frames and dice.

mod draw;
mod logged;
mod machine;
mod measure;
mod policy;
mod population;
mod race;
mod truth;
mod visit;
mod wide;
mod work;
mod world;

pub use measure::{Attempt, IN_TIME, Run, TaskRecord};
pub use policy::Policy;
pub use population::{Access, MAX_PEERS, Population, PopulationError, Spell};
pub use race::{Estimate, Race, RaceError, Standing};
pub use visit::{Mood, Visit};
pub use wide::{RUNS_A_DAY, TRAINING_SEEDS, training_attempts};
