//! The peers that the server has introduced to us, and how far each link has come.

use std::collections::BTreeMap;
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::signaling::{LeaveReason, MAX_CANDIDATES, SignalPayload};

/// Longest time from an introduction to a working link; a connection that hangs is tried anew.
pub(super) const LINK_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug)]
struct Entry {
    generation: u32,
    is_open: bool,
    /// When it must be open.
    deadline: Duration,
    sent_candidates: usize,
    received_candidates: usize,
}

/// What became of an introduction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// A link is to be made.
    New,
    /// The link is there; the server had forgotten it.
    AlreadyLinked,
    /// We have as many peers as we want.
    TooMany,
}

/// Every known peer; never more than the limit.
#[derive(Debug)]
pub(super) struct Introductions {
    peers: BTreeMap<PeerId, Entry>,
    limit: usize,
}

impl Introductions {
    pub(super) fn new(limit: u16) -> Self {
        Self { peers: BTreeMap::new(), limit: limit.into() }
    }

    pub(super) fn add(&mut self, peer: PeerId, generation: u32, now: Duration) -> Added {
        if self.peers.get(&peer).is_some_and(|entry| entry.is_open) {
            return Added::AlreadyLinked;
        }
        if !self.peers.contains_key(&peer) && self.peers.len() >= self.limit {
            return Added::TooMany;
        }
        let entry = Entry {
            generation,
            is_open: false,
            deadline: now + LINK_TIMEOUT,
            sent_candidates: 0,
            received_candidates: 0,
        };
        self.peers.insert(peer, entry);
        Added::New
    }

    /// Whether a local signal belongs to a current introduction and stays within the limits.
    pub(super) fn may_send(
        &mut self,
        peer: PeerId,
        generation: u32,
        payload: &SignalPayload,
    ) -> bool {
        self.current(peer, generation)
            .is_some_and(|entry| counts(&mut entry.sent_candidates, payload))
    }

    /// The same for a remote signal.
    pub(super) fn may_receive(
        &mut self,
        peer: PeerId,
        generation: u32,
        payload: &SignalPayload,
    ) -> bool {
        self.current(peer, generation)
            .is_some_and(|entry| counts(&mut entry.received_candidates, payload))
    }

    /// Marks the link as working; false for a peer that nobody introduced.
    pub(super) fn open(&mut self, peer: PeerId) -> bool {
        self.peers.get_mut(&peer).map(|entry| entry.is_open = true).is_some()
    }

    pub(super) fn remove(&mut self, peer: PeerId) -> bool {
        self.peers.remove(&peer).is_some()
    }

    /// Whether the connection has to be dropped: a link that works outlives the server's interest.
    pub(super) fn peer_left(&mut self, peer: PeerId, reason: LeaveReason) -> bool {
        let is_open = self.peers.get(&peer).is_some_and(|entry| entry.is_open);
        if is_open && reason != LeaveReason::Unlinked {
            return false;
        }
        self.remove(peer)
    }

    pub(super) fn linked(&self) -> Vec<PeerId> {
        self.peers.iter().filter(|(_, entry)| entry.is_open).map(|(&peer, _)| peer).collect()
    }

    /// When the next link that is still in the making is late.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.peers.values().filter(|entry| !entry.is_open).map(|entry| entry.deadline).min()
    }

    /// Forgets and returns the peers whose link did not open in time.
    pub(super) fn drop_late(&mut self, now: Duration) -> Vec<PeerId> {
        self.drop_where(|entry| !entry.is_open && entry.deadline <= now)
    }

    /// Forgets and returns the peers whose link was still in the making.
    pub(super) fn drop_unopened(&mut self) -> Vec<PeerId> {
        self.drop_where(|entry| !entry.is_open)
    }

    fn drop_where(&mut self, is_dropped: impl Fn(&Entry) -> bool) -> Vec<PeerId> {
        self.peers.extract_if(.., |_, entry| is_dropped(entry)).map(|(peer, _)| peer).collect()
    }

    fn current(&mut self, peer: PeerId, generation: u32) -> Option<&mut Entry> {
        self.peers.get_mut(&peer).filter(|entry| entry.generation == generation)
    }
}

fn counts(candidates: &mut usize, payload: &SignalPayload) -> bool {
    if matches!(payload, SignalPayload::Candidate(_)) {
        *candidates += 1;
    }
    *candidates <= MAX_CANDIDATES
}
