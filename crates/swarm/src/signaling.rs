//! The client side of signaling: keeps a session with the server over sockets that come and go.
//!
//! One input, then drain [`SignalingSession::poll_output`], then wait until
//! [`SignalingSession::next_timeout`]. Links between peers outlive the socket: losing it ends
//! nothing but the introductions that were under way when the session could not be resumed.

mod backoff;
mod introductions;
mod outbox;
mod words;

use std::collections::VecDeque;
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::signaling::{
    ACK_EVERY, CLOSE_LIMIT, CLOSE_PROTOCOL, CLOSE_SILENT, ClientMessage, Envelope, ErrorCode,
    Hello, IceServer, LeaveReason, Resume, ResumeToken, ServerMessage, VERSION, Welcome, decode,
    encode,
};

use backoff::Backoff;
use introductions::Introductions;
use outbox::Outbox;
pub use words::{Introduction, SignalingConfig, SignalingInput, SignalingOutput, SignalingState};

/// How long a socket may take to open, and the server to answer a hello.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Pings without an answer after which the socket counts as dead.
const MAX_SILENT_PINGS: u32 = 2;
/// Shortest ping interval that a server may ask for.
const MIN_PING: Duration = Duration::from_secs(1);
/// Longest wait that a server may ask for before a reconnect.
const MAX_GO_AWAY: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A socket was asked for.
    Opening { until: Duration },
    /// The hello is out.
    Greeting { until: Duration },
    /// Welcome; `ping_at` moves with everything that comes in.
    Online { ping_at: Duration, silent_pings: u32 },
    /// No socket until then.
    Waiting { until: Duration },
    /// Left, or refused for good.
    Ended,
}

/// What a welcome gave us.
#[derive(Debug)]
struct Session {
    peer_id: PeerId,
    token: ResumeToken,
    ice_servers: Vec<IceServer>,
    ping: Duration,
}

/// The state machine of one peer's signaling.
#[derive(Debug)]
pub struct SignalingSession {
    config: SignalingConfig,
    phase: Phase,
    session: Option<Session>,
    outbox: Outbox,
    received: u64,
    acknowledged: u64,
    introductions: Introductions,
    backoff: Backoff,
    outputs: VecDeque<SignalingOutput>,
}

impl SignalingSession {
    /// A session that wants a socket at once.
    pub fn new(now: Duration, config: SignalingConfig) -> Self {
        let mut session = Self {
            backoff: Backoff::new(config.seed),
            introductions: Introductions::new(config.max_peers),
            config,
            phase: Phase::Ended,
            session: None,
            outbox: Outbox::default(),
            received: 0,
            acknowledged: 0,
            outputs: VecDeque::new(),
        };
        session.open(now);
        session
    }

    /// Our id, once a server has welcomed us.
    pub fn peer_id(&self) -> Option<PeerId> {
        self.session.as_ref().map(|session| session.peer_id)
    }

    /// The next thing to do, if any.
    pub fn poll_output(&mut self) -> Option<SignalingOutput> {
        self.outputs.pop_front()
    }

    /// When [`SignalingInput::Timeout`] is due.
    pub fn next_timeout(&self) -> Option<Duration> {
        let due = self.socket_due()?;
        Some(self.introductions.next_deadline().map_or(due, |deadline| deadline.min(due)))
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Duration, input: SignalingInput) {
        if self.phase == Phase::Ended {
            return;
        }
        match input {
            SignalingInput::SocketOpen => self.greet(now),
            SignalingInput::SocketClosed => self.lose_socket(now),
            SignalingInput::Text(text) => self.read(now, &text),
            SignalingInput::LocalSignal { peer, generation, payload } => {
                if self.introductions.may_send(peer, generation, &payload) {
                    self.say(now, ClientMessage::Signal { to: peer, generation, payload });
                }
            }
            SignalingInput::LinkOpen { peer } => {
                if self.introductions.open(peer) {
                    self.say(now, ClientMessage::Linked { peer });
                }
            }
            SignalingInput::LinkClosed { peer } => {
                if self.introductions.remove(peer) {
                    self.say(now, ClientMessage::Unlinked { peer });
                }
            }
            SignalingInput::Leave => self.leave(),
            SignalingInput::Timeout => self.time_out(now),
        }
    }

    fn open(&mut self, now: Duration) {
        self.phase = Phase::Opening { until: now + OPEN_TIMEOUT };
        self.outputs.push_back(SignalingOutput::State(SignalingState::Connecting));
        self.outputs.push_back(SignalingOutput::OpenSocket);
    }

    fn greet(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Opening { .. }) {
            return;
        }
        self.phase = Phase::Greeting { until: now + OPEN_TIMEOUT };
        let resume = self.session.as_ref().map(|session| Resume {
            peer_id: session.peer_id,
            token: session.token.clone(),
            linked: self.introductions.linked(),
        });
        let hello = Hello {
            version: VERSION,
            role: self.config.role,
            room: self.config.room.clone(),
            name: self.config.name.clone(),
            max_peers: self.config.max_peers,
            resume,
        };
        self.put(0, ClientMessage::Hello(hello));
    }

    /// Sends a numbered message now, or keeps it for the next socket.
    fn say(&mut self, now: Duration, message: ClientMessage) {
        let Some(seq) = self.outbox.push(message.clone()) else {
            // The server has acknowledged nothing for too long: a new session tells it all anew.
            self.session = None;
            self.close_socket(CLOSE_LIMIT);
            self.wait(now);
            return;
        };
        if matches!(self.phase, Phase::Online { .. }) {
            self.put(seq, message);
        }
    }

    fn put(&mut self, seq: u64, message: ClientMessage) {
        self.acknowledged = self.received;
        let text = encode(&Envelope { seq, ack: self.received, message });
        self.outputs.push_back(SignalingOutput::SendText(text));
    }

    fn read(&mut self, now: Duration, text: &str) {
        if !matches!(self.phase, Phase::Greeting { .. } | Phase::Online { .. }) {
            return;
        }
        let Ok(envelope) = decode::<ServerMessage>(text) else {
            self.close_socket(CLOSE_PROTOCOL);
            return self.wait(now);
        };
        if let ServerMessage::Welcome(welcome) = envelope.message {
            return self.welcome(now, welcome);
        }
        if let (Phase::Online { ping_at, silent_pings }, Some(session)) =
            (&mut self.phase, &self.session)
        {
            *ping_at = now + session.ping;
            *silent_pings = 0;
            self.outbox.acknowledge(envelope.ack);
        }
        if envelope.seq == 0 {
            return self.obey(now, envelope.message);
        }
        if envelope.seq <= self.received || !matches!(self.phase, Phase::Online { .. }) {
            return;
        }
        if envelope.seq > self.received + 1 {
            // A gap: the next socket resumes from what we have.
            self.close_socket(CLOSE_PROTOCOL);
            return self.wait(now);
        }
        self.received = envelope.seq;
        self.obey(now, envelope.message);
        let is_online = matches!(self.phase, Phase::Online { .. });
        if is_online && self.received - self.acknowledged >= ACK_EVERY {
            self.put(0, ClientMessage::Ack);
        }
    }

    fn welcome(&mut self, now: Duration, welcome: Welcome) {
        if !matches!(self.phase, Phase::Greeting { .. }) {
            return;
        }
        let ping = Duration::from_millis(welcome.ping_ms.into()).max(MIN_PING);
        self.phase = Phase::Online { ping_at: now + ping, silent_pings: 0 };
        self.backoff.reset();
        if welcome.resumed {
            self.outbox.acknowledge(welcome.received);
        } else {
            (self.received, self.acknowledged) = (0, 0);
            self.outbox = Outbox::default();
            for peer in self.introductions.drop_unopened() {
                let reason = LeaveReason::Lost;
                self.outputs.push_back(SignalingOutput::PeerLeft { peer, reason });
            }
        }
        self.session = Some(Session {
            peer_id: welcome.peer_id,
            token: welcome.resume_token,
            ice_servers: welcome.ice_servers,
            ping,
        });
        let state = SignalingState::Online {
            peer_id: welcome.peer_id,
            max_blob_bytes: welcome.limits.blob_bytes,
        };
        self.outputs.push_back(SignalingOutput::State(state));
        let pending: Vec<_> = self.outbox.pending().cloned().collect();
        for (seq, message) in pending {
            self.put(seq, message);
        }
    }

    fn obey(&mut self, now: Duration, message: ServerMessage) {
        match message {
            ServerMessage::Connect { peer, generation, you_offer, role, name } => {
                let ice_servers =
                    self.session.as_ref().map_or(Vec::new(), |session| session.ice_servers.clone());
                let we_offer = you_offer;
                let introduction =
                    Introduction { peer, generation, we_offer, role, name, ice_servers };
                self.introduce(now, introduction);
            }
            ServerMessage::Signal { from: peer, generation, payload } => {
                if self.introductions.may_receive(peer, generation, &payload) {
                    let output = SignalingOutput::RemoteSignal { peer, generation, payload };
                    self.outputs.push_back(output);
                }
            }
            ServerMessage::PeerLeft { peer, reason } => {
                if self.introductions.peer_left(peer, reason) {
                    self.outputs.push_back(SignalingOutput::PeerLeft { peer, reason });
                }
            }
            ServerMessage::Error { code, message } => self.refused(code, message),
            ServerMessage::GoAway { after_ms } => {
                self.close_socket(1000);
                let asked = Duration::from_millis(after_ms.into()).min(MAX_GO_AWAY);
                self.wait_at_least(now, asked);
            }
            ServerMessage::Pong
            | ServerMessage::Ack
            | ServerMessage::Unknown
            | ServerMessage::Welcome(_) => {}
        }
    }

    fn introduce(&mut self, now: Duration, introduction: Introduction) {
        let peer = introduction.peer;
        match self.introductions.add(peer, introduction.generation, now) {
            introductions::Added::New => {
                self.outputs.push_back(SignalingOutput::Connect(introduction));
            }
            introductions::Added::AlreadyLinked => self.say(now, ClientMessage::Linked { peer }),
            introductions::Added::TooMany => self.say(now, ClientMessage::Unlinked { peer }),
        }
    }

    fn refused(&mut self, code: ErrorCode, message: String) {
        self.outputs.push_back(SignalingOutput::ServerError { code, message });
        match code {
            ErrorCode::UnsupportedVersion => {
                self.close_socket(1000);
                self.end(SignalingState::Refused);
            }
            // The server closes the socket; what it did not understand must not be said again.
            ErrorCode::Malformed | ErrorCode::OutOfOrder => self.session = None,
            ErrorCode::RoomFull | ErrorCode::TooMany | ErrorCode::TooFast => {
                self.backoff.slow_down()
            }
            _ => {}
        }
    }

    /// When something is to be done about the socket.
    const fn socket_due(&self) -> Option<Duration> {
        match self.phase {
            Phase::Opening { until } | Phase::Greeting { until } | Phase::Waiting { until } => {
                Some(until)
            }
            Phase::Online { ping_at, .. } => Some(ping_at),
            Phase::Ended => None,
        }
    }

    /// Gives up connections that did not come about; the server introduces the two again.
    fn drop_late_links(&mut self, now: Duration) {
        for peer in self.introductions.drop_late(now) {
            let reason = LeaveReason::Unlinked;
            self.outputs.push_back(SignalingOutput::PeerLeft { peer, reason });
            self.say(now, ClientMessage::Unlinked { peer });
        }
    }

    fn time_out(&mut self, now: Duration) {
        self.drop_late_links(now);
        if self.socket_due().is_none_or(|due| now < due) {
            return;
        }
        match self.phase {
            Phase::Waiting { .. } => self.open(now),
            Phase::Online { silent_pings, .. } if silent_pings < MAX_SILENT_PINGS => {
                let ping = self.session.as_ref().map_or(MIN_PING, |session| session.ping);
                self.phase = Phase::Online { ping_at: now + ping, silent_pings: silent_pings + 1 };
                self.put(0, ClientMessage::Ping);
            }
            Phase::Ended => {}
            _ => {
                self.close_socket(CLOSE_SILENT);
                self.wait(now);
            }
        }
    }

    fn lose_socket(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Waiting { .. }) {
            self.wait(now);
        }
    }

    fn wait(&mut self, now: Duration) {
        self.wait_at_least(now, Duration::ZERO);
    }

    fn wait_at_least(&mut self, now: Duration, least: Duration) {
        let retry_in = least + self.backoff.next_delay();
        self.phase = Phase::Waiting { until: now + retry_in };
        self.outputs.push_back(SignalingOutput::State(SignalingState::Waiting { retry_in }));
    }

    fn close_socket(&mut self, code: u16) {
        self.outputs.push_back(SignalingOutput::CloseSocket { code });
    }

    fn leave(&mut self) {
        if matches!(self.phase, Phase::Online { .. }) {
            self.put(0, ClientMessage::Bye);
        }
        if !matches!(self.phase, Phase::Waiting { .. }) {
            self.close_socket(1000);
        }
        self.end(SignalingState::Left);
    }

    fn end(&mut self, state: SignalingState) {
        self.phase = Phase::Ended;
        self.outputs.push_back(SignalingOutput::State(state));
    }
}

#[cfg(test)]
mod tests;
