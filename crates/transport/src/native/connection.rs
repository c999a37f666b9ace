//! A peer connection with the settings that browsers need, and what its driver tells.

use std::sync::Arc;
use std::time::Duration;

use p2c2r_protocol::peer::Channel;
use p2c2r_protocol::signaling::{
    Description, DescriptionKind, IceCandidate, IceServer, SignalPayload,
};
use rtc::peer_connection::configuration::setting_engine::SctpMaxMessageSize;
use rtc::peer_connection::transport::RTCDtlsRole;
use tokio::sync::mpsc;
use webrtc::data_channel::{DataChannel, RTCDataChannelInit};
use webrtc::error::Result;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceCandidateInit, RTCIceGatheringState, RTCIceServer, RTCPeerConnectionIceEvent,
    RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder,
};

use super::NativeOptions;

/// Largest SCTP message; what Chromium advertises. Ours are far smaller.
const MAX_SCTP_MESSAGE_BYTES: u32 = 256 * 1024;
/// Bytes that a channel may have unacknowledged: enough for 5 MB/s at 25 ms, little enough that
/// control messages on the same association do not wait long behind tiles.
const SEND_BUFFER_BYTES: usize = 128 * 1024;
/// Without any packet for this long a path counts as disconnected …
const DISCONNECTED_AFTER: Duration = Duration::from_secs(2);
/// … and after this long more as failed.
const FAILED_AFTER: Duration = Duration::from_secs(3);
/// Packets on an idle path.
const KEEP_ALIVE: Duration = Duration::from_millis(700);
/// Between two checks of a candidate pair; shorter than the default, for quick connects.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// Checks of a pair before it is given up; with the interval, 8 seconds.
const MAX_CHECKS: u16 = 160;

/// What the driver of a connection tells its link.
#[derive(Debug)]
pub(super) enum ConnectionEvent {
    Candidate(IceCandidate),
    GatheringComplete,
    State(RTCPeerConnectionState),
}

struct Handler {
    events: mpsc::Sender<ConnectionEvent>,
}

impl Handler {
    /// Never waits: this runs in the connection's own driver.
    fn tell(&self, event: ConnectionEvent) {
        // The queue holds more than a connection can say; a closed one belongs to an ended link.
        let _ = self.events.try_send(event);
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        let Ok(init) = event.candidate.to_json() else { return };
        self.tell(ConnectionEvent::Candidate(IceCandidate {
            candidate: init.candidate,
            sdp_mid: init.sdp_mid,
            sdp_m_line_index: init.sdp_mline_index,
            username_fragment: init.username_fragment,
        }));
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.tell(ConnectionEvent::GatheringComplete);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.tell(ConnectionEvent::State(state));
    }
}

/// A connection and its three channels, made before any description.
pub(super) struct Connection {
    inner: Box<dyn PeerConnection>,
    pub(super) channels: [Arc<dyn DataChannel>; 3],
    has_remote: bool,
    /// Candidates that came before the description.
    early: Vec<RTCIceCandidateInit>,
}

impl Connection {
    pub(super) async fn new(
        ice_servers: &[IceServer],
        options: NativeOptions,
        events: mpsc::Sender<ConnectionEvent>,
    ) -> Result<Self> {
        let ice_servers = ice_servers.iter().map(|server| RTCIceServer {
            urls: server.urls.clone(),
            username: server.username.clone().unwrap_or_default(),
            credential: server.credential.clone().unwrap_or_default(),
        });
        let configuration =
            RTCConfigurationBuilder::new().with_ice_servers(ice_servers.collect()).build();
        // Each interface; the loopback one is never among them.
        let mut addresses = vec!["0.0.0.0:0".to_owned()];
        if options.has_loopback {
            addresses.push("127.0.0.1:0".to_owned());
        }
        let builder = PeerConnectionBuilder::new()
            .with_configuration(configuration)
            .with_setting_engine(settings(options).build())
            .with_handler(Arc::new(Handler { events }))
            .with_udp_addrs(addresses)
            .with_data_channel_send_buffer_limit(SEND_BUFFER_BYTES);
        // Some 20 KB, which nothing that awaits this should have to carry.
        let inner = Box::pin(builder.build()).await?;
        let mut channels = Vec::new();
        for channel in Channel::ALL {
            let init = RTCDataChannelInit {
                // Tiles too: in webrtc-rs unordered data starves an ordered channel.
                ordered: channel.is_reliable(),
                max_retransmits: (!channel.is_reliable()).then_some(0),
                negotiated: Some(channel.id()),
                ..Default::default()
            };
            channels.push(inner.create_data_channel(channel.label(), Some(init)).await?);
        }
        let Ok(channels) = channels.try_into() else {
            unreachable!("one channel was made for each of three")
        };
        Ok(Self { inner: Box::new(inner), channels, has_remote: false, early: Vec::new() })
    }

    /// The offer, set as the local description.
    pub(super) async fn offer(&self) -> Result<SignalPayload> {
        let offer = self.inner.create_offer(None).await?;
        self.inner.set_local_description(offer.clone()).await?;
        Ok(payload_of(DescriptionKind::Offer, offer.sdp))
    }

    /// Takes a remote signal; an offer is answered.
    pub(super) async fn accept(&mut self, payload: SignalPayload) -> Result<Option<SignalPayload>> {
        match payload {
            SignalPayload::Description(Description { kind, sdp }) => {
                let description = match kind {
                    DescriptionKind::Offer => RTCSessionDescription::offer(sdp)?,
                    DescriptionKind::Answer => RTCSessionDescription::answer(sdp)?,
                };
                self.inner.set_remote_description(description).await?;
                self.has_remote = true;
                let answer = match kind {
                    DescriptionKind::Offer => Some(self.answer().await?),
                    DescriptionKind::Answer => None,
                };
                for candidate in std::mem::take(&mut self.early) {
                    self.add(candidate).await;
                }
                Ok(answer)
            }
            SignalPayload::Candidate(candidate) => {
                let candidate = RTCIceCandidateInit {
                    candidate: candidate.candidate,
                    sdp_mid: candidate.sdp_mid,
                    sdp_mline_index: candidate.sdp_m_line_index,
                    username_fragment: candidate.username_fragment,
                    ..Default::default()
                };
                if self.has_remote {
                    self.add(candidate).await;
                } else {
                    self.early.push(candidate);
                }
                Ok(None)
            }
            SignalPayload::EndOfCandidates => Ok(None),
        }
    }

    async fn answer(&self) -> Result<SignalPayload> {
        let answer = self.inner.create_answer(None).await?;
        self.inner.set_local_description(answer.clone()).await?;
        Ok(payload_of(DescriptionKind::Answer, answer.sdp))
    }

    /// A candidate that cannot be used is one path less, not the end.
    async fn add(&self, candidate: RTCIceCandidateInit) {
        if let Err(error) = self.inner.add_ice_candidate(candidate).await {
            tracing::debug!(%error, "candidate not used");
        }
    }

    pub(super) async fn close(&self) {
        if let Err(error) = self.inner.close().await {
            tracing::debug!(%error, "connection did not close cleanly");
        }
    }
}

fn settings(options: NativeOptions) -> SettingEngineBuilder {
    SettingEngineBuilder::new()
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MAX_SCTP_MESSAGE_BYTES))
        // Otherwise a browser's check that overtakes its candidate costs a second.
        .with_host_acceptance_min_wait(Some(Duration::ZERO))
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        // Otherwise the first DTLS and SCTP packets wait for a timer.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_ice_timeouts(Some(DISCONNECTED_AFTER), Some(FAILED_AFTER), Some(KEEP_ALIVE))
        .with_ice_connection_attempts(Some(CHECK_INTERVAL), Some(MAX_CHECKS))
        .with_include_loopback_candidate(options.has_loopback)
}

fn payload_of(kind: DescriptionKind, sdp: String) -> SignalPayload {
    SignalPayload::Description(Description { kind, sdp })
}
