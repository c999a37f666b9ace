//! Channels, timers and clocks: web, native, and a seeded virtual network.
//!
//! [`memory`] is always here; the others are one file per platform behind their feature.

mod links;
pub mod memory;
#[cfg(feature = "native")]
pub mod native;
#[cfg(feature = "web")]
pub mod web;

pub use links::{LinkClosed, LinkEvent, Links, MAX_BUFFERED_BYTES, SendError};
