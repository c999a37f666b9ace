//! The loop that joins swarm, transport and tracers.
//!
//! [`native`] drives both roles of a native process; browsers drive theirs in `web/wasm`, where the
//! event loop belongs to the page.

#[cfg(feature = "native")]
pub mod native;
