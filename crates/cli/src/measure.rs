//! `p2c2r measure`, hidden: the other ends of the network benchmarks.
//!
//! A measured link carries, on the control channel, `give N` (send me N bytes of tiles), `take N` (N
//! bytes follow) and `took` (all have come). tests/browser/channel.mjs speaks the same.

use std::time::{Duration, Instant};

use p2c2r_peer::native::{
    ContributeOptions, Handicap, Network, NetworkEvent, ServerAddress, TracingDevice, contribute,
};
use p2c2r_protocol::peer::{Channel, PeerName, Role};
use p2c2r_protocol::{PeerId, RoomId};
use p2c2r_swarm::signaling::{SignalingConfig, SignalingState};
use p2c2r_transport::LinkEvent;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::args::{LinkSide, MeasureCommand};
use crate::failure::{Failure, fail};
use crate::network::{failure_of, random_seed, runtime};

/// Bytes that are kept ready for the link.
const AHEAD_BYTES: usize = 1024 * 1024;
/// How often a sender looks whether there is room.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Runs until done or ended.
pub(crate) fn run(command: &MeasureCommand) -> anyhow::Result<()> {
    match command {
        MeasureCommand::Link { url, room, side, bytes } => {
            let end = End::new(url, room, *side)?;
            runtime()?.block_on(async {
                match side {
                    LinkSide::Pull => end.open()?.pull(*bytes).await,
                    LinkSide::Serve => end.open()?.serve().await,
                }
            })
        }
        MeasureCommand::Frames(options) => crate::frames::run(options),
        MeasureCommand::Mute { url, room } => {
            let options = ContributeOptions {
                server: ServerAddress::parse(url).map_err(failure_of)?,
                room: Some(room.clone()),
                name: PeerName::lossy("mute"),
                device: TracingDevice::Mute,
                handicap: Handicap::NONE,
                max_requesters: 4,
                secret: None,
                seed: random_seed()?,
            };
            let (_wish, wishes) = mpsc::channel(1);
            runtime()?.block_on(contribute(options, wishes, |_| {})).map_err(failure_of)?;
            Ok(())
        }
    }
}

/// One end before its network is up.
struct End {
    server: ServerAddress,
    config: SignalingConfig,
}

/// One end of a measured link.
struct OpenEnd {
    network: Network,
    started: Instant,
    online: Option<Duration>,
    /// Bytes that are still to be sent.
    to_send: Option<(PeerId, u64)>,
}

impl End {
    fn new(url: &str, room: &RoomId, side: LinkSide) -> anyhow::Result<Self> {
        let role = match side {
            LinkSide::Pull => Role::Requester,
            LinkSide::Serve => Role::Contributor,
        };
        let config = SignalingConfig {
            role,
            room: Some(room.clone()),
            name: PeerName::lossy("measure"),
            max_peers: 1,
            seed: random_seed()?,
        };
        Ok(Self { server: ServerAddress::parse(url).map_err(failure_of)?, config })
    }

    fn open(self) -> anyhow::Result<OpenEnd> {
        let started = Instant::now();
        let network = Network::new(started, self.server, self.config);
        Ok(OpenEnd { network, started, online: None, to_send: None })
    }
}

impl OpenEnd {
    /// The next thing on a link; sends what is to be sent meanwhile.
    async fn next(&mut self) -> anyhow::Result<LinkEvent> {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.network.next() => match event {
                    NetworkEvent::Link(event) => return Ok(event),
                    NetworkEvent::State(SignalingState::Online { .. }) => {
                        self.online = Some(self.started.elapsed());
                    }
                    NetworkEvent::State(_) => {}
                    NetworkEvent::Refused(reason) | NetworkEvent::Unreachable(reason) => {
                        return Err(fail(Failure::Network, reason));
                    }
                },
                _ = looks.tick(), if self.to_send.is_some() => self.send_more(),
            }
        }
    }

    fn send_more(&mut self) {
        let Some((peer, mut left)) = self.to_send.take() else { return };
        while left > 0 && self.network.buffered_bytes(peer) < AHEAD_BYTES {
            let length = left.min(Channel::Tiles.max_message_bytes() as u64);
            self.network.send(peer, Channel::Tiles, vec![0x5a; length as usize]);
            left -= length;
        }
        self.to_send = (left > 0).then_some((peer, left));
    }

    fn say(&mut self, peer: PeerId, text: &str) {
        self.network.send(peer, Channel::Control, text.as_bytes().to_vec());
    }

    async fn pull(mut self, bytes: u64) -> anyhow::Result<()> {
        let peer = loop {
            if let LinkEvent::Open { peer } = self.next().await? {
                break peer;
            }
        };
        let connect = self.started.elapsed().saturating_sub(self.online.unwrap_or_default());
        self.say(peer, &format!("give {bytes}"));
        let pulled = self.receive(bytes).await?;
        self.say(peer, &format!("take {bytes}"));
        self.to_send = Some((peer, bytes));
        let start = Instant::now();
        loop {
            match self.next().await? {
                LinkEvent::Message { bytes, .. } if bytes == b"took" => break,
                event => check(&event)?,
            }
        }
        let pushed = start.elapsed();
        let mbps = |time: Duration| bytes as f64 * 8e-6 / time.as_secs_f64();
        let line = serde_json::json!({
            "connect_ms": connect.as_secs_f64() * 1e3,
            "in_mbps": mbps(pulled),
            "out_mbps": mbps(pushed),
        });
        println!("{line}");
        self.network.finish().await;
        Ok(())
    }

    /// Time from the request to the last of the bytes.
    async fn receive(&mut self, bytes: u64) -> anyhow::Result<Duration> {
        let start = Instant::now();
        let mut received = 0;
        while received < bytes {
            match self.next().await? {
                LinkEvent::Message { channel: Channel::Tiles, bytes, .. } => {
                    received += bytes.len() as u64;
                }
                event => check(&event)?,
            }
        }
        Ok(start.elapsed())
    }

    async fn serve(mut self) -> anyhow::Result<()> {
        let mut to_take = 0;
        loop {
            match self.next().await? {
                LinkEvent::Message { peer, channel: Channel::Control, bytes } => {
                    let text = String::from_utf8_lossy(&bytes);
                    match text.split_once(' ').map(|(word, count)| (word, count.parse())) {
                        Some(("give", Ok(count))) => self.to_send = Some((peer, count)),
                        Some(("take", Ok(count))) => to_take = count,
                        _ => {
                            return Err(fail(Failure::Network, format!("`{text}` makes no sense")));
                        }
                    }
                }
                LinkEvent::Message { peer, channel: Channel::Tiles, bytes } => {
                    to_take = u64::saturating_sub(to_take, bytes.len() as u64);
                    if to_take == 0 {
                        self.say(peer, "took");
                    }
                }
                LinkEvent::Closed { .. } => self.to_send = None,
                _ => {}
            }
        }
    }
}

fn check(event: &LinkEvent) -> anyhow::Result<()> {
    match event {
        LinkEvent::Closed { reason, .. } => {
            Err(fail(Failure::Network, format!("the link closed: {reason:?}")))
        }
        _ => Ok(()),
    }
}
