//! `p2c2r measure frames`, hidden: frames rendered by contributors alone, whoever schedules.
//!
//! The scheduler is that of the simulator's races; the network, the contributors and the pictures are real.

use std::time::{Duration, Instant, SystemTime};

use p2c2r_frame::{Effects, Packing, View};
use p2c2r_peer::native::{Network, NetworkEvent, Oracle, ServerAddress, store_package};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::{Capabilities, Condition, DeviceKind, PeerLimits, PeerName, Role};
use p2c2r_sim::{Attempt, Policy, RealPolicy};
use p2c2r_swarm::signaling::SignalingConfig;
use p2c2r_swarm::{
    CostSource, Insight, JobSpec, LocalWork, PeerState, RefineOrder, Requester, RequesterConfig,
    RequesterInput, RequesterOutput, Worker,
};
use p2c2r_transport::LinkEvent;
use serde_json::{Value, json};
use tokio::time::sleep_until;

use crate::args::FramesArguments;
use crate::failure::{Failure, OrFail, fail};
use crate::foresight::SHIPPED_MODEL;
use crate::network::{failure_of, random_seed, runtime};
use crate::scene_input::{self, LoadedScene};

/// How long contributors may take to come.
const PEER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long one frame may take.
const FRAME_TIMEOUT: Duration = Duration::from_secs(120);

/// Renders the frames and prints what happened as one JSON line.
pub(crate) fn run(options: &FramesArguments) -> anyhow::Result<()> {
    let policy: Policy = options.scheduler.parse().or_fail(Failure::Usage)?;
    let LoadedScene { packed, scene } = scene_input::load(&options.scene, None)?;
    let server = ServerAddress::parse(&options.url).map_err(failure_of)?;
    store_package(&server, packed.id, &packed.bytes).map_err(failure_of)?;
    let view = scene.default_view(options.size.width_px, options.size.height_px);
    let spec = JobSpec {
        scene: packed.id,
        scene_bytes: packed.bytes.len() as u64,
        view,
        samples_per_pixel: options.spp,
        seed: 0,
        effects: Effects::PATH_TRACED,
        max_bounces: 8,
        packing: Packing::Exact,
        order: RefineOrder::Tiles,
        cost: CostSource::Learned,
    };
    let session = runtime()?.block_on(async {
        let mut session = Session::new(options, policy, spec, server)?;
        session.gather(options.peers).await?;
        for frame in 0..options.frames {
            session.render(frame).await?;
        }
        Ok::<_, anyhow::Error>(session)
    })?;
    println!("{}", json!({ "scheduler": policy.name(), "frames": session.frames }));
    Ok(())
}

/// A requester without a tracer.
struct Session {
    started: Instant,
    network: Network,
    requester: Requester,
    policy: RealPolicy,
    oracle: Oracle,
    spec: JobSpec,
    /// What contributors say of their speed, by name.
    advertised: Vec<(String, f64)>,
    /// When the current frame was asked for.
    asked_at: Instant,
    /// Seconds, paths and contributor of each piece of the current frame.
    pieces: Vec<(f64, u64, PeerId)>,
    frames: Vec<Value>,
}

impl Session {
    fn new(
        options: &FramesArguments,
        policy: Policy,
        spec: JobSpec,
        server: ServerAddress,
    ) -> anyhow::Result<Self> {
        let started = Instant::now();
        let pixels = f64::from(spec.view.width_px) * f64::from(spec.view.height_px);
        let tile_cost = pixels * f64::from(spec.samples_per_pixel) / f64::from(options.tasks);
        let (watched, scheduler) = RealPolicy::new(policy, tile_cost, options.seed)
            .ok_or_else(|| fail(Failure::Usage, format!("{policy} works in simulations only")))?;
        let name = PeerName::lossy("p2c2r measure");
        let config = RequesterConfig {
            capabilities: Capabilities {
                device: DeviceKind::NativeCpu,
                lanes: 1,
                condition: Condition::default(),
                name: name.clone(),
            },
            limits: PeerLimits::default(),
            local_work: LocalWork::Never,
            local_lanes: 0,
            // As in a render, except that nobody is known from before.
            insight: Insight {
                unix_at_zero: unix_seconds(),
                asks_model: true,
                ..Insight::default()
            },
        };
        // One sample of one pixel: contributors load the scene before the first frame.
        let view = View { width_px: 1, height_px: 1, ..spec.view };
        let first = JobSpec { view, samples_per_pixel: 1, ..spec.clone() };
        let requester =
            Requester::with_scheduler(config, first, scheduler).or_fail(Failure::Usage)?;
        let signaling = SignalingConfig {
            role: Role::Requester,
            room: Some(options.room.clone()),
            name,
            max_peers: options.peers,
            seed: random_seed()?,
        };
        Ok(Self {
            started,
            network: Network::new(started, server, signaling),
            requester,
            policy: watched,
            oracle: Oracle::load(Some(SHIPPED_MODEL), None).0,
            spec,
            advertised: options.advertise.clone(),
            asked_at: started,
            pieces: Vec::new(),
            frames: Vec::new(),
        })
    }

    /// Waits until so many contributors take tasks.
    async fn gather(&mut self, count: u16) -> anyhow::Result<()> {
        let until = Instant::now() + PEER_TIMEOUT;
        while self.ready() < usize::from(count) {
            if !self.next(until).await? {
                let found = self.ready();
                let message = format!("{found} of {count} contributors came");
                return Err(fail(Failure::Network, message));
            }
        }
        Ok(())
    }

    fn ready(&self) -> usize {
        let stats = self.requester.stats(self.started.elapsed());
        stats.iter().filter(|stats| stats.state == PeerState::Working).count().saturating_sub(1)
    }

    async fn render(&mut self, frame: u32) -> anyhow::Result<()> {
        self.pieces.clear();
        self.policy.take_attempts();
        let spec = JobSpec { seed: frame, ..self.spec.clone() };
        self.asked_at = Instant::now();
        self.requester.new_job(self.started.elapsed(), spec).or_fail(Failure::Usage)?;
        self.drain();
        let until = self.asked_at + FRAME_TIMEOUT;
        while !self.requester.is_complete() {
            if !self.next(until).await? {
                return Err(fail(Failure::Network, format!("frame {frame} does not end")));
            }
        }
        let seconds = self.asked_at.elapsed().as_secs_f64();
        let pieces: Vec<Value> = self
            .pieces
            .iter()
            .map(|(seconds, paths, peer)| json!({ "seconds": seconds, "paths": paths, "peer": peer.0 }))
            .collect();
        let attempts: Vec<Attempt> = self.policy.take_attempts();
        self.frames.push(json!({ "seconds": seconds, "pieces": pieces, "attempts": attempts }));
        Ok(())
    }

    /// Deals with the next thing that happens; `false` if nothing does in time.
    async fn next(&mut self, until: Instant) -> anyhow::Result<bool> {
        let due = self.requester.next_timeout().map(|due| self.started + due);
        let timer = due.map_or(until, |due| due.min(until));
        let input = tokio::select! {
            event = self.network.next() => match event {
                NetworkEvent::Link(LinkEvent::Open { peer }) => {
                    RequesterInput::PeerConnected { peer }
                }
                NetworkEvent::Link(LinkEvent::Message { peer, channel, bytes }) => {
                    RequesterInput::Message { peer, channel, bytes }
                }
                NetworkEvent::Link(LinkEvent::Closed { peer, .. }) => {
                    RequesterInput::PeerGone { peer }
                }
                NetworkEvent::State(_) => return Ok(true),
                NetworkEvent::Refused(reason) | NetworkEvent::Unreachable(reason) => {
                    return Err(fail(Failure::Network, reason));
                }
            },
            () = sleep_until(timer.into()) => {
                if Instant::now() >= until {
                    return Ok(false);
                }
                RequesterInput::Timeout
            }
        };
        self.requester.handle(self.started.elapsed(), input);
        self.drain();
        Ok(true)
    }

    fn drain(&mut self) {
        while let Some(output) = self.requester.poll_output() {
            match output {
                RequesterOutput::Send { peer, channel, bytes } => {
                    self.network.send(peer, channel, bytes);
                }
                RequesterOutput::ClosePeer { peer, .. } => self.network.close(peer),
                RequesterOutput::PeerReady { peer, capabilities } => {
                    let name = capabilities.name.as_str();
                    let told = self.advertised.iter().find(|(known, _)| known == name);
                    if let Some((_, speed)) = told {
                        self.policy.advertise(peer, *speed);
                    }
                }
                RequesterOutput::Predict { question, rows, .. } => {
                    if let Some(answers) = self.oracle.answer(&rows) {
                        let now = self.started.elapsed();
                        self.requester.handle(now, RequesterInput::Predicted { question, answers });
                    }
                }
                RequesterOutput::TileMerged { rect, samples, by: Worker::Peer(peer), .. } => {
                    let paths = rect.area() * u64::from(samples.count);
                    self.pieces.push((self.asked_at.elapsed().as_secs_f64(), paths, peer));
                }
                _ => {}
            }
        }
    }
}

/// Seconds since 1970, if this machine has a calendar.
fn unix_seconds() -> Option<u64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.ok().map(|time| time.as_secs())
}
