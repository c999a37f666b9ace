//! The player in a tab: joins the requester session to lanes, links, the blob store and the screen.

mod reports;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use p2c2r_frame::{Effects, SceneId};
use p2c2r_protocol::peer::{Capabilities, DeviceKind, PeerLimits, PeerName, Role};
use p2c2r_protocol::{LeaseId, PeerId};
use p2c2r_swarm::{
    CostSource, JobSpec, LocalWork, RefineOrder, Requester, RequesterConfig, RequesterInput,
    RequesterOutput, Worker,
};
use p2c2r_transport::LinkEvent;

use self::reports::Reports;
use crate::action::Action;
use crate::base::{Base, Event};
use crate::environment::{Input, Output};
use crate::lanes::Lanes;
use crate::messages::{
    CameraChoice, DeviceChoice, ErrorCategory, ExportFormat, FromSession, LoadStage,
    NetworkSettings, PeerInfo, RenderSettings, SceneSource, ToSession,
};
use crate::network::{Network, News};
use crate::picture::{Picture, display, opaque_rgba8};
use crate::scene_load::{Files, LoadedScene, load, pose, view};
use crate::traced;

/// A camera that has not moved for so long is rendered in full.
const SETTLE: Duration = Duration::from_millis(250);
/// While the camera moves, the film is small enough for its first sample to come this soon.
const PREVIEW_S: f64 = 0.12;
/// Speed before any is known, in samples a second.
const ASSUMED_SPEED: f64 = 100_000.0;
/// A preview's sides are divided by one of these.
const PREVIEW_DIVISORS: [u32; 4] = [1, 2, 4, 8];
/// Samples of a preview's pixels.
const PREVIEW_SAMPLES: u32 = 2;
/// A preview may grow for so long before the next camera replaces it.
const PREVIEW_HOLD: Duration = Duration::from_millis(150);

/// The role of a player.
pub(crate) struct PlayerRole {
    base: Base<LeaseId>,
    settings: RenderSettings,
    choice: DeviceChoice,
    network_settings: Option<NetworkSettings>,
    seed: u64,
    camera: CameraChoice,
    loading: Option<Loading>,
    last_request: u32,
    scene: Option<LoadedScene>,
    /// The package is on its way to the server, and peers must not hear of the scene before it is there.
    is_storing: bool,
    /// The server has taken a package of ours.
    may_meet_peers: bool,
    /// The camera is moving: what is rendered is a preview until then.
    settle_at: Option<Duration>,
    /// A preview that should be seen before the next one begins.
    hold_until: Option<Duration>,
    /// Its cost has been probed.
    probed: Option<SceneId>,
    /// A view waits for a scene, a tracer or the server.
    wants_job: bool,
    is_paused: bool,
    requester: Option<Requester>,
    capabilities: BTreeMap<PeerId, Capabilities>,
    picture: Picture,
    reports: Reports,
}

/// A scene whose files the worker fetches.
#[derive(Debug)]
struct Loading {
    request: u32,
    source: SceneSource,
    /// The file that the visitor gave.
    file: Option<Vec<u8>>,
}

impl PlayerRole {
    /// Asks for a tracer.
    pub(crate) fn new(
        settings: RenderSettings,
        choice: DeviceChoice,
        network_settings: Option<NetworkSettings>,
        lanes: Lanes<LeaseId>,
        seed: u64,
    ) -> Self {
        let mut base = Base::new(lanes);
        base.lanes.start(&mut base.actions);
        Self {
            base,
            settings,
            choice,
            network_settings,
            seed,
            camera: CameraChoice::Default,
            loading: None,
            last_request: 0,
            scene: None,
            is_storing: false,
            may_meet_peers: false,
            settle_at: None,
            hold_until: None,
            probed: None,
            wants_job: false,
            is_paused: false,
            requester: None,
            capabilities: BTreeMap::new(),
            picture: Picture::default(),
            reports: Reports::default(),
        }
    }

    /// The next thing to do.
    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.base.actions.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        let session = self.requester.as_ref().and_then(Requester::next_timeout);
        let network = self.base.network.as_ref().and_then(Network::next_timeout);
        let own = [self.reports.next_timeout(), self.settle_at, self.hold_until];
        own.into_iter().chain([session, network]).flatten().min()
    }

    /// Takes one event.
    pub(crate) fn handle(&mut self, now: Duration, mut event: Event) {
        let news = self.base.network_event(now, &event);
        self.take_news(now, news);
        if let Some(traced) = self.base.traced(&mut event) {
            let lease = traced.key;
            let input = match traced.result {
                Some((sums, counters)) => RequesterInput::Traced { lease, sums, counters },
                None => RequesterInput::TraceFailed { lease },
            };
            self.feed(now, input);
        }
        match event {
            Event::Input(Input::Page { message }, attachments) => {
                self.on_page(now, message, attachments);
            }
            Event::Input(input, attachments) => self.on_input(now, input, attachments),
            Event::Link(event) => self.on_link(now, event),
            Event::GpuReady { name } => {
                self.base.lanes.gpu_ready(name);
                self.on_tracer(now);
            }
            Event::GpuFailed { message } => self.on_gpu_failed(now, &message),
            Event::GpuTraced { .. } | Event::GpuTraceFailed { .. } => {}
        }
        self.hold_until.take_if(|until| now >= *until);
        self.begin_job(now);
        self.open_network(now);
        self.report_if_due(now);
    }

    fn on_page(&mut self, now: Duration, message: ToSession, mut attachments: Vec<Vec<u8>>) {
        match message {
            ToSession::Load { source, environment_url } => {
                self.last_request += 1;
                let request = self.last_request;
                let file = attachments.pop();
                self.loading = Some(Loading { request, source: source.clone(), file });
                let output = Output::FetchScene { request, source, environment_url };
                self.base.actions.push_back(output.into());
            }
            ToSession::Settings { settings } => self.on_settings(now, settings),
            ToSession::Camera { camera } if camera != self.camera => self.look(now, camera),
            ToSession::Pause => self.pause(),
            ToSession::Play => self.play(),
            ToSession::Export { request, format } => self.export(request, format),
            ToSession::Stop | ToSession::Finish => self.stop(now),
            _ => {}
        }
    }

    /// Looks from somewhere else; a camera that a person moves is shown small first.
    fn look(&mut self, now: Duration, camera: CameraChoice) {
        let is_free = matches!(camera, CameraChoice::LookAt { .. });
        let needs_preview = is_free && self.preview_divisor() > 1;
        self.settle_at = needs_preview.then_some(now + SETTLE);
        self.camera = camera;
        self.want_job(now);
    }

    fn on_settings(&mut self, now: Duration, settings: RenderSettings) {
        let shown_alike = RenderSettings {
            exposure: self.settings.exposure,
            tone_mapping: self.settings.tone_mapping,
            ..settings.clone()
        };
        let is_same_job = shown_alike == self.settings;
        self.settings = settings;
        if !is_same_job {
            self.want_job(now);
        } else if let Some(requester) = &self.requester {
            self.picture.touch(requester.film().rect());
            self.reports.touch(now);
        }
    }

    fn on_input(&mut self, now: Duration, input: Input, attachments: Vec<Vec<u8>>) {
        match input {
            Input::SceneFiles { request, files, has_environment, .. } => {
                self.on_files(now, request, files, has_environment, attachments);
            }
            Input::SceneProgress { request, fraction } if request == self.last_request => {
                self.base.tell(FromSession::Progress { stage: LoadStage::Download, fraction });
            }
            Input::SceneFailed { request, code, message } if request == self.last_request => {
                self.loading = None;
                self.base.report(ErrorCategory::Scene, &code, message, true);
            }
            Input::PoolReady { workers } => {
                self.base.lanes.pool_ready(workers);
                self.base.lanes.fill(&mut self.base.actions);
                self.on_tracer(now);
            }
            Input::PoolFailed { message } => {
                self.base.report(ErrorCategory::Config, "WORKERS_FAILED", message, true);
                for lease in self.base.lanes.lose() {
                    self.feed(now, RequesterInput::TraceFailed { lease });
                }
            }
            Input::BlobStored { scene } if self.is_current(scene) => self.on_stored(now),
            Input::BlobRefused { scene, message } if self.is_current(scene) => {
                self.is_storing = false;
                let message = format!("{message}; this page renders alone");
                let (category, code) = (ErrorCategory::Signaling, "SCENE_UPLOAD_FAILED");
                self.base.report(category, code, message, false);
                self.begin_job(now);
            }
            Input::Timeout => {
                self.feed(now, RequesterInput::Timeout);
                if self.settle_at.take_if(|at| now >= *at).is_some() {
                    self.want_job(now);
                }
            }
            _ => {}
        }
    }

    fn is_current(&self, scene: SceneId) -> bool {
        self.scene.as_ref().is_some_and(|loaded| loaded.scene.id == scene)
    }

    fn on_files(
        &mut self,
        now: Duration,
        request: u32,
        names: Vec<String>,
        has_environment: bool,
        mut bytes: Vec<Vec<u8>>,
    ) {
        let Some(loading) = self.loading.take_if(|loading| loading.request == request) else {
            return;
        };
        let environment = if has_environment { bytes.pop() } else { None };
        if let Some(file) = loading.file {
            bytes.insert(0, file);
        }
        match load(&loading.source, Files { bytes, names, environment }) {
            Ok(loaded) => self.take_scene(now, loaded),
            Err(error) => self.base.report(ErrorCategory::Scene, "SCENE_INVALID", error, true),
        }
    }

    fn take_scene(&mut self, now: Duration, loaded: LoadedScene) {
        let scene = loaded.scene.id;
        if let Some(before) = self.scene.take().map(|before| before.scene.id)
            && before != scene
        {
            self.base.actions.push_back(Output::PoolForget { scene: before }.into());
            self.base.actions.push_back(Action::ForgetGpuScene { scene: before });
        }
        let package = loaded.package.clone();
        self.base.actions.push_back(Action::Output(Output::PoolScene { scene }, vec![package]));
        self.base.actions.push_back(Action::GpuScene { scene: Arc::clone(&loaded.scene) });
        let view = view(&loaded.scene, &self.camera, self.settings.width, self.settings.height);
        let view = view.unwrap_or_else(|| loaded.scene.default_view(1, 1));
        let camera = pose(&loaded.scene, &view);
        self.base.tell(FromSession::Loaded { summary: loaded.summary.clone(), camera });
        if let Some(network) = &self.network_settings {
            self.is_storing = true;
            let url = Network::blob_url(network, scene);
            let attachments = vec![loaded.package.clone()];
            self.base
                .actions
                .push_back(Action::Output(Output::StoreBlob { scene, url }, attachments));
        }
        self.scene = Some(loaded);
        self.want_job(now);
    }

    /// The server has the package: peers may hear of it.
    fn on_stored(&mut self, now: Duration) {
        self.is_storing = false;
        self.may_meet_peers = true;
        self.begin_job(now);
    }

    /// Meets peers once there is a session that can greet them.
    fn open_network(&mut self, now: Duration) {
        let is_ready = self.may_meet_peers && self.requester.is_some();
        if !is_ready || self.base.network.is_some() {
            return;
        }
        let Some(settings) = self.network_settings.clone() else { return };
        let name = PeerName::lossy("player");
        match Network::new(now, settings, Role::Requester, name, self.seed) {
            Ok(network) => self.base.network = Some(network),
            Err(error) => {
                self.may_meet_peers = false;
                self.base.report(ErrorCategory::Config, "BAD_ROOM", error, false);
            }
        }
        let news = self.base.network_news();
        self.take_news(now, news);
    }

    /// A tracer is ready.
    fn on_tracer(&mut self, now: Duration) {
        let device = self.base.lanes.device_info();
        self.base.tell(FromSession::Running { device });
        self.begin_job(now);
    }

    fn on_gpu_failed(&mut self, now: Duration, message: &str) {
        if self.choice == DeviceChoice::Gpu || self.requester.is_some() {
            let message = format!("{message}; the CPU renders instead");
            self.base.report(ErrorCategory::Gpu, "GPU_UNAVAILABLE", message, false);
        }
        for lease in self.base.lanes.gpu_failed(&mut self.base.actions) {
            self.feed(now, RequesterInput::TraceFailed { lease });
        }
    }

    fn want_job(&mut self, now: Duration) {
        self.wants_job = self.scene.is_some();
        self.begin_job(now);
    }

    /// Begins the wanted job as soon as everything that it needs is there.
    fn begin_job(&mut self, now: Duration) {
        let can_trace = self.base.lanes.is_ready() || self.choice == DeviceChoice::None;
        let peers_may_ask = self.base.network.is_some() && self.is_storing;
        let is_held = self.hold_until.is_some() && self.settle_at.is_some();
        if !self.wants_job || !can_trace || peers_may_ask || is_held {
            return;
        }
        let Some(spec) = self.job_spec() else { return };
        self.wants_job = false;
        self.probed = Some(spec.scene);
        let (width, height) = (spec.view.width_px, spec.view.height_px);
        self.paint();
        let begun = match &mut self.requester {
            Some(requester) => requester.new_job(now, spec).map(|_| ()),
            None => Requester::new(self.requester_config(), spec)
                .map(|requester| self.requester = Some(requester)),
        };
        if let Err(error) = begun {
            return self.base.report(ErrorCategory::Config, "BAD_JOB", error, true);
        }
        self.picture.resize(width, height);
        self.hold_until = self.settle_at.map(|_| now + PREVIEW_HOLD);
        self.reports.begin(now, self.settle_at.is_some());
        self.feed(now, RequesterInput::Timeout);
    }

    fn requester_config(&self) -> RequesterConfig {
        let is_gpu = self.base.lanes.is_gpu();
        let device = if is_gpu { DeviceKind::BrowserGpu } else { DeviceKind::BrowserCpu };
        let name = PeerName::lossy(&self.base.lanes.device_info().name);
        let is_tracing = self.choice != DeviceChoice::None;
        RequesterConfig {
            capabilities: Capabilities { device, lanes: 1, name },
            limits: PeerLimits::default(),
            local_work: if is_tracing { LocalWork::Always } else { LocalWork::Never },
            local_lanes: self.base.lanes.count() as u16,
        }
    }

    fn job_spec(&mut self) -> Option<JobSpec> {
        let loaded = self.scene.as_ref()?;
        let RenderSettings { mut width, mut height, mut samples, seed, bounces, .. } =
            self.settings;
        if self.settle_at.is_some() {
            let divisor = self.preview_divisor();
            (width, height) = (width.div_ceil(divisor), height.div_ceil(divisor));
            samples = samples.min(PREVIEW_SAMPLES);
        }
        let is_probed = self.probed == Some(loaded.scene.id);
        let Some(view) = view(&loaded.scene, &self.camera, width, height) else {
            let message = "the scene has no camera of that name";
            self.base.report(ErrorCategory::Config, "CAMERA_UNKNOWN", message, false);
            self.camera = CameraChoice::Default;
            return self.job_spec();
        };
        Some(JobSpec {
            scene: loaded.scene.id,
            scene_bytes: loaded.package.len() as u64,
            view,
            samples_per_pixel: samples,
            seed,
            effects: Effects::PATH_TRACED,
            max_bounces: bounces,
            order: RefineOrder::Progressive,
            cost: if is_probed { CostSource::Learned } else { CostSource::Probe },
        })
    }

    /// How much smaller a preview is than the film.
    fn preview_divisor(&self) -> u32 {
        let pixels = f64::from(self.settings.width) * f64::from(self.settings.height);
        let speed = self.reports.speed().unwrap_or(ASSUMED_SPEED);
        let is_quick = |divisor: &&u32| pixels / f64::from(*divisor * *divisor) < speed * PREVIEW_S;
        PREVIEW_DIVISORS.iter().find(is_quick).copied().unwrap_or(8)
    }

    fn take_news(&mut self, now: Duration, news: Vec<News>) {
        for news in news {
            match news {
                News::Online { .. } => {}
                News::Offline => {
                    let message = "the server cannot be reached; trying again";
                    let (category, code) = (ErrorCategory::Signaling, "SIGNAL_UNREACHABLE");
                    self.base.report(category, code, message, false);
                }
                News::Refused { message, .. } => {
                    let (category, code) = (ErrorCategory::Signaling, "SIGNAL_REFUSED");
                    self.base.report(category, code, message, false);
                }
                News::PeerGone { peer } => self.feed(now, RequesterInput::PeerGone { peer }),
            }
        }
    }

    fn on_link(&mut self, now: Duration, event: LinkEvent) {
        match event {
            LinkEvent::Open { peer } => self.feed(now, RequesterInput::PeerConnected { peer }),
            LinkEvent::Message { peer, channel, bytes } => {
                self.feed(now, RequesterInput::Message { peer, channel, bytes });
            }
            LinkEvent::Closed { peer, .. } => {
                self.base.tell(FromSession::RtcClose { peer });
                self.feed(now, RequesterInput::PeerGone { peer });
            }
        }
    }

    fn feed(&mut self, now: Duration, input: RequesterInput) {
        let Some(requester) = &mut self.requester else { return };
        requester.handle(now, input);
        self.drain(now);
    }

    fn drain(&mut self, now: Duration) {
        while let Some(output) = self.requester.as_mut().and_then(Requester::poll_output) {
            self.obey(now, output);
        }
    }

    fn obey(&mut self, now: Duration, output: RequesterOutput) {
        match output {
            RequesterOutput::Send { peer, channel, bytes } => {
                self.base.actions.push_back(Action::Send { peer, channel, bytes });
            }
            RequesterOutput::ClosePeer { peer, .. } => {
                if let Some(network) = &mut self.base.network {
                    network.close(now, peer, &mut self.base.actions);
                }
                let news = self.base.network_news();
                self.take_news(now, news);
            }
            RequesterOutput::PeerReady { peer, capabilities } => {
                self.capabilities.insert(peer, capabilities);
                self.reports.peers_changed(now);
            }
            RequesterOutput::PeerLost { .. } => self.reports.peers_changed(now),
            RequesterOutput::TraceLocal { lease, task } => {
                self.base.lanes.submit(lease, task, &mut self.base.actions);
            }
            RequesterOutput::CancelLocal { lease } => {
                self.base.lanes.cancel(&lease, &mut self.base.actions);
            }
            RequesterOutput::TileMerged { rect, samples, by, .. } => {
                let peer = self.peer_info(by);
                self.picture.touch(rect);
                self.reports.merged(now, rect, samples, peer);
            }
            RequesterOutput::FrameComplete { .. } => {
                self.reports.complete();
                self.report(now);
                self.hold_until = None;
            }
            RequesterOutput::LocalTracerLost => {
                let message = "the tracer of this page failed too often; peers go on";
                self.base.report(ErrorCategory::Config, "LOCAL_TRACER_LOST", message, false);
            }
        }
    }

    fn peer_info(&self, worker: Worker) -> PeerInfo {
        let Worker::Peer(id) = worker else {
            let name = self.base.lanes.device_info().name;
            return PeerInfo { id: PeerId(0), kind: "local".to_owned(), name };
        };
        let known = self.capabilities.get(&id);
        PeerInfo {
            id,
            kind: known.map_or("", |known| known.device.as_str()).to_owned(),
            name: known.map_or("", |known| known.name.as_str()).to_owned(),
        }
    }

    fn pause(&mut self) {
        if !self.is_paused {
            self.is_paused = true;
            self.base.lanes.set_held(true, &mut self.base.actions);
            self.base.tell(FromSession::Paused { reason: Some("paused by the page".to_owned()) });
        }
    }

    fn play(&mut self) {
        if self.is_paused {
            self.is_paused = false;
            self.base.lanes.set_held(false, &mut self.base.actions);
            self.base.tell(FromSession::Paused { reason: None });
        }
    }

    fn export(&mut self, request: u32, format: ExportFormat) {
        let mut answer = (0, 0, 0, false);
        let mut attachments = Vec::new();
        if let Some(requester) = &self.requester {
            let film = requester.film();
            let samples = film.sample_counts().iter().min().copied().unwrap_or(0);
            let is_complete = film.is_complete() && self.settle_at.is_none();
            answer = (film.width_px(), film.height_px(), samples, is_complete);
            attachments.push(match format {
                ExportFormat::Rgba8 => opaque_rgba8(film, &display(&self.settings)),
                ExportFormat::Sums => traced::sums_bytes(film.sums()),
            });
        }
        let (width, height, samples, is_complete) = answer;
        let message = FromSession::Exported { request, width, height, samples, is_complete };
        self.base.actions.push_back(Action::Output(Output::Page { message }, attachments));
    }

    fn stop(&mut self, now: Duration) {
        if let Some(requester) = &mut self.requester {
            requester.stop(now);
        }
        self.drain(now);
        self.base.lanes.cancel_all(&mut self.base.actions);
        if let Some(network) = &mut self.base.network {
            network.leave(now);
        }
        let _ = self.base.network_news();
        self.base.tell(FromSession::Stopped);
    }
}
