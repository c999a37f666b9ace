//! The player in a tab: joins the requester session to lanes, links, the blob store and the screen.

mod denoising;
mod foresight;
mod job;
mod peers;
mod reports;
mod scenes;
mod sight;
mod upload;

use std::collections::BTreeMap;
use std::time::Duration;

use p2c2r_frame::{SceneId, time_us_of_seconds};
use p2c2r_protocol::peer::Capabilities;
use p2c2r_protocol::{LeaseId, PeerId};
use p2c2r_swarm::{Requester, RequesterInput};

use self::denoising::Denoised;
pub(crate) use self::foresight::Foresight;
use self::reports::Reports;
use self::sight::Sight;
use self::upload::UploadRetry;
use crate::action::Action;
use crate::base::{Base, Event};
use crate::environment::{Input, Output};
use crate::finish::radiance_of;
use crate::lanes::Lanes;
use crate::messages::{
    CameraChoice, DeviceChoice, ErrorCategory, ExportFormat, FromSession, LoadStage,
    NetworkSettings, RenderSettings, SceneSource, ToSession,
};
use crate::network::Network;
use crate::picture::{Picture, display, opaque_rgba8};
use crate::scene_load::LoadedScene;
use crate::traced;

/// The role of a player.
pub(crate) struct PlayerRole {
    base: Base<LeaseId>,
    settings: RenderSettings,
    choice: DeviceChoice,
    network_settings: Option<NetworkSettings>,
    seed: u64,
    camera: CameraChoice,
    /// Of the scene's animation.
    time_us: u64,
    loading: Option<Loading>,
    last_request: u32,
    scene: Option<LoadedScene>,
    /// The package is on its way to the server, and peers must not hear of the scene before it is there.
    is_storing: bool,
    /// When the server is asked again.
    upload: UploadRetry,
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
    denoised: Denoised,
    sight: Sight,
    reports: Reports,
    foresight: Foresight,
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
        foresight: Foresight,
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
            time_us: 0,
            loading: None,
            last_request: 0,
            scene: None,
            is_storing: false,
            upload: UploadRetry::default(),
            may_meet_peers: false,
            settle_at: None,
            hold_until: None,
            probed: None,
            wants_job: false,
            is_paused: false,
            requester: None,
            capabilities: BTreeMap::new(),
            picture: Picture::default(),
            denoised: Denoised::default(),
            sight: Sight::default(),
            reports: Reports::default(),
            foresight,
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
        let upload = self.upload.next_timeout();
        let save = self.foresight.next_timeout();
        let own = [self.reports.next_timeout(), self.settle_at, self.hold_until, upload, save];
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
            Event::GpuDenoised { ticket, outcome } => self.on_denoised(now, ticket, outcome),
            Event::GpuTraced { .. } | Event::GpuTraceFailed { .. } => {}
        }
        self.hold_until.take_if(|until| now >= *until);
        self.begin_job(now);
        self.open_network(now);
        self.report_if_due(now);
        self.save_if_due(now);
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
            ToSession::Time { seconds } => self.show_time(now, time_us_of_seconds(seconds)),
            ToSession::Pause => self.pause(),
            ToSession::Play => self.play(),
            ToSession::Export { request, format } => self.export(request, format),
            // A hidden page may be gone without another word.
            ToSession::Condition { is_hidden: true, .. } => self.save(),
            ToSession::RtcRoute { peer, is_relayed } => {
                self.feed(now, RequesterInput::LinkKnown { peer, is_relayed });
            }
            ToSession::Stop | ToSession::Finish => self.stop(now),
            _ => {}
        }
    }

    fn on_settings(&mut self, now: Duration, settings: RenderSettings) {
        let shown_alike = RenderSettings {
            exposure: self.settings.exposure,
            tone_mapping: self.settings.tone_mapping,
            denoise: self.settings.denoise,
            ..settings.clone()
        };
        let is_same_job = shown_alike == self.settings;
        self.settings = settings;
        if !is_same_job {
            self.want_job(now);
        } else {
            self.repaint(now);
            self.denoise_if_due(now);
        }
    }

    fn on_input(&mut self, now: Duration, input: Input, attachments: Vec<Vec<u8>>) {
        let answer = attachments.first().map_or(&[][..], Vec::as_slice);
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
            Input::Predicted { question } => self.on_answer(now, question, answer),
            Input::Looked { question } => self.on_looked(question, answer),
            Input::CostsPredicted { question } => self.on_costs(question, answer),
            Input::ModelLost { message } => {
                self.base.report(ErrorCategory::Config, "MODEL_UNAVAILABLE", message, false);
            }
            Input::StateLost { message } => {
                self.base.report(ErrorCategory::Config, "STATE_LOST", message, false);
            }
            Input::Denoised { ticket } => {
                let outcome = radiance_of(answer).ok_or_else(|| "the picture is cut".to_owned());
                self.on_denoised(now, ticket, outcome);
            }
            Input::DenoiseFailed { ticket, message } => self.on_denoised(now, ticket, Err(message)),
            Input::BlobStored { scene } if self.is_current(scene) => self.on_stored(now),
            Input::BlobRefused { scene, message, is_final } if self.is_current(scene) => {
                self.on_refused(now, &message, is_final);
            }
            Input::Timeout => {
                self.feed(now, RequesterInput::Timeout);
                if self.upload.is_due(now) {
                    self.store_package();
                }
                if self.settle_at.take_if(|at| now >= *at).is_some() {
                    self.want_job(now);
                }
            }
            _ => {}
        }
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
        if self.keep_export_waiting(request, format) {
            return;
        }
        let mut answer = (0, 0, 0, false);
        let denoised = self.denoised.radiance().filter(|_| format == ExportFormat::Shown);
        let is_denoised = denoised.is_some();
        let mut attachments = Vec::new();
        if let Some(requester) = &self.requester {
            let film = requester.film();
            let samples = film.sample_counts().iter().min().copied().unwrap_or(0);
            let is_complete = film.is_complete() && self.settle_at.is_none();
            answer = (film.width_px(), film.height_px(), samples, is_complete);
            attachments.push(match format {
                ExportFormat::Shown | ExportFormat::Rgba8 => {
                    opaque_rgba8(film, denoised, &display(&self.settings))
                }
                ExportFormat::Sums => traced::sums_bytes(film.sums()),
            });
        }
        let (width, height, samples, is_complete) = answer;
        let message =
            FromSession::Exported { request, width, height, samples, is_complete, is_denoised };
        self.base.actions.push_back(Action::Output(Output::Page { message }, attachments));
    }

    fn stop(&mut self, now: Duration) {
        self.save();
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
