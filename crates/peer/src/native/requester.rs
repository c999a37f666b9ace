//! The requester's loop.

mod foresight;

use std::sync::Arc;
use std::time::{Duration, Instant};

use p2c2r_frame::{SceneId, TileTask};
use p2c2r_protocol::peer::{Capabilities, Channel, Condition, DeviceKind, PeerLimits, Role};
use p2c2r_protocol::{LeaseId, PeerId};
use p2c2r_swarm::signaling::{SignalingConfig, SignalingState};
use p2c2r_swarm::{
    CostSource, Insight, JobSpec, LocalWork, PeerEnd, PeerState, RefineOrder, Requester,
    RequesterConfig, RequesterInput, RequesterOutput, Worker,
};
use p2c2r_transport::LinkEvent;
use tokio::sync::mpsc;

use super::blobs::{BlobClient, BlobError};
use super::lanes::{Handicap, Lanes, Ticket, Traced};
use super::network::{Network, NetworkEvent, sleep_until};
use super::oracle::Oracle;
use super::render::{NetworkStats, RenderEvent, RenderJob, RenderOptions, Rendered, WorkerReport};
use super::scenes::LoadedScene;
use super::state_file::StateFile;
use super::{PeerError, TracingDevice};
use foresight::begin;

/// How often the caller hears of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// How long a requester that traces nothing itself waits for the contributors it needs.
const PEER_TIMEOUT: Duration = Duration::from_secs(60);
/// First wait before the package is offered again to a server that failed; doubles to the limit.
const UPLOAD_RETRY: Duration = Duration::from_secs(1);
const UPLOAD_RETRY_LIMIT: Duration = Duration::from_secs(16);
/// Warnings kept for the report.
const MAX_WARNINGS: usize = 32;

/// Everything of one render.
pub(super) struct Driver<F> {
    started: Instant,
    /// When the job proper began.
    job_started: Instant,
    session: Requester,
    /// The job proper, while a first one only gathers peers.
    waiting_job: Option<JobSpec>,
    options: RenderOptions,
    network: Option<Network>,
    upload: Option<mpsc::Receiver<UploadNews>>,
    local: Option<Local>,
    /// The scene, where the CPU may look at it.
    eye: Option<Arc<LoadedScene>>,
    stats: NetworkStats,
    oracle: Oracle,
    state: Option<StateFile>,
    show: F,
}

/// The tracer of this process.
struct Local {
    lanes: Lanes,
    results: mpsc::Receiver<Traced>,
    scene: Arc<LoadedScene>,
}

enum UploadNews {
    Stored,
    /// It will be tried again.
    Failed(String),
}

impl<F: FnMut(RenderEvent)> Driver<F> {
    pub(super) fn new(job: RenderJob, options: RenderOptions, show: F) -> Result<Self, PeerError> {
        let started = Instant::now();
        let scene = Arc::new(LoadedScene::new(job.scene.clone()));
        let local = match &options.device {
            Some(device) => {
                let (lanes, results) = Lanes::start(device, Handicap::NONE)?;
                Some(Local { lanes, results, scene: Arc::clone(&scene) })
            }
            None => None,
        };
        let device = options.device.as_ref();
        // Who renders by the GPU need not keep the scene a second time for the CPU.
        let may_look = device.is_none_or(|device| matches!(device, TracingDevice::Cpu { .. }));
        let spec = spec_of(&job);
        let (first, waiting_job) = match options.wait_for_peers {
            0 => (spec, None),
            _ => (gathering_job(&spec), Some(spec)),
        };
        let foresight = &options.foresight;
        let (oracle, refused) =
            Oracle::load(foresight.model.as_deref(), foresight.cost_model.as_deref());
        let mut state = foresight.state.clone().map(|path| StateFile::new(path, started));
        let (session, forgotten) = begin(&options, &first, &mut state, oracle.knows_workers())
            .map_err(|error| PeerError::Job(error.to_string()))?;
        let upload = start_upload(&options, job.scene.id, job.package);
        let mut driver = Self {
            started,
            job_started: started,
            session,
            waiting_job,
            options,
            network: None,
            upload: Some(upload),
            local,
            eye: may_look.then_some(scene),
            stats: NetworkStats::default(),
            oracle,
            state,
            show,
        };
        refused.into_iter().chain(forgotten).for_each(|trouble| driver.warn(trouble));
        driver.look();
        Ok(driver)
    }

    pub(super) async fn run(mut self) -> Result<Rendered, PeerError> {
        let mut progress_at = self.started + PROGRESS_EVERY;
        self.tell(RequesterInput::Timeout);
        while self.waiting_job.is_some() || !self.session.is_complete() {
            let due = self.session.next_timeout().map(|due| self.started + due);
            tokio::select! {
                event = next_event(&mut self.network) => self.take_network(event)?,
                Some(traced) = next_traced(&mut self.local) => self.take_traced(traced),
                news = next_upload(&mut self.upload) => self.take_upload(news),
                () = sleep_until(due) => self.tell(RequesterInput::Timeout),
                () = sleep_until(Some(progress_at)) => {
                    progress_at += PROGRESS_EVERY;
                    self.show_progress();
                    self.check_peers()?;
                    if self.state.as_mut().is_some_and(|state| state.is_due(Instant::now())) {
                        self.keep_state();
                    }
                }
            }
            self.begin_if_gathered()?;
        }
        let elapsed = self.job_started.elapsed();
        Ok(self.finish(elapsed).await)
    }

    async fn finish(mut self, elapsed: Duration) -> Rendered {
        let now = self.started.elapsed();
        let workers = self.session.stats(now).iter().map(WorkerReport::of).collect();
        self.keep_state();
        self.session.stop(now);
        self.drain();
        if let Some(network) = self.network.take() {
            network.finish().await;
        }
        let film = self.session.film().clone();
        Rendered { film, elapsed, workers, network: self.stats }
    }

    fn tell(&mut self, input: RequesterInput) {
        self.session.handle(self.started.elapsed(), input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            self.obey(output);
        }
    }

    fn obey(&mut self, output: RequesterOutput) {
        match output {
            RequesterOutput::Send { peer, channel, bytes } => {
                self.note_task_bytes(channel, &bytes);
                if let Some(network) = &mut self.network {
                    network.send(peer, channel, bytes);
                }
            }
            RequesterOutput::ClosePeer { peer, .. } => {
                if let Some(network) = &mut self.network {
                    network.close(peer);
                }
            }
            RequesterOutput::PeerReady { peer, capabilities } => {
                let (name, kind) = (self.name_of(peer), capabilities.device.as_str());
                (self.show)(RenderEvent::PeerReady { name, kind });
            }
            RequesterOutput::PeerRecognised { peer, tasks } => {
                let name = self.name_of(peer);
                (self.show)(RenderEvent::PeerRecognised { name, tasks });
            }
            // Everybody leaves at the end.
            RequesterOutput::PeerLost { reason: PeerEnd::Stopped, .. } => {}
            RequesterOutput::PeerLost { peer, reason } => {
                let (name, reason) = (self.name_of(peer), reason.to_string());
                (self.show)(RenderEvent::PeerLost { name, reason });
            }
            RequesterOutput::TraceLocal { lease, task } => self.trace(lease, task),
            RequesterOutput::CancelLocal { lease } => {
                if let Some(local) = &self.local {
                    local.lanes.cancel(lease.0);
                }
            }
            RequesterOutput::LocalTracerLost => {
                self.warn("the local tracer failed; only contributors render now".to_owned());
            }
            RequesterOutput::Predict { question, rows, .. } => {
                if let Some(answers) = self.oracle.answer(&rows) {
                    self.tell(RequesterInput::Predicted { question, answers });
                }
            }
            RequesterOutput::Attempt(record) => (self.show)(RenderEvent::Attempt(record)),
            RequesterOutput::TileMerged { .. } | RequesterOutput::FrameComplete { .. } => {}
        }
    }

    /// What a contributor, one that has just left too, calls itself; its id if that is nothing.
    fn name_of(&self, peer: PeerId) -> String {
        let stats = self.session.stats(self.started.elapsed());
        let known = stats.into_iter().find(|stats| stats.worker == Worker::Peer(peer));
        let name = known.and_then(|known| known.capabilities).map(|known| known.name);
        let name = name.filter(|name| !name.as_str().is_empty());
        name.map_or_else(|| format!("peer {peer}"), |name| name.as_str().to_owned())
    }

    fn trace(&mut self, lease: LeaseId, task: TileTask) {
        if let Some(local) = &self.local {
            let ticket: Ticket = lease.0;
            local.lanes.trace(ticket, local.scene.clone(), task);
        }
    }

    fn take_traced(&mut self, traced: Traced) {
        let lease = LeaseId(traced.ticket);
        self.tell(match traced.outcome {
            Some((sums, counters)) => RequesterInput::Traced { lease, sums, counters },
            None => RequesterInput::TraceFailed { lease },
        });
    }

    fn take_upload(&mut self, news: Option<UploadNews>) {
        match news {
            Some(UploadNews::Stored) => {
                self.upload = None;
                let config = SignalingConfig {
                    role: Role::Requester,
                    room: self.options.room.clone(),
                    name: self.options.name.clone(),
                    max_peers: self.options.max_peers,
                    seed: self.options.seed,
                };
                let server = self.options.server.clone();
                self.network = Some(Network::new(self.started, server, config));
            }
            Some(UploadNews::Failed(reason)) => self.warn(reason),
            None => self.upload = None,
        }
    }

    fn take_network(&mut self, event: NetworkEvent) -> Result<(), PeerError> {
        match event {
            NetworkEvent::Link(LinkEvent::Open { peer }) => {
                self.stats.connect.get_or_insert(self.started.elapsed());
                self.tell(RequesterInput::PeerConnected { peer });
            }
            NetworkEvent::Link(LinkEvent::Message { peer, channel, bytes }) => {
                self.tell(RequesterInput::Message { peer, channel, bytes });
            }
            NetworkEvent::Link(LinkEvent::Closed { peer, .. }) => {
                self.tell(RequesterInput::PeerGone { peer });
            }
            NetworkEvent::State(SignalingState::Refused) => {
                let message = "it does not speak this version of p2c2r".to_owned();
                // Who can render alone does.
                if self.local.is_none() {
                    return Err(PeerError::Refused(message));
                }
                self.warn(message);
            }
            NetworkEvent::State(_) => {}
            NetworkEvent::Refused(message) | NetworkEvent::Unreachable(message) => {
                self.warn(message);
            }
        }
        Ok(())
    }

    /// Starts the job proper once enough contributors take tasks.
    fn begin_if_gathered(&mut self) -> Result<(), PeerError> {
        if self.waiting_job.is_none() || self.ready_peers() < self.options.wait_for_peers {
            return Ok(());
        }
        if let Some(spec) = self.waiting_job.take() {
            self.job_started = Instant::now();
            let now = self.started.elapsed();
            let started = self.session.new_job(now, spec);
            started.map_err(|error| PeerError::Job(error.to_string()))?;
            self.look();
            self.drain();
        }
        Ok(())
    }

    fn ready_peers(&self) -> usize {
        let stats = self.session.stats(self.started.elapsed());
        let is_ready = |stats: &&p2c2r_swarm::WorkerStats| {
            matches!(stats.worker, Worker::Peer(_)) && stats.state == PeerState::Working
        };
        stats.iter().filter(is_ready).count()
    }

    /// Without a tracer of its own a requester cannot wait for ever.
    fn check_peers(&self) -> Result<(), PeerError> {
        let needs_peers = self.local.is_none() || self.waiting_job.is_some();
        let wanted = self.options.wait_for_peers.max(1);
        let is_late = self.started.elapsed() > PEER_TIMEOUT;
        let has_begun = self.waiting_job.is_none() && self.session.film().merged_paths() > 0;
        if !needs_peers || !is_late || has_begun || self.ready_peers() >= wanted {
            return Ok(());
        }
        let seconds = PEER_TIMEOUT.as_secs();
        let last = self.stats.warnings.last().map_or(String::new(), |last| format!(" ({last})"));
        let message = format!(
            "{} of {wanted} contributors came within {seconds} s{last}; start one with \
             `p2c2r contribute`",
            self.ready_peers(),
        );
        Err(PeerError::Network(message))
    }

    fn show_progress(&mut self) {
        if self.waiting_job.is_none() {
            let film = self.session.film();
            let share = film.merged_paths() as f64 / film.job_paths() as f64;
            (self.show)(RenderEvent::Progress(share));
        }
    }

    fn note_task_bytes(&mut self, channel: Channel, bytes: &[u8]) {
        use p2c2r_protocol::peer::{Message, decode};
        // Only tasks come near the limit of the channel; decoding all would cost time.
        if channel == Channel::Control
            && bytes.len() > self.stats.task_bytes_max
            && matches!(decode(channel, bytes), Ok(Message::Task { .. }))
        {
            self.stats.task_bytes_max = bytes.len();
        }
    }

    fn warn(&mut self, warning: String) {
        if self.stats.warnings.last() == Some(&warning) {
            return;
        }
        (self.show)(RenderEvent::Warning(warning.clone()));
        if self.stats.warnings.len() < MAX_WARNINGS {
            self.stats.warnings.push(warning);
        }
    }
}

fn spec_of(job: &RenderJob) -> JobSpec {
    JobSpec {
        scene: job.scene.id,
        scene_bytes: job.package.len() as u64,
        view: job.view,
        samples_per_pixel: job.samples_per_pixel,
        seed: job.seed,
        effects: job.effects,
        max_bounces: job.max_bounces,
        packing: job.packing,
        order: RefineOrder::Tiles,
        cost: CostSource::Probe,
    }
}

/// One sample of one pixel: gives peers a scene to load before the clock starts.
fn gathering_job(spec: &JobSpec) -> JobSpec {
    let view = p2c2r_frame::View { width_px: 1, height_px: 1, ..spec.view };
    JobSpec { view, samples_per_pixel: 1, cost: CostSource::Learned, ..spec.clone() }
}

fn config_of(options: &RenderOptions, insight: Insight) -> RequesterConfig {
    let device = options.device.as_ref();
    RequesterConfig {
        capabilities: Capabilities {
            device: device.map_or(DeviceKind::NativeCpu, |device| device.kind()),
            lanes: 1,
            condition: Condition::default(),
            name: options.name.clone(),
        },
        limits: PeerLimits::default(),
        local_work: if device.is_some() { LocalWork::Always } else { LocalWork::Never },
        local_lanes: device.map_or(0, |device| device.lanes()),
        insight,
    }
}

/// Offers the package until the server has it; the first failure is told, the last ones are silence.
fn start_upload(
    options: &RenderOptions,
    id: SceneId,
    package: Arc<[u8]>,
) -> mpsc::Receiver<UploadNews> {
    let (sender, receiver) = mpsc::channel(1);
    let server = options.server.clone();
    tokio::spawn(async move {
        let mut wait = UPLOAD_RETRY;
        loop {
            let (package, server) = (package.clone(), server.clone());
            let store = move || BlobClient::new(server).store(id, &package);
            let outcome = tokio::task::spawn_blocking(store).await;
            let reason = match outcome {
                Ok(Ok(())) => {
                    // The render may be over; then nobody needs to know.
                    let _ = sender.send(UploadNews::Stored).await;
                    return;
                }
                Ok(Err(error)) => describe(&error),
                Err(error) => error.to_string(),
            };
            if sender.send(UploadNews::Failed(reason)).await.is_err() {
                return;
            }
            tokio::time::sleep(wait).await;
            wait = (2 * wait).min(UPLOAD_RETRY_LIMIT);
        }
    });
    receiver
}

fn describe(error: &BlobError) -> String {
    format!("contributors cannot get the scene: {error}")
}

async fn next_event(network: &mut Option<Network>) -> NetworkEvent {
    match network {
        Some(network) => network.next().await,
        None => std::future::pending().await,
    }
}

async fn next_traced(local: &mut Option<Local>) -> Option<Traced> {
    match local {
        Some(local) => local.results.recv().await,
        None => std::future::pending().await,
    }
}

async fn next_upload(upload: &mut Option<mpsc::Receiver<UploadNews>>) -> Option<UploadNews> {
    match upload {
        Some(upload) => upload.recv().await,
        None => std::future::pending().await,
    }
}
