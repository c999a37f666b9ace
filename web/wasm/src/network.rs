//! The session's end of the network: signaling through the worker's socket, connections through the page.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use p2c2r_protocol::peer::{PeerName, Role};
use p2c2r_protocol::signaling::{MAX_PEERS, SUBPROTOCOL, SignalPayload};
use p2c2r_protocol::{PeerId, RoomId, RoomIdError};
use p2c2r_swarm::signaling::{
    Introduction, SignalingConfig, SignalingInput, SignalingOutput, SignalingSession,
    SignalingState,
};
use p2c2r_transport::LinkEvent;

use crate::action::Action;
use crate::environment::{Input, Output};
use crate::messages::{FromSession, NetworkSettings, RtcState, ToSession};

/// What the network tells the session.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum News {
    /// The server knows us.
    Online {
        /// Largest package that it stores.
        max_blob_bytes: u64,
    },
    /// The server cannot be reached; another try comes by itself.
    Offline,
    /// The server does not speak our version, or refused something.
    Refused {
        /// For people.
        message: String,
        /// Whether no other try comes.
        is_final: bool,
    },
    /// A link is gone without an event of its own.
    PeerGone {
        /// Whose.
        peer: PeerId,
    },
}

/// Signaling, and which links are open.
#[derive(Debug)]
pub(crate) struct Network {
    settings: NetworkSettings,
    signaling: SignalingSession,
    open: BTreeSet<PeerId>,
    is_online: bool,
}

impl Network {
    /// Wants a socket at once.
    pub(crate) fn new(
        now: Duration,
        settings: NetworkSettings,
        role: Role,
        name: PeerName,
        seed: u64,
    ) -> Result<Self, RoomIdError> {
        let room = settings.room.clone().map(RoomId::try_from).transpose()?;
        let max_peers = settings.max_peers.clamp(1, MAX_PEERS as u32) as u16;
        let config = SignalingConfig { role, room, name, max_peers, seed };
        let signaling = SignalingSession::new(now, config);
        Ok(Self { settings, signaling, open: BTreeSet::new(), is_online: false })
    }

    /// When [`Input::Timeout`] is due.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.signaling.next_timeout()
    }

    /// Whether the server knows us at the moment.
    pub(crate) const fn is_online(&self) -> bool {
        self.is_online
    }

    /// The address of a package at the server.
    pub(crate) fn blob_url(settings: &NetworkSettings, scene: p2c2r_frame::SceneId) -> String {
        format!("{}{scene}", settings.blobs_url)
    }

    /// Takes what concerns the network; anything else is left alone.
    pub(crate) fn handle(&mut self, now: Duration, input: &Input) {
        let input = match input {
            Input::SocketOpened => SignalingInput::SocketOpen,
            Input::SocketText { text } => SignalingInput::Text(text.clone()),
            Input::SocketClosed { .. } => SignalingInput::SocketClosed,
            Input::Timeout => SignalingInput::Timeout,
            Input::Page { message: ToSession::RtcSignal { peer, generation, payload } } => {
                let (peer, generation, payload) = (*peer, *generation, payload.clone());
                SignalingInput::LocalSignal { peer, generation, payload }
            }
            Input::Page {
                message: ToSession::RtcStateChange { peer, state: RtcState::Failed },
            } => SignalingInput::LinkClosed { peer: *peer },
            _ => return,
        };
        self.signaling.handle(now, input);
    }

    /// A link opened or closed.
    pub(crate) fn link(&mut self, now: Duration, event: &LinkEvent) {
        match *event {
            LinkEvent::Open { peer } => {
                self.open.insert(peer);
                self.signaling.handle(now, SignalingInput::LinkOpen { peer });
            }
            LinkEvent::Closed { peer, .. } => {
                self.open.remove(&peer);
                self.signaling.handle(now, SignalingInput::LinkClosed { peer });
            }
            LinkEvent::Message { .. } => {}
        }
    }

    /// The session closes a link.
    pub(crate) fn close(&mut self, now: Duration, peer: PeerId, actions: &mut VecDeque<Action>) {
        self.open.remove(&peer);
        actions.push_back(Action::CloseLink { peer });
        actions.push_back(FromSession::RtcClose { peer }.into());
        self.signaling.handle(now, SignalingInput::LinkClosed { peer });
    }

    /// No more introductions.
    pub(crate) fn leave(&mut self, now: Duration) {
        self.signaling.handle(now, SignalingInput::Leave);
    }

    /// Drains what signaling wants; gives what the session should know.
    pub(crate) fn drain(&mut self, actions: &mut VecDeque<Action>) -> Vec<News> {
        let mut news = Vec::new();
        while let Some(output) = self.signaling.poll_output() {
            self.obey(output, actions, &mut news);
        }
        news
    }

    fn obey(
        &mut self,
        output: SignalingOutput,
        actions: &mut VecDeque<Action>,
        news: &mut Vec<News>,
    ) {
        match output {
            SignalingOutput::OpenSocket => {
                let (url, subprotocol) = (self.settings.signal_url.clone(), SUBPROTOCOL.to_owned());
                actions.push_back(Output::SocketOpen { url, subprotocol }.into());
            }
            SignalingOutput::CloseSocket { code } => {
                actions.push_back(Output::SocketClose { code }.into());
            }
            SignalingOutput::SendText(text) => {
                actions.push_back(Output::SocketSend { text }.into());
            }
            SignalingOutput::Connect(introduction) => actions.push_back(connect(introduction)),
            SignalingOutput::RemoteSignal { peer, generation, payload } => {
                actions.push_back(remote_signal(peer, generation, payload));
            }
            SignalingOutput::PeerLeft { peer, .. } => {
                actions.push_back(Action::CloseLink { peer });
                actions.push_back(FromSession::RtcClose { peer }.into());
                if self.open.remove(&peer) {
                    news.push(News::PeerGone { peer });
                }
            }
            SignalingOutput::State(state) => self.note(state, news),
            SignalingOutput::ServerError { message, .. } => {
                news.push(News::Refused { message, is_final: false });
            }
        }
    }

    fn note(&mut self, state: SignalingState, news: &mut Vec<News>) {
        self.is_online = matches!(state, SignalingState::Online { .. });
        match state {
            SignalingState::Online { max_blob_bytes, .. } => {
                news.push(News::Online { max_blob_bytes });
            }
            SignalingState::Waiting { .. } => news.push(News::Offline),
            SignalingState::Refused => {
                let message = "the server speaks another version of the protocol".to_owned();
                news.push(News::Refused { message, is_final: true });
            }
            SignalingState::Connecting | SignalingState::Left => {}
        }
    }
}

fn connect(introduction: Introduction) -> Action {
    let Introduction { peer, generation, we_offer, ice_servers, .. } = introduction;
    FromSession::RtcConnect { peer, generation, we_offer, ice_servers }.into()
}

fn remote_signal(peer: PeerId, generation: u32, payload: SignalPayload) -> Action {
    FromSession::RtcRemoteSignal { peer, generation, payload }.into()
}
