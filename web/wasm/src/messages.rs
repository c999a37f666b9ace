//! What the page and the session worker say to each other; `web/player/src/messages.ts` mirrors it.
//!
//! Bulk bytes never travel inside: they are attached beside a message as transferable buffers.
//! A test writes one example of each message as TypeScript, which the compiler there checks.

mod from_session;
mod to_session;

pub use from_session::{
    CameraPose, ContributionStats, DeviceInfo, ErrorCategory, FromSession, LoadStage, MergedTile,
    PeerInfo, PeerShare, SceneSummary, WorkerRecord,
};
pub use to_session::{
    CameraChoice, DeviceChoice, ExportFormat, NetworkSettings, RenderSettings, RtcState,
    SceneSource, ToSession, ToneMapping,
};
