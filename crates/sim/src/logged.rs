//! A scheduler whose outcomes are written down as records to train on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_scheduler::{
    AttemptRecord, BaseCurve, Features, LinkTraits, Moment, OpenWork, Outcome, Piece, Prediction,
    Scheduler, TaskEnd, TaskSketch, Worker, WorkerSlot, WorkerTraits,
};

use crate::draw::Draw;
use crate::visit::Visit;

/// Delivered tasks from which a link's rate and loss have been seen.
const RATE_FROM: u64 = 2;
/// How far one measurement of a link is off the next (standard deviation of the logarithm).
const MEASURED_SIGMA: f64 = 0.1;

/// One visitor and what it says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) visit: Visit,
    pub(crate) is_on_battery: bool,
    pub(crate) has_benchmark: bool,
    pub(crate) is_relayed: bool,
    /// Slowdowns by this much and more are those of hidden tabs.
    pub(crate) hidden_from: f64,
}

/// Where records go.
pub(crate) type Records = Arc<Mutex<Vec<AttemptRecord>>>;

/// Everything in them, whatever became of another thread.
pub(crate) fn records(shared: &Records) -> MutexGuard<'_, Vec<AttemptRecord>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A scheduler that is listened to.
pub(crate) struct Logged {
    pub(crate) inner: Box<dyn Scheduler + Send>,
    pub(crate) people: BTreeMap<PeerId, Person>,
    /// When the run begins.
    pub(crate) moment: Moment,
    /// The number of its first worker, less one.
    pub(crate) first_number: u32,
    /// Errors of measurement.
    pub(crate) draw: Draw,
    pub(crate) seen: Records,
    /// Number, delivered and failed tasks of everybody who was given one.
    pub(crate) history: BTreeMap<Worker, (u32, u64, u64)>,
}

impl Logged {
    /// What the requester can know of a worker when it gives it a task.
    fn features(&mut self, worker: Worker, given_at: Duration) -> Features {
        let (_, delivered, failed) = self.history.get(&worker).copied().unwrap_or_default();
        let unix_seconds = self.moment.unix_seconds.map(|start| start + given_at.as_secs());
        let failed_share = failed as f64 / (delivered + failed).max(1) as f64;
        let mut features = Features {
            traits: WorkerTraits { lanes: 1, ..WorkerTraits::default() },
            moment: Moment { unix_seconds },
            tasks: delivered,
            failed_share,
            ..Features::default()
        };
        let Worker::Peer(peer) = worker else { return features };
        let Some(person) = self.people.get(&peer) else { return features };
        features.traits = person.traits(given_at);
        features.link = person.link(&mut self.draw, delivered);
        features
    }

    fn write(&mut self, outcome: &Outcome) {
        let given_at = outcome.at.saturating_sub(outcome.elapsed);
        let features = self.features(outcome.worker, given_at);
        let next = self.first_number + self.history.len() as u32 + 1;
        let known = self.history.entry(outcome.worker).or_insert((next, 0, 0));
        records(&self.seen).push(AttemptRecord::new(outcome, &features, known.0));
        match outcome.end {
            TaskEnd::Delivered => known.1 += 1,
            TaskEnd::Expired | TaskEnd::Lost => known.2 += 1,
        }
    }
}

impl Person {
    fn traits(&self, now: Duration) -> WorkerTraits {
        let is_hidden = |factor: f64| factor >= self.hidden_from;
        let mut moods = self.visit.moods.iter();
        let mood = moods.find(|mood| (mood.from..mood.until).contains(&now));
        WorkerTraits {
            device: Some(self.visit.device),
            lanes: 1,
            benchmark: self.has_benchmark.then_some(self.visit.advertised as u32),
            is_on_battery: self.is_on_battery,
            is_hidden: mood.is_some_and(|mood| is_hidden(mood.factor)),
        }
    }

    /// The link as round trips and results show it.
    fn link(&self, draw: &mut Draw, delivered: u64) -> LinkTraits {
        let link = &self.visit.link;
        let mut measured = |seconds: f64| draw.log_normal(seconds, MEASURED_SIGMA);
        // Each way is late by up to the jitter: half of it on average, a third between two that follow.
        let round_trip = measured((2 * link.delay + link.jitter).as_secs_f64());
        let jitter = measured(link.jitter.as_secs_f64() / 3.0);
        let is_seen = delivered >= RATE_FROM;
        LinkTraits {
            round_trip: Some(Duration::from_secs_f64(round_trip)),
            jitter: Duration::from_secs_f64(jitter),
            bytes_per_second: is_seen.then(|| measured(link.bytes_per_second)),
            loss: if is_seen { measured(link.loss) } else { 0.0 },
            is_relayed: self.is_relayed,
        }
    }
}

impl Scheduler for Logged {
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration) {
        self.inner.meet(worker, traits, now);
    }

    fn expect(&mut self, worker: Worker, curve: BaseCurve) {
        self.inner.expect(worker, curve);
    }

    fn history(&self, worker: Worker) -> (u64, f64) {
        self.inner.history(worker)
    }

    fn observe(&mut self, outcome: &Outcome) {
        self.write(outcome);
        self.inner.observe(outcome);
    }

    fn predict(&self, worker: Worker, task: &TaskSketch, now: Duration) -> Prediction {
        self.inner.predict(worker, task, now)
    }

    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], now: Duration) -> Vec<Piece> {
        self.inner.assign(open, slots, now)
    }

    fn copies(&self) -> bool {
        self.inner.copies()
    }

    fn forget(&mut self, worker: Worker, now: Duration) {
        self.inner.forget(worker, now);
    }
}
