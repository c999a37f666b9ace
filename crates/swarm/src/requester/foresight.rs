//! What a base model is asked about workers, when, and what its answers are good for.
//!
//! A worker is asked about again only when something of its features has changed that matters, and not
//! more often than [`ASK_EVERY`] for each kind of task: never for each task.

use std::collections::BTreeMap;
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_scheduler::{
    BaseCurve, COST_BUCKETS, FEATURE_NAMES, FEATURES, Features, Moment, OUTPUTS, TaskKind, Worker,
    WorkerTraits,
};

use super::{Peer, Requester, RequesterOutput};

/// Between two questions about a worker and a kind of task, at least.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Features are looked at this often, unless something that was said makes them new.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The least change of a feature that is worth a question: a quarter in a logarithm, half an hour of the
/// day; smaller for shares.
const TOLERANCE: f32 = 0.25;
const SHARE_TOLERANCE: f32 = 0.05;
/// Any cost will do to compare features.
const COMPARED_COST: f64 = 4096.0;

/// Answers that were of no use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModelStats {
    /// Questions that went out.
    pub asked: u64,
    /// Answers that scheduling began from.
    pub used: u64,
    /// Answers to a question that was no longer open: asked again meanwhile, or the worker has gone.
    pub stale: u64,
    /// Answers that cannot be meant.
    pub unsound: u64,
}

type Row = [f32; FEATURES];
/// A worker and a kind of task, in an order.
type Subject = (Worker, u8);

/// The questions of a requester.
#[derive(Debug, Default)]
pub(super) struct Foresight {
    /// The last question about each worker: what was said, when, and its number.
    asked: BTreeMap<Subject, (Row, Duration, u32)>,
    /// Questions that have no answer yet.
    open: BTreeMap<u32, (Worker, TaskKind)>,
    next_question: u32,
    look_at: Duration,
    stats: ModelStats,
}

impl Foresight {
    /// Something was said that makes features new.
    pub(super) const fn look_now(&mut self) {
        self.look_at = Duration::ZERO;
    }

    /// Whether it is time to look at features; not again for a while.
    fn looks(&mut self, now: Duration) -> bool {
        let looks = now >= self.look_at;
        if looks {
            self.look_at = now + LOOK_EVERY;
        }
        looks
    }

    /// Whether a question about this would come too soon.
    fn is_early(&self, worker: Worker, kind: TaskKind, now: Duration) -> bool {
        let asked = self.asked.get(&(worker, kind as u8));
        asked.is_some_and(|(_, at, _)| now < *at + ASK_EVERY)
    }

    /// The number of a new question, if these features make one.
    fn ask(&mut self, worker: Worker, kind: TaskKind, row: Row, now: Duration) -> Option<u32> {
        let known = self.asked.get(&(worker, kind as u8));
        if known.is_some_and(|(before, ..)| !differs(before, &row)) {
            return None;
        }
        if let Some((_, _, question)) = known {
            self.open.remove(question);
        }
        let question = self.next_question;
        self.next_question = self.next_question.wrapping_add(1);
        self.asked.insert((worker, kind as u8), (row, now, question));
        self.open.insert(question, (worker, kind));
        self.stats.asked += 1;
        Some(question)
    }

    /// What an answer says; unsound and stale ones are counted.
    fn answer(
        &mut self,
        question: u32,
        answers: [[f32; OUTPUTS]; COST_BUCKETS],
    ) -> Option<(Worker, BaseCurve)> {
        let Some((worker, kind)) = self.open.remove(&question) else {
            self.stats.stale += 1;
            return None;
        };
        let curve = BaseCurve::new(kind, answers);
        let counter = if curve.is_some() { &mut self.stats.used } else { &mut self.stats.unsound };
        *counter += 1;
        Some((worker, curve?))
    }

    /// A worker has gone.
    pub(super) fn forget(&mut self, worker: Worker) {
        self.asked.retain(|(known, _), _| *known != worker);
        self.open.retain(|_, (known, _)| *known != worker);
    }
}

/// Whether two rows differ by so much that another answer is to be expected.
fn differs(before: &Row, now: &Row) -> bool {
    let pairs = before.iter().zip(now).zip(FEATURE_NAMES);
    pairs.into_iter().any(|((before, now), name)| {
        let is_share = matches!(name, "loss" | "failed_share");
        (before - now).abs() > if is_share { SHARE_TOLERANCE } else { TOLERANCE }
    })
}

impl Requester {
    /// What became of the base model's answers.
    pub const fn model_stats(&self) -> ModelStats {
        self.foresight.stats
    }

    /// Asks about workers whose features are new.
    pub(super) fn consult(&mut self) {
        if !self.config.insight.asks_model || !self.foresight.looks(self.now) {
            return;
        }
        let greeted = self.peers.iter().filter(|(_, peer)| peer.greeting.theirs().is_some());
        let mut workers: Vec<Worker> = greeted.map(|(&id, _)| Worker::Peer(id)).collect();
        // Alone there is nothing to decide.
        if !workers.is_empty() && self.local_room().is_some() {
            workers.push(Worker::Local);
        }
        let (kind, now) = (self.task_kind(), self.now);
        for worker in workers {
            if self.foresight.is_early(worker, kind, now) {
                continue;
            }
            let features = self.features_of(worker);
            let row = features.row(kind, COMPARED_COST);
            if let Some(question) = self.foresight.ask(worker, kind, row, now) {
                let rows = Box::new(features.rows(kind));
                self.outputs.push_back(RequesterOutput::Predict { question, worker, kind, rows });
            }
        }
    }

    /// The base model has answered.
    pub(super) fn take_answer(&mut self, question: u32, answers: [[f32; OUTPUTS]; COST_BUCKETS]) {
        if let Some((worker, curve)) = self.foresight.answer(question, answers) {
            self.scheduler.expect(worker, curve);
            self.wants_dispatch = true;
        }
    }

    /// All that a model may be told of a worker now.
    pub(super) fn features_of(&self, worker: Worker) -> Features {
        let (tasks, failed_share) = self.scheduler.history(worker);
        let (traits, link) = match worker {
            Worker::Local => (self.config.local_traits(), None),
            Worker::Peer(id) => {
                let peer = self.peers.get(&id);
                let traits = peer.map_or_else(WorkerTraits::default, Peer::traits);
                (traits, peer.map(|peer| peer.liveness.link.traits()))
            }
        };
        let since = self.config.insight.unix_at_zero;
        let moment =
            Moment { unix_seconds: since.map(|since| since.saturating_add(self.now.as_secs())) };
        Features { traits, link: link.unwrap_or_default(), moment, tasks, failed_share }
    }

    /// Passes on what a peer said of itself, once a second at most.
    pub(super) fn meet_again(&mut self, id: PeerId) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if !peer.is_condition_new || now < peer.met_at + ASK_EVERY {
            return;
        }
        peer.is_condition_new = false;
        peer.met_at = now;
        let traits = peer.traits();
        self.scheduler.meet(Worker::Peer(id), traits, now);
        self.foresight.look_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: Worker = Worker::Peer(PeerId(1));
    const SOUND: [[f32; OUTPUTS]; COST_BUCKETS] = [[-1.0, 0.3, 0.5, -3.0, -3.0]; COST_BUCKETS];

    fn at(round_trip_ms: u64) -> Row {
        let mut features = Features::default();
        features.link.round_trip = Some(Duration::from_millis(round_trip_ms));
        features.row(TaskKind::Long, COMPARED_COST)
    }

    #[test]
    fn only_what_matters_is_asked_again() {
        let mut foresight = Foresight::default();
        let mut ask = |row, second| {
            foresight.ask(PEER, TaskKind::Long, row, Duration::from_secs(second)).is_some()
        };
        assert!(ask(at(100), 0));
        assert!(!ask(at(110), 10), "a tenth more is the same link");
        assert!(ask(at(150), 20));
        let mut lossy = at(150);
        lossy[FEATURE_NAMES.iter().position(|name| *name == "loss").unwrap()] = 0.1;
        assert!(ask(lossy, 30));
    }

    #[test]
    fn each_kind_of_task_has_its_own_question_and_its_own_limit() {
        let mut foresight = Foresight::default();
        assert!(foresight.ask(PEER, TaskKind::Long, at(10), Duration::ZERO).is_some());
        assert!(foresight.is_early(PEER, TaskKind::Long, Duration::from_millis(900)));
        assert!(!foresight.is_early(PEER, TaskKind::Short, Duration::from_millis(900)));
        assert!(!foresight.is_early(PEER, TaskKind::Long, ASK_EVERY));
    }

    #[test]
    fn answers_without_a_question_and_unsound_ones_are_counted_and_dropped() {
        let mut foresight = Foresight::default();
        let ask = |foresight: &mut Foresight, trip| {
            foresight.ask(PEER, TaskKind::Long, at(trip), Duration::ZERO).unwrap()
        };
        let first = ask(&mut foresight, 10);
        let second = ask(&mut foresight, 1000);
        assert!(foresight.answer(first, SOUND).is_none(), "it was asked again meanwhile");
        assert!(foresight.answer(second, SOUND).is_some());
        assert!(foresight.answer(second, SOUND).is_none(), "it was answered");
        let third = ask(&mut foresight, 10);
        assert!(foresight.answer(third, [[f32::NAN; OUTPUTS]; COST_BUCKETS]).is_none());
        let fourth = ask(&mut foresight, 1000);
        foresight.forget(PEER);
        assert!(foresight.answer(fourth, SOUND).is_none(), "it has gone");
        let expected = ModelStats { asked: 4, used: 1, stale: 3, unsound: 1 };
        assert_eq!(foresight.stats, expected);
    }
}
