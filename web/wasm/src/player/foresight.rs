//! What a player knows of peers beforehand, what it keeps between visits, and what it tells of attempts.

use std::time::Duration;

use p2c2r_swarm::{
    AttemptRecord, COST_BUCKETS, FEATURES, Insight, Memory, OUTPUTS, Requester, RequesterInput,
};

use super::PlayerRole;
use crate::action::Action;
use crate::environment::Output;
use crate::messages::{ErrorCategory, FromSession};

/// What was learned is stored this often at most, unless the page may be about to go.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// Attempts that wait for the next report; more are not told.
const MAX_ATTEMPTS: usize = 1024;

/// What holds beside the picture.
#[derive(Debug, Default)]
pub(crate) struct Foresight {
    /// Seconds since 1970 at which the session's clock stood at zero.
    unix_at_zero: u64,
    /// What was stored, or a fresh tag alone; `None` keeps nothing.
    memory: Option<Memory>,
    /// Whether the page wants to hear of attempts.
    tells_attempts: bool,
    attempts: Vec<AttemptRecord>,
    /// Something was learned that is to be stored then.
    save_at: Option<Duration>,
}

impl Foresight {
    /// `memory` is what an earlier visit has left, or a fresh tag; without it nothing is kept.
    pub(crate) fn new(unix_at_zero: u64, memory: Option<Memory>, tells_attempts: bool) -> Self {
        Self { unix_at_zero, memory, tells_attempts, ..Self::default() }
    }

    /// What the session asks and tells.
    pub(super) fn insight(&self, has_network: bool) -> Insight {
        Insight {
            unix_at_zero: Some(self.unix_at_zero),
            tag: self.memory.as_ref().map(|memory| memory.tag),
            asks_model: has_network,
            tells_attempts: self.tells_attempts,
        }
    }

    /// When something is due.
    pub(super) const fn next_timeout(&self) -> Option<Duration> {
        self.save_at
    }

    /// A task has ended.
    pub(super) fn learn(&mut self, now: Duration) {
        if self.memory.is_some() {
            self.save_at.get_or_insert(now + SAVE_EVERY);
        }
    }

    /// An attempt has ended.
    pub(super) fn note(&mut self, attempt: AttemptRecord) {
        if self.attempts.len() < MAX_ATTEMPTS {
            self.attempts.push(attempt);
        }
    }

    /// The attempts since the last report.
    pub(super) fn tell(&mut self) -> Option<FromSession> {
        let attempts = std::mem::take(&mut self.attempts);
        (!attempts.is_empty()).then_some(FromSession::Predictions { attempts })
    }
}

impl PlayerRole {
    /// Goes on from an earlier visit.
    pub(super) fn recall(&mut self) {
        let Some(memory) = &mut self.foresight.memory else { return };
        let learned = std::mem::take(&mut memory.learned);
        let recalled = self.requester.as_mut().map(|requester| requester.recall(&learned));
        if let Some(Err(error)) = recalled {
            let message = format!("what was learned of peers before is lost: {error}");
            self.base.report(ErrorCategory::Config, "STATE_LOST", message, false);
        }
    }

    /// Stores what was learned if that is due.
    pub(super) fn save_if_due(&mut self, now: Duration) {
        if self.foresight.save_at.is_some_and(|at| now >= at) {
            self.save();
        }
    }

    /// Stores what was learned since the last time.
    pub(super) fn save(&mut self) {
        if self.foresight.save_at.take().is_none() {
            return;
        }
        if let Some(memory) = self.requester.as_ref().and_then(Requester::memory) {
            self.base.actions.push_back(Action::Output(Output::SaveState, vec![memory]));
        }
    }

    /// Asks the base model.
    pub(super) fn ask(&mut self, question: u32, rows: &[[f32; FEATURES]; COST_BUCKETS]) {
        let bytes = rows.as_flattened().iter().flat_map(|number| number.to_le_bytes()).collect();
        self.base.actions.push_back(Action::Output(Output::Predict { question }, vec![bytes]));
    }

    /// The base model has answered.
    pub(super) fn on_answer(&mut self, now: Duration, question: u32, bytes: &[u8]) {
        if let Some(answers) = answers_of(bytes) {
            self.feed(now, RequesterInput::Predicted { question, answers });
        }
    }
}

/// Reads as many numbers as there must be.
fn answers_of(bytes: &[u8]) -> Option<[[f32; OUTPUTS]; COST_BUCKETS]> {
    let (numbers, rest) = bytes.as_chunks();
    if !rest.is_empty() || numbers.len() != OUTPUTS * COST_BUCKETS {
        return None;
    }
    let number = |index: usize| f32::from_le_bytes(numbers[index]);
    Some(std::array::from_fn(|row| std::array::from_fn(|at| number(OUTPUTS * row + at))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_answers_are_read() {
        let bytes: Vec<u8> =
            (0..OUTPUTS * COST_BUCKETS).flat_map(|at| (at as f32).to_le_bytes()).collect();
        let answers = answers_of(&bytes).unwrap();
        assert!((answers[1][2] - (OUTPUTS + 2) as f32).abs() < 1e-6);
        for length in [0, 3, bytes.len() - 4, bytes.len() - 1] {
            assert!(answers_of(&bytes[..length]).is_none());
        }
        assert!(answers_of(&[bytes.clone(), vec![0; 4]].concat()).is_none());
    }
}
