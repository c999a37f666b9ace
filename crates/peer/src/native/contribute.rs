//! The contributor's loop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use p2c2r_frame::SceneId;
use p2c2r_protocol::RoomId;
use p2c2r_protocol::peer::{Capabilities, Condition, PeerLimits, PeerName, RefuseJob, Role};
use p2c2r_swarm::signaling::{SignalingConfig, SignalingState};
use p2c2r_swarm::{
    Contributor, ContributorConfig, ContributorInput, ContributorOutput, ContributorStats, TaskKey,
};
use p2c2r_transport::LinkEvent;
use tokio::sync::mpsc;

use super::blobs::BlobClient;
use super::lanes::{Handicap, Lanes, Ticket, Traced, TracingDevice};
use super::machine::{benchmark, is_on_battery};
use super::network::{Network, NetworkEvent, sleep_until};
use super::scenes::{LoadedScene, SceneCache, fetch_scene};
use super::{PeerError, ServerAddress};

/// How often the caller is told the figures.
const STATS_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether the machine runs on a battery.
const POWER_EVERY: Duration = Duration::from_secs(30);
/// Scenes that may be on their way.
const QUEUE_SCENES: usize = 16;

/// How to contribute.
#[derive(Debug, Clone)]
pub struct ContributeOptions {
    /// Who introduces.
    pub server: ServerAddress,
    /// Whom to serve; none is the public pool.
    pub room: Option<RoomId>,
    /// Shown to requesters.
    pub name: PeerName,
    /// What renders.
    pub device: TracingDevice,
    /// What makes it worse than that, for measurements.
    pub handicap: Handicap,
    /// Most requesters at the same time.
    pub max_requesters: u16,
    /// What requesters recognise this contributor by is made from it; `None`: by nothing.
    pub secret: Option<[u8; 32]>,
    /// Spreads reconnects; draw it at random.
    pub seed: u64,
}

/// How the caller ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Complete what is here, then leave.
    Finish,
    /// Leave at once.
    Stop,
}

/// What the caller may show.
#[derive(Debug, Clone, PartialEq)]
pub enum ContributeEvent {
    /// The session with the server changed.
    Signaling(SignalingState),
    /// The server refused something, or cannot be reached for the moment.
    Warning(String),
    /// A requester is linked, or no longer.
    Requesters(usize),
    /// The figures, about once a second.
    Stats(ContributorStats),
}

/// What it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct ContributeReport {
    /// The figures at the end.
    pub stats: ContributorStats,
    /// How long it went.
    pub elapsed: Duration,
}

/// Renders for others until a wish ends it. The sender of `wishes` may be dropped: that stops too.
pub async fn contribute(
    options: ContributeOptions,
    mut wishes: mpsc::Receiver<Wish>,
    mut show: impl FnMut(ContributeEvent),
) -> Result<ContributeReport, PeerError> {
    let mut driver = Driver::new(options)?;
    let mut show_stats_at = driver.started + STATS_EVERY;
    while !driver.session.is_finished() {
        let due = driver.session.next_timeout().map(|due| driver.started + due);
        tokio::select! {
            event = driver.network.next() => driver.take_network(event, &mut show)?,
            Some(traced) = driver.results.recv() => driver.take_traced(traced),
            Some(fetched) = driver.fetched.recv() => driver.take_scene(fetched),
            wish = wishes.recv() => match wish {
                Some(Wish::Finish) => driver.finish(),
                Some(Wish::Stop) | None => driver.tell(ContributorInput::Stop),
            },
            () = sleep_until(due) => driver.tell(ContributorInput::Timeout),
            () = sleep_until(Some(show_stats_at)) => {
                show_stats_at += STATS_EVERY;
                driver.look_at_power();
                show(ContributeEvent::Stats(driver.session.stats()));
            }
        }
    }
    let report =
        ContributeReport { stats: driver.session.stats(), elapsed: driver.started.elapsed() };
    driver.network.finish().await;
    Ok(report)
}

struct Fetched {
    id: SceneId,
    outcome: Result<Arc<LoadedScene>, RefuseJob>,
}

struct Driver {
    started: Instant,
    session: Contributor,
    network: Network,
    blobs: BlobClient,
    cache: SceneCache,
    /// Scenes that linked requesters use.
    scenes: BTreeMap<SceneId, Arc<LoadedScene>>,
    lanes: Lanes,
    results: mpsc::Receiver<Traced>,
    tickets: BTreeMap<Ticket, TaskKey>,
    next_ticket: Ticket,
    fetched: mpsc::Receiver<Fetched>,
    fetched_sender: mpsc::Sender<Fetched>,
    was_online: bool,
    /// When it was looked where the power comes from.
    power_at: Instant,
}

impl Driver {
    fn new(options: ContributeOptions) -> Result<Self, PeerError> {
        let started = Instant::now();
        let (lanes, results) = Lanes::start(&options.device, options.handicap)?;
        let measured = benchmark(&options.device);
        let capabilities = Capabilities {
            device: options.device.kind(),
            lanes: options.device.lanes(),
            condition: Condition { is_on_battery: is_on_battery(), ..Condition::default() },
            name: options.name.clone(),
        };
        let config = ContributorConfig {
            capabilities,
            limits: PeerLimits::default(),
            benchmark: measured.as_ref().map(|(spec, _)| *spec),
            secret: options.secret,
            max_requesters: options.max_requesters.into(),
        };
        let signaling = SignalingConfig {
            role: Role::Contributor,
            room: options.room.clone(),
            name: options.name,
            max_peers: options.max_requesters,
            seed: options.seed,
        };
        let (fetched_sender, fetched) = mpsc::channel(QUEUE_SCENES);
        Ok(Self {
            started,
            session: Contributor::new(config),
            network: Network::new(started, options.server.clone(), signaling),
            blobs: BlobClient::new(options.server),
            cache: SceneCache::default(),
            scenes: measured.into_iter().map(|(spec, scene)| (spec.scene, scene)).collect(),
            lanes,
            results,
            tickets: BTreeMap::new(),
            next_ticket: 0,
            fetched,
            fetched_sender,
            was_online: false,
            power_at: started,
        })
    }

    fn tell(&mut self, input: ContributorInput) {
        self.session.handle(self.started.elapsed(), input);
        while let Some(output) = self.session.poll_output() {
            self.obey(output);
        }
    }

    /// Requesters hear when the plug is pulled.
    fn look_at_power(&mut self) {
        if self.power_at.elapsed() >= POWER_EVERY {
            self.power_at = Instant::now();
            let is_on_battery = is_on_battery();
            self.tell(ContributorInput::Condition { is_on_battery, is_hidden: false });
        }
    }

    fn obey(&mut self, output: ContributorOutput) {
        match output {
            ContributorOutput::Send { peer, channel, bytes } => {
                self.network.send(peer, channel, bytes);
            }
            ContributorOutput::ClosePeer { peer, reason } => {
                tracing::info!(requester = %peer, %reason, "link closed");
                self.network.close(peer);
            }
            ContributorOutput::FetchScene { scene, scene_bytes } => self.load(scene, scene_bytes),
            ContributorOutput::ReleaseScene { scene } => {
                if let Some(loaded) = self.scenes.remove(&scene) {
                    self.cache.insert(scene, loaded);
                }
            }
            ContributorOutput::Trace { key, task } => {
                let Some(scene) = self.scenes.get(&task.scene).cloned() else {
                    return self.tell(ContributorInput::TraceFailed { key });
                };
                self.next_ticket += 1;
                self.tickets.insert(self.next_ticket, key);
                self.lanes.trace(self.next_ticket, scene, task);
            }
            ContributorOutput::Cancel { key } => {
                let found = self.tickets.iter().find(|(_, known)| **known == key);
                if let Some(ticket) = found.map(|(&ticket, _)| ticket) {
                    self.tickets.remove(&ticket);
                    self.lanes.cancel(ticket);
                }
            }
            ContributorOutput::Finished => {}
        }
    }

    fn load(&mut self, id: SceneId, scene_bytes: u64) {
        let sender = self.fetched_sender.clone();
        let cached = self.cache.find(id);
        let blobs = self.blobs.clone();
        tokio::spawn(async move {
            let outcome = match cached {
                Some(scene) => Ok(scene),
                None => {
                    let fetch = move || fetch_scene(&blobs, id, scene_bytes).map(Arc::new);
                    let fetched = tokio::task::spawn_blocking(fetch).await;
                    fetched.unwrap_or(Err(RefuseJob::SceneInvalid))
                }
            };
            // Nobody listens once the contributor has ended.
            let _ = sender.send(Fetched { id, outcome }).await;
        });
    }

    fn take_scene(&mut self, fetched: Fetched) {
        let scene = fetched.id;
        match fetched.outcome {
            Ok(loaded) => {
                tracing::info!(%scene, triangles = loaded.scene.triangles.len(), "scene loaded");
                self.scenes.insert(scene, loaded);
                self.tell(ContributorInput::SceneReady { scene });
            }
            Err(reason) => self.tell(ContributorInput::SceneFailed { scene, reason }),
        }
    }

    fn take_traced(&mut self, traced: Traced) {
        // A cancelled task has no key any more.
        let Some(key) = self.tickets.remove(&traced.ticket) else { return };
        self.tell(match traced.outcome {
            Some((sums, counters)) => ContributorInput::Traced { key, sums, counters },
            None => ContributorInput::TraceFailed { key },
        });
    }

    fn take_network(
        &mut self,
        event: NetworkEvent,
        show: &mut impl FnMut(ContributeEvent),
    ) -> Result<(), PeerError> {
        match event {
            NetworkEvent::Link(LinkEvent::Open { peer }) => {
                self.tell(ContributorInput::RequesterConnected { peer });
                show(ContributeEvent::Requesters(self.session.stats().requesters));
            }
            NetworkEvent::Link(LinkEvent::Message { peer, channel, bytes }) => {
                self.tell(ContributorInput::Message { peer, channel, bytes });
            }
            NetworkEvent::Link(LinkEvent::Closed { peer, .. }) => {
                self.tell(ContributorInput::RequesterGone { peer });
                show(ContributeEvent::Requesters(self.session.stats().requesters));
            }
            NetworkEvent::State(SignalingState::Refused) => {
                let message = "it does not speak this version of p2c2r".to_owned();
                return Err(PeerError::Refused(message));
            }
            NetworkEvent::State(state) => {
                self.was_online |= matches!(state, SignalingState::Online { .. });
                show(ContributeEvent::Signaling(state));
            }
            NetworkEvent::Refused(message) => show(ContributeEvent::Warning(message)),
            // A wrong address is better said at once; a server that was there may come back.
            NetworkEvent::Unreachable(message) if !self.was_online => {
                return Err(PeerError::Network(message));
            }
            NetworkEvent::Unreachable(message) => show(ContributeEvent::Warning(message)),
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.network.leave();
        self.tell(ContributorInput::Finish);
    }
}
