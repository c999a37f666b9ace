//! Who is here, who may meet whom, and what is still to be delivered: the server's memory.
//!
//! Pure state: connections come and go as numbers, time and random bits are arguments, texts to send
//! are drained with [`Hub::poll_output`]. Nothing here knows a socket.

mod connection;
mod matching;
mod pairs;
mod session;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use p2c2r_protocol::peer::Role;
use p2c2r_protocol::signaling::{
    CLOSE_LIMIT, CLOSE_PROTOCOL, CLOSE_REPLACED, CLOSE_SILENT, CLOSE_SLOW_CONSUMER, ClientMessage,
    DecodeError, Envelope, ErrorCode, Hello, IceServer, LeaveReason, Limits, MAX_CANDIDATES,
    MAX_MESSAGE_BYTES, MAX_SDP_BYTES, ResumeToken, ServerMessage, VERSION, Welcome, decode, encode,
};
use p2c2r_protocol::{MAX_PEER_ID, PeerId, RoomId};

use connection::Connection;
pub use connection::MESSAGES_PER_SECOND;
use pairs::{Pair, PairState};
use session::Session;

/// How long a new connection may wait before its hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// How long two peers may take to make their link before they are introduced anew.
const INTRODUCTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Keep-alives without any sign of life after which a connection is dropped.
const MAX_SILENT_PINGS: u32 = 3;

/// A connection of the server, named by the shell around the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// What the operator allows.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Most connections at the same time.
    pub max_connections: usize,
    /// Most connections from one address.
    pub max_connections_per_address: usize,
    /// Most peers of a room.
    pub max_room_peers: usize,
    /// Most peers of the public pool.
    pub max_pool_peers: usize,
    /// Time between keep-alives.
    pub ping: Duration,
    /// How long a session waits for a new socket.
    pub resume_window: Duration,
    /// Handed to every peer.
    pub ice_servers: Vec<IceServer>,
    /// Told to every peer.
    pub max_blob_bytes: u64,
}

/// Something for the shell to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubOutput {
    /// Send a text.
    Send {
        /// Where.
        connection: ConnectionId,
        /// What.
        text: String,
    },
    /// Send a WebSocket ping.
    Ping {
        /// Where.
        connection: ConnectionId,
    },
    /// Close once everything before is sent; the hub has forgotten the connection.
    Close {
        /// Which.
        connection: ConnectionId,
        /// The close code.
        code: u16,
    },
}

/// Numbers for people and tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HubCounts {
    /// Open connections.
    pub connections: usize,
    /// Sessions, those waiting for a resume included.
    pub sessions: usize,
    /// Pairs that have been introduced or linked.
    pub pairs: usize,
}

/// Supplies 128 random bits at a time.
pub type RandomBits = Box<dyn FnMut() -> u128 + Send>;

/// The state of one server.
pub struct Hub {
    config: HubConfig,
    random: RandomBits,
    connections: BTreeMap<ConnectionId, Connection>,
    per_address: BTreeMap<IpAddr, usize>,
    sessions: BTreeMap<PeerId, Session>,
    rooms: BTreeMap<Option<RoomId>, BTreeSet<PeerId>>,
    pairs: BTreeMap<(PeerId, PeerId), Pair>,
    outputs: VecDeque<HubOutput>,
}

impl Hub {
    /// An empty server.
    pub fn new(config: HubConfig, random: RandomBits) -> Self {
        Self {
            config,
            random,
            connections: BTreeMap::new(),
            per_address: BTreeMap::new(),
            sessions: BTreeMap::new(),
            rooms: BTreeMap::new(),
            pairs: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The next thing to do, if any.
    pub fn poll_output(&mut self) -> Option<HubOutput> {
        self.outputs.pop_front()
    }

    /// How much is here.
    pub fn counts(&self) -> HubCounts {
        let is_active = |pair: &&Pair| pair.is_active();
        HubCounts {
            connections: self.connections.len(),
            sessions: self.sessions.len(),
            pairs: self.pairs.values().filter(is_active).count(),
        }
    }

    /// A socket opened.
    pub fn opened(&mut self, now: Duration, id: ConnectionId, address: IpAddr) {
        let of_address = self.per_address.entry(address).or_default();
        *of_address += 1;
        let is_too_many = *of_address > self.config.max_connections_per_address
            || self.connections.len() >= self.config.max_connections;
        let ping_at = now + self.config.ping;
        self.connections.insert(id, Connection::new(now, address, ping_at));
        if is_too_many {
            self.refuse(now, id, ErrorCode::TooMany, "too many connections; try again later");
        }
    }

    /// A socket ended, whoever ended it.
    pub fn closed(&mut self, now: Duration, id: ConnectionId) {
        let peer = self.connections.get(&id).and_then(|connection| connection.peer);
        self.drop_connection(id);
        if let Some(session) = peer.and_then(|peer| self.sessions.get_mut(&peer)) {
            session.lose_connection(now);
        }
    }

    /// Any frame that carries no text came.
    pub fn heard(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.silent_pings = 0;
        }
    }

    /// A text came.
    pub fn text(&mut self, now: Duration, id: ConnectionId, text: &str) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.silent_pings = 0;
        if !connection.takes_message(now) {
            return self.refuse(now, id, ErrorCode::TooFast, "messages come too fast");
        }
        let peer = connection.peer;
        match decode::<ClientMessage>(text) {
            Ok(envelope) => match (peer, envelope.message) {
                (None, ClientMessage::Hello(hello)) => self.hello(now, id, hello, envelope.ack),
                (None, _) => {
                    self.refuse(now, id, ErrorCode::OutOfOrder, "the first message is a hello");
                }
                (Some(peer), message) => {
                    let Envelope { seq, ack, .. } = envelope;
                    self.numbered(now, id, peer, Envelope { seq, ack, message });
                }
            },
            Err(error) => {
                let code = match error {
                    DecodeError::TooLong { .. } => ErrorCode::TooLong,
                    DecodeError::Malformed(_) => ErrorCode::Malformed,
                    DecodeError::Field(_) => ErrorCode::Limit,
                };
                self.refuse(now, id, code, &error.to_string());
            }
        }
    }

    /// The receiver of a connection could not keep up; its session may resume.
    pub fn overflowed(&mut self, now: Duration, id: ConnectionId) {
        self.close(now, id, CLOSE_SLOW_CONSUMER);
    }

    /// Time passed: call it about twice a second.
    pub fn tick(&mut self, now: Duration) {
        self.ping_connections(now);
        let window = self.config.resume_window;
        let expired = self
            .sessions
            .iter()
            .filter(|(_, session)| session.lost_at.is_some_and(|lost_at| now >= lost_at + window));
        let expired: Vec<_> = expired.map(|(&peer, _)| peer).collect();
        for peer in expired {
            self.end_session(now, peer, LeaveReason::Lost);
        }
        self.retry_pairs(now);
    }

    /// The server stops: everybody is told and dropped.
    pub fn go_away(&mut self, now: Duration, after: Duration) {
        let ids: Vec<_> = self.connections.keys().copied().collect();
        let after_ms = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
        for id in ids {
            self.send_unnumbered(id, ServerMessage::GoAway { after_ms });
            self.close(now, id, 1001);
        }
    }

    fn ping_connections(&mut self, now: Duration) {
        let due = self.connections.iter().filter(|(_, connection)| {
            now >= connection.ping_at || connection.misses_hello(now, HELLO_TIMEOUT)
        });
        let due: Vec<_> = due.map(|(&id, _)| id).collect();
        let ping = self.config.ping;
        for id in due {
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            if connection.misses_hello(now, HELLO_TIMEOUT) {
                self.refuse(now, id, ErrorCode::OutOfOrder, "no hello came");
            } else if connection.silent_pings >= MAX_SILENT_PINGS {
                self.close(now, id, CLOSE_SILENT);
            } else {
                connection.silent_pings += 1;
                connection.ping_at = now + ping;
                // The text lets a page notice a dead server without a timer of its own.
                self.send_unnumbered(id, ServerMessage::Pong);
                self.outputs.push_back(HubOutput::Ping { connection: id });
            }
        }
    }

    fn hello(&mut self, now: Duration, id: ConnectionId, hello: Hello, ack: u64) {
        if hello.version != VERSION {
            let message = format!("version {}; this server speaks {VERSION}", hello.version);
            return self.refuse(now, id, ErrorCode::UnsupportedVersion, &message);
        }
        if self.resume(now, id, &hello, ack) {
            return;
        }
        let wanted = hello.resume.as_ref().map(|resume| resume.peer_id);
        let room = self.rooms.entry(hello.room.clone()).or_default();
        let limit = match hello.room {
            Some(_) => self.config.max_room_peers,
            None => self.config.max_pool_peers,
        };
        if room.len() >= limit {
            return self.refuse(now, id, ErrorCode::RoomFull, "the room is full");
        }
        let is_free = |peer: &PeerId| !self.sessions.contains_key(peer);
        let peer = match wanted.filter(is_free) {
            Some(peer) => peer,
            None => self.draw_peer_id(),
        };
        let token = ResumeToken(format!("{:032x}", (self.random)()));
        let linked = hello.resume.map_or(Vec::new(), |resume| resume.linked);
        let session = Session::new(id, token, hello.role, hello.room, hello.name, hello.max_peers)
            .with_links(linked);
        self.rooms.entry(session.room.clone()).or_default().insert(peer);
        self.sessions.insert(peer, session);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.peer = Some(peer);
        }
        self.welcome(id, peer, false);
        self.restore_links(peer);
        self.match_peer(now, peer);
    }

    /// Continues a session on a new connection, taking it from an old one.
    fn resume(&mut self, now: Duration, id: ConnectionId, hello: &Hello, ack: u64) -> bool {
        let Some(resume) = &hello.resume else { return false };
        let Some(session) = self.sessions.get_mut(&resume.peer_id) else { return false };
        if !session.has_token(&resume.token) {
            return false;
        }
        if !session.can_continue(ack) {
            // The same peer, but too much is lost: it starts anew under its old id.
            self.end_session(now, resume.peer_id, LeaveReason::Lost);
            return false;
        }
        if let Some(old) = session.take_over(id, ack) {
            self.outputs.push_back(HubOutput::Close { connection: old, code: CLOSE_REPLACED });
            self.drop_connection(old);
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.peer = Some(resume.peer_id);
        }
        self.welcome(id, resume.peer_id, true);
        let Some(session) = self.sessions.get(&resume.peer_id) else { return false };
        for text in session.replay() {
            self.outputs.push_back(HubOutput::Send { connection: id, text });
        }
        true
    }

    fn draw_peer_id(&mut self) -> PeerId {
        loop {
            let peer = PeerId((self.random)() as u64 & MAX_PEER_ID);
            if !self.sessions.contains_key(&peer) {
                return peer;
            }
        }
    }

    fn welcome(&mut self, id: ConnectionId, peer: PeerId, resumed: bool) {
        let Some(session) = self.sessions.get(&peer) else { return };
        let milliseconds = |duration: Duration| duration.as_millis() as u32;
        let welcome = Welcome {
            peer_id: peer,
            resume_token: session.token.clone(),
            resumed,
            received: session.received,
            ice_servers: self.config.ice_servers.clone(),
            limits: Limits {
                message_bytes: MAX_MESSAGE_BYTES as u32,
                sdp_bytes: MAX_SDP_BYTES as u32,
                candidates: MAX_CANDIDATES as u32,
                messages_per_second: MESSAGES_PER_SECOND,
                blob_bytes: self.config.max_blob_bytes,
            },
            // A client that hears a keep-alive every interval never has to ask.
            ping_ms: milliseconds(self.config.ping * 2),
            resume_window_ms: milliseconds(self.config.resume_window),
            server: env!("CARGO_PKG_VERSION").to_owned(),
        };
        self.send_unnumbered(id, ServerMessage::Welcome(welcome));
    }

    fn numbered(
        &mut self,
        now: Duration,
        id: ConnectionId,
        peer: PeerId,
        envelope: Envelope<ClientMessage>,
    ) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        session.acknowledge(envelope.ack);
        let is_bare = matches!(
            envelope.message,
            ClientMessage::Ack | ClientMessage::Ping | ClientMessage::Bye | ClientMessage::Unknown
        );
        if envelope.seq == 0 && is_bare {
            return self.obey(now, id, peer, envelope.message);
        }
        if envelope.seq != 0 && envelope.seq <= session.received {
            return;
        }
        let is_hello = matches!(envelope.message, ClientMessage::Hello(_));
        if is_hello || envelope.seq != session.received + 1 {
            let message = format!("message {} after {}", envelope.seq, session.received);
            return self.refuse(now, id, ErrorCode::OutOfOrder, &message);
        }
        session.received += 1;
        let owes_ack = session.owes_ack();
        self.obey(now, id, peer, envelope.message);
        if owes_ack {
            self.send_unnumbered(id, ServerMessage::Ack);
        }
    }

    fn obey(&mut self, now: Duration, id: ConnectionId, peer: PeerId, message: ClientMessage) {
        match message {
            ClientMessage::Signal { to, generation, payload } => {
                self.pass_on(peer, to, generation, payload);
            }
            ClientMessage::Linked { peer: other } => self.linked(peer, other),
            ClientMessage::Unlinked { peer: other } => self.unlinked(now, peer, other),
            ClientMessage::Ping => self.send_unnumbered(id, ServerMessage::Pong),
            ClientMessage::Bye => self.end_session(now, peer, LeaveReason::Bye),
            ClientMessage::Ack | ClientMessage::Unknown | ClientMessage::Hello(_) => {}
        }
    }

    fn end_session(&mut self, now: Duration, peer: PeerId, reason: LeaveReason) {
        let Some(session) = self.sessions.remove(&peer) else { return };
        if let Some(room) = self.rooms.get_mut(&session.room) {
            room.remove(&peer);
            if room.is_empty() {
                self.rooms.remove(&session.room);
            }
        }
        if let Some(id) = session.connection {
            self.outputs.push_back(HubOutput::Close { connection: id, code: 1000 });
            self.drop_connection(id);
        }
        self.forget_pairs(now, peer, &session, reason);
    }

    /// Numbers a message, keeps it for a resume and sends it if there is a connection.
    fn send(&mut self, to: PeerId, message: ServerMessage) {
        let Some(session) = self.sessions.get_mut(&to) else { return };
        match session.push(message) {
            Ok(text) => {
                if let Some(connection) = session.connection {
                    self.outputs.push_back(HubOutput::Send { connection, text });
                }
            }
            // Too much waits unacknowledged: the peer has to start anew.
            Err(session::RingFull) => {
                session.spoil();
                if let Some(id) = session.connection.take() {
                    let code = CLOSE_SLOW_CONSUMER;
                    self.outputs.push_back(HubOutput::Close { connection: id, code });
                    self.drop_connection(id);
                }
            }
        }
    }

    fn send_unnumbered(&mut self, id: ConnectionId, message: ServerMessage) {
        let peer = self.connections.get(&id).and_then(|connection| connection.peer);
        let session = peer.and_then(|peer| self.sessions.get_mut(&peer));
        let ack = session.map_or(0, Session::acknowledge_received);
        let text = encode(&Envelope { seq: 0, ack, message });
        self.outputs.push_back(HubOutput::Send { connection: id, text });
    }

    fn refuse(&mut self, now: Duration, id: ConnectionId, code: ErrorCode, message: &str) {
        let mut message = message.to_owned();
        message.truncate(message.floor_char_boundary(p2c2r_protocol::signaling::MAX_REASON_BYTES));
        self.send_unnumbered(id, ServerMessage::Error { code, message });
        let close = match code {
            ErrorCode::TooMany | ErrorCode::RoomFull | ErrorCode::TooFast => CLOSE_LIMIT,
            _ => CLOSE_PROTOCOL,
        };
        self.close(now, id, close);
    }

    fn close(&mut self, now: Duration, id: ConnectionId, code: u16) {
        self.outputs.push_back(HubOutput::Close { connection: id, code });
        self.closed(now, id);
    }

    fn drop_connection(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.remove(&id) else { return };
        if let Some(count) = self.per_address.get_mut(&connection.address) {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&connection.address);
            }
        }
    }

    fn role_of(&self, peer: PeerId) -> Option<Role> {
        self.sessions.get(&peer).map(|session| session.role)
    }
}

#[cfg(test)]
mod tests;
