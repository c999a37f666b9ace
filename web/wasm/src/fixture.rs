//! Writes one example of each message as TypeScript, which the player's compiler checks against its
//! own types: the two definitions cannot drift apart.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use p2c2r_frame::{PixelRect, SampleRange, SceneId};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::signaling::{
    Description, DescriptionKind, IceCandidate, IceServer, SignalPayload,
};
use p2c2r_swarm::{AttemptRecord, Stage, TaskEnd, TaskKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::environment::{Input, Output};
use crate::messages::*;

const HEAD: &str =
    "// Written by `P2C2R_BLESS=1 cargo test -p p2c2r-web`: one example of each message \
as Rust makes it.\n
import type { FromSession, ToSession } from \"./messages.js\";
import type { Input, Output } from \"./worker/environment.js\";\n";

#[test]
fn typescript_knows_every_message() {
    let mut text = HEAD.to_owned();
    list(&mut text, "toSession", "ToSession", &to_session());
    list(&mut text, "fromSession", "FromSession", &from_session());
    list(&mut text, "inputs", "Input", &inputs());
    list(&mut text, "outputs", "Output", &outputs());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../player/src/messages.fixture.ts");
    if std::env::var_os("P2C2R_BLESS").is_some() {
        fs::write(&path, &text).expect("the player's sources are beside this crate");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "messages have changed: P2C2R_BLESS=1 cargo test -p p2c2r-web");
}

/// Appends a list, having checked that each message survives its JSON.
fn list<M>(text: &mut String, name: &str, of: &str, messages: &[M])
where
    M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    for message in messages {
        let json = serde_json::to_string(message).unwrap();
        assert_eq!(&serde_json::from_str::<M>(&json).unwrap(), message);
    }
    let json = serde_json::to_string_pretty(messages).unwrap();
    writeln!(text, "\nexport const {name} = {json} satisfies {of}[];").unwrap();
}

fn settings() -> RenderSettings {
    RenderSettings {
        width: 640,
        height: 360,
        samples: 32,
        seed: 1,
        bounces: 8,
        exposure: 1.5,
        tone_mapping: ToneMapping::Neutral,
        denoise: Denoising::Auto,
        lens_radius: 0.25,
        focus: 3.5,
    }
}

fn network() -> NetworkSettings {
    NetworkSettings {
        signal_url: "ws://127.0.0.1:8080/v1/signal".to_owned(),
        blobs_url: "http://127.0.0.1:8080/v1/blobs/".to_owned(),
        room: Some("a-room-of-our-own".to_owned()),
        max_peers: 8,
    }
}

fn payloads() -> [SignalPayload; 3] {
    [
        SignalPayload::Description(Description {
            kind: DescriptionKind::Offer,
            sdp: "v=0".to_owned(),
        }),
        SignalPayload::Candidate(IceCandidate {
            candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host".to_owned(),
            sdp_mid: Some("0".to_owned()),
            sdp_m_line_index: Some(0),
            username_fragment: None,
        }),
        SignalPayload::EndOfCandidates,
    ]
}

fn to_session() -> Vec<ToSession> {
    let peer = PeerId(7);
    let load = |source, environment_url: Option<&str>| ToSession::Load {
        source,
        environment_url: environment_url.map(str::to_owned),
    };
    let export = |format| ToSession::Export { request: 3, format };
    let url = "http://127.0.0.1/scene.glb".to_owned();
    let mut messages = vec![
        ToSession::StartPlayer {
            settings: settings(),
            device: DeviceChoice::Auto,
            threads: 0,
            network: Some(network()),
            prediction_log: true,
        },
        ToSession::StartPlayer {
            settings: RenderSettings {
                tone_mapping: ToneMapping::None,
                denoise: Denoising::Off,
                ..settings()
            },
            device: DeviceChoice::None,
            threads: 2,
            network: None,
            prediction_log: false,
        },
        ToSession::StartContributor {
            device: DeviceChoice::Cpu,
            threads: 1,
            network: NetworkSettings { room: None, ..network() },
        },
        ToSession::StartContributor { device: DeviceChoice::Gpu, threads: 1, network: network() },
        load(SceneSource::Url { url }, Some("http://127.0.0.1/sky.hdr")),
        load(SceneSource::Generated { spec: "night-city:size=600,seed=7".to_owned() }, None),
        load(SceneSource::Bytes { name: "dropped.glb".to_owned() }, None),
        ToSession::Settings { settings: settings() },
        ToSession::Camera { camera: CameraChoice::Default },
        ToSession::Camera { camera: CameraChoice::Named { name: "street".to_owned() } },
        ToSession::Camera {
            camera: CameraChoice::LookAt {
                eye: [1.0, 2.0, 3.0],
                target: [0.0, 0.5, 0.0],
                tan_half_fov_y: 0.5,
            },
        },
        ToSession::Time { seconds: 1.25 },
        ToSession::Condition { is_hidden: true, is_on_battery: false },
        ToSession::RtcRoute { peer, is_relayed: true },
        ToSession::Play,
        ToSession::Pause,
        ToSession::Finish,
        ToSession::Stop,
        export(ExportFormat::Shown),
        export(ExportFormat::Rgba8),
        export(ExportFormat::Sums),
        ToSession::RtcStateChange { peer, state: RtcState::Connected },
        ToSession::RtcStateChange { peer, state: RtcState::Failed },
    ];
    let signal = |payload| ToSession::RtcSignal { peer, generation: 1, payload };
    messages.extend(payloads().map(signal));
    messages
}

fn from_session() -> Vec<FromSession> {
    let peer = PeerInfo {
        id: PeerId(7),
        kind: "browser-cpu".to_owned(),
        name: "4 CPU threads".to_owned(),
    };
    let device = DeviceInfo { kind: "browser-gpu".to_owned(), name: "an adapter".to_owned() };
    let progress = |stage| FromSession::Progress { stage, fraction: 0.5 };
    let error = |category| FromSession::Error {
        category,
        code: "SCENE_INVALID".to_owned(),
        message: "no triangles".to_owned(),
        is_fatal: true,
    };
    let paused = Some("Nobody needs a picture at the moment".to_owned());
    let stats = stats(device.clone());
    let resting = ContributionStats { paused_reason: paused.clone(), ..stats.clone() };
    let mut messages = vec![
        FromSession::Running { device },
        FromSession::Paused { reason: paused },
        FromSession::Paused { reason: None },
        FromSession::Stopped,
        loaded(),
        FromSession::Sample {
            samples_per_pixel: 3.25,
            samples_per_second: 1e6,
            elapsed_ms: 1500.5,
            is_complete: false,
        },
        FromSession::Tiles {
            tiles: vec![MergedTile {
                rect: PixelRect { x: 16, y: 32, width: 64, height: 48 },
                samples: SampleRange::new(4, 4),
                peer: peer.clone(),
            }],
        },
        FromSession::Peers {
            peers: vec![PeerShare {
                peer,
                samples: 12_345,
                samples_per_second: 678.9,
                is_connected: true,
                record: record(),
            }],
        },
        FromSession::Predictions { attempts: vec![attempt()] },
        FromSession::Stats { stats },
        FromSession::Stats { stats: resting },
    ];
    messages.extend(pictures());
    let stages = [LoadStage::Download, LoadStage::Build, LoadStage::Upload, LoadStage::Render];
    messages.extend(stages.map(progress));
    let categories = [
        ErrorCategory::Config,
        ErrorCategory::Scene,
        ErrorCategory::Signaling,
        ErrorCategory::Peer,
        ErrorCategory::Gpu,
    ];
    messages.extend(categories.map(error));
    messages.extend(rtc_from_session());
    messages
}

fn stats(device: DeviceInfo) -> ContributionStats {
    ContributionStats {
        rays_per_second: 1.5e6,
        samples_per_second: 2.5e5,
        samples_total: 1 << 40,
        tasks_done: 12,
        duty_percent: 97.5,
        bytes_sent: 1 << 33,
        bytes_received: 4096,
        requesters: 1,
        device,
        paused_reason: None,
    }
}

fn loaded() -> FromSession {
    let summary = SceneSummary {
        id: SceneId([7; 32]).to_string(),
        package_bytes: 1 << 20,
        triangles: 1200,
        instances: 3,
        materials: 2,
        cameras: vec!["street".to_owned()],
        warnings: vec!["an extension is left out".to_owned()],
        bounds: [[-1.0, 0.0, -1.0], [1.0, 2.0, 1.0]],
        duration_seconds: 2.5,
    };
    let camera = CameraPose { eye: [0.0, 1.0, 5.0], target: [0.0; 3], tan_half_fov_y: 0.364 };
    FromSession::Loaded { summary, camera }
}

fn exported() -> FromSession {
    let (is_complete, is_denoised) = (true, false);
    FromSession::Exported {
        request: 3,
        width: 640,
        height: 360,
        samples: 32,
        is_complete,
        is_denoised,
    }
}

fn pictures() -> [FromSession; 2] {
    let (is_denoised, is_on_gpu) = (true, true);
    let shown = FromSession::Shown { is_denoised, samples: 4, took_ms: 250.5, is_on_gpu };
    [exported(), shown]
}

fn rtc_from_session() -> Vec<FromSession> {
    let peer = PeerId(7);
    let ice_servers = vec![
        IceServer {
            urls: vec!["stun:stun.example.org".to_owned()],
            username: None,
            credential: None,
        },
        IceServer {
            urls: vec!["turn:turn.example.org".to_owned()],
            username: Some("user".to_owned()),
            credential: Some("secret".to_owned()),
        },
    ];
    let mut messages = vec![
        FromSession::RtcConnect { peer, generation: 1, we_offer: true, ice_servers },
        FromSession::RtcClose { peer },
    ];
    let signal = |payload| FromSession::RtcRemoteSignal { peer, generation: 1, payload };
    messages.extend(payloads().map(signal));
    messages
}

fn record() -> WorkerRecord {
    WorkerRecord {
        number: 1,
        stage: Stage::PerWorker,
        tasks: 12,
        failures: 1,
        hedges_won: 2,
        hedges_lost: 3,
        expected_ms: [80.5, 120.0, 250.25],
        expected_failure: 0.03,
        busy_ms: 4000.0,
        lanes: 4,
    }
}

fn attempt() -> AttemptRecord {
    AttemptRecord {
        schema: 1,
        worker: 1,
        at: 12.5,
        features: vec![1.0, 0.0, 11.25],
        cost: 4096.0,
        kind: TaskKind::Long,
        expected: [0.08, 0.12, 0.25],
        failure: 0.03,
        stage: Stage::PerWorker,
        seconds: 0.13,
        computed: 0.1,
        end: TaskEnd::Delivered,
    }
}

fn inputs() -> Vec<Input> {
    let scene = SceneId([7; 32]);
    let message = "why it failed".to_owned();
    let (slot, ticket) = (1, 99);
    vec![
        Input::Page { message: ToSession::Play },
        Input::SceneFiles {
            request: 1,
            root: "http://127.0.0.1/scene.gltf".to_owned(),
            files: vec!["scene.bin".to_owned()],
            has_environment: true,
        },
        Input::SceneProgress { request: 1, fraction: 0.25 },
        Input::SceneFailed {
            request: 1,
            code: "SCENE_FETCH_FAILED".to_owned(),
            message: message.clone(),
        },
        Input::SocketOpened,
        Input::SocketText { text: "{}".to_owned() },
        Input::SocketClosed { reason: message.clone() },
        Input::Timeout,
        Input::BlobFetched { scene },
        Input::BlobFailed { scene, message: message.clone() },
        Input::BlobStored { scene },
        Input::BlobRefused { scene, message: message.clone(), is_final: false },
        Input::PoolReady { workers: 3 },
        Input::PoolFailed { message: message.clone() },
        Input::Predicted { question: 5 },
        Input::Looked { question: 6 },
        Input::CostsPredicted { question: 6 },
        Input::ModelLost { message: message.clone() },
        Input::StateLost { message: message.clone() },
        Input::Traced { slot, ticket, busy_ms: 12.5 },
        Input::TraceCancelled { slot, ticket },
        Input::TraceFailed { slot, ticket, message: message.clone() },
        Input::Denoised { ticket },
        Input::DenoiseFailed { ticket, message },
    ]
}

fn outputs() -> Vec<Output> {
    let scene = SceneId([7; 32]);
    let url = format!("http://127.0.0.1:8080/v1/blobs/{scene}");
    let (slot, ticket) = (1, 99);
    let source = SceneSource::Url { url: "http://127.0.0.1/scene.glb".to_owned() };
    vec![
        Output::Page { message: exported() },
        Output::FetchScene { request: 1, source, environment_url: None },
        Output::SocketOpen {
            url: "ws://127.0.0.1:8080/v1/signal".to_owned(),
            subprotocol: "p2c2r.v1.json".to_owned(),
        },
        Output::SocketSend { text: "{}".to_owned() },
        Output::SocketClose { code: 1000 },
        Output::Timer { delay_ms: Some(12.5) },
        Output::Timer { delay_ms: None },
        Output::FetchBlob { scene, url: url.clone(), max_bytes: 4096 },
        Output::StoreBlob { scene, url },
        Output::StartPool { workers: 3 },
        Output::PoolScene { scene },
        Output::PoolForget { scene },
        Output::Trace { slot, ticket, scene },
        Output::CancelTrace { slot, ticket },
        Output::Predict { question: 5 },
        Output::Look { question: 6, scene },
        Output::PredictCosts { question: 6 },
        Output::SaveState,
        Output::Denoise { ticket, scene, looks: 16 },
        Output::CancelDenoise { ticket },
        Output::Paint { width: 640, height: 360 },
    ]
}
