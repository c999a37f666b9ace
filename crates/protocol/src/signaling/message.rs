//! The messages of signaling and their JSON shape.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::peer::{PeerName, Role};
use crate::{PeerId, RoomId};

/// A message with its place in the sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<M> {
    /// Number of this message in its direction, from 1; 0 is outside the sequence.
    #[serde(default)]
    pub seq: u64,
    /// Highest number that the sender has received.
    #[serde(default)]
    pub ack: u64,
    /// The message.
    #[serde(flatten)]
    pub message: M,
}

/// From a peer to the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ClientMessage {
    /// First message of every socket.
    Hello(Hello),
    /// For the other end of an introduction.
    Signal {
        /// The peer at the other end.
        to: PeerId,
        /// The introduction that this belongs to, from `connect`.
        generation: u32,
        /// What to pass on.
        payload: SignalPayload,
    },
    /// A link works; it now lives without the server.
    Linked {
        /// The peer at the other end.
        peer: PeerId,
    },
    /// A link failed or ended; the server may introduce the two again.
    Unlinked {
        /// The peer at the other end.
        peer: PeerId,
    },
    /// Nothing but the acknowledgement of the envelope.
    Ack,
    /// Asks for a `pong`.
    Ping,
    /// The peer leaves for good; its session cannot be resumed.
    Bye,
    /// A message of a newer version; ignored.
    #[serde(other)]
    Unknown,
}

/// Who the peer is and what it wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`super::VERSION`] of the sender.
    pub version: u32,
    /// Its role.
    pub role: Role,
    /// Whom it may meet; none means the public pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// A name to show to others.
    #[serde(default)]
    pub name: PeerName,
    /// Most peers it wants to be linked to, 1 to [`super::MAX_PEERS`].
    pub max_peers: u16,
    /// The session to continue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// A session that lost its socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The peer's id so far; kept where the server no longer knows the session but the id is free.
    pub peer_id: PeerId,
    /// The token of the last welcome.
    pub token: ResumeToken,
    /// Links that are alive, at most [`super::MAX_PEERS`].
    #[serde(default)]
    pub linked: Vec<PeerId>,
}

/// The secret that lets a peer continue its session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResumeToken(pub String);

impl fmt::Debug for ResumeToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ResumeToken(..)")
    }
}

/// What two peers say to each other through the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalPayload {
    /// An offer or an answer.
    Description(Description),
    /// One trickled candidate.
    Candidate(IceCandidate),
    /// No more candidates of this generation.
    EndOfCandidates,
}

/// A session description, in the shape of a browser's `RTCSessionDescriptionInit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Offer or answer.
    #[serde(rename = "type")]
    pub kind: DescriptionKind,
    /// The description's text.
    pub sdp: String,
}

/// The two kinds of description that an introduction needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DescriptionKind {
    /// From the peer that the server told to offer.
    Offer,
    /// From the other one.
    Answer,
}

/// A candidate, in the shape of a browser's `RTCIceCandidateInit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceCandidate {
    /// The candidate line.
    pub candidate: String,
    /// The media section by name.
    #[serde(rename = "sdpMid", default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The media section by index.
    #[serde(rename = "sdpMLineIndex", default, skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// The user fragment that it belongs to.
    #[serde(rename = "usernameFragment", default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

/// From the server to a peer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answers a hello.
    Welcome(Welcome),
    /// Make a link with this peer.
    Connect {
        /// The peer at the other end.
        peer: PeerId,
        /// Counts the introductions of these two; part of every signal.
        generation: u32,
        /// Whether the receiver of this message makes the offer.
        you_offer: bool,
        /// The role of the other end.
        role: Role,
        /// The name of the other end.
        #[serde(default)]
        name: PeerName,
    },
    /// From the other end of an introduction.
    Signal {
        /// The peer at the other end.
        from: PeerId,
        /// The introduction that this belongs to.
        generation: u32,
        /// What it says.
        payload: SignalPayload,
    },
    /// The server no longer introduces this peer; a link that works stays.
    PeerLeft {
        /// The peer.
        peer: PeerId,
        /// Why.
        reason: LeaveReason,
    },
    /// Something the client sent was refused.
    Error {
        /// For programs.
        code: ErrorCode,
        /// For people.
        message: String,
    },
    /// The server is about to stop; come back after this time.
    GoAway {
        /// Milliseconds until a reconnect makes sense.
        after_ms: u32,
    },
    /// Answers a ping.
    Pong,
    /// Nothing but the acknowledgement of the envelope.
    Ack,
    /// A message of a newer version; ignored.
    #[serde(other)]
    Unknown,
}

/// The server's side of the introduction to the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The peer's id.
    pub peer_id: PeerId,
    /// The secret for a later resume.
    pub resume_token: ResumeToken,
    /// Whether the old session goes on; if not, both sequences start anew.
    pub resumed: bool,
    /// Highest number that the server has received in this session.
    #[serde(default)]
    pub received: u64,
    /// For `RTCPeerConnection`.
    #[serde(default)]
    pub ice_servers: Vec<IceServer>,
    /// What the server accepts.
    pub limits: Limits,
    /// Silence after which the client should ping, in milliseconds.
    pub ping_ms: u32,
    /// How long the session survives without a socket, in milliseconds.
    pub resume_window_ms: u32,
    /// The server's version, for logs.
    #[serde(default)]
    pub server: String,
}

/// A STUN or TURN server, in the shape of a browser's `RTCIceServer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:` and `turn:` addresses.
    pub urls: Vec<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// Limits of the server that a client should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest message in bytes.
    pub message_bytes: u32,
    /// Longest session description in bytes.
    pub sdp_bytes: u32,
    /// Most candidates of one peer and generation.
    pub candidates: u32,
    /// Messages a second, over a longer time.
    pub messages_per_second: u32,
    /// Largest blob in bytes.
    pub blob_bytes: u64,
}

/// Why the server no longer introduces a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// It said goodbye.
    Bye,
    /// Its socket was lost and not resumed in time.
    Lost,
    /// One of the two gave the link up.
    Unlinked,
    /// A reason of a newer version.
    #[serde(other)]
    Other,
}

/// Why the server refused something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not a message of this protocol.
    Malformed,
    /// Longer than the limit.
    TooLong,
    /// A version that this server does not speak.
    UnsupportedVersion,
    /// A message out of order: before the hello, a second hello, a gap in the sequence.
    OutOfOrder,
    /// The addressed peer was not introduced to the sender.
    UnknownPeer,
    /// The room holds as many peers as it may.
    RoomFull,
    /// The server holds as many peers as it may, or too many come from this address.
    TooMany,
    /// Messages come faster than the limit.
    TooFast,
    /// More candidates or a longer text than the limit.
    Limit,
    /// A code of a newer version.
    #[serde(other)]
    Other,
}
