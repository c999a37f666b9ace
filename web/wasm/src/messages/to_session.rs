//! From the page to the session worker.

use p2c2r_protocol::PeerId;
use p2c2r_protocol::signaling::SignalPayload;
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
    /// AgX.
    Agx,
    /// ACES, as fitted by Stephen Hill.
    Aces,
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
    /// Stops by which radiance is scaled before the tone map.
    pub exposure: f32,
    /// The tone map.
    pub tone_mapping: ToneMapping,
    /// Radius of the lens in metres; 0 makes everything sharp.
    pub lens_radius: f32,
    /// Distance of what is sharp, in metres.
    pub focus: f32,
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
    /// Become a player; sent once. Attachment 0, if there is one, is what an earlier visit has learned.
    StartPlayer {
        /// What to render.
        settings: RenderSettings,
        /// The wanted tracer.
        device: DeviceChoice,
        /// CPU workers, 0 for as many as the machine suggests.
        threads: u32,
        /// Absent: render alone.
        network: Option<NetworkSettings>,
        /// Whether the page wants to hear what was expected of each task and what came of it.
        prediction_log: bool,
    },
    /// Become a contributor; sent once, after the visitor's yes. Attachment 0, if there is one, is what
    /// pseudonyms are made from.
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
    /// Show another time of the scene's animation.
    Time {
        /// Seconds since it began.
        seconds: f64,
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
    /// The page's machine is in another condition.
    Condition {
        /// Whether nobody sees the page.
        is_hidden: bool,
        /// Whether the machine runs on a battery.
        is_on_battery: bool,
    },
    /// The page has found out which way a connection takes.
    RtcRoute {
        /// The other side.
        peer: PeerId,
        /// Whether a relay carries it.
        is_relayed: bool,
    },
    /// A connection changed.
    RtcStateChange {
        /// The other side.
        peer: PeerId,
        /// What it is now.
        state: RtcState,
    },
}
