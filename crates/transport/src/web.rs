//! Links in a browser's worker: data channels that the page has made and handed over.
//!
//! Only a page may own a peer connection, so the page makes it and its three negotiated channels, and
//! gives each channel here: itself where the browser can transfer it, else a port that relays it.

mod endpoint;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use web_sys::{MessagePort, RtcDataChannel, RtcDataChannelState};

use self::endpoint::{Endpoint, Event};
use crate::{LinkClosed, LinkEvent, Links, MAX_BUFFERED_BYTES, SendError};

/// The links of a session.
pub struct WebLinks {
    shared: Rc<Shared>,
}

struct Shared {
    links: RefCell<BTreeMap<PeerId, Link>>,
    on_event: Box<dyn Fn(LinkEvent)>,
}

/// The channels of one peer, by [`Channel::ALL`].
#[derive(Default)]
struct Link {
    endpoints: [Option<Endpoint>; 3],
    is_open: [bool; 3],
    received_bytes: u64,
}

impl WebLinks {
    /// `on_event` is called from the browser's event loop and from [`Self::fail`], no other method.
    pub fn new(on_event: impl Fn(LinkEvent) + 'static) -> Self {
        let links = RefCell::default();
        Self { shared: Rc::new(Shared { links, on_event: Box::new(on_event) }) }
    }

    /// Takes a channel that the page has transferred; gives the event that happened on the way.
    #[must_use]
    pub fn attach_channel(
        &mut self,
        peer: PeerId,
        channel: Channel,
        link: RtcDataChannel,
    ) -> Option<LinkEvent> {
        let state = link.ready_state();
        self.attach(peer, channel, |on_event| Endpoint::of_channel(link, on_event));
        match state {
            RtcDataChannelState::Open => {
                self.shared.mark_open(peer, channel).then_some(LinkEvent::Open { peer })
            }
            RtcDataChannelState::Closing | RtcDataChannelState::Closed => {
                self.close(peer);
                Some(LinkEvent::Closed { peer, reason: LinkClosed::Failed })
            }
            _ => None,
        }
    }

    /// Takes a port behind which the page relays a channel.
    pub fn attach_port(&mut self, peer: PeerId, channel: Channel, port: MessagePort) {
        self.attach(peer, channel, |on_event| Endpoint::of_port(port, on_event));
    }

    /// The page says that the connection will not come back.
    pub fn fail(&mut self, peer: PeerId) {
        self.shared.end(peer, LinkClosed::Failed);
    }

    /// Bytes received from a peer so far.
    pub fn received_bytes(&self, peer: PeerId) -> u64 {
        self.shared.links.borrow().get(&peer).map_or(0, |link| link.received_bytes)
    }

    fn attach(
        &mut self,
        peer: PeerId,
        channel: Channel,
        open: impl FnOnce(Rc<dyn Fn(Event)>) -> Endpoint,
    ) {
        let shared = Rc::downgrade(&self.shared);
        let on_event = Rc::new(move |event| Shared::on_endpoint(&shared, peer, channel, event));
        let endpoint = open(on_event);
        let mut links = self.shared.links.borrow_mut();
        let link = links.entry(peer).or_default();
        link.is_open[index(channel)] = false;
        // A channel of an earlier connection to this peer closes by being dropped.
        link.endpoints[index(channel)] = Some(endpoint);
    }
}

impl Links for WebLinks {
    fn send(&mut self, peer: PeerId, channel: Channel, bytes: Vec<u8>) -> Result<(), SendError> {
        let (found, limit) = (bytes.len(), channel.max_message_bytes());
        if found > limit {
            return Err(SendError::TooLong { channel, found, limit });
        }
        let buffered = self.buffered_bytes(peer);
        if buffered > MAX_BUFFERED_BYTES {
            return Err(SendError::Full { peer, buffered });
        }
        let links = self.shared.links.borrow();
        let link = links.get(&peer).filter(|link| link.is_open.iter().all(|is_open| *is_open));
        let endpoint = link.and_then(|link| link.endpoints[index(channel)].as_ref());
        endpoint.and_then(|endpoint| endpoint.send(&bytes)).ok_or(SendError::NoLink(peer))
    }

    fn buffered_bytes(&self, peer: PeerId) -> usize {
        let links = self.shared.links.borrow();
        let endpoints =
            links.get(&peer).into_iter().flat_map(|link| link.endpoints.iter().flatten());
        endpoints.map(Endpoint::buffered_bytes).sum()
    }

    fn close(&mut self, peer: PeerId) {
        // Dropping an endpoint closes it after what it has queued.
        drop(self.shared.links.borrow_mut().remove(&peer));
    }
}

impl Shared {
    fn on_endpoint(shared: &Weak<Self>, peer: PeerId, channel: Channel, event: Event) {
        let Some(shared) = shared.upgrade() else { return };
        match event {
            Event::Open => shared.on_open(peer, channel),
            Event::Message(bytes) => shared.on_message(peer, channel, bytes),
            Event::Closed => shared.end(peer, LinkClosed::There),
        }
    }

    fn on_open(&self, peer: PeerId, channel: Channel) {
        if self.mark_open(peer, channel) {
            (self.on_event)(LinkEvent::Open { peer });
        }
    }

    /// Whether this channel was the last that the link waited for.
    fn mark_open(&self, peer: PeerId, channel: Channel) -> bool {
        let mut links = self.links.borrow_mut();
        let Some(link) = links.get_mut(&peer) else { return false };
        let was_open = std::mem::replace(&mut link.is_open[index(channel)], true);
        !was_open && link.is_open.iter().all(|is_open| *is_open)
    }

    fn on_message(&self, peer: PeerId, channel: Channel, bytes: Vec<u8>) {
        match self.links.borrow_mut().get_mut(&peer) {
            Some(link) => link.received_bytes += bytes.len() as u64,
            None => return,
        }
        // Data may overtake the opening of another channel: whoever sends has opened all of its own.
        for open in Channel::ALL {
            self.on_open(peer, open);
        }
        (self.on_event)(LinkEvent::Message { peer, channel, bytes });
    }

    fn end(&self, peer: PeerId, reason: LinkClosed) {
        let ended = self.links.borrow_mut().remove(&peer);
        if ended.is_some() {
            (self.on_event)(LinkEvent::Closed { peer, reason });
        }
    }
}

fn index(channel: Channel) -> usize {
    usize::from(channel.id()) - 1
}
