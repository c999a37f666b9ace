//! What two peers say to each other over their data channels, and the limits of it.
//!
//! ```text
//! requester                                   contributor
//!   Hello  ------------------------------------->
//!          <-------------------------------------  Hello
//!   Job    ------------------------------------->  (fetches the scene)
//!          <-------------------------------------  JobReady, Credit
//!   Task   ------------------------------------->  (traces)
//!          <-------------------------------------  TileChunk*, TileDone, Credit
//!   Ping   ------------------------------------->
//!          <-------------------------------------  Pong
//!   Cancel ------------------------------------->
//!          <-------------------------------------  Condition, Draining, Goodbye
//! ```

mod channel;
mod codec;
mod hello;
mod message;

pub use channel::Channel;
pub use codec::{DecodeError, EncodeError, decode, encode};
pub use hello::{
    Capabilities, Condition, DeviceKind, ESTIMATOR_VERSION, Hello, MAX_BENCHMARK, MAX_LANES,
    MAX_NAME_BYTES, NameError, PROTOCOL_VERSION, PeerLimits, PeerName, Pseudonym, Role,
};
pub use message::{
    ChunkBytes, GoodbyeReason, Message, RefuseJob, RefuseTask, TileChunk, TileDone, ViolationKind,
};

/// Longest message on the tile channel, header included.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024;
/// Longest encoded task message.
pub const MAX_TASK_BYTES: usize = 1024;
/// Longest message on the control channel.
pub const MAX_CONTROL_BYTES: usize = MAX_TASK_BYTES;
/// Longest message on the preview channel: one packet, so that loss takes one message.
pub const MAX_PREVIEW_BYTES: usize = 1100;
/// Payload of every tile chunk but the last; the rest of the message is header.
pub const CHUNK_PAYLOAD_BYTES: usize = MAX_MESSAGE_BYTES - 32;
/// Most chunks of one tile result: 1 MiB and a little.
pub const MAX_CHUNKS_PER_TILE: u16 = 65;

#[cfg(test)]
mod tests;
