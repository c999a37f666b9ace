//! What the page and the session worker say to each other; `web/player/src/messages.ts` mirrors it.
//!
//! Bulk bytes never travel inside: they are attached beside a message as transferable buffers.
//! `tests/fixtures.rs` writes one example of each message as TypeScript, which the compiler there checks.

use p2c2r_frame::{PixelRect, SampleRange};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::signaling::{IceServer, SignalPayload};
use serde::{Deserialize, Serialize};

/// Which tracer a visitor asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeviceChoice {
    /// A hardware GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// The GPU, a software adapter included.
    Gpu,
    /// The CPU.
    Cpu,
    /// Neither: only peers trace.
    None,
}

/// How film radiance becomes screen colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToneMapping {
    /// Khronos PBR neutral.
    #[default]
    Neutral,
    /// Clipping only.
    None,
}

/// Where the server is and whom to meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkSettings {
    /// `ws:` or `wss:` address of the signaling socket.
    pub signal_url: String,
    /// `http:` or `https:` address under which blobs lie, with a trailing slash.
    pub blobs_url: String,
    /// The room, or the public pool.
    pub room: Option<String>,
    /// Most peers at once.
    pub max_peers: u32,
}

/// What the player renders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RenderSettings {
    /// Film width in pixels.
    pub width: u32,
    /// Film height in pixels.
    pub height: u32,
    /// Samples of every pixel.
    pub samples: u32,
    /// Keys every random number.
    pub seed: u32,
    /// Path vertices after the camera.
    pub bounces: u8,
    /// Scales radiance before the tone map.
    pub exposure: f32,
    /// The tone map.
    pub tone_mapping: ToneMapping,
}

/// Where the camera is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CameraChoice {
    /// The file's first camera, else framed by the scene's bounds.
    Default,
    /// A camera of the file.
    Named {
        /// Its name.
        name: String,
    },
    /// A free position.
    LookAt {
        /// World position of the eye.
        eye: [f32; 3],
        /// World position that is looked at.
        target: [f32; 3],
        /// Tangent of half the vertical field of view.
        tan_half_fov_y: f32,
    },
}

/// What is rendered; bytes, where there are any, are attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SceneSource {
    /// A `.glb` or `.gltf` by its address; the worker fetches it.
    Url {
        /// Absolute address.
        url: String,
    },
    /// A generated scene, such as `night-city:size=600,seed=7`.
    Generated {
        /// Its text form.
        spec: String,
    },
    /// A file that the visitor gave; attached.
    Bytes {
        /// Its name, for messages.
        name: String,
    },
}

/// A format in which the film leaves the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// Tone-mapped 8-bit RGBA, row by row.
    Rgba8,
    /// The exact radiance sums: 24 bytes a pixel, three little-endian u64.
    Sums,
}

/// Whether a peer connection lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RtcState {
    /// Channels may open.
    Connected,
    /// It will not come back.
    Failed,
}

/// From the page to the session worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ToSession {
    /// Become a player; sent once.
    StartPlayer {
        /// What to render.
        settings: RenderSettings,
        /// The wanted tracer.
        device: DeviceChoice,
        /// CPU workers, 0 for as many as the machine suggests.
        threads: u32,
        /// Absent: render alone.
        network: Option<NetworkSettings>,
    },
    /// Become a contributor; sent once, after the visitor's yes.
    StartContributor {
        /// The wanted tracer.
        device: DeviceChoice,
        /// CPU workers, 0 for as many as the machine suggests.
        threads: u32,
        /// Whom to work for.
        network: NetworkSettings,
    },
    /// Replace the scene.
    Load {
        /// The scene; a file is attachment 0.
        source: SceneSource,
        /// Address of a Radiance `.hdr` that lights it.
        environment_url: Option<String>,
    },
    /// Change what is rendered.
    Settings {
        /// The new settings.
        settings: RenderSettings,
    },
    /// Look from somewhere else.
    Camera {
        /// The new camera.
        camera: CameraChoice,
    },
    /// Go on after a pause.
    Play,
    /// Stop tracing and keep the film.
    Pause,
    /// End after the accepted tasks.
    Finish,
    /// End now: the goodbyes are sent, then `stopped` answers.
    Stop,
    /// Ask for the film.
    Export {
        /// Repeated in the answer.
        request: u32,
        /// How.
        format: ExportFormat,
    },
    /// Our part of an introduction.
    RtcSignal {
        /// The other side.
        peer: PeerId,
        /// From `rtcConnect`.
        generation: u32,
        /// A description or a candidate.
        payload: SignalPayload,
    },
    /// A connection changed.
    RtcStateChange {
        /// The other side.
        peer: PeerId,
        /// What it is now.
        state: RtcState,
    },
}

/// What renders for us, or renders here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerInfo {
    /// Its id; 0 is this page itself.
    pub id: PeerId,
    /// `browser-gpu`, `browser-cpu`, `native-gpu`, `native-cpu` or `local`.
    pub kind: String,
    /// What it calls its device.
    pub name: String,
}

/// A peer with its share of the work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerShare {
    /// Who.
    #[serde(flatten)]
    pub peer: PeerInfo,
    /// Pixel samples merged from it in this frame.
    pub samples: u64,
    /// Pixel samples a second, lately.
    pub samples_per_second: f64,
    /// Whether it is still there.
    pub is_connected: bool,
}

/// A merged tile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MergedTile {
    /// Its pixels.
    pub rect: PixelRect,
    /// Its samples.
    pub samples: SampleRange,
    /// Who traced it.
    pub peer: PeerInfo,
}

/// What a scene holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SceneSummary {
    /// Hash of the package.
    pub id: String,
    /// Size of the package.
    pub package_bytes: u64,
    /// Triangles of all meshes.
    pub triangles: u64,
    /// Placed meshes.
    pub instances: u64,
    /// Materials.
    pub materials: u64,
    /// Names of the file's cameras.
    pub cameras: Vec<String>,
    /// What the file asks for and this build leaves out.
    pub warnings: Vec<String>,
    /// World bounds: minimum, maximum.
    pub bounds: [[f32; 3]; 2],
}

/// A camera position that the page's controls can go on from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CameraPose {
    /// World position of the eye.
    pub eye: [f32; 3],
    /// World position that is looked at.
    pub target: [f32; 3],
    /// Tangent of half the vertical field of view.
    pub tan_half_fov_y: f32,
}

/// Where a load is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LoadStage {
    /// Bytes are coming.
    Download,
    /// glTF becomes a scene package.
    Build,
    /// The package goes to the server.
    Upload,
    /// Samples are being traced.
    Render,
}

/// Which part an error concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorCategory {
    /// An attribute or option.
    Config,
    /// The scene.
    Scene,
    /// The server.
    Signaling,
    /// The network between peers.
    Peer,
    /// The GPU.
    Gpu,
}

/// What traces in this session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceInfo {
    /// `browser-gpu` or `browser-cpu`.
    pub kind: String,
    /// What the device calls itself.
    pub name: String,
}

/// What a contributor has done; mirrored by `ContributorStats`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContributionStats {
    /// Rays a second, lately.
    pub rays_per_second: f64,
    /// Pixel samples a second, lately.
    pub samples_per_second: f64,
    /// Pixel samples since the start.
    pub samples_total: u64,
    /// Tasks delivered.
    pub tasks_done: u64,
    /// Share of the tracers' time spent tracing, lately.
    pub duty_percent: f64,
    /// Sent to peers.
    pub bytes_sent: u64,
    /// Received from peers and the blob store.
    pub bytes_received: u64,
    /// Connected requesters.
    pub requesters: u32,
    /// What traces here.
    pub device: DeviceInfo,
    /// Why nothing is traced at the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_reason: Option<String>,
}

/// From the session worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FromSession {
    /// The session runs (contributor: it is registered with the server).
    Running {
        /// What traces here.
        device: DeviceInfo,
    },
    /// The session waits, or goes on when the reason is absent.
    Paused {
        /// A plain sentence.
        reason: Option<String>,
    },
    /// All goodbyes are out; the worker may be ended.
    Stopped,
    /// A scene is ready.
    Loaded {
        /// What it holds.
        summary: SceneSummary,
        /// The camera that the scene suggests.
        camera: CameraPose,
    },
    /// How far the load or the frame is.
    Progress {
        /// What is under way.
        stage: LoadStage,
        /// 0 to 1.
        fraction: f64,
    },
    /// How much of the frame is there.
    Sample {
        /// Mean samples of a pixel.
        samples_per_pixel: f64,
        /// Pixel samples a second, lately.
        samples_per_second: f64,
        /// Milliseconds since this view began.
        elapsed_ms: f64,
        /// Whether every sample is merged.
        is_complete: bool,
    },
    /// Tiles merged since the last such message.
    Tiles {
        /// The tiles.
        tiles: Vec<MergedTile>,
    },
    /// Who takes part.
    Peers {
        /// This page first.
        peers: Vec<PeerShare>,
    },
    /// A contributor's meters.
    Stats {
        /// The figures.
        stats: ContributionStats,
    },
    /// Something failed.
    Error {
        /// Which part.
        category: ErrorCategory,
        /// Stable upper-case word.
        code: String,
        /// One sentence that a person can act on.
        message: String,
        /// Whether the session is over.
        is_fatal: bool,
    },
    /// The film; attachment 0.
    Exported {
        /// From the request.
        request: u32,
        /// Film width in pixels.
        width: u32,
        /// Film height in pixels.
        height: u32,
        /// Samples that every pixel has got.
        samples: u32,
        /// Whether every sample of the job is merged.
        is_complete: bool,
    },
    /// Open a connection.
    RtcConnect {
        /// The other side.
        peer: PeerId,
        /// Counts the introductions of these two.
        generation: u32,
        /// Whether we offer.
        we_offer: bool,
        /// What finds a way between the two.
        ice_servers: Vec<IceServer>,
    },
    /// The other side's part of an introduction.
    RtcRemoteSignal {
        /// The other side.
        peer: PeerId,
        /// Of the introduction.
        generation: u32,
        /// A description or a candidate.
        payload: SignalPayload,
    },
    /// End a connection.
    RtcClose {
        /// The other side.
        peer: PeerId,
    },
}
