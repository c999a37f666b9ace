//! All that is known of one worker.

use std::time::Duration;

use crate::failure::Record;
use crate::level::Level;
use crate::likes::Kind;
use crate::regression::Normal;
use crate::residual::{Residual, inputs};
use crate::{LearnedParts, Outcome, Stage, TaskEnd, TaskSketch};

/// Shortest time that counts, so that a burst of results cannot promise infinite speed.
const SHORTEST_SECONDS: f64 = 0.0002;
/// Longer than any task; keeps logarithms and conversions in range.
const LONGEST_SECONDS: f64 = 86_400.0;
/// Without a measurement of the way, this part of a task at least was tracing.
const LEAST_COMPUTED: f64 = 0.125;
/// A round trip that was measured may be this much longer the next time.
const WAY_SLACK: (f64, f64) = (1.5, 0.020);
/// What is expected of the way there and back, in seconds, and the variance of its logarithm.
const WAY: (f64, f64) = (0.030, 1.0);
/// What a task that never came is taken to have needed, over the time it was waited for.
const EXPIRED_FACTOR: f64 = 1.5;

/// Speed, way, reliability, and how much of that is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Knowledge {
    pub(crate) kind: Kind,
    pub(crate) met_at: Duration,
    /// Delivered tasks.
    pub(crate) tasks: u64,
    pub(crate) record: Record,
    pub(crate) compute: Residual,
    way: Level,
}

/// What a task is expected to take: tracing and the way, as normal distributions of their logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Parts {
    pub(crate) compute: Normal,
    pub(crate) way: Normal,
}

impl Parts {
    /// Median seconds of the whole, and the standard deviation of its logarithm to first order.
    pub(crate) fn whole(&self) -> (f64, f64) {
        let (compute, way) = (self.compute.mean.exp(), self.way.mean.exp());
        let whole = (compute + way).clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
        let of_compute = (compute / (compute + way)).powi(2) * self.compute.variance;
        let of_way = (way / (compute + way)).powi(2) * self.way.variance;
        (whole, (of_compute + of_way).sqrt())
    }
}

impl Knowledge {
    /// A worker that has shown nothing; `prior` is what its like have shown.
    pub(crate) fn new(kind: Kind, prior: Normal, failure: f64, met_at: Duration) -> Self {
        Self {
            kind,
            met_at,
            tasks: 0,
            record: Record::new(failure),
            compute: Residual::new(prior),
            way: Level::new(Normal { mean: WAY.0.ln(), variance: WAY.1 }),
        }
    }

    pub(crate) const fn stage(&self) -> Stage {
        Stage::after(self.tasks)
    }

    /// What a task will take; `expected` is the seconds that tracing it would take at no residual.
    pub(crate) fn parts(&self, task: &TaskSketch, expected: f64, typical_cost: f64) -> Parts {
        let residual = self.compute.next(&inputs(task, self.stage(), typical_cost));
        let compute = Normal { mean: residual.mean + expected.ln(), ..residual };
        Parts { compute, way: self.way.next() }
    }

    /// Learns from a task that ended; `expected` as in [`Self::parts`].
    pub(crate) fn observe(
        &mut self,
        outcome: &Outcome,
        expected: f64,
        typical_cost: f64,
        parts: LearnedParts,
    ) {
        let seconds = outcome.elapsed.as_secs_f64().clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
        let seen = inputs(&outcome.task, self.stage(), typical_cost);
        match outcome.end {
            TaskEnd::Delivered => {
                let computed = credible(outcome, seconds);
                if parts.residual {
                    self.compute.observe(seen, (computed / expected).ln(), parts.drift);
                }
                self.way.observe((seconds - computed).max(SHORTEST_SECONDS).ln());
                self.tasks = self.tasks.saturating_add(1);
            }
            TaskEnd::Expired if parts.residual => {
                let least = (EXPIRED_FACTOR * seconds / expected).ln();
                self.compute.observe_at_least(seen, least, parts.drift);
            }
            TaskEnd::Expired | TaskEnd::Lost => {}
        }
        self.record.observe(outcome.end == TaskEnd::Delivered);
    }
}

/// Seconds of tracing: the worker's word, as far as what was measured here lets it be true.
fn credible(outcome: &Outcome, seconds: f64) -> f64 {
    let longest_way =
        outcome.way.map_or(seconds, |way| WAY_SLACK.0 * way.as_secs_f64() + WAY_SLACK.1);
    let least = (seconds - longest_way).max(seconds * LEAST_COMPUTED);
    outcome.computed.as_secs_f64().clamp(least.min(seconds), seconds)
}
