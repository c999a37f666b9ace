//! A simulated contributor: the real session, and a tracer that takes virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use p2c2r_frame::{RadianceSums, SceneId, TileTask, TraceCounters};
use p2c2r_protocol::peer::{
    Capabilities, Channel, Condition, DeviceKind, Message, PeerLimits, PeerName, decode, encode,
};
use p2c2r_swarm::{Contributor, ContributorConfig, ContributorInput, TaskKey};

use crate::draw::Draw;
use crate::visit::Visit;
use crate::work::Work;

/// No run lasts until a task is done that would take longer, in seconds.
const LONGEST_SECONDS: f64 = 1e9;
/// Time that loading a scene takes.
const SCENE_LOAD: Duration = Duration::from_millis(50);

/// A visitor and its session.
pub(crate) struct Machine {
    pub(crate) visit: Visit,
    pub(crate) session: Contributor,
    draw: Draw,
    /// When its tab is hidden and shown, in order.
    faces: VecDeque<(Duration, bool)>,
    loading: Option<(Duration, SceneId)>,
    /// The task being traced; `None` in the second place if it will come to nothing.
    tracing: Option<(TaskKey, Option<Duration>, TileTask)>,
    /// Paths that were traced to the end.
    pub(crate) traced_paths: u64,
}

impl Machine {
    pub(crate) fn new(visit: Visit, seed: u64) -> Self {
        let name = PeerName::lossy("visitor");
        let condition = Condition { is_on_battery: visit.is_on_battery, ..Condition::default() };
        let condition = condition.with_speed(visit.advertised);
        let capabilities = Capabilities { device: visit.device, lanes: 1, condition, name };
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
        let is_tab = matches!(visit.device, DeviceKind::BrowserGpu | DeviceKind::BrowserCpu);
        let hidden = visit.moods.iter().filter(|mood| is_tab && mood.is_hidden);
        let faces = hidden.flat_map(|mood| [(mood.from, true), (mood.until, false)]).collect();
        Self { visit, session, draw, faces, loading: None, tracing: None, traced_paths: 0 }
    }

    pub(crate) fn load(&mut self, now: Duration, scene: SceneId) {
        self.loading = Some((now + SCENE_LOAD, scene));
    }

    /// Starts a task; its dice are thrown here, so that the n-th task of a visitor has the same luck
    /// whoever gave it.
    pub(crate) fn start(&mut self, now: Duration, key: TaskKey, task: TileTask, work: &Work) {
        let luck = (self.visit.noise_sigma * self.draw.normal()).exp();
        let fails = self.draw.chance(self.visit.failure);
        let seconds = work.cost(task.rect, task.samples) / self.visit.speed * luck;
        let seconds = seconds.min(LONGEST_SECONDS);
        let done = (!fails).then(|| self.visit.finish(now, seconds));
        self.tracing = Some((key, done, task));
    }

    /// What is really sent in the place of a message: a liar's word about how long it traced.
    pub(crate) fn say(&self, channel: Channel, bytes: Vec<u8>) -> Vec<u8> {
        if self.visit.boast <= 1.0 {
            return bytes;
        }
        let Ok(Message::TileDone(mut done)) = decode(channel, &bytes) else { return bytes };
        done.elapsed_us = (done.elapsed_us as f64 / self.visit.boast) as u64;
        encode(&Message::TileDone(done)).unwrap_or(bytes)
    }

    pub(crate) fn cancel(&mut self, key: TaskKey) {
        self.tracing.take_if(|(known, ..)| *known == key);
    }

    /// When something happens here by itself.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        let loading = self.loading.map(|(at, _)| at);
        let tracing = self.tracing.as_ref().and_then(|(_, at, _)| *at);
        let face = self.faces.front().map(|(at, _)| *at);
        [loading, tracing, face, self.session.next_timeout()].into_iter().flatten().min()
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
        if let Some((_, is_hidden)) = self.faces.pop_front_if(|(at, _)| *at <= now) {
            let is_on_battery = self.visit.is_on_battery;
            return Some(ContributorInput::Condition { is_on_battery, is_hidden });
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
        let seconds = work.cost(task.rect, task.samples) / self.speed;
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
