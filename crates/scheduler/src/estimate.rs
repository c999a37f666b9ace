//! What is known of one worker.

use std::time::Duration;

use crate::worker::LONGEST_SECONDS;
use crate::{Outcome, TaskEnd};

/// What one more task leaves of the weight of all before it.
const MEMORY: f64 = 0.75;
/// Spread of a worker that has shown nothing: a factor of three both ways.
const FIRST_SPREAD: f64 = 1.0;
/// Shortest time that counts, so that a burst of results cannot promise infinite speed.
const SHORTEST: Duration = Duration::from_micros(200);

/// A worker's word for its tracing time counts down to this part of what was observed.
const LEAST_COMPUTED: f64 = 1.0 / 8.0;

/// Speed, the way there and back, their spread, and how often tasks are lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    /// Decayed sums of cost and seconds; their ratio is the speed, so that long tasks weigh more.
    cost: f64,
    seconds: f64,
    /// Decayed mean of the time that a task takes beside tracing, in seconds.
    overhead: f64,
    /// Decayed mean of the relative error of predictions.
    spread: f64,
    /// Decayed counts for a Beta posterior over failure.
    delivered: f64,
    failed: f64,
    is_proven: bool,
}

impl Estimate {
    pub(crate) const fn new() -> Self {
        let (delivered, failed) = (1.0, 0.1);
        let (cost, seconds, overhead, spread) = (0.0, 0.0, 0.0, FIRST_SPREAD);
        Self { cost, seconds, overhead, spread, delivered, failed, is_proven: false }
    }

    /// Cost per second, once something was measured.
    pub(crate) fn speed(&self) -> Option<f64> {
        (self.seconds > 0.0 && self.cost > 0.0).then(|| self.cost / self.seconds)
    }

    /// What a task takes beside tracing.
    pub(crate) fn overhead(&self) -> Duration {
        Duration::from_secs_f64(self.overhead)
    }

    pub(crate) const fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// Relative error of a prediction, typically.
    pub(crate) const fn spread(&self) -> f64 {
        self.spread
    }

    /// Mean of the posterior probability that a task fails.
    pub(crate) fn failure(&self) -> f64 {
        self.failed / (self.failed + self.delivered)
    }

    pub(crate) fn observe(&mut self, outcome: &Outcome) {
        let cost = outcome.task.cost;
        let seconds = outcome.elapsed.max(SHORTEST).as_secs_f64().min(LONGEST_SECONDS);
        match outcome.end {
            TaskEnd::Delivered => {
                if let Some(speed) = self.speed() {
                    let predicted = self.overhead + cost / speed;
                    let error = (seconds / predicted - 1.0).abs().min(4.0);
                    self.spread = MEMORY * self.spread + (1.0 - MEMORY) * error;
                }
                let said = outcome.computed.as_secs_f64();
                let computed = said.min(seconds).max(seconds * LEAST_COMPUTED);
                self.learn(cost, computed);
                self.overhead = MEMORY * self.overhead + (1.0 - MEMORY) * (seconds - computed);
                self.delivered = MEMORY * self.delivered + 1.0;
                self.failed *= MEMORY;
                self.is_proven = true;
            }
            TaskEnd::Expired => {
                // The truth is slower than this by an unknown amount: count it twice.
                self.learn(cost, 2.0 * seconds);
                self.fail();
            }
            TaskEnd::Lost => self.fail(),
        }
    }

    const fn fail(&mut self) {
        self.delivered *= MEMORY;
        self.failed = MEMORY * self.failed + 1.0;
    }

    fn learn(&mut self, cost: f64, seconds: f64) {
        self.cost = MEMORY * self.cost + cost;
        self.seconds = MEMORY * self.seconds + seconds;
    }
}
