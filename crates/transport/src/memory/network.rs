//! The network itself: links, faults, and a queue of deliveries ordered by time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;

use super::Random;
use crate::{LinkClosed, LinkEvent, MAX_BUFFERED_BYTES, SendError};

/// Most times in a row that one message is lost: keeps every delay finite.
const MAX_RETRANSMITS: u32 = 10;

/// What a link does to messages; the same in both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkFaults {
    /// One-way delay.
    pub delay: Duration,
    /// Random extra delay per message, which reorders channels that allow it.
    pub jitter: Duration,
    /// Probability that a message is lost on the way.
    pub loss: f64,
    /// What a lost reliable message costs each time.
    pub retransmit_after: Duration,
    /// Bytes per second of one direction.
    pub bytes_per_second: f64,
}

impl Default for LinkFaults {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(10),
            jitter: Duration::ZERO,
            loss: 0.0,
            retransmit_after: Duration::from_millis(400),
            bytes_per_second: 10e6,
        }
    }
}

/// How a network behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkConfig {
    /// Fixes every random choice.
    pub seed: u64,
    /// After this long without a path, both ends see the link close, as ICE does.
    pub dead_after: Duration,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self { seed: 0, dead_after: Duration::from_secs(30) }
    }
}

/// All peers and links of a virtual world.
#[derive(Debug)]
pub struct Network {
    config: NetworkConfig,
    random: Random,
    now: Duration,
    next_order: u64,
    next_link: u64,
    links: BTreeMap<(PeerId, PeerId), Link>,
    queue: BinaryHeap<Reverse<Delivery>>,
}

/// One undirected link.
#[derive(Debug)]
struct Link {
    /// Distinguishes a link from an earlier one between the same peers.
    id: u64,
    faults: LinkFaults,
    /// Since when nothing gets through.
    cut_since: Option<Duration>,
    /// Whether the end at the smaller id, and the one at the larger, still exist.
    is_open: [bool; 2],
    /// From the smaller id to the larger one, and back.
    directions: [Direction; 2],
}

/// One direction of a link.
#[derive(Debug, Default)]
struct Direction {
    /// When the wire has sent all that was given to it.
    wire_free_at: Duration,
    /// When the last ordered message arrives; none overtakes it.
    ordered_until: Duration,
    /// Bytes that were sent and have not arrived.
    in_flight_bytes: usize,
    /// Messages held back by a cut, by the order they were sent in.
    held: BTreeMap<u64, (Channel, Vec<u8>)>,
}

/// Something that will happen.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery {
    at: Duration,
    /// Breaks ties by the order of sending.
    order: u64,
    link: u64,
    from: PeerId,
    to: PeerId,
    what: Parcel,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Parcel {
    Open,
    Message {
        channel: Channel,
        bytes: Vec<u8>,
    },
    /// The link between `from` and `to` times out unless it was healed.
    Timeout,
    Closed(LinkClosed),
}

impl Network {
    /// An empty world at time zero.
    pub fn new(config: NetworkConfig) -> Self {
        Self {
            config,
            random: Random::new(config.seed),
            now: Duration::ZERO,
            next_order: 0,
            next_link: 0,
            links: BTreeMap::new(),
            queue: BinaryHeap::new(),
        }
    }

    /// The virtual time.
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// When the next event happens, if any does.
    pub fn next_event_at(&self) -> Option<Duration> {
        self.queue.peek().map(|Reverse(delivery)| delivery.at)
    }

    /// Opens a link; both ends see it after one delay. A link that exists stays as it is.
    pub fn connect(&mut self, a: PeerId, b: PeerId, faults: LinkFaults) {
        let exists = self.links.get(&pair(a, b)).is_some_and(|link| link.is_open == [true; 2]);
        if a == b || exists {
            return;
        }
        let id = self.next_link;
        self.next_link += 1;
        let directions = [Direction::default(), Direction::default()];
        self.links.insert(
            pair(a, b),
            Link { id, faults, cut_since: None, is_open: [true; 2], directions },
        );
        let at = self.now + faults.delay;
        self.push(at, id, a, b, Parcel::Open);
        self.push(at, id, b, a, Parcel::Open);
    }

    /// Sends a message; what becomes of it is up to the link.
    pub fn send(
        &mut self,
        from: PeerId,
        to: PeerId,
        channel: Channel,
        bytes: Vec<u8>,
    ) -> Result<(), SendError> {
        let (found, limit) = (bytes.len(), channel.max_message_bytes());
        if found > limit {
            return Err(SendError::TooLong { channel, found, limit });
        }
        let end = usize::from(from > to);
        let link = self.links.get_mut(&pair(from, to)).filter(|link| link.is_open[end]);
        let link = link.ok_or(SendError::NoLink(to))?;
        let direction = &mut link.directions[end];
        let buffered = direction.in_flight_bytes;
        if buffered + found > MAX_BUFFERED_BYTES {
            return Err(SendError::Full { peer: to, buffered });
        }
        if link.cut_since.is_some() {
            if channel.is_reliable() {
                direction.in_flight_bytes += found;
                direction.held.insert(self.next_order, (channel, bytes));
                self.next_order += 1;
            }
            return Ok(());
        }
        direction.in_flight_bytes += found;
        self.dispatch(from, to, channel, bytes);
        Ok(())
    }

    /// Bytes on their way from one peer to another.
    pub fn buffered_bytes(&self, from: PeerId, to: PeerId) -> usize {
        let link = self.links.get(&pair(from, to));
        link.map_or(0, |link| link.directions[usize::from(from > to)].in_flight_bytes)
    }

    /// Closes a link from one side: the other sees it after what was sent before.
    pub fn close(&mut self, from: PeerId, to: PeerId) {
        let Some(link) = self.links.get_mut(&pair(from, to)) else { return };
        let was_open = std::mem::replace(&mut link.is_open[usize::from(from > to)], false);
        if was_open && link.cut_since.is_none() {
            self.tell_of_close(from, to);
        }
    }

    /// Lets `to` know that `from` has closed their link, if it has.
    fn tell_of_close(&mut self, from: PeerId, to: PeerId) {
        let end = usize::from(from > to);
        let now = self.now;
        let Some(link) = self.links.get(&pair(from, to)).filter(|link| !link.is_open[end]) else {
            return;
        };
        let direction = &link.directions[end];
        let sent = direction.wire_free_at.max(direction.ordered_until).max(now);
        let (id, at) = (link.id, sent + link.faults.delay);
        self.push(at, id, from, to, Parcel::Closed(LinkClosed::There));
    }

    /// A peer dies without a word: its links time out at the other ends.
    pub fn kill(&mut self, peer: PeerId) {
        let ends: Vec<_> =
            self.links.keys().filter(|(a, b)| *a == peer || *b == peer).copied().collect();
        for (a, b) in ends {
            self.cut(a, b);
        }
    }

    /// Nothing passes between two peers until [`Self::heal`]; the link closes if that takes too long.
    pub fn cut(&mut self, a: PeerId, b: PeerId) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&pair(a, b)) else { return };
        if link.cut_since.is_some() {
            return;
        }
        link.cut_since = Some(now);
        let id = link.id;
        let at = now + self.config.dead_after;
        self.push(at, id, a, b, Parcel::Timeout);
        self.push(at, id, b, a, Parcel::Timeout);
    }

    /// Lets messages pass again; what reliable channels held is sent now.
    pub fn heal(&mut self, a: PeerId, b: PeerId) {
        let Some(link) = self.links.get_mut(&pair(a, b)) else { return };
        if link.cut_since.take().is_none() {
            return;
        }
        let [up, down] = &mut link.directions;
        let (up, down) = (std::mem::take(&mut up.held), std::mem::take(&mut down.held));
        let (low, high) = pair(a, b);
        for (channel, bytes) in up.into_values() {
            self.dispatch(low, high, channel, bytes);
        }
        for (channel, bytes) in down.into_values() {
            self.dispatch(high, low, channel, bytes);
        }
        self.tell_of_close(low, high);
        self.tell_of_close(high, low);
    }

    /// Moves the clock to the next event at or before `until`, which happens at the returned peer;
    /// without one, moves it to `until`.
    pub fn advance(&mut self, until: Duration) -> Option<(PeerId, LinkEvent)> {
        while self.next_event_at().is_some_and(|at| at <= until) {
            let Some(Reverse(delivery)) = self.queue.pop() else { break };
            self.now = self.now.max(delivery.at);
            if let Some(event) = self.deliver(delivery) {
                return Some(event);
            }
        }
        self.now = self.now.max(until);
        None
    }

    /// Turns a due delivery into an event, unless its link is gone or cut.
    fn deliver(&mut self, delivery: Delivery) -> Option<(PeerId, LinkEvent)> {
        let Delivery { order, link: id, from, to, what, .. } = delivery;
        let end = usize::from(to > from);
        let link = self.links.get_mut(&pair(from, to)).filter(|link| link.id == id)?;
        if !link.is_open[end] {
            return None;
        }
        let is_cut = link.cut_since.is_some();
        match what {
            Parcel::Open => Some((to, LinkEvent::Open { peer: from })),
            Parcel::Message { channel, bytes } => {
                let direction = &mut link.directions[usize::from(from > to)];
                if is_cut && channel.is_reliable() {
                    direction.held.insert(order, (channel, bytes));
                    return None;
                }
                direction.in_flight_bytes -= bytes.len();
                (!is_cut).then_some((to, LinkEvent::Message { peer: from, channel, bytes }))
            }
            Parcel::Timeout => {
                let is_over = self.now >= link.cut_since? + self.config.dead_after;
                is_over.then(|| self.close_end(from, to, LinkClosed::Failed))
            }
            Parcel::Closed(reason) => Some(self.close_end(from, to, reason)),
        }
    }

    /// Ends a link at `to`, and forgets it once both ends are gone.
    fn close_end(&mut self, from: PeerId, to: PeerId, reason: LinkClosed) -> (PeerId, LinkEvent) {
        if let Some(link) = self.links.get_mut(&pair(from, to)) {
            link.is_open[usize::from(to > from)] = false;
            if link.is_open == [false; 2] {
                self.links.remove(&pair(from, to));
            }
        }
        (to, LinkEvent::Closed { peer: from, reason })
    }

    /// Puts a message on the wire of an open link.
    fn dispatch(&mut self, from: PeerId, to: PeerId, channel: Channel, bytes: Vec<u8>) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&pair(from, to)) else { return };
        let faults = link.faults;
        let mut resends = 0;
        while self.random.chance(faults.loss) && resends < MAX_RETRANSMITS {
            resends += 1;
        }
        let direction = &mut link.directions[usize::from(from > to)];
        let on_wire = Duration::from_secs_f64(bytes.len() as f64 / faults.bytes_per_second);
        direction.wire_free_at = direction.wire_free_at.max(now) + on_wire;
        if resends > 0 && !channel.is_reliable() {
            direction.in_flight_bytes -= bytes.len();
            return;
        }
        let jitter = self.random.duration_below(faults.jitter);
        let mut at =
            direction.wire_free_at + faults.delay + jitter + faults.retransmit_after * resends;
        if channel == Channel::Control {
            direction.ordered_until = direction.ordered_until.max(at);
            at = direction.ordered_until;
        }
        let id = link.id;
        self.push(at, id, from, to, Parcel::Message { channel, bytes });
    }

    fn push(&mut self, at: Duration, link: u64, from: PeerId, to: PeerId, what: Parcel) {
        let order = self.next_order;
        self.next_order += 1;
        self.queue.push(Reverse(Delivery { at, order, link, from, to, what }));
    }
}

/// The key of the link between two peers.
fn pair(a: PeerId, b: PeerId) -> (PeerId, PeerId) {
    (a.min(b), a.max(b))
}
