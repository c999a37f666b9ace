//! What a run showed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use p2c2r_frame::{PixelRect, SampleRange};
use p2c2r_scheduler::{
    OpenWork, Outcome, Piece, Prediction, Scheduler, TaskEnd, TaskSketch, Worker, WorkerSlot,
    WorkerTraits,
};
use serde::Serialize;

/// A task that has not been delivered after this long is late for a frame in sight.
pub const IN_TIME: Duration = Duration::from_millis(400);

/// A piece of a frame from when it was first given to somebody until it was merged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TaskRecord {
    /// When it was merged, in seconds.
    pub at: f64,
    /// How long that took, in seconds, however many had it.
    pub seconds: f64,
    /// Tasks delivered before, in this run.
    pub index: usize,
}

/// An attempt by one worker, with what was expected of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Attempt {
    /// When it ended, in seconds.
    pub at: f64,
    /// The name of a peer; `None` for the local tracer.
    pub peer: Option<u64>,
    /// Expected median, low end and high end in seconds.
    pub expected: [f64; 3],
    /// Expected probability of failure.
    pub failure: f64,
    /// Seconds that it took; until it was given up if it brought nothing.
    pub seconds: f64,
    /// Whether it brought a result.
    pub is_delivered: bool,
}

/// All that was measured in one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Run {
    /// Pieces of frames, in the order they were merged.
    pub tasks: Vec<TaskRecord>,
    /// Attempts, in the order they ended.
    pub attempts: Vec<Attempt>,
    /// Seconds that each frame took, and what it could have taken at least.
    pub frames: Vec<(f64, f64)>,
    /// Paths that somebody traced to the end, and paths that were merged.
    pub traced_paths: u64,
    /// See `traced_paths`.
    pub merged_paths: u64,
}

impl Run {
    /// Mean seconds of tasks from the `first` on.
    pub fn mean_from(&self, first: usize) -> f64 {
        mean(self.tasks.iter().filter(|task| task.index >= first).map(|task| task.seconds))
    }

    /// The quantile of the seconds of tasks.
    pub fn quantile(&self, level: f64) -> f64 {
        let mut seconds: Vec<f64> = self.tasks.iter().map(|task| task.seconds).collect();
        seconds.sort_unstable_by(f64::total_cmp);
        let rank = (level * seconds.len() as f64) as usize;
        seconds.get(rank.min(seconds.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }

    /// Tasks that were not delivered in time.
    pub fn late(&self) -> usize {
        self.tasks.iter().filter(|task| task.seconds > IN_TIME.as_secs_f64()).count()
    }

    /// Share of delivered attempts of peers that took a time within the expected interval.
    pub fn coverage(&self) -> f64 {
        let ended = self.attempts.iter().filter(|attempt| attempt.is_delivered);
        mean(ended.filter(|attempt| attempt.peer.is_some()).map(|attempt| {
            let [_, low, high] = attempt.expected;
            f64::from(u8::from((low..=high).contains(&attempt.seconds)))
        }))
    }

    /// Share of traced paths that were not merged.
    pub fn duplicate_share(&self) -> f64 {
        1.0 - self.merged_paths as f64 / self.traced_paths.max(1) as f64
    }

    /// Mean of the frames' times over their lower bounds.
    pub fn over_bound(&self) -> f64 {
        mean(self.frames.iter().map(|(seconds, bound)| seconds / bound))
    }
}

/// The mean; not a number if there is nothing.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

/// Pieces of the current frame that somebody was given, and since when.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    given: BTreeMap<(PixelRect, SampleRange), Duration>,
}

impl Grants {
    pub(crate) fn clear(&mut self) {
        self.given.clear();
    }

    pub(crate) fn give(&mut self, rect: PixelRect, samples: SampleRange, now: Duration) {
        self.given.entry((rect, samples)).or_insert(now);
    }

    /// Since when a piece, or one that held a part of it, has been with somebody.
    pub(crate) fn since(&self, rect: PixelRect, samples: SampleRange) -> Option<Duration> {
        let held = self.given.iter().filter(|((other, range), _)| {
            other.intersection(rect).is_some() && range.overlaps(samples)
        });
        held.map(|(_, at)| *at).min()
    }
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
}

impl Scheduler for Recorder {
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration) {
        self.inner.meet(worker, traits, now);
    }

    fn observe(&mut self, outcome: &Outcome) {
        let Prediction { median, low, high, failure, .. } = outcome.prediction;
        let peer = match outcome.worker {
            Worker::Local => None,
            Worker::Peer(peer) => Some(peer.0),
        };
        attempts(&self.seen).push(Attempt {
            at: outcome.at.as_secs_f64(),
            peer,
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
