//! A native peer: signaling over a WebSocket, links over webrtc-rs, tracing on threads or the GPU.
//!
//! Both roles are one loop each ([`contribute`], [`render`]): wait for the first of network event,
//! traced tile, timer and the caller's wish; hand it to the session; do what the session says.

mod address;
mod blobs;
mod contribute;
mod error;
mod lanes;
mod machine;
mod network;
mod oracle;
mod render;
mod requester;
mod scenes;
mod socket;
mod state_file;
mod tuning;
mod user_files;

pub use address::ServerAddress;
pub use blobs::store_package;
pub use contribute::{ContributeEvent, ContributeOptions, ContributeReport, Wish, contribute};
pub use error::PeerError;
pub use lanes::{DeviceChoice, Handicap, TracingDevice};
pub use network::{Network, NetworkEvent};
pub use oracle::Oracle;
pub use render::{
    Foresight, NetworkStats, RenderEvent, RenderJob, RenderOptions, Rendered, WorkerReport, render,
};
pub use state_file::{contributor_secret, default_state_file};
pub use tuning::TUNE_FILE;

#[cfg(test)]
mod tests;
