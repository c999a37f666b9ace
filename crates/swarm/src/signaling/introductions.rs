//! The peers that the server has introduced to us, and how far each link has come.

use std::collections::BTreeMap;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::signaling::{LeaveReason, MAX_CANDIDATES, SignalPayload};

#[derive(Debug, Default)]
struct Entry {
    generation: u32,
    is_open: bool,
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

    pub(super) fn add(&mut self, peer: PeerId, generation: u32) -> Added {
        if self.peers.get(&peer).is_some_and(|entry| entry.is_open) {
            return Added::AlreadyLinked;
        }
        if !self.peers.contains_key(&peer) && self.peers.len() >= self.limit {
            return Added::TooMany;
        }
        self.peers.insert(peer, Entry { generation, ..Entry::default() });
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

    /// Forgets and returns the peers whose link was still in the making.
    pub(super) fn drop_unopened(&mut self) -> Vec<PeerId> {
        let dropped =
            self.peers.iter().filter(|(_, entry)| !entry.is_open).map(|(&peer, _)| peer).collect();
        self.peers.retain(|_, entry| entry.is_open);
        dropped
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
