//! What a run showed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_scheduler::{
    AttemptRecord, BaseCurve, LinkTraits, Moment, OpenWork, Outcome, PeerKey, Piece, Prediction,
    Scheduler, Stage, StateError, TaskEnd, TaskSketch, Worker, WorkerSlot, WorkerTraits,
};
use serde::Serialize;

/// A task that has not been delivered after this long is late for a frame in sight.
pub const IN_TIME: Duration = Duration::from_millis(400);

/// Seconds after which those who learn have learned what they learn in a run.
const STEADY_FROM: f64 = 10.0;

/// A piece of a frame, from when the frame was asked for until the piece was merged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TaskRecord {
    /// When it was merged, in seconds.
    pub at: f64,
    /// How long after its frame was asked for that was, in seconds, however many had it.
    pub seconds: f64,
    /// What it really cost, in mean paths.
    pub cost: f64,
    /// Tasks delivered before, in this run.
    pub index: usize,
    /// Who traced it: the name of a peer, or nothing for the local tracer.
    pub by: Option<u64>,
}

/// Which tasks of a run are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// All of them.
    Whole,
    /// The fifty that follow the first fifty.
    AfterFifty,
    /// Those after the first ten seconds.
    Steady,
}

impl Window {
    /// Whether a task belongs to it.
    pub fn holds(self, task: &TaskRecord) -> bool {
        match self {
            Self::Whole => true,
            Self::AfterFifty => (50..100).contains(&task.index),
            Self::Steady => task.at >= STEADY_FROM,
        }
    }
}

/// An attempt by one worker, with what was expected of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Attempt {
    /// When it ended, in seconds.
    pub at: f64,
    /// The name of a peer; `None` for the local tracer.
    pub peer: Option<u64>,
    /// Index of the peer's access in the population.
    pub access: Option<usize>,
    /// What was known of the worker.
    pub stage: Stage,
    /// Estimated cost in mean paths.
    pub cost: f64,
    /// Expected median, low end and high end in seconds.
    pub expected: [f64; 3],
    /// Expected probability of failure.
    pub failure: f64,
    /// Seconds that it took; until it was given up if it brought nothing.
    pub seconds: f64,
    /// Whether it brought a result.
    pub is_delivered: bool,
}

impl Attempt {
    /// Whether it took a time within the expected interval.
    pub fn is_within(&self) -> bool {
        let [_, low, high] = self.expected;
        (low..=high).contains(&self.seconds)
    }
}

/// All that was measured in one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Run {
    /// Pieces of frames, in the order they were merged.
    pub tasks: Vec<TaskRecord>,
    /// Attempts, in the order they ended.
    pub attempts: Vec<Attempt>,
    /// What the session itself tells of them, where the run is one to train on.
    pub records: Vec<AttemptRecord>,
    /// Frames, in order.
    pub frames: Vec<FrameRecord>,
    /// Seconds at which a task was given to a second worker.
    pub copies: Vec<f64>,
    /// Paths that somebody traced to the end, and paths that were merged.
    pub traced_paths: u64,
    /// See `traced_paths`.
    pub merged_paths: u64,
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FrameRecord {
    /// When it was asked for, in seconds.
    pub at: f64,
    /// Seconds that it took.
    pub seconds: f64,
    /// Seconds that it could have taken at least, if all futures were known (`bound.rs`).
    pub bound: f64,
    /// What it costs, in mean paths.
    pub cost: f64,
    /// How much of that nobody could have delivered in time, all futures known.
    pub least_late: f64,
    /// Share of its pieces that are the same pixels and samples as one of the frame before.
    pub kept: f64,
}

impl Run {
    /// Mean seconds of the tasks of a window, each as heavy as it was costly, so that whoever cuts smaller
    /// pieces is not the better for it.
    pub fn mean_of(&self, window: Window) -> f64 {
        let (mut seconds, mut cost) = (0.0, 0.0);
        for task in self.tasks.iter().filter(|task| window.holds(task)) {
            seconds += task.cost * task.seconds;
            cost += task.cost;
        }
        seconds / cost
    }

    /// Share of the work that was not delivered in time.
    pub fn late_share(&self) -> f64 {
        let late = self.tasks.iter().filter(|task| task.seconds > IN_TIME.as_secs_f64());
        let cost = |tasks: &mut dyn Iterator<Item = &TaskRecord>| tasks.map(|task| task.cost).sum();
        let (late, all): (f64, f64) = (cost(&mut { late }), cost(&mut self.tasks.iter()));
        late / all
    }

    /// Share of the work that nobody could have delivered in time when it was asked for.
    pub fn least_late_share(&self) -> f64 {
        let sum = |part: fn(&FrameRecord) -> f64| -> f64 { self.frames.iter().map(part).sum() };
        sum(|frame| frame.least_late) / sum(|frame| frame.cost)
    }

    /// Share of delivered attempts of peers that took a time within the expected interval; of one kind of
    /// access, or of all.
    pub fn coverage(&self, access: Option<usize>) -> f64 {
        let (within, all) = self.counted(access);
        within / all
    }

    /// Both numbers of [`Self::coverage`]: attempts within their intervals, and all.
    pub fn counted(&self, access: Option<usize>) -> (f64, f64) {
        let within = self.covered(access).filter(|attempt| attempt.is_within()).count();
        (within as f64, self.covered(access).count() as f64)
    }

    /// The attempts that [`Self::coverage`] is about.
    pub fn covered(&self, access: Option<usize>) -> impl Iterator<Item = &Attempt> {
        let ended = self.attempts.iter().filter(|one| one.is_delivered && one.peer.is_some());
        ended.filter(move |one| access.is_none() || one.access == access)
    }

    /// Share of traced paths that were not merged.
    pub fn duplicate_share(&self) -> f64 {
        1.0 - self.merged_paths as f64 / self.traced_paths.max(1) as f64
    }

    /// Mean of the frames' times over their lower bounds, once those who learn have learned.
    pub fn over_bound(&self) -> f64 {
        let frames = self.frames.iter().filter(|frame| frame.at >= STEADY_FROM);
        mean(frames.map(|frame| frame.seconds / frame.bound))
    }

    /// Share of a frame's pieces that the frame before had as well, once those who learn have learned.
    pub fn kept_share(&self) -> f64 {
        let frames = self.frames.iter().filter(|frame| frame.at >= STEADY_FROM);
        mean(frames.map(|frame| frame.kept))
    }

    /// Mean seconds of a frame.
    pub fn frame_seconds(&self) -> f64 {
        mean(self.frames.iter().map(|frame| frame.seconds))
    }
}

/// The seconds within which this share of the work was delivered; not a number without any.
pub fn quantile<'a>(tasks: impl Iterator<Item = &'a TaskRecord>, level: f64) -> f64 {
    let mut sorted: Vec<(f64, f64)> = tasks.map(|task| (task.seconds, task.cost)).collect();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let whole: f64 = sorted.iter().map(|(_, cost)| cost).sum();
    let mut rest = level * whole;
    let found = sorted.iter().find(|(_, cost)| {
        rest -= cost;
        rest <= 0.0
    });
    found.or(sorted.last()).map_or(f64::NAN, |(seconds, _)| *seconds)
}

/// The mean; not a number if there is nothing.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

/// Where a [`Recorder`] writes.
pub(crate) type Attempts = Arc<Mutex<Vec<Attempt>>>;

/// The attempts, whatever became of another thread.
pub(crate) fn attempts(shared: &Attempts) -> MutexGuard<'_, Vec<Attempt>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A scheduler that is watched.
pub(crate) struct Recorder {
    pub(crate) inner: Box<dyn Scheduler + Send>,
    pub(crate) seen: Attempts,
    /// Everybody's access.
    pub(crate) access: BTreeMap<PeerId, usize>,
}

impl Scheduler for Recorder {
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration) {
        self.inner.meet(worker, traits, now);
    }

    fn expect(&mut self, worker: Worker, curve: BaseCurve) {
        self.inner.expect(worker, curve);
    }

    fn history(&self, worker: Worker) -> (u64, f64) {
        self.inner.history(worker)
    }

    fn recognise(&mut self, worker: Worker, key: PeerKey, now: Duration) {
        self.inner.recognise(worker, key, now);
    }

    fn measure(&mut self, worker: Worker, link: LinkTraits) {
        self.inner.measure(worker, link);
    }

    fn shares_fate(&self, one: Worker, other: Worker) -> bool {
        self.inner.shares_fate(one, other)
    }

    fn set_moment(&mut self, moment: Moment, now: Duration) {
        self.inner.set_moment(moment, now);
    }

    fn overtake(&mut self, outcome: &Outcome) {
        self.inner.overtake(outcome);
    }

    fn save(&self, now: Duration) -> Vec<u8> {
        self.inner.save(now)
    }

    fn restore(&mut self, bytes: &[u8], now: Duration) -> Result<(), StateError> {
        self.inner.restore(bytes, now)
    }

    fn observe(&mut self, outcome: &Outcome) {
        let Prediction { median, low, high, failure, stage, .. } = outcome.prediction;
        let (peer, access) = match outcome.worker {
            Worker::Local => (None, None),
            Worker::Peer(peer) => (Some(peer.0), self.access.get(&peer).copied()),
        };
        attempts(&self.seen).push(Attempt {
            at: outcome.at.as_secs_f64(),
            peer,
            access,
            stage,
            cost: outcome.task.cost,
            expected: [median, low, high].map(|time| time.as_secs_f64()),
            failure,
            seconds: outcome.elapsed.as_secs_f64(),
            is_delivered: outcome.end == TaskEnd::Delivered,
        });
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
