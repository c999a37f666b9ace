//! Signaling and links together: who is linked, and what they say.

use std::collections::VecDeque;
use std::time::Instant;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use p2c2r_swarm::signaling::{
    SignalingConfig, SignalingInput, SignalingOutput, SignalingSession, SignalingState,
};
use p2c2r_transport::native::{NativeEvent, NativeLinks, NativeOptions};
use p2c2r_transport::{LinkClosed, LinkEvent, Links};
use tokio::sync::mpsc;

use super::ServerAddress;
use super::socket::{Socket, SocketEvent, SocketNews};

/// Events that may wait; beyond it readers pause, and with them the other side.
const QUEUE_EVENTS: usize = 1024;
/// Events of sockets that may wait.
const QUEUE_SOCKET: usize = 64;

/// What a session has to hear.
#[derive(Debug)]
pub enum NetworkEvent {
    /// A link did something.
    Link(LinkEvent),
    /// The session with the server changed.
    State(SignalingState),
    /// The server refused something.
    Refused(String),
    /// A socket never opened.
    Unreachable(String),
}

/// One peer's view of the network.
pub struct Network {
    started: Instant,
    server: ServerAddress,
    signaling: SignalingSession,
    links: NativeLinks,
    link_events: mpsc::Receiver<NativeEvent>,
    socket: Option<Socket>,
    sockets_opened: u64,
    socket_events: mpsc::Receiver<SocketEvent>,
    socket_sender: mpsc::Sender<SocketEvent>,
    pending: VecDeque<NetworkEvent>,
}

impl Network {
    /// Starts to connect.
    pub fn new(started: Instant, server: ServerAddress, config: SignalingConfig) -> Self {
        super::blobs::install_crypto();
        let (link_sender, link_events) = mpsc::channel(QUEUE_EVENTS);
        let (socket_sender, socket_events) = mpsc::channel(QUEUE_SOCKET);
        let options = NativeOptions { has_loopback: server.is_loopback() };
        let mut network = Self {
            started,
            server,
            signaling: SignalingSession::new(started.elapsed(), config),
            links: NativeLinks::new(options, link_sender),
            link_events,
            socket: None,
            sockets_opened: 0,
            socket_events,
            socket_sender,
            pending: VecDeque::new(),
        };
        network.drain();
        network
    }

    /// Waits for the next event. Dropping the future loses nothing.
    pub async fn next(&mut self) -> NetworkEvent {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return event;
            }
            let due = self.signaling.next_timeout().map(|due| self.started + due);
            tokio::select! {
                Some(event) = self.link_events.recv() => self.take_link(event),
                Some(event) = self.socket_events.recv() => self.take_socket(event),
                () = sleep_until(due) => self.tell(SignalingInput::Timeout),
            }
        }
    }

    /// Sends a message; one that cannot be taken counts as lost, and the session notices.
    pub fn send(&mut self, peer: PeerId, channel: Channel, bytes: Vec<u8>) {
        if let Err(error) = self.links.send(peer, channel, bytes) {
            tracing::debug!(%peer, %error, "message dropped");
        }
    }

    /// Bytes taken for a peer and not yet handed to its connection.
    pub fn buffered_bytes(&self, peer: PeerId) -> usize {
        self.links.buffered_bytes(peer)
    }

    /// Closes a link after what was sent on it.
    pub fn close(&mut self, peer: PeerId) {
        self.links.close(peer);
        self.tell(SignalingInput::LinkClosed { peer });
    }

    /// Wants no more introductions; links stay.
    pub fn leave(&mut self) {
        self.tell(SignalingInput::Leave);
    }

    /// Leaves, closes every link after what was sent on it, and waits for that.
    pub async fn finish(mut self) {
        self.leave();
        self.links.finish().await;
    }

    fn tell(&mut self, input: SignalingInput) {
        self.signaling.handle(self.started.elapsed(), input);
        self.drain();
    }

    fn take_link(&mut self, event: NativeEvent) {
        match event {
            NativeEvent::Signal { peer, generation, payload } => {
                self.tell(SignalingInput::LocalSignal { peer, generation, payload });
            }
            NativeEvent::Link(event) => {
                match &event {
                    LinkEvent::Open { peer } => self.tell(SignalingInput::LinkOpen { peer: *peer }),
                    LinkEvent::Closed { peer, .. } => {
                        self.links.forget(*peer);
                        self.tell(SignalingInput::LinkClosed { peer: *peer });
                    }
                    LinkEvent::Message { .. } => {}
                }
                self.pending.push_back(NetworkEvent::Link(event));
            }
        }
    }

    fn take_socket(&mut self, event: SocketEvent) {
        if self.socket.as_ref().is_none_or(|socket| socket.number != event.number) {
            return;
        }
        match event.what {
            SocketNews::Open => self.tell(SignalingInput::SocketOpen),
            SocketNews::Text(text) => self.tell(SignalingInput::Text(text)),
            SocketNews::Closed(reason) => {
                self.socket = None;
                if let Some(reason) = reason {
                    self.pending.push_back(NetworkEvent::Unreachable(reason));
                }
                self.tell(SignalingInput::SocketClosed);
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.signaling.poll_output() {
            match output {
                SignalingOutput::OpenSocket => {
                    self.sockets_opened += 1;
                    let url = self.server.signal_url();
                    let events = self.socket_sender.clone();
                    self.socket = Some(Socket::open(url, self.sockets_opened, events));
                }
                SignalingOutput::CloseSocket { code } => {
                    if let Some(socket) = self.socket.take() {
                        socket.close(code);
                    }
                }
                SignalingOutput::SendText(text) => {
                    if let Some(socket) = &self.socket {
                        socket.send(text);
                    }
                }
                SignalingOutput::Connect(introduction) => self.links.connect(
                    introduction.peer,
                    introduction.generation,
                    introduction.we_offer,
                    &introduction.ice_servers,
                ),
                SignalingOutput::RemoteSignal { peer, generation, payload } => {
                    self.links.remote_signal(peer, generation, payload);
                }
                SignalingOutput::PeerLeft { peer, .. } => self.drop_link(peer),
                SignalingOutput::State(state) => {
                    self.pending.push_back(NetworkEvent::State(state));
                }
                SignalingOutput::ServerError { code, message } => {
                    tracing::debug!(?code, message, "the server refuses");
                    self.pending.push_back(NetworkEvent::Refused(message));
                }
            }
        }
    }

    /// The other side has given the link up; the session hears it as a closed link.
    fn drop_link(&mut self, peer: PeerId) {
        if self.links.is_open(peer) {
            let reason = LinkClosed::There;
            self.pending.push_back(NetworkEvent::Link(LinkEvent::Closed { peer, reason }));
        }
        self.links.close(peer);
    }
}

/// Sleeps until then; for ever without a time.
pub(super) async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
