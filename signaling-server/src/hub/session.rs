//! One peer's session: survives its connection for a while.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use p2c2r_protocol::peer::{PeerName, Role};
use p2c2r_protocol::signaling::{
    ACK_EVERY, Envelope, MAX_UNACKED, ResumeToken, ServerMessage, encode,
};
use p2c2r_protocol::{PeerId, RoomId};

use super::ConnectionId;

/// As many messages wait unacknowledged as may.
#[derive(Debug)]
pub(super) struct RingFull;

#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: Option<ConnectionId>,
    pub(super) token: ResumeToken,
    pub(super) role: Role,
    pub(super) room: Option<RoomId>,
    pub(super) name: PeerName,
    pub(super) max_peers: usize,
    /// When the connection was lost, if it is.
    pub(super) lost_at: Option<Duration>,
    /// Highest number received from the peer.
    pub(super) received: u64,
    /// Everyone it has a pair with, failed ones included.
    pub(super) peers: BTreeSet<PeerId>,
    /// Links that the peer says it has, from before this session.
    pub(super) claimed_links: Vec<PeerId>,
    acknowledged: u64,
    last_seq: u64,
    ring: VecDeque<(u64, ServerMessage)>,
    is_spoiled: bool,
}

impl Session {
    pub(super) fn new(
        connection: ConnectionId,
        token: ResumeToken,
        role: Role,
        room: Option<RoomId>,
        name: PeerName,
        max_peers: u16,
    ) -> Self {
        Self {
            connection: Some(connection),
            token,
            role,
            room,
            name,
            max_peers: max_peers.into(),
            lost_at: None,
            received: 0,
            peers: BTreeSet::new(),
            claimed_links: Vec::new(),
            acknowledged: 0,
            last_seq: 0,
            ring: VecDeque::new(),
            is_spoiled: false,
        }
    }

    pub(super) fn with_links(self, claimed_links: Vec<PeerId>) -> Self {
        Self { claimed_links, ..self }
    }

    pub(super) fn lose_connection(&mut self, now: Duration) {
        self.connection = None;
        self.lost_at = Some(now);
    }

    /// Nothing kept is complete any more: a resume must fail.
    pub(super) fn spoil(&mut self) {
        self.is_spoiled = true;
        self.lost_at.get_or_insert(Duration::ZERO);
    }

    pub(super) fn has_token(&self, token: &ResumeToken) -> bool {
        is_equal(&self.token.0, &token.0)
    }

    /// Whether everything after `ack` is still here.
    pub(super) fn can_continue(&self, ack: u64) -> bool {
        let first_kept = self.ring.front().map_or(self.last_seq + 1, |&(seq, _)| seq);
        !self.is_spoiled && ack <= self.last_seq && ack + 1 >= first_kept
    }

    /// Moves to another connection; returns the old one.
    pub(super) fn take_over(&mut self, connection: ConnectionId, ack: u64) -> Option<ConnectionId> {
        self.lost_at = None;
        self.acknowledge(ack);
        self.connection.replace(connection)
    }

    pub(super) fn acknowledge(&mut self, ack: u64) {
        while self.ring.front().is_some_and(|&(seq, _)| seq <= ack) {
            self.ring.pop_front();
        }
    }

    /// Numbers and keeps a message; returns its text.
    pub(super) fn push(&mut self, message: ServerMessage) -> Result<String, RingFull> {
        if self.ring.len() >= MAX_UNACKED || self.is_spoiled {
            return Err(RingFull);
        }
        self.last_seq += 1;
        self.ring.push_back((self.last_seq, message.clone()));
        let ack = self.acknowledge_received();
        Ok(encode(&Envelope { seq: self.last_seq, ack, message }))
    }

    /// Texts that the peer has not acknowledged.
    pub(super) fn replay(&self) -> Vec<String> {
        let ack = self.received;
        let encoded = self
            .ring
            .iter()
            .map(|(seq, message)| encode(&Envelope { seq: *seq, ack, message: message.clone() }));
        encoded.collect()
    }

    /// The number to put into the next envelope.
    pub(super) fn acknowledge_received(&mut self) -> u64 {
        self.acknowledged = self.received;
        self.received
    }

    pub(super) fn owes_ack(&self) -> bool {
        self.received - self.acknowledged >= ACK_EVERY
    }
}

/// Takes the same time wherever two secrets differ.
fn is_equal(left: &str, right: &str) -> bool {
    let differences = left.bytes().zip(right.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    left.len() == right.len() && differences == 0
}
