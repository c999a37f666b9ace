//! A simulated contributor: the real session, and a tracer that takes virtual time.

use std::time::Duration;

use p2c2r_frame::{RadianceSums, SceneId, TileTask, TraceCounters};
use p2c2r_protocol::peer::{Capabilities, Condition, PeerLimits, PeerName};
use p2c2r_swarm::{Contributor, ContributorConfig, ContributorInput, TaskKey};

use crate::draw::Draw;
use crate::visit::Visit;
use crate::work::Work;

/// Time that loading a scene takes.
const SCENE_LOAD: Duration = Duration::from_millis(50);

/// A visitor and its session.
pub(crate) struct Machine {
    pub(crate) visit: Visit,
    pub(crate) session: Contributor,
    draw: Draw,
    loading: Option<(Duration, SceneId)>,
    /// The task being traced; `None` in the second place if it will come to nothing.
    tracing: Option<(TaskKey, Option<Duration>, TileTask)>,
    /// Paths that were traced to the end.
    pub(crate) traced_paths: u64,
}

impl Machine {
    pub(crate) fn new(visit: Visit, seed: u64) -> Self {
        let name = PeerName::lossy("visitor");
        let capabilities =
            Capabilities { device: visit.device, lanes: 1, condition: Condition::default(), name };
        let limits = PeerLimits::default();
        let config = ContributorConfig {
            capabilities,
            limits,
            benchmark: None,
            secret: None,
            max_requesters: 1,
        };
        let draw = Draw::new(seed, visit.peer.0 ^ 0x7a5c);
        let session = Contributor::new(config);
        Self { visit, session, draw, loading: None, tracing: None, traced_paths: 0 }
    }

    pub(crate) fn load(&mut self, now: Duration, scene: SceneId) {
        self.loading = Some((now + SCENE_LOAD, scene));
    }

    /// Starts a task; its dice are thrown here, so that the n-th task of a visitor has the same luck
    /// whoever gave it.
    pub(crate) fn start(&mut self, now: Duration, key: TaskKey, task: TileTask, work: &Work) {
        let luck = (self.visit.noise_sigma * self.draw.normal()).exp();
        let fails = self.draw.chance(self.visit.failure);
        let seconds = work.cost(&task) / self.visit.speed * luck;
        let done = (!fails).then(|| self.visit.finish(now, seconds));
        self.tracing = Some((key, done, task));
    }

    pub(crate) fn cancel(&mut self, key: TaskKey) {
        self.tracing.take_if(|(known, ..)| *known == key);
    }

    /// When something happens here by itself.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        let loading = self.loading.map(|(at, _)| at);
        let tracing = self.tracing.as_ref().and_then(|(_, at, _)| *at);
        [loading, tracing, self.session.next_timeout()].into_iter().flatten().min()
    }

    /// What has happened here by now.
    pub(crate) fn due(&mut self, now: Duration, work: &Work) -> Option<ContributorInput> {
        if let Some((_, scene)) = self.loading.take_if(|(at, _)| *at <= now) {
            return Some(ContributorInput::SceneReady { scene });
        }
        let is_done = |(_, at, _): &mut (_, Option<Duration>, _)| at.is_some_and(|at| at <= now);
        if let Some((key, _, task)) = self.tracing.take_if(is_done) {
            self.traced_paths += task.rect.area() * u64::from(task.samples.count);
            let (sums, counters) = work.trace(&task);
            return Some(ContributorInput::Traced { key, sums, counters });
        }
        let is_late = self.session.next_timeout().is_some_and(|at| at <= now);
        is_late.then_some(ContributorInput::Timeout)
    }
}

/// The requester's own tracer: always the same speed.
pub(crate) struct LocalTracer {
    pub(crate) speed: f64,
    tracing: Option<(u64, Duration, TileTask)>,
    pub(crate) traced_paths: u64,
}

impl LocalTracer {
    pub(crate) const fn new(speed: f64) -> Self {
        Self { speed, tracing: None, traced_paths: 0 }
    }

    pub(crate) fn start(&mut self, now: Duration, lease: u64, task: TileTask, work: &Work) {
        let seconds = work.cost(&task) / self.speed;
        self.tracing = Some((lease, now + Duration::from_secs_f64(seconds), task));
    }

    pub(crate) fn cancel(&mut self, lease: u64) {
        self.tracing.take_if(|(known, ..)| *known == lease);
    }

    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.tracing.as_ref().map(|(_, at, _)| *at)
    }

    pub(crate) fn due(
        &mut self,
        now: Duration,
        work: &Work,
    ) -> Option<(u64, RadianceSums, TraceCounters)> {
        let (lease, _, task) = self.tracing.take_if(|(_, at, _)| *at <= now)?;
        self.traced_paths += task.rect.area() * u64::from(task.samples.count);
        let (sums, counters) = work.trace(&task);
        Some((lease, sums, counters))
    }
}
