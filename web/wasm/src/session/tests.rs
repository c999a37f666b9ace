//! A session driven without a browser: the pool is a tracer called in place.

mod denoising;
mod foresight;
mod sight;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::{Effects, Lens, PixelRect, SampleRange, TileTask};
use p2c2r_scene::{GeneratedScene, Scene, UnpackLimits, generate, pack, unpack};
use p2c2r_tracer_cpu::CpuTracer;

use super::*;
use crate::environment::Output;
use crate::messages::{
    CameraChoice, Denoising, DeviceChoice, ExportFormat, FromSession, NetworkSettings,
    RenderSettings, SceneSource, ToneMapping,
};
use crate::traced;

const SCENE: &str = "cornell";
const SETTINGS: RenderSettings = RenderSettings {
    width: 24,
    height: 16,
    samples: 5,
    seed: 3,
    bounces: 4,
    exposure: 1.0,
    tone_mapping: ToneMapping::Neutral,
    denoise: Denoising::Off,
    lens_radius: 0.0,
    focus: 1.0,
};

/// What a browser would be around a session.
struct World {
    session: Session,
    now: Duration,
    tracer: CpuTracer,
    scene: Arc<Scene>,
    said: Vec<FromSession>,
    exports: Vec<Vec<u8>>,
    paints: usize,
    /// What the screen shows.
    painted: Vec<u8>,
    denoising: Vec<denoising::DenoiseCall>,
    denoise_cancels: Vec<u32>,
    /// Looks that were asked for and not answered: the question and its task.
    looking: Vec<(u32, Vec<u8>)>,
    /// What is not for the worker around the session.
    others: Vec<Action>,
    /// Tasks given to trace workers and not answered.
    tracing: Vec<(u32, u32, TileTask)>,
    cancelled: Vec<u32>,
    sockets: usize,
    /// Times that the package was offered to the server.
    stores: usize,
    /// What was given to be stored for the next visit.
    saved: Vec<Vec<u8>>,
    /// What the cost model was asked.
    cost_questions: Vec<(u32, Vec<u8>)>,
}

impl World {
    fn new() -> Self {
        let spec: GeneratedScene = SCENE.parse().unwrap();
        let packed = pack(&generate(&spec)).unwrap();
        let scene = Arc::new(unpack(&packed.bytes, &UnpackLimits::default()).unwrap());
        Self {
            session: Session::new(3, 7, 1_795_867_200),
            now: Duration::ZERO,
            tracer: CpuTracer::new(Arc::clone(&scene)),
            scene,
            said: Vec::new(),
            exports: Vec::new(),
            paints: 0,
            painted: Vec::new(),
            denoising: Vec::new(),
            denoise_cancels: Vec::new(),
            looking: Vec::new(),
            others: Vec::new(),
            tracing: Vec::new(),
            cancelled: Vec::new(),
            sockets: 0,
            stores: 0,
            saved: Vec::new(),
            cost_questions: Vec::new(),
        }
    }

    /// A player that has been told to load the scene.
    fn player(network: Option<NetworkSettings>) -> Self {
        Self::player_on(DeviceChoice::Cpu, 2, network)
    }

    /// The same on a device of choice.
    fn player_on(device: DeviceChoice, threads: u32, network: Option<NetworkSettings>) -> Self {
        let mut world = Self::new();
        world.page(ToSession::StartPlayer {
            settings: SETTINGS,
            device,
            threads,
            network,
            prediction_log: true,
        });
        let source = SceneSource::Generated { spec: SCENE.to_owned() };
        world.page(ToSession::Load { source, environment_url: None });
        world
    }

    fn page(&mut self, message: ToSession) {
        self.feed(Input::Page { message }, Vec::new());
    }

    fn feed(&mut self, input: Input, attachments: Vec<Vec<u8>>) {
        self.event(Event::Input(input, attachments));
    }

    fn event(&mut self, event: Event) {
        self.now += Duration::from_millis(1);
        self.session.handle(self.now, event);
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Output(output, attachments) => self.perform(output, attachments),
                other => self.others.push(other),
            }
        }
    }

    fn perform(&mut self, output: Output, mut attachments: Vec<Vec<u8>>) {
        match output {
            Output::Page { message } => {
                self.exports.extend(attachments.pop());
                self.said.push(message);
            }
            Output::FetchScene { request, .. } => {
                let (root, files, has_environment) = (String::new(), Vec::new(), false);
                let input = Input::SceneFiles { request, root, files, has_environment };
                self.feed(input, Vec::new());
            }
            Output::StartPool { workers } => self.feed(Input::PoolReady { workers }, Vec::new()),
            Output::Trace { slot, ticket, .. } => {
                let task = postcard::from_bytes(&attachments[0]).unwrap();
                self.tracing.push((slot, ticket, task));
            }
            Output::CancelTrace { ticket, .. } => self.cancelled.push(ticket),
            Output::Paint { .. } => {
                self.paints += 1;
                self.painted = attachments.pop().unwrap();
            }
            Output::Denoise { ticket, looks, .. } => {
                self.denoising.push(denoising::DenoiseCall::new(ticket, looks, attachments));
            }
            Output::CancelDenoise { ticket } => self.denoise_cancels.push(ticket),
            Output::Look { question, .. } => {
                self.looking.push((question, attachments.pop().unwrap()));
            }
            Output::SocketOpen { .. } => self.sockets += 1,
            Output::StoreBlob { .. } => self.stores += 1,
            Output::PredictCosts { question } => {
                self.cost_questions.push((question, attachments.pop().unwrap()));
            }
            Output::SaveState => self.saved.extend(attachments.pop()),
            _ => {}
        }
    }

    /// Answers the oldest task; false if there is none.
    fn trace_one(&mut self) -> bool {
        if self.tracing.is_empty() {
            return false;
        }
        let (slot, ticket, task) = self.tracing.remove(0);
        if self.cancelled.contains(&ticket) {
            self.feed(Input::TraceCancelled { slot, ticket }, Vec::new());
            return true;
        }
        let tile = self.tracer.trace(&task, &AtomicBool::new(false)).unwrap();
        let bytes = traced::encode(&tile.sums, tile.counters);
        self.feed(Input::Traced { slot, ticket, busy_ms: 1.0 }, vec![bytes]);
        true
    }

    /// Gives up the tasks that the session has cancelled, which frees their lanes.
    fn drop_cancelled(&mut self) {
        let tracing = std::mem::take(&mut self.tracing);
        let is_cancelled = |task: &(u32, u32, TileTask)| self.cancelled.contains(&task.1);
        let (gone, kept): (Vec<_>, Vec<_>) = tracing.into_iter().partition(is_cancelled);
        self.tracing = kept;
        for (slot, ticket, _) in gone {
            self.feed(Input::TraceCancelled { slot, ticket }, Vec::new());
        }
    }

    /// Traces until the session wants nothing more.
    fn trace_all(&mut self) {
        while self.trace_one() {}
    }

    /// The exported film and whether it is whole.
    fn film(&mut self) -> (Vec<u8>, bool) {
        self.page(ToSession::Export { request: 1, format: ExportFormat::Sums });
        let Some(FromSession::Exported { is_complete, .. }) = self.said.last() else {
            panic!("no film came: {:?}", self.said.last());
        };
        (self.exports.pop().unwrap(), *is_complete)
    }

    /// What one tracer makes of the whole film.
    fn expected(&self, camera: &CameraChoice) -> Vec<u8> {
        let (width, height) = (SETTINGS.width, SETTINGS.height);
        let task = TileTask {
            scene: self.scene.id,
            view: crate::scene_load::view(&self.scene, camera, 0, [width, height]).unwrap(),
            rect: PixelRect::of_size(width, height),
            samples: SampleRange::new(0, SETTINGS.samples),
            seed: SETTINGS.seed,
            effects: Effects::PATH_TRACED,
            max_bounces: SETTINGS.bounces,
        };
        let tile = self.tracer.trace(&task, &AtomicBool::new(false)).unwrap();
        traced::sums_bytes(&tile.sums.sums)
    }

    fn errors(&self) -> Vec<&str> {
        let errors = self.said.iter().filter_map(|message| match message {
            FromSession::Error { code, .. } => Some(code.as_str()),
            _ => None,
        });
        errors.collect()
    }

    fn has_said(&self, is_it: impl Fn(&FromSession) -> bool) -> bool {
        self.said.iter().any(is_it)
    }
}

fn network() -> NetworkSettings {
    NetworkSettings {
        signal_url: "ws://127.0.0.1:1/v1/signal".to_owned(),
        blobs_url: "http://127.0.0.1:1/v1/blobs/".to_owned(),
        room: None,
        max_peers: 4,
    }
}

#[test]
fn lone_player_completes_with_the_bits_of_one_tracer() {
    let mut world = World::player(None);
    world.trace_all();
    let expected = world.expected(&CameraChoice::Default);
    assert_eq!(world.film(), (expected, true));
    assert_eq!(world.errors(), Vec::<&str>::new());
    assert!(world.paints > 0);
    assert!(world.has_said(|said| matches!(said, FromSession::Loaded { .. })));
    assert!(world.has_said(|said| matches!(said, FromSession::Sample { is_complete: true, .. })));
    assert_eq!(world.sockets, 0);
}

#[test]
fn new_camera_starts_the_film_again_and_late_tiles_of_the_old_one_are_dropped() {
    let mut world = World::player(None);
    world.trace_one();
    let camera =
        CameraChoice::LookAt { eye: [0.5, 1.2, 3.0], target: [0.0, 1.0, 0.0], tan_half_fov_y: 0.4 };
    world.page(ToSession::Camera { camera: camera.clone() });
    world.trace_all();
    let expected = world.expected(&camera);
    assert_eq!(world.film(), (expected, true));
}

#[test]
fn moving_camera_shows_a_small_preview_and_then_the_whole_film() {
    let mut world = World::player(None);
    let large = RenderSettings { width: 640, height: 360, samples: 1, ..SETTINGS };
    world.page(ToSession::Settings { settings: large });
    world.tracing.clear();
    let camera =
        CameraChoice::LookAt { eye: [0.5, 1.2, 3.0], target: [0.0, 1.0, 0.0], tan_half_fov_y: 0.4 };
    world.page(ToSession::Camera { camera });
    world.page(ToSession::Export { request: 1, format: ExportFormat::Sums });
    let Some(FromSession::Exported { width, .. }) = world.said.last() else { panic!("no film") };
    assert_eq!(*width, 80);
    world.now += Duration::from_secs(1);
    world.feed(Input::Timeout, Vec::new());
    world.page(ToSession::Export { request: 2, format: ExportFormat::Sums });
    let Some(FromSession::Exported { width, .. }) = world.said.last() else { panic!("no film") };
    assert_eq!(*width, 640);
}

#[test]
fn animation_shows_previews_while_it_plays_and_the_whole_film_of_its_last_time() {
    let mut world = World::player(None);
    world.trace_all();
    world.page(ToSession::Time { seconds: 1.5 });
    assert!(world.tracing.is_empty(), "nothing moves in this scene");
    let files = Vec::from([include_bytes!("../../../../fuzz/corpus/gltf/animated").to_vec()]);
    let source = SceneSource::Bytes { name: "animated".to_owned() };
    world.event(Event::Input(
        Input::Page { message: ToSession::Load { source, environment_url: None } },
        files,
    ));
    let loaded = |said: &FromSession| matches!(said, FromSession::Loaded { summary, .. } if summary.duration_seconds > 0.0);
    assert!(world.has_said(loaded), "{:?}", world.said.last());
    for step in 1..=3u32 {
        world.page(ToSession::Time { seconds: 0.1 * f64::from(step) });
        world.drop_cancelled();
        let (_, _, task) = world.tracing.last().expect("a preview begins");
        assert_eq!(task.view.time_us, 100_000 * u64::from(step));
        // The next one may begin when this one has been seen for a while.
        world.now += Duration::from_millis(200);
    }
    world.now += Duration::from_secs(1);
    world.feed(Input::Timeout, Vec::new());
    world.drop_cancelled();
    let (_, _, task) = world.tracing.last().expect("the film begins");
    assert_eq!((task.view.time_us, task.view.width_px), (300_000, SETTINGS.width));
}

#[test]
fn paused_player_starts_no_task_and_play_completes_the_film() {
    let mut world = World::player(None);
    world.page(ToSession::Pause);
    while world.trace_one() {}
    let (_, is_complete) = world.film();
    assert!(!is_complete);
    world.page(ToSession::Play);
    world.trace_all();
    assert!(world.film().1);
}

#[test]
fn unknown_scene_and_unknown_camera_are_told_and_harm_nothing() {
    let mut world = World::player(None);
    let source = SceneSource::Generated { spec: "atlantis".to_owned() };
    world.page(ToSession::Load { source, environment_url: None });
    let source = SceneSource::Bytes { name: "dropped.glb".to_owned() };
    world.page(ToSession::Load { source, environment_url: None });
    assert_eq!(world.errors(), ["SCENE_INVALID", "SCENE_INVALID"]);
    world.page(ToSession::Camera { camera: CameraChoice::Named { name: "nobody".to_owned() } });
    assert_eq!(world.errors().last(), Some(&"CAMERA_UNKNOWN"));
    world.trace_all();
    assert!(world.film().1);
}

#[test]
fn exposure_repaints_without_tracing_again() {
    let mut world = World::player(None);
    world.trace_all();
    let paints = world.paints;
    world.now += Duration::from_secs(1);
    world.page(ToSession::Settings { settings: RenderSettings { exposure: 2.0, ..SETTINGS } });
    assert_eq!((world.paints, world.tracing.len()), (paints + 1, 0));
    assert!(world.film().1);
}

#[test]
fn lens_begins_the_picture_anew() {
    let mut world = World::player(None);
    world.trace_all();
    let settings = RenderSettings { lens_radius: 0.5, focus: 2.0, ..SETTINGS };
    world.page(ToSession::Settings { settings });
    let lenses: Vec<Lens> = world.tracing.iter().map(|(_, _, task)| task.view.lens).collect();
    assert!(!lenses.is_empty(), "nothing is traced again");
    assert!(lenses.iter().all(|lens| *lens == Lens { radius_m: 0.5, focus_m: 2.0 }), "{lenses:?}");
}

#[test]
fn player_meets_peers_only_after_the_server_has_its_scene() {
    let mut world = World::player(Some(network()));
    world.trace_one();
    assert_eq!(world.sockets, 0);
    let scene = world.scene.id;
    world.feed(Input::BlobStored { scene }, Vec::new());
    assert_eq!(world.sockets, 1);
    world.trace_all();
    assert!(world.film().1);
}

#[test]
fn player_meets_peers_only_when_it_can_greet_them() {
    let mut world = World::player_on(DeviceChoice::Auto, 1, Some(network()));
    let scene = world.scene.id;
    // The package is stored while the GPU is still being asked for.
    world.feed(Input::BlobStored { scene }, Vec::new());
    assert_eq!(world.sockets, 0);
    world.event(Event::GpuFailed { message: "no adapter".to_owned() });
    assert_eq!((world.sockets, world.errors()), (1, Vec::new()));
    world.trace_all();
    assert!(world.film().1);
}

#[test]
fn player_that_the_server_refuses_renders_alone() {
    let mut world = World::player(Some(network()));
    let scene = world.scene.id;
    let message = "too large".to_owned();
    world.feed(Input::BlobRefused { scene, message, is_final: true }, Vec::new());
    world.trace_all();
    assert!(world.film().1);
    assert_eq!((world.errors(), world.sockets), (vec!["SCENE_UPLOAD_FAILED"], 0));
}

#[test]
fn package_is_offered_again_until_the_server_takes_it() {
    let mut world = World::player(Some(network()));
    let scene = world.scene.id;
    for (tries, wait_s) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60)] {
        assert_eq!(world.stores, tries);
        let message = "the network is away".to_owned();
        world.feed(Input::BlobRefused { scene, message, is_final: false }, Vec::new());
        // An event takes a millisecond: the first comes just before the time, the second at it.
        world.now += Duration::from_secs(wait_s) - Duration::from_millis(2);
        world.feed(Input::Timeout, Vec::new());
        assert_eq!(world.stores, tries, "too early");
        world.feed(Input::Timeout, Vec::new());
    }
    assert_eq!((world.errors(), world.sockets), (vec!["SCENE_UPLOAD_FAILED"], 0));
    world.feed(Input::BlobStored { scene }, Vec::new());
    assert_eq!((world.stores, world.sockets), (8, 1));
    world.now += Duration::from_secs(3600);
    world.feed(Input::Timeout, Vec::new());
    assert_eq!(world.stores, 8, "what the server has is not offered again");
    world.trace_all();
    assert!(world.film().1);
}

#[test]
fn contributor_opens_its_socket_when_it_can_trace_and_stops_at_once() {
    let mut world = World::new();
    let (device, threads) = (DeviceChoice::Cpu, 1);
    world.page(ToSession::StartContributor { device, threads, network: network() });
    assert_eq!(world.sockets, 1);
    world.page(ToSession::Stop);
    let due = world.session.next_timeout().unwrap();
    assert!(due <= world.now + Duration::from_millis(100), "{due:?}");
    world.now = due;
    world.feed(Input::Timeout, Vec::new());
    assert_eq!(world.said.last(), Some(&FromSession::Stopped));
    assert_eq!(world.session.next_timeout(), None);
}
