//! One attempt at a task, as it is written down to train the base model and to draw plots.

use serde::{Deserialize, Serialize};

use crate::base::{Features, SCHEMA_VERSION};
use crate::{Outcome, Stage, TaskEnd, TaskKind, Worker};

/// What was known, expected and found of one attempt: a line of JSON in a log of predictions. Names nobody:
/// workers are numbered as they come, the requester's own tracer is 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// [`SCHEMA_VERSION`] of `features`.
    pub schema: u32,
    /// Number of the worker within its log.
    pub worker: u32,
    /// Seconds from the start of the log to the end of the task.
    pub at: f64,
    /// [`crate::FEATURE_NAMES`], when the task was given.
    pub features: Vec<f32>,
    /// Estimated cost in mean paths.
    pub cost: f64,
    /// Kind of task.
    pub kind: TaskKind,
    /// Expected seconds: one in twenty takes less, median, one in twenty takes more.
    pub expected: [f64; 3],
    /// Expected probability that nothing comes.
    pub failure: f64,
    /// How much was known of the worker.
    pub stage: Stage,
    /// Seconds from start to end.
    pub seconds: f64,
    /// How much of that was tracing, by the worker's word.
    pub computed: f64,
    /// How it ended.
    pub end: TaskEnd,
}

impl AttemptRecord {
    /// The record of an outcome; `features` are those of when the task was given, `worker` is its number.
    pub fn new(outcome: &Outcome, features: &Features, worker: u32) -> Self {
        let Outcome { task, prediction, .. } = outcome;
        let expected = [prediction.low, prediction.median, prediction.high];
        Self {
            schema: SCHEMA_VERSION,
            worker: if outcome.worker == Worker::Local { 0 } else { worker },
            at: outcome.at.as_secs_f64(),
            features: features.row(task.kind, task.cost).to_vec(),
            cost: task.cost,
            kind: task.kind,
            expected: expected.map(|time| time.as_secs_f64()),
            failure: prediction.failure,
            stage: prediction.stage,
            seconds: outcome.elapsed.as_secs_f64(),
            computed: outcome.computed.as_secs_f64(),
            end: outcome.end,
        }
    }
}
