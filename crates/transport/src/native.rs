//! Links of a native process: WebRTC data channels through webrtc-rs, one task per link.
//!
//! Interoperates with browsers in both roles. What the settings below are for was measured against
//! Chromium; each says so where it is made.

mod channels;
mod connection;
mod link;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use p2c2r_protocol::signaling::{IceServer, SignalPayload};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::{LinkEvent, Links, MAX_BUFFERED_BYTES, SendError};
use link::{LinkTask, Shutdown};

/// Messages that wait for one channel of a link; tile messages of full length fill
/// [`MAX_BUFFERED_BYTES`] first.
const QUEUE_MESSAGES: usize = 4096;
/// Signals that wait for a connection that is being set up.
const QUEUE_SIGNALS: usize = 256;

/// How connections are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NativeOptions {
    /// Also offer 127.0.0.1, for peers on the same machine without any network.
    pub has_loopback: bool,
}

/// Something that the driver of a session has to deal with.
#[derive(Debug, Clone, PartialEq)]
pub enum NativeEvent {
    /// A link did something.
    Link(LinkEvent),
    /// A connection in the making has something for its other end.
    Signal {
        /// The other end.
        peer: PeerId,
        /// The introduction that it belongs to.
        generation: u32,
        /// To pass on through the server.
        payload: SignalPayload,
    },
}

/// The links of one process; events come out of the channel given at the start.
pub struct NativeLinks {
    options: NativeOptions,
    events: mpsc::Sender<NativeEvent>,
    links: BTreeMap<PeerId, Link>,
    tasks: JoinSet<()>,
}

/// What this side keeps of a link; the rest lives in its task.
struct Link {
    generation: u32,
    writers: [mpsc::Sender<Vec<u8>>; 3],
    signals: mpsc::Sender<SignalPayload>,
    shutdown: mpsc::Sender<Shutdown>,
    shared: Arc<Shared>,
}

/// What a link and its task both look at.
#[derive(Debug, Default)]
struct Shared {
    buffered_bytes: AtomicUsize,
    is_open: AtomicBool,
    /// Set when this side is done with the link: its events are dropped from then on.
    is_closed: AtomicBool,
}

impl NativeLinks {
    /// No links yet. Must be called within a tokio runtime, as all methods.
    pub fn new(options: NativeOptions, events: mpsc::Sender<NativeEvent>) -> Self {
        Self { options, events, links: BTreeMap::new(), tasks: JoinSet::new() }
    }

    /// Starts a connection, in place of an earlier one to the same peer.
    pub fn connect(
        &mut self,
        peer: PeerId,
        generation: u32,
        we_offer: bool,
        ice_servers: &[IceServer],
    ) {
        self.close(peer);
        let shared = Arc::new(Shared::default());
        let (signals, signals_in) = mpsc::channel(QUEUE_SIGNALS);
        let (shutdown, shutdown_in) = mpsc::channel(1);
        let (writers, queues): (Vec<_>, Vec<_>) =
            Channel::ALL.iter().map(|_| mpsc::channel(QUEUE_MESSAGES)).unzip();
        let (Ok(writers), Ok(queues)) = (writers.try_into(), queues.try_into()) else {
            unreachable!("there are as many queues as channels")
        };
        let task = LinkTask {
            peer,
            generation,
            we_offer,
            ice_servers: ice_servers.to_vec(),
            options: self.options,
            events: self.events.clone(),
            shared: shared.clone(),
            signals: signals_in,
            shutdown: shutdown_in,
        };
        // Those that have ended are only taken off the list here.
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(task.run(queues));
        self.links.insert(peer, Link { generation, writers, signals, shutdown, shared });
    }

    /// Hands on what the other end said; nothing if the introduction is not the current one.
    pub fn remote_signal(&mut self, peer: PeerId, generation: u32, payload: SignalPayload) {
        if let Some(link) = self.links.get(&peer)
            && link.generation == generation
        {
            // A full queue means more signals than any honest peer sends; the link times out.
            let _ = link.signals.try_send(payload);
        }
    }

    /// Whether messages can be sent to the peer.
    pub fn is_open(&self, peer: PeerId) -> bool {
        self.links.get(&peer).is_some_and(|link| link.shared.is_usable())
    }

    /// Closes every link and waits until what was sent is out, within the limits of a flush.
    pub async fn finish(&mut self) {
        self.close_all();
        while self.tasks.join_next().await.is_some() {}
    }

    fn close_all(&mut self) {
        let peers: Vec<_> = self.links.keys().copied().collect();
        for peer in peers {
            self.close(peer);
        }
    }

    /// Forgets a link whose [`LinkEvent::Closed`] has come.
    pub fn forget(&mut self, peer: PeerId) {
        if let Some(link) = self.links.get(&peer)
            && link.shared.is_closed.load(Ordering::Acquire)
        {
            self.links.remove(&peer);
        }
    }
}

impl Links for NativeLinks {
    fn send(&mut self, peer: PeerId, channel: Channel, bytes: Vec<u8>) -> Result<(), SendError> {
        let (found, limit) = (bytes.len(), channel.max_message_bytes());
        if found > limit {
            return Err(SendError::TooLong { channel, found, limit });
        }
        let link = self.links.get(&peer).filter(|link| link.shared.is_usable());
        let link = link.ok_or(SendError::NoLink(peer))?;
        let buffered = link.shared.buffered_bytes.load(Ordering::Acquire);
        if buffered + found > MAX_BUFFERED_BYTES {
            return Err(SendError::Full { peer, buffered });
        }
        link.shared.buffered_bytes.fetch_add(found, Ordering::AcqRel);
        let writer = &link.writers[usize::from(channel.id()) - 1];
        writer.try_send(bytes).map_err(|error| {
            link.shared.buffered_bytes.fetch_sub(found, Ordering::AcqRel);
            match error {
                mpsc::error::TrySendError::Full(_) => SendError::Full { peer, buffered },
                mpsc::error::TrySendError::Closed(_) => SendError::NoLink(peer),
            }
        })
    }

    fn buffered_bytes(&self, peer: PeerId) -> usize {
        let link = self.links.get(&peer);
        link.map_or(0, |link| link.shared.buffered_bytes.load(Ordering::Acquire))
    }

    fn close(&mut self, peer: PeerId) {
        if let Some(link) = self.links.remove(&peer) {
            link.shared.is_closed.store(true, Ordering::Release);
            // Full or gone means that the task is ending already.
            let _ = link.shutdown.try_send(Shutdown::AfterFlush);
        }
    }
}

impl Drop for NativeLinks {
    fn drop(&mut self) {
        self.close_all();
        // The tasks close their connections in their own time.
        self.tasks.detach_all();
    }
}

impl Shared {
    fn is_usable(&self) -> bool {
        self.is_open.load(Ordering::Acquire) && !self.is_closed.load(Ordering::Acquire)
    }
}
