//! Signaling: the JSON words between a peer and the server that introduces it to others.
//!
//! A WebSocket with the subprotocol [`SUBPROTOCOL`] carries [`Envelope`]s. The client speaks first
//! ([`ClientMessage::Hello`]), the server answers with [`ServerMessage::Welcome`]; both are outside
//! the sequence. Everything after counts: each side numbers its messages from 1, names the last
//! number it has seen in `ack`, and repeats what was not acknowledged after a resume.

mod check;
mod message;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

pub use check::{Check, FieldError};
pub use message::{
    ClientMessage, Description, DescriptionKind, Envelope, ErrorCode, Hello, IceCandidate,
    IceServer, LeaveReason, Limits, Resume, ResumeToken, ServerMessage, SignalPayload, Welcome,
};

/// The WebSocket subprotocol: names the version and the encoding.
pub const SUBPROTOCOL: &str = "p2c2r.v1.json";
/// The version inside [`SUBPROTOCOL`], repeated in the hello so that a mismatch has a typed error.
pub const VERSION: u32 = 1;
/// Where the server takes signaling sockets.
pub const SIGNAL_PATH: &str = "/v1/signal";
/// Longest message either side accepts.
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024;
/// Longest session description; a data-only one has about 1.5 KiB.
pub const MAX_SDP_BYTES: usize = 16 * 1024;
/// Longest candidate line.
pub const MAX_CANDIDATE_BYTES: usize = 1024;
/// Most candidates of one peer and generation.
pub const MAX_CANDIDATES: usize = 64;
/// Most peers that one peer may be linked to.
pub const MAX_PEERS: usize = 64;
/// Most ICE servers in a welcome.
pub const MAX_ICE_SERVERS: usize = 8;
/// Longest text of an error or a reason.
pub const MAX_REASON_BYTES: usize = 512;
/// Most messages that either side keeps for a resume.
pub const MAX_UNACKED: usize = 256;
/// Messages after which a receiver that has nothing to say sends a bare acknowledgement.
pub const ACK_EVERY: u64 = 16;

/// Close code: the peer sent what the protocol does not allow.
pub const CLOSE_PROTOCOL: u16 = 4000;
/// Close code: another socket took the session over.
pub const CLOSE_REPLACED: u16 = 4001;
/// Close code: the receiver read too slowly.
pub const CLOSE_SLOW_CONSUMER: u16 = 4008;
/// Close code: a limit was exceeded.
pub const CLOSE_LIMIT: u16 = 4009;
/// Close code: the other side fell silent.
pub const CLOSE_SILENT: u16 = 4010;

/// Why a text is no signaling message.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("a message of {bytes} bytes; at most {MAX_MESSAGE_BYTES} are accepted")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON, or not of the expected shape.
    #[error("malformed message: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A field breaks its limit.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// Reads one message and checks every field's limit.
pub fn decode<M>(text: &str) -> Result<Envelope<M>, DecodeError>
where
    M: DeserializeOwned + Check,
{
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(DecodeError::TooLong { bytes: text.len() });
    }
    let envelope: Envelope<M> = serde_json::from_str(text)?;
    envelope.message.check()?;
    Ok(envelope)
}

/// Writes one message.
pub fn encode<M: Serialize>(envelope: &Envelope<M>) -> String {
    serde_json::to_string(envelope).expect("maps have text keys and no value fails to serialize")
}

#[cfg(test)]
mod tests;
