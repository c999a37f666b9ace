//! The contributor: serves several requesters fairly with one tracer.
//!
//! ```text
//!   requester A ── Task ──> queue A ─┐ round robin   ┌────────────┐  Trace    ┌────────┐
//!   requester B ── Task ──> queue B ─┼──────────────>│ free lanes │──────────>│ tracer │
//!   requester C ── Task ──> queue C ─┘               └────────────┘           └───┬────┘
//!        ^                                                                        │ Traced
//!        └──── TileChunk*, TileDone, Credit ──── pack, cut into chunks <──────────┘
//! ```
//!
//! A requester may send as many tasks as it was granted credits: one per lane and a few to hide the
//! way. Each task gives its credit back when it ends, however it ends, so that
//! `granted + withheld + queued + traced` is the same at all times and queues cannot grow.
//!
//! ```text
//!   Serving <──Pause/Resume──> Paused        tasks go back, credits are withheld
//!      │ Finish                   │
//!      v                          │ Stop      cancel, goodbye, Finished: all in one call
//!   Finishing ── all delivered, requesters have closed ──> Finished
//! ```

mod api;
mod benchmark;
mod life;
mod link;
mod receive;
mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use p2c2r_frame::{Packing, RadianceSums, SceneId, TileTask, TraceCounters};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::{Condition, Message, Role, encode};

pub use api::{ContributorConfig, ContributorInput, ContributorOutput, ContributorStats, TaskKey};

pub use benchmark::BenchmarkSpec;

use crate::PeerEnd;
use crate::greeting::hello_of;
use benchmark::Benchmark;
use link::Link;

/// Tasks beyond its lanes that a requester may have here: one that waits and one on its way.
const SPARE_CREDITS: u16 = 2;

/// The contributor's session. See the module for how it works.
#[derive(Debug)]
pub struct Contributor {
    config: ContributorConfig,
    phase: Phase,
    links: BTreeMap<PeerId, Link>,
    /// Scenes that were asked for, and those of them that are loaded.
    scenes: BTreeMap<SceneId, bool>,
    tracing: BTreeMap<TaskKey, Traced>,
    benchmark: Benchmark,
    /// Who was served last; the next in order is served next.
    turn: PeerId,
    stats: ContributorStats,
    now: Duration,
    outputs: VecDeque<ContributorOutput>,
}

/// Where a contributor's life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    Paused,
    /// With the time at which links that are still open are closed from here, once nothing is left.
    Finishing(Option<Duration>),
    Finished,
}

/// A task at the tracer.
#[derive(Debug, Clone)]
struct Traced {
    task: TileTask,
    packing: Packing,
    started_at: Duration,
    /// The first half of the samples, where halves are compared.
    first: Option<(RadianceSums, TraceCounters)>,
}

impl Contributor {
    /// A contributor without requesters.
    pub fn new(config: ContributorConfig) -> Self {
        Self {
            benchmark: Benchmark::new(config.benchmark),
            config,
            phase: Phase::Serving,
            links: BTreeMap::new(),
            scenes: BTreeMap::new(),
            tracing: BTreeMap::new(),
            turn: PeerId::default(),
            stats: ContributorStats::default(),
            now: Duration::ZERO,
            outputs: VecDeque::new(),
        }
    }

    /// Takes one input. Drain [`Self::poll_output`] after each.
    pub fn handle(&mut self, now: Duration, input: ContributorInput) {
        // Time never goes back, whatever the driver says.
        self.now = self.now.max(now);
        if self.phase == Phase::Finished {
            return;
        }
        match input {
            ContributorInput::RequesterConnected { peer } => self.connect(peer),
            ContributorInput::RequesterGone { peer } => self.end_link(peer, PeerEnd::LinkClosed),
            ContributorInput::Message { peer, channel, bytes } => {
                self.receive(peer, channel, &bytes);
            }
            ContributorInput::SceneReady { scene } => self.scene_ready(scene),
            ContributorInput::SceneFailed { scene, reason } => self.scene_failed(scene, reason),
            ContributorInput::Traced { key, .. } if Benchmark::is_own(key) => {
                self.take_measured(key);
            }
            ContributorInput::TraceFailed { key } if Benchmark::is_own(key) => {
                self.stop_measuring();
            }
            ContributorInput::Traced { key, sums, counters } => {
                self.take_traced(key, sums, counters);
            }
            ContributorInput::TraceFailed { key } => self.fail_traced(key),
            ContributorInput::Condition { is_on_battery, is_hidden } => {
                let known = self.config.capabilities.condition;
                self.change_condition(Condition { is_on_battery, is_hidden, ..known });
            }
            ContributorInput::Pause => self.pause(),
            ContributorInput::Resume => self.resume(),
            ContributorInput::Finish => self.finish(),
            ContributorInput::Stop => self.stop(),
            ContributorInput::Timeout => {}
        }
        self.run_timers();
        self.fill_lanes();
        self.measure_if_idle();
        self.finish_if_done();
    }

    /// The next thing to do; `None` when this input is dealt with.
    pub fn poll_output(&mut self) -> Option<ContributorOutput> {
        self.outputs.pop_front()
    }

    /// The figures so far.
    pub fn stats(&self) -> ContributorStats {
        ContributorStats {
            tracing: self.tracing.len(),
            queued: self.links.values().map(|link| link.queue.len()).sum(),
            requesters: self.links.len(),
            ..self.stats
        }
    }

    /// Whether `Finished` was said.
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    fn connect(&mut self, peer: PeerId) {
        // A link that comes up twice is a new link.
        self.end_link(peer, PeerEnd::LinkClosed);
        let is_leaving = matches!(self.phase, Phase::Finishing(_));
        if is_leaving || self.links.len() >= self.config.max_requesters {
            let reason = if is_leaving { PeerEnd::Finished } else { PeerEnd::Full };
            if let Some(reason) = reason.goodbye() {
                self.send_raw(peer, &Message::Goodbye { reason });
            }
            self.outputs.push_back(ContributorOutput::ClosePeer { peer, reason });
            return;
        }
        let config = &self.config;
        let hello = hello_of(Role::Contributor, config.capabilities.clone(), config.limits);
        self.links.insert(peer, Link::new(hello, self.now));
    }

    fn send(&mut self, peer: PeerId, message: &Message) {
        if self.links.contains_key(&peer) {
            self.send_raw(peer, message);
        }
    }

    fn send_raw(&mut self, peer: PeerId, message: &Message) {
        let bytes = encode(message).expect("messages built here are within their limits");
        self.stats.sent_bytes += bytes.len() as u64;
        let channel = message.channel();
        self.outputs.push_back(ContributorOutput::Send { peer, channel, bytes });
    }

    /// Takes a requester out: its tasks are dropped, its scene is released.
    fn end_link(&mut self, peer: PeerId, reason: PeerEnd) {
        if !self.links.contains_key(&peer) {
            return;
        }
        self.drop_traced(peer);
        if let Some(reason) = reason.goodbye() {
            self.send(peer, &Message::Goodbye { reason });
        }
        self.links.remove(&peer);
        self.release_scenes();
        if reason != PeerEnd::LinkClosed {
            self.outputs.push_back(ContributorOutput::ClosePeer { peer, reason });
        }
    }

    /// Lets go of scenes that no link needs.
    fn release_scenes(&mut self) {
        let needed: BTreeSet<SceneId> =
            self.links.values().filter_map(|link| link.job.map(|(_, scene)| scene)).collect();
        let unneeded: Vec<SceneId> =
            self.scenes.keys().filter(|scene| !needed.contains(scene)).copied().collect();
        for scene in unneeded {
            self.scenes.remove(&scene);
            self.outputs.push_back(ContributorOutput::ReleaseScene { scene });
        }
    }
}
