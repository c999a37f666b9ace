//! A contributor in a tab: joins the contributor session to lanes, links and the blob store.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use p2c2r_frame::SceneId;
use p2c2r_protocol::peer::{
    Capabilities, Condition, DeviceKind, PeerLimits, PeerName, RefuseJob, Role,
};
use p2c2r_scene::{Scene, UnpackLimits, unpack};
use p2c2r_swarm::{
    BenchmarkSpec, Contributor, ContributorConfig, ContributorInput, ContributorOutput, TaskKey,
};
use p2c2r_transport::LinkEvent;

use crate::action::Action;
use crate::base::{Base, Event};
use crate::environment::{Input, Output};
use crate::lanes::Lanes;
use crate::messages::{
    ContributionStats, DeviceChoice, ErrorCategory, FromSession, NetworkSettings, ToSession,
};
use crate::meter::Meter;
use crate::network::{Network, News};
use crate::self_test::self_test;

/// The meters move this often.
const REPORT_EVERY: Duration = Duration::from_millis(500);
/// After a stop the goodbyes get this long to leave the channels.
const STOP_GRACE: Duration = Duration::from_millis(40);

/// The role of a contributor.
pub(crate) struct ContributorRole {
    base: Base<TaskKey>,
    settings: NetworkSettings,
    choice: DeviceChoice,
    seed: u64,
    /// What pseudonyms are made from.
    secret: Option<[u8; 32]>,
    is_hidden: bool,
    is_on_battery: bool,
    /// Made when the device is known, since the hello names it.
    session: Option<Contributor>,
    fetching: BTreeSet<SceneId>,
    is_announced: bool,
    is_finishing: bool,
    stop_at: Option<Duration>,
    report_at: Option<Duration>,
    meters: Meters,
    busy: Duration,
    fetched_bytes: u64,
}

#[derive(Debug, Default)]
struct Meters {
    rays: Meter,
    samples: Meter,
    busy_s: Meter,
}

impl ContributorRole {
    /// Asks for a tracer; the network comes after it.
    pub(crate) fn new(
        settings: NetworkSettings,
        choice: DeviceChoice,
        lanes: Lanes<TaskKey>,
        seed: u64,
        secret: Option<[u8; 32]>,
    ) -> Self {
        let mut base = Base::new(lanes);
        base.lanes.start(&mut base.actions);
        Self {
            base,
            settings,
            choice,
            seed,
            secret,
            is_hidden: false,
            is_on_battery: false,
            session: None,
            fetching: BTreeSet::new(),
            is_announced: false,
            is_finishing: false,
            stop_at: None,
            report_at: None,
            meters: Meters::default(),
            busy: Duration::ZERO,
            fetched_bytes: 0,
        }
    }

    /// The next thing to do.
    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.base.actions.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        let session = self.session.as_ref().and_then(Contributor::next_timeout);
        let network = self.base.network.as_ref().and_then(Network::next_timeout);
        [session, network, self.stop_at, self.report_at].into_iter().flatten().min()
    }

    /// Takes one event.
    pub(crate) fn handle(&mut self, now: Duration, mut event: Event) {
        let news = self.base.network_event(now, &event);
        self.take_news(now, news);
        if let Some(traced) = self.base.traced(&mut event) {
            self.busy += traced.busy;
            let key = traced.key;
            let input = match traced.result {
                Some((sums, counters)) => ContributorInput::Traced { key, sums, counters },
                None => ContributorInput::TraceFailed { key },
            };
            self.feed(now, input);
        }
        match event {
            Event::Input(input, attachments) => self.on_input(now, input, attachments),
            Event::Link(event) => self.on_link(now, event),
            Event::GpuReady { name } => {
                self.base.lanes.gpu_ready(name);
                self.begin(now);
            }
            Event::GpuFailed { message } => self.on_gpu_failed(now, &message),
            Event::GpuTraced { .. } | Event::GpuTraceFailed { .. } => {}
        }
        self.report_if_due(now);
    }

    fn on_input(&mut self, now: Duration, input: Input, mut attachments: Vec<Vec<u8>>) {
        match input {
            Input::Page { message: ToSession::Finish } => {
                self.is_finishing = true;
                self.feed(now, ContributorInput::Finish);
                self.end_if_never_begun(now);
            }
            Input::Page { message: ToSession::Stop } => {
                self.feed(now, ContributorInput::Stop);
                self.base.lanes.cancel_all(&mut self.base.actions);
                self.end(now);
            }
            Input::Page { message: ToSession::Condition { is_hidden, is_on_battery } } => {
                (self.is_hidden, self.is_on_battery) = (is_hidden, is_on_battery);
                self.feed(now, ContributorInput::Condition { is_on_battery, is_hidden });
            }
            Input::Page { message: ToSession::Pause } => self.feed(now, ContributorInput::Pause),
            Input::Page { message: ToSession::Play } => self.feed(now, ContributorInput::Resume),
            Input::PoolReady { workers } => {
                self.base.lanes.pool_ready(workers);
                self.begin(now);
                self.base.lanes.fill(&mut self.base.actions);
            }
            Input::PoolFailed { message } => {
                self.base.report(ErrorCategory::Config, "WORKERS_FAILED", message, true);
            }
            Input::BlobFetched { scene } => {
                self.on_blob(now, scene, attachments.pop().unwrap_or_default());
            }
            Input::BlobFailed { scene, .. } => {
                self.scene_failed(now, scene, RefuseJob::SceneUnavailable);
            }
            Input::Timeout => {
                self.feed(now, ContributorInput::Timeout);
                if self.stop_at.is_some_and(|at| now >= at) {
                    self.stop_at = None;
                    self.base.tell(FromSession::Stopped);
                }
            }
            _ => {}
        }
    }

    /// The device is known: the session can say what it is, and the network may come.
    fn begin(&mut self, now: Duration) {
        if self.session.is_some() || self.stop_at.is_some() {
            return;
        }
        let info = self.base.lanes.device_info();
        let is_gpu = self.base.lanes.is_gpu();
        let name = PeerName::lossy(&info.name);
        let device = if is_gpu { DeviceKind::BrowserGpu } else { DeviceKind::BrowserCpu };
        let lanes = self.base.lanes.count() as u16;
        let benchmark = self.prepare_self_test(is_gpu);
        let Self { is_on_battery, is_hidden, .. } = *self;
        let condition = Condition { is_on_battery, is_hidden, ..Condition::default() };
        let capabilities = Capabilities { device, lanes, condition, name: name.clone() };
        self.session = Some(Contributor::new(ContributorConfig {
            capabilities,
            limits: PeerLimits::default(),
            benchmark,
            secret: self.secret,
            max_requesters: self.settings.max_peers as usize,
        }));
        match Network::new(now, self.settings.clone(), Role::Contributor, name, self.seed) {
            Ok(network) => self.base.network = Some(network),
            Err(error) => {
                return self.base.report(ErrorCategory::Config, "BAD_ROOM", error, true);
            }
        }
        self.report_at = Some(now + REPORT_EVERY);
        let news = self.base.network_news();
        self.take_news(now, news);
    }

    /// Gives the tracers what this machine is measured with.
    fn prepare_self_test(&mut self, is_gpu: bool) -> Option<BenchmarkSpec> {
        let (spec, scene, package) = self_test(is_gpu)?;
        if is_gpu {
            self.base.actions.push_back(Action::GpuScene { scene });
        }
        let output = Output::PoolScene { scene: spec.scene };
        self.base.actions.push_back(Action::Output(output, vec![package]));
        Some(spec)
    }

    fn on_gpu_failed(&mut self, now: Duration, message: &str) {
        if self.choice == DeviceChoice::Gpu || self.session.is_some() {
            let message = format!("{message}; the CPU renders instead");
            self.base.report(ErrorCategory::Gpu, "GPU_UNAVAILABLE", message, false);
        }
        for key in self.base.lanes.gpu_failed(&mut self.base.actions) {
            self.feed(now, ContributorInput::TraceFailed { key });
        }
    }

    fn take_news(&mut self, now: Duration, news: Vec<News>) {
        for news in news {
            match news {
                News::Online { .. } if !self.is_announced => {
                    self.is_announced = true;
                    let device = self.base.lanes.device_info();
                    self.base.tell(FromSession::Running { device });
                }
                News::Online { .. } => {}
                News::Offline => {
                    let message = "the server cannot be reached; trying again";
                    let (category, code) = (ErrorCategory::Signaling, "SIGNAL_UNREACHABLE");
                    self.base.report(category, code, message, false);
                }
                News::Refused { message, is_final } => {
                    let (category, code) = (ErrorCategory::Signaling, "SIGNAL_REFUSED");
                    self.base.report(category, code, message, is_final);
                }
                News::PeerGone { peer } => {
                    self.feed(now, ContributorInput::RequesterGone { peer });
                }
            }
        }
    }

    fn on_link(&mut self, now: Duration, event: LinkEvent) {
        match event {
            LinkEvent::Open { peer } => {
                self.feed(now, ContributorInput::RequesterConnected { peer });
            }
            LinkEvent::Message { peer, channel, bytes } => {
                self.feed(now, ContributorInput::Message { peer, channel, bytes });
            }
            LinkEvent::Closed { peer, .. } => {
                self.base.tell(FromSession::RtcClose { peer });
                self.feed(now, ContributorInput::RequesterGone { peer });
            }
        }
    }

    fn feed(&mut self, now: Duration, input: ContributorInput) {
        let Some(session) = &mut self.session else { return };
        session.handle(now, input);
        while let Some(output) = self.session.as_mut().and_then(Contributor::poll_output) {
            self.obey(now, output);
        }
    }

    fn obey(&mut self, now: Duration, output: ContributorOutput) {
        match output {
            ContributorOutput::Send { peer, channel, bytes } => {
                self.base.actions.push_back(Action::Send { peer, channel, bytes });
            }
            ContributorOutput::ClosePeer { peer, .. } => {
                if let Some(network) = &mut self.base.network {
                    network.close(now, peer, &mut self.base.actions);
                }
                let news = self.base.network_news();
                self.take_news(now, news);
            }
            ContributorOutput::FetchScene { scene, scene_bytes } => {
                self.fetching.insert(scene);
                let url = Network::blob_url(&self.settings, scene);
                let max_bytes = scene_bytes;
                self.base.actions.push_back(Output::FetchBlob { scene, url, max_bytes }.into());
            }
            ContributorOutput::ReleaseScene { scene } => {
                self.fetching.remove(&scene);
                self.base.actions.push_back(Output::PoolForget { scene }.into());
                self.base.actions.push_back(Action::ForgetGpuScene { scene });
            }
            ContributorOutput::Trace { key, task } => {
                self.base.lanes.submit(key, task, &mut self.base.actions);
            }
            ContributorOutput::Cancel { key } => {
                self.base.lanes.cancel(&key, &mut self.base.actions);
            }
            ContributorOutput::Finished => self.end(now),
        }
    }

    /// Checks a package against the id that was asked for, and gives it to the tracers.
    fn on_blob(&mut self, now: Duration, scene: SceneId, bytes: Vec<u8>) {
        self.fetched_bytes += bytes.len() as u64;
        if !self.fetching.remove(&scene) {
            return;
        }
        let unpacked: Option<Scene> = unpack(&bytes, &UnpackLimits::default()).ok();
        match unpacked.filter(|unpacked| unpacked.id == scene) {
            Some(unpacked) => {
                if self.base.lanes.is_gpu() {
                    let scene = Arc::new(unpacked);
                    self.base.actions.push_back(Action::GpuScene { scene });
                }
                // The trace workers need it too if the GPU is lost later.
                let output = Output::PoolScene { scene };
                self.base.actions.push_back(Action::Output(output, vec![bytes]));
                self.feed(now, ContributorInput::SceneReady { scene });
            }
            None => self.scene_failed(now, scene, RefuseJob::SceneInvalid),
        }
    }

    fn scene_failed(&mut self, now: Duration, scene: SceneId, reason: RefuseJob) {
        self.fetching.remove(&scene);
        let message = format!("the scene {scene} is not to be had: {reason:?}");
        self.base.report(ErrorCategory::Scene, "SCENE_UNAVAILABLE", message, false);
        self.feed(now, ContributorInput::SceneFailed { scene, reason });
    }

    fn end_if_never_begun(&mut self, now: Duration) {
        if self.session.is_none() {
            self.end(now);
        }
    }

    fn end(&mut self, now: Duration) {
        if self.stop_at.is_some() {
            return;
        }
        if let Some(network) = &mut self.base.network {
            network.leave(now);
        }
        // Nothing more to say about a server that is left.
        let _ = self.base.network_news();
        self.report(now);
        self.report_at = None;
        self.stop_at = Some(now + STOP_GRACE);
    }

    fn report_if_due(&mut self, now: Duration) {
        if self.report_at.is_some_and(|at| now >= at) {
            self.report_at = Some(now + REPORT_EVERY);
            self.report(now);
        }
    }

    fn report(&mut self, now: Duration) {
        let Some(session) = &self.session else { return };
        let stats = session.stats();
        let lanes = f64::from(self.base.lanes.count().max(1));
        let rays = stats.counters.rays.saturating_add(stats.counters.shadow_rays) as f64;
        let busy = self.meters.busy_s.rate(now, self.busy.as_secs_f64());
        let stats = ContributionStats {
            rays_per_second: self.meters.rays.rate(now, rays),
            samples_per_second: self.meters.samples.rate(now, stats.samples as f64),
            samples_total: stats.samples,
            tasks_done: stats.tasks_done,
            duty_percent: (100.0 * busy / lanes).clamp(0.0, 100.0),
            bytes_sent: stats.sent_bytes,
            bytes_received: stats.received_bytes.saturating_add(self.fetched_bytes),
            requesters: stats.requesters as u32,
            device: self.base.lanes.device_info(),
            paused_reason: self.paused_reason(stats.requesters),
        };
        self.base.tell(FromSession::Stats { stats });
    }

    fn paused_reason(&self, requesters: usize) -> Option<String> {
        let is_online = self.base.network.as_ref().is_some_and(Network::is_online);
        let reason = if !self.base.lanes.is_ready() {
            "The renderer is starting"
        } else if requesters == 0 && !is_online {
            "The server cannot be reached; trying again"
        } else if requesters == 0 {
            "Nobody needs a picture at the moment"
        } else if !self.fetching.is_empty() {
            "A scene is being downloaded"
        } else if self.base.lanes.is_idle() && self.is_finishing {
            "Finishing"
        } else {
            return None;
        };
        Some(reason.to_owned())
    }
}
