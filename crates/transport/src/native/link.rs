//! One link from its introduction to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use p2c2r_protocol::signaling::{IceServer, SignalPayload};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use webrtc::peer_connection::RTCPeerConnectionState;

use super::channels::{ChannelEvent, Reader, write};
use super::connection::{Connection, ConnectionEvent};
use super::{NativeEvent, NativeOptions, Shared};
use crate::{LinkClosed, LinkEvent};

/// Most time that the last messages get before the connection closes.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// Between two looks at what is still unacknowledged.
const FLUSH_LOOK: Duration = Duration::from_millis(10);
/// Events of a connection and its channels that may wait for the link.
const QUEUE_EVENTS: usize = 256;

/// How this side ends a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shutdown {
    /// After what was taken for sending.
    AfterFlush,
}

/// Why the task ends.
enum End {
    Asked,
    Lost(LinkClosed),
}

/// Everything that one link needs.
pub(super) struct LinkTask {
    pub(super) peer: PeerId,
    pub(super) generation: u32,
    pub(super) we_offer: bool,
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) options: NativeOptions,
    pub(super) events: mpsc::Sender<NativeEvent>,
    pub(super) shared: Arc<Shared>,
    pub(super) signals: mpsc::Receiver<SignalPayload>,
    pub(super) shutdown: mpsc::Receiver<Shutdown>,
}

impl LinkTask {
    /// Lives as long as the link; tells of its end unless this side asked for it.
    pub(super) async fn run(mut self, queues: [mpsc::Receiver<Vec<u8>>; 3]) {
        let end = self.live(queues).await;
        self.shared.is_open.store(false, Ordering::Release);
        let was_closed = self.shared.is_closed.swap(true, Ordering::AcqRel);
        if let End::Lost(reason) = end
            && !was_closed
        {
            self.tell(LinkEvent::Closed { peer: self.peer, reason }).await;
        }
    }

    async fn live(&mut self, queues: [mpsc::Receiver<Vec<u8>>; 3]) -> End {
        let (connection_events, from_connection) = mpsc::channel(QUEUE_EVENTS);
        let made = Connection::new(&self.ice_servers, self.options, connection_events).await;
        let mut connection = match made {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!(peer = %self.peer, %error, "cannot make a connection");
                return End::Lost(LinkClosed::Failed);
            }
        };
        let (channel_events, from_channels) = mpsc::channel(QUEUE_EVENTS);
        let (open, is_open) = watch::channel(false);
        let mut readers = JoinSet::new();
        let mut writers = JoinSet::new();
        for ((channel, queue), handle) in
            Channel::ALL.into_iter().zip(queues).zip(connection.channels.iter())
        {
            let reader = Reader {
                peer: self.peer,
                channel,
                link: channel_events.clone(),
                events: self.events.clone(),
                is_open: is_open.clone(),
                shared: self.shared.clone(),
            };
            readers.spawn(reader.run(handle.clone()));
            writers.spawn(write(handle.clone(), queue, self.shared.clone()));
        }
        let inputs = Inputs { from_connection, from_channels, open };
        let end = self.negotiate_and_watch(&mut connection, inputs).await;
        if matches!(end, End::Asked) {
            flush(&connection, &mut writers).await;
        }
        connection.close().await;
        readers.shutdown().await;
        writers.shutdown().await;
        end
    }

    async fn negotiate_and_watch(&mut self, connection: &mut Connection, inputs: Inputs) -> End {
        let Inputs { mut from_connection, mut from_channels, open } = inputs;
        if self.we_offer {
            match connection.offer().await {
                Ok(offer) => self.signal(offer).await,
                Err(error) => return self.fail("cannot offer", &error),
            }
        }
        let mut opened = 0;
        loop {
            tokio::select! {
                biased;
                Some(Shutdown::AfterFlush) = self.shutdown.recv() => return End::Asked,
                Some(event) = from_connection.recv() => match event {
                    ConnectionEvent::Candidate(candidate) => {
                        self.signal(SignalPayload::Candidate(candidate)).await;
                    }
                    ConnectionEvent::GatheringComplete => {
                        self.signal(SignalPayload::EndOfCandidates).await;
                    }
                    ConnectionEvent::State(state) => {
                        tracing::debug!(peer = %self.peer, ?state, "connection");
                        if is_over(state) {
                            return End::Lost(LinkClosed::Failed);
                        }
                    }
                },
                Some(event) = from_channels.recv() => match event {
                    ChannelEvent::Open => {
                        opened += 1;
                        if opened == Channel::ALL.len() {
                            self.shared.is_open.store(true, Ordering::Release);
                            self.tell(LinkEvent::Open { peer: self.peer }).await;
                            // Readers forward from now on; they are there as long as this is.
                            let _ = open.send(true);
                        }
                    }
                    ChannelEvent::Closed => return End::Lost(LinkClosed::There),
                },
                Some(payload) = self.signals.recv() => match connection.accept(payload).await {
                    Ok(Some(answer)) => self.signal(answer).await,
                    Ok(None) => {}
                    Err(error) => return self.fail("bad description", &error),
                },
                else => return End::Lost(LinkClosed::Failed),
            }
        }
    }

    fn fail(&self, what: &str, error: &webrtc::error::Error) -> End {
        tracing::warn!(peer = %self.peer, %error, "{what}");
        End::Lost(LinkClosed::Failed)
    }

    async fn signal(&self, payload: SignalPayload) {
        let (peer, generation) = (self.peer, self.generation);
        if !self.shared.is_closed.load(Ordering::Acquire) {
            // Nobody listens once the driver has ended; the link follows.
            let _ = self.events.send(NativeEvent::Signal { peer, generation, payload }).await;
        }
    }

    async fn tell(&self, event: LinkEvent) {
        // As above.
        let _ = self.events.send(NativeEvent::Link(event)).await;
    }
}

/// What the link's loop listens to, besides its owner.
struct Inputs {
    from_connection: mpsc::Receiver<ConnectionEvent>,
    from_channels: mpsc::Receiver<ChannelEvent>,
    open: watch::Sender<bool>,
}

fn is_over(state: RTCPeerConnectionState) -> bool {
    matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed)
}

/// Waits until everything is written and acknowledged, within reason.
async fn flush(connection: &Connection, writers: &mut JoinSet<()>) {
    let flushed = async {
        while writers.join_next().await.is_some() {}
        for channel in &connection.channels {
            while channel.outstanding_bytes().await.is_ok_and(|bytes| bytes > 0) {
                sleep(FLUSH_LOOK).await;
            }
        }
    };
    // Too late is as good as lost; the other side notices either way.
    let _ = timeout(FLUSH_TIMEOUT, flushed).await;
}
