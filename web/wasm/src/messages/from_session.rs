//! From the session worker to the page.

use p2c2r_frame::{PixelRect, SampleRange};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::signaling::{IceServer, SignalPayload};
use p2c2r_swarm::{AttemptRecord, Stage};
use serde::{Deserialize, Serialize};

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
    /// What is known of it, and how it went.
    #[serde(flatten)]
    pub record: WorkerRecord,
}

/// How it went with a worker's tasks, and what is expected of it by now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerRecord {
    /// Its number in `predictions`.
    pub number: u32,
    /// How much is known of it.
    pub stage: Stage,
    /// Tasks that it is known to have delivered, on earlier visits too.
    pub tasks: u64,
    /// Tasks of this session that came to nothing.
    pub failures: u64,
    /// Results that came before another worker's with the same task.
    pub hedges_won: u64,
    /// Tasks that another worker's result made superfluous.
    pub hedges_lost: u64,
    /// What a usual task should take: one in twenty takes less, median, one in twenty takes more.
    pub expected_ms: [f64; 3],
    /// Probability that such a task comes to nothing.
    pub expected_failure: f64,
    /// Time that it had tasks, summed over its lanes.
    pub busy_ms: f64,
    /// Tasks that it traces at the same time.
    pub lanes: u16,
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
    /// Seconds after which the animation begins again; 0 where nothing moves.
    pub duration_seconds: f32,
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
    /// What was expected of tasks that have ended, and what came of them; only if the page asked.
    Predictions {
        /// Since the last such message.
        attempts: Vec<AttemptRecord>,
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
