//! The browser façade and the worker entries that player and app share.
//!
//! A page has one session worker ([`SessionWorker`]), a pool of trace workers ([`TraceWorker`]) and,
//! where the CPU denoises or peers help, a finisher ([`FinishWorker`]), each with its own instance of this module. What a session decides is a state machine without
//! surroundings; `web/player` is the browser around it.

mod action;
mod adapter;
mod aovs;
mod base;
mod contributor;
pub mod environment;
mod finish;
#[cfg(test)]
mod fixture;
mod followed;
mod gpu;
mod gpu_denoise;
mod lanes;
pub mod messages;
mod meter;
mod network;
mod picture;
mod player;
mod scene_load;
mod self_test;
mod session;
mod trace;
pub mod traced;
mod worker;

pub use finish::FinishWorker;
pub use trace::TraceWorker;
pub use worker::SessionWorker;
