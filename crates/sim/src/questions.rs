//! Base models of simulated requesters: somebody else runs them, and each answer takes a while.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use p2c2r_swarm::{COST_BUCKETS, FEATURES, OUTPUTS, RequesterInput};

/// Between a question and its answer: in Chromium a model answers for 64 peers in 1 to 2 ms, and the answer has a
/// way between two workers.
const ANSWERED_AFTER: Duration = Duration::from_millis(3);

type Rows = [[f32; FEATURES]; COST_BUCKETS];
type Answers = [[f32; OUTPUTS]; COST_BUCKETS];
type Answering = dyn Fn(&Rows) -> Option<Answers> + Send + Sync;

/// A base model, as a function from a session's questions to its answers; the same question must always have the
/// same answer, and `None` is none.
#[derive(Clone)]
pub struct BaseModel(Arc<Answering>);

impl BaseModel {
    /// A model that this function runs.
    pub fn new(answer: impl Fn(&Rows) -> Option<Answers> + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }
}

impl fmt::Debug for BaseModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BaseModel")
    }
}

/// Models are the same if they are one.
impl PartialEq for BaseModel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The model of one requester, and what it has not said yet.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    model: Option<BaseModel>,
    /// In the order in which they are due.
    answers: VecDeque<(Duration, u32, Answers)>,
}

impl Questions {
    pub(crate) const fn new(model: Option<BaseModel>) -> Self {
        Self { model, answers: VecDeque::new() }
    }

    /// Whether there is somebody to ask.
    pub(crate) const fn has_model(&self) -> bool {
        self.model.is_some()
    }

    pub(crate) fn ask(&mut self, now: Duration, question: u32, rows: &Rows) {
        let answer = self.model.as_ref().and_then(|model| (model.0)(rows));
        if let Some(answers) = answer {
            self.answers.push_back((now + ANSWERED_AFTER, question, answers));
        }
    }

    /// When the next answer comes.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.answers.front().map(|(at, ..)| *at)
    }

    /// An answer that has come by now.
    pub(crate) fn due(&mut self, now: Duration) -> Option<RequesterInput> {
        let (_, question, answers) = self.answers.pop_front_if(|(at, ..)| *at <= now)?;
        Some(RequesterInput::Predicted { question, answers })
    }
}
