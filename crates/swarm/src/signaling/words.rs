//! What goes into a signaling session and what comes out.

use std::time::Duration;

use p2c2r_protocol::peer::{PeerName, Role};
use p2c2r_protocol::signaling::{ErrorCode, IceServer, LeaveReason, SignalPayload};
use p2c2r_protocol::{PeerId, RoomId};

/// What a peer tells the server about itself.
#[derive(Debug, Clone)]
pub struct SignalingConfig {
    /// Requester or contributor.
    pub role: Role,
    /// Whom to meet; none is the public pool.
    pub room: Option<RoomId>,
    /// Shown to others.
    pub name: PeerName,
    /// Most links wanted, 1 to [`p2c2r_protocol::signaling::MAX_PEERS`].
    pub max_peers: u16,
    /// Spreads the reconnects of many peers; draw it at random.
    pub seed: u64,
}

/// Something that happened outside.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalingInput {
    /// The socket asked for is open.
    SocketOpen,
    /// The socket failed to open, or ended.
    SocketClosed,
    /// A text message came.
    Text(String),
    /// The local connection has a description or a candidate for its other end.
    LocalSignal {
        /// The other end.
        peer: PeerId,
        /// From its [`Introduction`].
        generation: u32,
        /// What to pass on.
        payload: SignalPayload,
    },
    /// A link works.
    LinkOpen {
        /// The other end.
        peer: PeerId,
    },
    /// A link failed or ended; the server may introduce the two again.
    LinkClosed {
        /// The other end.
        peer: PeerId,
    },
    /// The user wants no more introductions.
    Leave,
    /// The time of [`super::SignalingSession::next_timeout`] has come.
    Timeout,
}

/// Something to do outside.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalingOutput {
    /// Open a WebSocket with [`p2c2r_protocol::signaling::SUBPROTOCOL`].
    OpenSocket,
    /// Close it; no [`SignalingInput::SocketClosed`] is needed.
    CloseSocket {
        /// The close code.
        code: u16,
    },
    /// Send a text message.
    SendText(String),
    /// Make a link.
    Connect(Introduction),
    /// Hand this to the connection of the peer.
    RemoteSignal {
        /// The other end.
        peer: PeerId,
        /// The introduction it belongs to.
        generation: u32,
        /// The description or candidate.
        payload: SignalPayload,
    },
    /// Drop the connection of this peer.
    PeerLeft {
        /// The other end.
        peer: PeerId,
        /// Why.
        reason: LeaveReason,
    },
    /// The state changed; for people.
    State(SignalingState),
    /// The server refused something; for people.
    ServerError {
        /// For programs.
        code: ErrorCode,
        /// For people.
        message: String,
    },
}

/// Two peers that shall make a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Introduction {
    /// The other end.
    pub peer: PeerId,
    /// Counts the introductions of these two; goes with every signal.
    pub generation: u32,
    /// Whether this side makes the offer.
    pub we_offer: bool,
    /// The other end's role.
    pub role: Role,
    /// The other end's name.
    pub name: PeerName,
    /// For the connection.
    pub ice_servers: Vec<IceServer>,
}

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalingState {
    /// A socket opens.
    Connecting,
    /// The server knows us.
    Online {
        /// Our id.
        peer_id: PeerId,
        /// Largest scene package that the server stores.
        max_blob_bytes: u64,
    },
    /// No socket; another try comes.
    Waiting {
        /// How long until then.
        retry_in: Duration,
    },
    /// We left.
    Left,
    /// The server does not speak our version.
    Refused,
}
