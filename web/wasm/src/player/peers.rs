//! The requester session among its surroundings: the server, links, peers, the tracer here.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::{PeerName, Role};
use p2c2r_swarm::{Requester, RequesterInput, RequesterOutput, Worker};
use p2c2r_transport::LinkEvent;

use super::PlayerRole;
use super::upload::UploadRetry;
use crate::action::Action;
use crate::messages::{ErrorCategory, FromSession, PeerInfo};
use crate::network::{Network, News};

impl PlayerRole {
    /// The server has the package: peers may hear of it.
    pub(super) fn on_stored(&mut self, now: Duration) {
        self.is_storing = false;
        self.upload = UploadRetry::default();
        self.may_meet_peers = true;
        self.begin_job(now);
    }

    /// Meets peers once there is a session that can greet them.
    pub(super) fn open_network(&mut self, now: Duration) {
        let is_ready = self.may_meet_peers && self.requester.is_some();
        if !is_ready || self.base.network.is_some() {
            return;
        }
        let Some(settings) = self.network_settings.clone() else { return };
        let name = PeerName::lossy("player");
        match Network::new(now, settings, Role::Requester, name, self.seed) {
            Ok(network) => self.base.network = Some(network),
            Err(error) => {
                self.may_meet_peers = false;
                self.base.report(ErrorCategory::Config, "BAD_ROOM", error, false);
            }
        }
        let news = self.base.network_news();
        self.take_news(now, news);
    }

    /// What the network has to say.
    pub(super) fn take_news(&mut self, now: Duration, news: Vec<News>) {
        for news in news {
            match news {
                News::Online { .. } => {}
                News::Offline => {
                    let message = "the server cannot be reached; trying again";
                    let (category, code) = (ErrorCategory::Signaling, "SIGNAL_UNREACHABLE");
                    self.base.report(category, code, message, false);
                }
                News::Refused { message, .. } => {
                    let (category, code) = (ErrorCategory::Signaling, "SIGNAL_REFUSED");
                    self.base.report(category, code, message, false);
                }
                News::PeerGone { peer } => self.feed(now, RequesterInput::PeerGone { peer }),
            }
        }
    }

    /// A link opened, spoke or ended.
    pub(super) fn on_link(&mut self, now: Duration, event: LinkEvent) {
        match event {
            LinkEvent::Open { peer } => self.feed(now, RequesterInput::PeerConnected { peer }),
            LinkEvent::Message { peer, channel, bytes } => {
                self.feed(now, RequesterInput::Message { peer, channel, bytes });
            }
            LinkEvent::Closed { peer, .. } => {
                self.base.tell(FromSession::RtcClose { peer });
                self.feed(now, RequesterInput::PeerGone { peer });
            }
        }
    }

    /// Passes an input to the session and does what it asks.
    pub(super) fn feed(&mut self, now: Duration, input: RequesterInput) {
        let Some(requester) = &mut self.requester else { return };
        requester.handle(now, input);
        self.drain(now);
    }

    /// Does what the session asks.
    pub(super) fn drain(&mut self, now: Duration) {
        while let Some(output) = self.requester.as_mut().and_then(Requester::poll_output) {
            self.obey(now, output);
        }
    }

    fn obey(&mut self, now: Duration, output: RequesterOutput) {
        match output {
            RequesterOutput::Send { peer, channel, bytes } => {
                self.base.actions.push_back(Action::Send { peer, channel, bytes });
            }
            RequesterOutput::ClosePeer { peer, .. } => {
                if let Some(network) = &mut self.base.network {
                    network.close(now, peer, &mut self.base.actions);
                }
                let news = self.base.network_news();
                self.take_news(now, news);
            }
            RequesterOutput::PeerReady { peer, capabilities } => {
                self.capabilities.insert(peer, capabilities);
                self.reports.peers_changed(now);
            }
            RequesterOutput::PeerRecognised { .. } | RequesterOutput::PeerLost { .. } => {
                self.reports.peers_changed(now);
            }
            RequesterOutput::TraceLocal { lease, task } => {
                self.base.lanes.submit(lease, task, &mut self.base.actions);
            }
            RequesterOutput::CancelLocal { lease } => {
                self.base.lanes.cancel(&lease, &mut self.base.actions);
            }
            RequesterOutput::TileMerged { rect, samples, by, .. } => {
                let peer = self.peer_info(by);
                self.foresight.learn(now);
                // What is denoised stays until a better one is there: tiles among it would show as seams.
                if self.denoised.radiance().is_none() {
                    self.picture.touch(rect);
                }
                self.reports.merged(now, rect, samples, peer);
            }
            RequesterOutput::FrameComplete { .. } => {
                self.reports.complete();
                self.report(now);
                self.hold_until = None;
            }
            RequesterOutput::Predict { question, rows, .. } => self.ask(question, &rows),
            RequesterOutput::Attempt(record) => self.foresight.note(*record),
            RequesterOutput::LocalTracerLost => {
                let message = "the tracer of this page failed too often; peers go on";
                self.base.report(ErrorCategory::Config, "LOCAL_TRACER_LOST", message, false);
            }
        }
    }

    /// Who a worker is, for people.
    pub(super) fn peer_info(&self, worker: Worker) -> PeerInfo {
        let Worker::Peer(id) = worker else {
            let name = self.base.lanes.device_info().name;
            return PeerInfo { id: PeerId(0), kind: "local".to_owned(), name };
        };
        let known = self.capabilities.get(&id);
        PeerInfo {
            id,
            kind: known.map_or("", |known| known.device.as_str()).to_owned(),
            name: known.map_or("", |known| known.name.as_str()).to_owned(),
        }
    }
}
