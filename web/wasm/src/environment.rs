//! What the session asks of its worker, and what the worker answers; mirrored by
//! `web/player/src/worker/environment.ts`. Bulk bytes are attached beside a message.

use p2c2r_frame::SceneId;
use serde::{Deserialize, Serialize, Serializer};

use crate::messages::{FromSession, SceneSource, ToSession};

/// From the worker to the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Input {
    /// The page says something.
    Page {
        /// What.
        message: ToSession,
    },
    /// Attachments: the files in order, the root first, then the environment if there is one.
    SceneFiles {
        /// From `fetchScene`.
        request: u32,
        /// Address or name of the root; empty for a generated scene.
        root: String,
        /// Names of the other files, as the root spells them.
        files: Vec<String>,
        /// Whether the last attachment is a Radiance environment.
        has_environment: bool,
    },
    /// Bytes of the scene are coming.
    SceneProgress {
        /// From `fetchScene`.
        request: u32,
        /// 0 to 1.
        fraction: f64,
    },
    /// The scene could not be fetched.
    SceneFailed {
        /// From `fetchScene`.
        request: u32,
        /// Stable upper-case word.
        code: String,
        /// Why.
        message: String,
    },
    /// The signaling socket is open.
    SocketOpened,
    /// A signaling message.
    SocketText {
        /// The message.
        text: String,
    },
    /// The signaling socket failed to open, or ended.
    SocketClosed {
        /// Why, for people.
        reason: String,
    },
    /// The timer is due.
    Timeout,
    /// A package arrived; attachment 0.
    BlobFetched {
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
    },
    /// A package did not arrive.
    BlobFailed {
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
        /// Why.
        message: String,
    },
    /// The server has our package.
    BlobStored {
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
    },
    /// The server has not taken our package.
    BlobRefused {
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
        /// Why.
        message: String,
        /// Whether another try would be answered the same.
        #[serde(rename = "isFinal")]
        is_final: bool,
    },
    /// All trace workers answer.
    PoolReady {
        /// How many.
        workers: u32,
    },
    /// The trace workers cannot be used.
    PoolFailed {
        /// Why.
        message: String,
    },
    /// The base model has answered; attachment 0, little-endian numbers.
    Predicted {
        /// From `predict`.
        question: u32,
    },
    /// A look is done; attachment 0 is what it saw as [`crate::aovs`] writes it, or absent if it has come to
    /// nothing.
    Looked {
        /// From `look`.
        question: u32,
    },
    /// The cost model has answered; attachment 0, little-endian numbers.
    CostsPredicted {
        /// From `predictCosts`.
        question: u32,
    },
    /// There is no base model; nothing more is to be expected of it.
    ModelLost {
        /// Why.
        message: String,
    },
    /// What was learned cannot be stored; told once.
    StateLost {
        /// Why.
        message: String,
    },
    /// A task is done; attachment 0 is a [`crate::traced`] result.
    Traced {
        /// The trace worker.
        slot: u32,
        /// Of the task.
        ticket: u32,
        /// Time spent tracing.
        busy_ms: f64,
    },
    /// A task was stopped after a cancel.
    TraceCancelled {
        /// The trace worker.
        slot: u32,
        /// Of the task.
        ticket: u32,
    },
    /// A task could not be traced.
    TraceFailed {
        /// The trace worker.
        slot: u32,
        /// Of the task.
        ticket: u32,
        /// Why.
        message: String,
    },
    /// A picture is denoised; attachment 0 is radiance as [`crate::finish::radiance_bytes`] writes it.
    Denoised {
        /// Of the request.
        ticket: u32,
    },
    /// A picture could not be denoised.
    DenoiseFailed {
        /// Of the request.
        ticket: u32,
        /// Why.
        message: String,
    },
}

/// From the session to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Output {
    /// Tell the page something.
    Page {
        /// What.
        message: FromSession,
    },
    /// Fetch a scene and its files; `sceneFiles` or `sceneFailed` answers.
    FetchScene {
        /// Repeated in the answers.
        request: u32,
        /// Which.
        source: SceneSource,
        /// Its environment.
        environment_url: Option<String>,
    },
    /// Open the signaling socket.
    SocketOpen {
        /// Its address.
        url: String,
        /// Version and encoding.
        subprotocol: String,
    },
    /// Send a signaling message.
    SocketSend {
        /// The message.
        text: String,
    },
    /// Close the signaling socket.
    SocketClose {
        /// The WebSocket close code.
        code: u16,
    },
    /// Wake the session after this time; replaces the timer before it.
    Timer {
        /// None: not at all.
        delay_ms: Option<f64>,
    },
    /// Fetch a package; `blobFetched` or `blobFailed` answers.
    FetchBlob {
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
        /// Its address.
        url: String,
        /// Stop reading there.
        max_bytes: u64,
    },
    /// Store a package, attachment 0; `blobStored` or `blobRefused` answers.
    StoreBlob {
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
        /// Its address.
        url: String,
    },
    /// Start the trace workers; `poolReady` or `poolFailed` answers.
    StartPool {
        /// How many.
        workers: u32,
    },
    /// Keep a package, attachment 0, for the trace workers.
    PoolScene {
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
    },
    /// Drop a package.
    PoolForget {
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
    },
    /// Trace the task in attachment 0 (postcard).
    Trace {
        /// The trace worker.
        slot: u32,
        /// Names the task.
        ticket: u32,
        /// Its scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
    },
    /// Stop a task.
    CancelTrace {
        /// The trace worker.
        slot: u32,
        /// Of the task.
        ticket: u32,
    },
    /// Ask the base model about the rows in attachment 0, little-endian numbers; `predicted` or `modelLost`
    /// answers.
    Predict {
        /// Repeated in the answer.
        question: u32,
    },
    /// Look at what the task in attachment 0 (postcard) meets first, away from this worker; `looked` answers.
    Look {
        /// Repeated in the answer.
        question: u32,
        /// The scene.
        #[serde(with = "scene_text")]
        scene: SceneId,
    },
    /// Ask the cost model about the rows in attachment 0, little-endian numbers; `costsPredicted` answers, or
    /// nothing.
    PredictCosts {
        /// Repeated in the answer.
        question: u32,
    },
    /// Store attachment 0 for the next visit.
    SaveState,
    /// Denoise on the CPU, away from this worker: attachment 0 is the film's task (postcard), 1 its means.
    /// `denoised` or `denoiseFailed` answers.
    Denoise {
        /// Names the request.
        ticket: u32,
        /// The scene whose surfaces guide it.
        #[serde(with = "scene_text")]
        scene: SceneId,
        /// Camera samples of a pixel's surface at most.
        looks: u32,
    },
    /// Stop denoising; nothing answers.
    CancelDenoise {
        /// Of the request.
        ticket: u32,
    },
    /// Show the RGBA pixels in attachment 0.
    Paint {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
}

/// Scene ids as 64 hex digits.
mod scene_text {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer};

    use super::{SceneId, Serializer};

    pub(super) fn serialize<S: Serializer>(scene: &SceneId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(scene)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SceneId, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
