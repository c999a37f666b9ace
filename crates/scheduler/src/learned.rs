//! The product's scheduler: who will finish what when, how sure that is, and who gets how much.
//!
//! A task's time is its tracing and its way, each the exponential of a normal distribution whose mean is
//! learned per worker and, before that, from what a base model, its own benchmark and its like say. Intervals
//! come from recent errors ([`crate::scores`]). Work is shared so that all are expected to end together
//! ([`crate::plan`]).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::archive::{Archive, Saved};
use crate::conformal::Ends;
use crate::day::{Curves, Hour};
use crate::failure::Stays;
use crate::hedge::failed_by;
use crate::knowledge::{Common, Knowledge};
use crate::likes::{Kind, Likes, Said};
use crate::plan::{Rate, plan};
use crate::scores::{Group, Scores};
use crate::state;
use crate::worker::LONGEST_SECONDS;
use crate::{
    BaseCurve, LearnedConfig, LinkTraits, Moment, OpenWork, Outcome, PeerKey, Piece, Prediction,
    Scheduler, Stage, StateError, TaskEnd, TaskSketch, Worker, WorkerSlot, WorkerTraits,
};

/// Most workers that are remembered; beyond it the largest name goes.
pub(crate) const MAX_WORKERS: usize = 1024;
/// Largest score that is learned from.
const MOST_SCORE: f64 = 8.0;
/// Narrowest spread of a prediction.
const LEAST_SPREAD: f64 = 0.02;
/// Expected share of failing tasks of a peer and of the local tracer.
const PEER_FAILURE: f64 = 0.03;
const LOCAL_FAILURE: f64 = 0.001;
/// Tasks of a worker up to which what others show moves what is expected of it.
const YOUNG: u64 = 6;
/// Workers for each observation that they are all told of at a time.
const SHARED_AT_A_TIME: usize = 32;
/// Between two looks at the clock.
const HOUR_EVERY: Duration = Duration::from_secs(60);

/// Learns each worker's speed, way, reliability and how far predictions are off.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedScheduler {
    pub(crate) config: LearnedConfig,
    pub(crate) workers: BTreeMap<Worker, Knowledge>,
    pub(crate) likes: Likes,
    pub(crate) stays: Stays,
    pub(crate) scores: Scores,
    /// What hours change for everybody.
    pub(crate) curves: Curves,
    /// Peers of earlier sessions.
    pub(crate) archive: Archive,
    /// The calendar's time at one of the session's.
    clock: Option<(u64, Duration)>,
    /// The hour, and when it was looked up.
    hour: Option<(Hour, Duration)>,
    /// Observations that others have not been told of.
    unshared: usize,
}

impl LearnedScheduler {
    /// A scheduler that knows nothing yet.
    pub fn new(config: LearnedConfig) -> Self {
        Self {
            config,
            workers: BTreeMap::new(),
            likes: Likes::new(),
            stays: Stays::new(),
            scores: Scores::new(),
            curves: Curves::new(),
            archive: Archive::default(),
            clock: None,
            hour: None,
            unshared: 0,
        }
    }

    /// What does not depend on a worker.
    pub(crate) fn common(&self) -> Common<'_> {
        common(&self.config, self.hour.as_ref(), &self.curves)
    }

    /// A worker beside what does not depend on it.
    fn of_one(&mut self, worker: Worker) -> Option<(&mut Knowledge, Common<'_>)> {
        let Self { config, workers, hour, curves, .. } = self;
        Some((workers.get_mut(&worker)?, common(config, hour.as_ref(), curves)))
    }

    fn knowledge(&self, worker: Worker) -> Cow<'_, Knowledge> {
        let known = self.workers.get(&worker).map(Cow::Borrowed);
        known.unwrap_or_else(|| Cow::Owned(self.stranger(worker, 0, Duration::ZERO)))
    }

    fn stranger(&self, worker: Worker, kind: Kind, now: Duration) -> Knowledge {
        let failure = if worker == Worker::Local { LOCAL_FAILURE } else { PEER_FAILURE };
        let common = self.common();
        let mut known = Knowledge::new(kind, failure, now, common.typical_cost);
        known.begin_from(self.likes.expect(kind, &Said::default()), &common);
        known
    }

    /// Lets what is said of a worker, and what others have shown by now, say what is expected of it.
    fn begin_again(&mut self, worker: Worker) {
        let Self { config, workers, hour, curves, likes, .. } = self;
        let common = common(config, hour.as_ref(), curves);
        if let Some(known) = workers.get_mut(&worker) {
            known.begin_from(likes.expect(known.kind, &known.said(&common)), &common);
        }
    }

    /// A worker has shown more of itself: what is expected of those who have shown little moves along.
    /// The more there are, the more observations are drawn together at a time.
    fn share(&mut self, worker: Worker) {
        let Self { config, workers, hour, curves, likes, .. } = self;
        let common = common(config, hour.as_ref(), curves);
        let Some(known) = workers.get(&worker).filter(|_| config.parts.likes) else { return };
        if known.tasks > YOUNG && known.tasks % 8 != 0 {
            return;
        }
        likes.show(worker, known.shown(&common));
        self.unshared += 1;
        if self.unshared * SHARED_AT_A_TIME < workers.len() {
            return;
        }
        self.unshared = 0;
        likes.pool();
        for known in workers.values_mut().filter(|known| known.tasks < YOUNG) {
            known.begin_from(likes.expect(known.kind, &known.said(&common)), &common);
        }
    }

    /// Seconds since 1970 now, if anybody knows.
    pub(crate) fn unix_seconds(&self, now: Duration) -> Option<u64> {
        self.clock.map(|(seconds, at)| seconds.saturating_add(now.saturating_sub(at).as_secs()))
    }

    fn look_at_clock(&mut self, now: Duration) {
        let is_fresh = self.hour.is_some_and(|(_, at)| now.saturating_sub(at) < HOUR_EVERY);
        if self.config.parts.time_of_day && !is_fresh {
            let unix_seconds = self.unix_seconds(now);
            let moment = Moment { unix_seconds };
            self.hour = unix_seconds.map(|_| (moment.harmonics(), now));
        }
    }

    /// Lets a worker's state teach what hours change.
    fn look(&mut self, worker: Worker, at: Duration) {
        let Some((hour, _)) = self.hour else { return };
        let Some(known) = self.workers.get_mut(&worker) else { return };
        let (state, by_hour) = (known.state(), known.stage() >= Stage::ByHour);
        known.days.look(&mut self.curves, by_hour, (&hour, at), state);
    }

    /// Probability that a task of this length brings nothing.
    fn failure(
        &self,
        (known, common): (&Knowledge, &Common<'_>),
        worker: Worker,
        span: Duration,
        now: Duration,
    ) -> f64 {
        if !common.parts.failure {
            return 0.0;
        }
        let own = known.failure(common);
        if worker == Worker::Local {
            return own;
        }
        let leaves = self.stays.departure(now.saturating_sub(known.met_at), span);
        1.0 - (1.0 - own) * (1.0 - leaves)
    }

    /// What a slot can do: seconds per cost, seconds before the first of it counts.
    fn rate(&self, slot: &WorkerSlot, open: &OpenWork, common: &Common<'_>, now: Duration) -> Rate {
        let known = self.knowledge(slot.worker);
        let task = TaskSketch { cost: known.usual_cost.exp(), kind: open.kind };
        let parts = known.parts(&task, common, now);
        let failure = self.failure((&known, common), slot.worker, slot.target, now);
        Rate {
            per_cost: parts.compute.mean.exp() / task.cost,
            way: parts.way.mean.exp().min(LONGEST_SECONDS),
            delivered: (1.0 - failure).max(0.05),
            is_proven: known.tasks > 0,
        }
    }
}

/// What does not depend on a worker.
fn common<'a>(
    config: &LearnedConfig,
    hour: Option<&(Hour, Duration)>,
    curves: &'a Curves,
) -> Common<'a> {
    let LearnedConfig { prior_speed, first_target, parts, .. } = *config;
    let typical_cost = prior_speed * first_target.as_secs_f64();
    Common { prior_speed, typical_cost, parts, hour: hour.map(|(hour, _)| *hour), curves }
}

impl Default for LearnedScheduler {
    fn default() -> Self {
        Self::new(LearnedConfig::default())
    }
}

impl Scheduler for LearnedScheduler {
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration) {
        if !self.workers.contains_key(&worker) && self.workers.len() >= MAX_WORKERS {
            self.workers.pop_last();
        }
        let kind = traits.device.map_or(0, |device| 1 + device as Kind);
        let stranger = self.stranger(worker, kind, now);
        self.workers.entry(worker).or_insert(stranger).hear(traits);
        self.begin_again(worker);
    }

    fn expect(&mut self, worker: Worker, curve: BaseCurve) {
        if !self.config.parts.base {
            return;
        }
        if let Some((known, common)) = self.of_one(worker) {
            known.expect(curve, &common);
            self.begin_again(worker);
        }
    }

    fn history(&self, worker: Worker) -> (u64, f64) {
        let known = self.workers.get(&worker);
        known.map_or((0, 0.0), |known| (known.tasks, known.record.probability()))
    }

    fn recognise(&mut self, worker: Worker, key: PeerKey, now: Duration) {
        if !self.workers.contains_key(&worker) {
            self.meet(worker, WorkerTraits::default(), now);
        }
        let unix_seconds = self.unix_seconds(now);
        let is_new = self.workers.get(&worker).is_some_and(|known| known.tasks == 0);
        let saved = if is_new { self.archive.take(&key) } else { None };
        let Some((known, common)) = self.of_one(worker) else { return };
        known.key = Some(key);
        if let Some(saved) = saved {
            saved.put_into(known, &common, unix_seconds);
        }
    }

    fn measure(&mut self, worker: Worker, link: LinkTraits) {
        if let Some(known) = self.workers.get_mut(&worker) {
            known.measure(link);
        }
    }

    fn shares_fate(&self, one: Worker, other: Worker) -> bool {
        let is_relayed =
            |worker| self.workers.get(&worker).is_some_and(|known| known.link.is_relayed);
        is_relayed(one) && is_relayed(other)
    }

    fn set_moment(&mut self, moment: Moment, now: Duration) {
        self.clock = moment.unix_seconds.map(|seconds| (seconds, now));
        self.hour = None;
        self.look_at_clock(now);
    }

    fn observe(&mut self, outcome: &Outcome) {
        let Outcome { worker, at, .. } = *outcome;
        if !self.workers.contains_key(&worker) {
            self.meet(worker, WorkerTraits::default(), at);
        }
        self.look_at_clock(at);
        let Some((known, common)) = self.of_one(worker) else { return };
        let group = Group::of(known, worker == Worker::Local);
        known.observe(outcome, &common);
        self.look(worker, at);
        self.share(worker);
        let Prediction { median, spread, .. } = outcome.prediction;
        // Intervals are of tasks that come; that some do not is the failure's part.
        if outcome.end != TaskEnd::Delivered {
            return;
        }
        let score = (outcome.elapsed.as_secs_f64() / median.as_secs_f64()).ln() / spread;
        self.scores.observe(group, score.clamp(-MOST_SCORE, MOST_SCORE));
    }

    fn overtake(&mut self, outcome: &Outcome) {
        // Whoever was overtaken before half of its time says nothing of itself.
        if outcome.elapsed <= outcome.prediction.median {
            return;
        }
        let failed = failed_by(&outcome.prediction, outcome.elapsed);
        let Some((known, common)) = self.of_one(outcome.worker) else { return };
        known.outlast(outcome, failed, &common);
        self.share(outcome.worker);
    }

    fn predict(&self, worker: Worker, task: &TaskSketch, now: Duration) -> Prediction {
        let (known, common) = (self.knowledge(worker), self.common());
        let (seconds, spread) = known.parts(task, &common, now).whole();
        let (stage, spread) = (known.stage(), spread.max(LEAST_SPREAD));
        let ends = if self.config.parts.conformal {
            self.scores.ends(Group::of(&known, worker == Worker::Local))
        } else {
            Ends::NORMAL
        };
        let at = |score: f64| {
            Duration::from_secs_f64((seconds * (score * spread).exp()).min(LONGEST_SECONDS))
        };
        let median = at(0.0);
        Prediction {
            median,
            low: at(ends.low.min(0.0)),
            high: at(ends.high.max(0.0)),
            spread,
            failure: self.failure((&known, &common), worker, median, now),
            is_proven: known.tasks > 0,
            stage,
        }
    }

    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], now: Duration) -> Vec<Piece> {
        let common = self.common();
        let rates: Vec<Rate> =
            slots.iter().map(|slot| self.rate(slot, open, &common, now)).collect();
        plan(&self.config, open.cost, slots, &rates)
    }

    fn copies(&self) -> bool {
        self.config.parts.hedging
    }

    fn forget(&mut self, worker: Worker, now: Duration) {
        if let Some(known) = self.workers.remove(&worker) {
            self.stays.observe(now.saturating_sub(known.met_at), true);
            let unix_seconds = self.unix_seconds(now);
            let common = self.common();
            if let Some(saved) = Saved::of(&known, &common, unix_seconds) {
                self.archive.keep(saved);
            }
        }
        self.likes.forget(worker);
    }

    fn save(&self, now: Duration) -> Vec<u8> {
        state::save(self, now)
    }

    fn restore(&mut self, bytes: &[u8], now: Duration) -> Result<(), StateError> {
        state::restore(self, bytes, now)
    }
}

#[cfg(test)]
#[path = "learned_tests.rs"]
mod tests;
