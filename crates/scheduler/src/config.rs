//! The constants of the product's scheduler, and which parts of its model take part.

use std::time::Duration;

/// The constants of a [`crate::LearnedScheduler`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnedConfig {
    /// Speed of a worker if nothing at all is known, in mean paths per second.
    pub prior_speed: f64,
    /// How long the first task of a worker should take, by the prior.
    pub first_target: Duration,
    /// A task is not made longer than this to outweigh a long way.
    pub longest: Duration,
    /// A task is not cut shorter than this to balance the end of a job.
    pub shortest: Duration,
    /// Pieces that a worker's share of the open work is cut into, at least: larger evens out the
    /// end, smaller saves messages (guided self-scheduling, Polychronopoulos and Kuck, 1987).
    pub pieces_per_share: f64,
    /// What takes part.
    pub parts: LearnedParts,
}

impl Default for LearnedConfig {
    fn default() -> Self {
        Self {
            prior_speed: 100_000.0,
            first_target: Duration::from_millis(50),
            longest: Duration::from_secs(1),
            shortest: Duration::from_millis(30),
            pieces_per_share: 2.0,
            parts: LearnedParts::ALL,
        }
    }
}

/// Parts of the model. Each can be left out, to see what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LearnedParts {
    /// What a base model and workers' own benchmarks say; without it all begin at the prior speed.
    pub base: bool,
    /// What each worker's own tasks say of its speed.
    pub residual: bool,
    /// That tasks may come to nothing.
    pub failure: bool,
    /// Intervals from recent errors; without it those of a normal distribution.
    pub conformal: bool,
    /// That a worker may become another one at once.
    pub drift: bool,
    /// What workers say of others with the same kind of device.
    pub likes: bool,
    /// Copies of tasks.
    pub hedging: bool,
    /// What the time of day says.
    pub time_of_day: bool,
}

impl LearnedParts {
    /// The whole model.
    pub const ALL: Self = Self {
        base: true,
        residual: true,
        failure: true,
        conformal: true,
        drift: true,
        likes: true,
        hedging: true,
        time_of_day: true,
    };
}
