//! Messages, wire formats, versions and limits: signaling and peer to peer.
//!
//! Everything here is data: no clock, no socket, no state. Whatever arrives from the network passes
//! a decoder first ([`peer::decode`], [`signaling`]), which checks lengths before it allocates and
//! never panics.

mod ids;
pub mod peer;
mod peer_id;
pub mod signaling;

pub use ids::{JobId, LeaseId};
pub use peer_id::{
    MAX_PEER_ID, MAX_ROOM_CHARS, MIN_ROOM_CHARS, PeerId, PeerIdError, RoomId, RoomIdError,
};
