//! How fast a lane of this machine is: measured once, on all lanes at a time, when nothing else is to be
//! done. A first round warms the tracers up; then rounds grow until one takes long enough to count.

use std::collections::BTreeSet;
use std::time::Duration;

use p2c2r_frame::{Effects, PixelRect, SampleRange, SceneId, TileTask, View};
use p2c2r_protocol::{LeaseId, PeerId};

use super::{Contributor, ContributorOutput, Phase, TaskKey};

/// A round that takes so long counts.
const ENOUGH: Duration = Duration::from_millis(30);
/// Seconds that a round should take; all together then stay below 0.2.
const AIM_S: f64 = 0.06;
/// Paths of the first round.
const WARM_UP_PATHS: f64 = 1024.0;
const MOST_ROUNDS: u32 = 4;
/// No round has more paths than this.
const MOST_PATHS: f64 = 16_777_216.0;
/// Under this name, which no peer has, the tasks of a benchmark are traced.
const NOBODY: PeerId = PeerId(u64::MAX);

/// What is traced to measure this machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BenchmarkSpec {
    /// A scene that the driver can trace from the start.
    pub scene: SceneId,
    /// A small view of it.
    pub view: View,
    /// Whether to wait until a task was delivered, because the first scene that a device traces is what
    /// it is tuned for.
    pub is_after_first_task: bool,
}

/// Where the measurement stands.
#[derive(Debug)]
pub(super) struct Benchmark {
    /// `None` once it is over, or if it is not wanted.
    spec: Option<BenchmarkSpec>,
    round: u32,
    /// Paths of each task of this round.
    paths: u64,
    began_at: Duration,
    open: BTreeSet<TaskKey>,
    /// Sum over the lanes that are done with this round, in paths per second.
    speeds: f64,
    done: u32,
}

impl Benchmark {
    pub(super) fn new(spec: Option<BenchmarkSpec>) -> Self {
        let (began_at, open) = (Duration::ZERO, BTreeSet::new());
        Self { spec, round: 0, paths: 0, began_at, open, speeds: 0.0, done: 0 }
    }

    /// Lanes that it keeps busy.
    pub(super) fn lanes(&self) -> usize {
        self.open.len()
    }

    pub(super) fn is_own(key: TaskKey) -> bool {
        key.requester == NOBODY
    }

    /// The tasks of a round of about so many paths, one a lane.
    fn begin(&mut self, paths: f64, lanes: u16, now: Duration) -> Vec<(TaskKey, TileTask)> {
        let Some(spec) = self.spec else { return Vec::new() };
        let task = task_of(&spec, paths.clamp(1.0, MOST_PATHS));
        self.paths = task.rect.area() * u64::from(task.samples.count);
        (self.speeds, self.done, self.began_at) = (0.0, 0, now);
        self.round += 1;
        let first = u64::from(self.round) << 32;
        let keys = (0..u64::from(lanes)).map(|lane| {
            let key = TaskKey { requester: NOBODY, lease: LeaseId(first + lane) };
            (key, task)
        });
        let tasks: Vec<_> = keys.collect();
        self.open.extend(tasks.iter().map(|(key, _)| *key));
        tasks
    }

    /// A lane is done; with the mean speed of all lanes if it was the last one.
    fn end(&mut self, key: TaskKey, now: Duration) -> Option<(f64, Duration)> {
        if !self.open.remove(&key) {
            return None;
        }
        let elapsed = now.saturating_sub(self.began_at);
        self.speeds += self.paths as f64 / elapsed.as_secs_f64().max(1e-6);
        self.done += 1;
        self.open.is_empty().then(|| (self.speeds / f64::from(self.done), elapsed))
    }
}

/// A task of about so many paths: a band across the middle of the view, or all of it more than once.
fn task_of(spec: &BenchmarkSpec, paths: f64) -> TileTask {
    let View { width_px, height_px, .. } = spec.view;
    let rows = (paths / f64::from(width_px.max(1))).ceil().clamp(1.0, f64::from(height_px)) as u32;
    let whole = f64::from(width_px) * f64::from(height_px);
    let samples = (paths / whole.max(1.0)).round().max(1.0) as u32;
    TileTask {
        scene: spec.scene,
        view: spec.view,
        rect: PixelRect { x: 0, y: (height_px - rows) / 2, width: width_px, height: rows },
        samples: SampleRange::new(0, samples),
        seed: 1,
        effects: Effects::PATH_TRACED,
        max_bounces: 8,
    }
}

impl Contributor {
    /// Begins the measurement if the machine has nothing else to do.
    pub(super) fn measure_if_idle(&mut self) {
        let Some(spec) = self.benchmark.spec else { return };
        let is_idle =
            self.tracing.is_empty() && self.links.values().all(|link| link.queue.is_empty());
        let is_warm = !spec.is_after_first_task || self.stats.tasks_done > 0;
        if self.phase == Phase::Serving && self.benchmark.round == 0 && is_idle && is_warm {
            self.measure(WARM_UP_PATHS);
        }
    }

    fn measure(&mut self, paths: f64) {
        let lanes = self.config.capabilities.lanes;
        for (key, task) in self.benchmark.begin(paths, lanes, self.now) {
            self.outputs.push_back(ContributorOutput::Trace { key, task });
        }
    }

    /// A lane has traced its part of the measurement.
    pub(super) fn take_measured(&mut self, key: TaskKey) {
        let Some((speed, elapsed)) = self.benchmark.end(key, self.now) else { return };
        let (round, condition) = (self.benchmark.round, self.config.capabilities.condition);
        if round > 1 && (elapsed >= ENOUGH || round >= MOST_ROUNDS) {
            self.benchmark.spec = None;
            self.change_condition(condition.with_speed(speed));
        } else {
            self.measure(speed * AIM_S);
        }
    }

    /// Gives the measurement up; it has no result then.
    pub(super) fn stop_measuring(&mut self) {
        self.benchmark.spec = None;
        for key in std::mem::take(&mut self.benchmark.open) {
            self.outputs.push_back(ContributorOutput::Cancel { key });
        }
    }
}
