//! Who is introduced to whom: requesters draw the least busy contributors of their room.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Role;
use p2c2r_protocol::signaling::ServerMessage;

use super::{Hub, Pair, PairState};

impl Hub {
    /// Introduces a peer to as many others as both sides want.
    pub(super) fn match_peer(&mut self, now: Duration, peer: PeerId) {
        while self.wants_more(peer) {
            let Some(other) = self.best_partner(now, peer) else { return };
            self.introduce(now, peer, other);
        }
    }

    /// Two peers that say they are linked keep their pair without an introduction.
    pub(super) fn restore_links(&mut self, peer: PeerId) {
        let Some(session) = self.sessions.get(&peer) else { return };
        for other in session.claimed_links.clone() {
            let Some(theirs) = self.sessions.get(&other) else { continue };
            let is_mutual = theirs.claimed_links.contains(&peer);
            if is_mutual && self.may_meet(peer, other) {
                let key = self.pair_key(peer, other);
                self.pairs.entry(key).or_insert_with(|| Pair::new(PairState::Linked));
                self.note_pair(peer, other);
            }
        }
    }

    fn wants_more(&self, peer: PeerId) -> bool {
        self.sessions.get(&peer).is_some_and(|session| {
            session.connection.is_some() && self.load(peer) < session.max_peers
        })
    }

    /// Pairs of a peer that are introduced or linked.
    fn load(&self, peer: PeerId) -> usize {
        let Some(session) = self.sessions.get(&peer) else { return 0 };
        let is_active = |&&other: &&PeerId| {
            self.pairs.get(&self.pair_key(peer, other)).is_some_and(Pair::is_active)
        };
        session.peers.iter().filter(is_active).count()
    }

    fn best_partner(&self, now: Duration, peer: PeerId) -> Option<PeerId> {
        let session = self.sessions.get(&peer)?;
        let members = self.rooms.get(&session.room)?;
        let candidates = members.iter().copied().filter(|&other| {
            let is_free =
                self.pairs.get(&self.pair_key(peer, other)).is_none_or(|pair| pair.may_retry(now));
            is_free && self.may_meet(peer, other) && self.wants_more(other)
        });
        candidates.min_by_key(|&other| (self.load(other), other))
    }

    fn may_meet(&self, one: PeerId, other: PeerId) -> bool {
        let (Some(one), Some(other)) = (self.sessions.get(&one), self.sessions.get(&other)) else {
            return false;
        };
        one.role != other.role && one.room == other.room
    }

    fn note_pair(&mut self, one: PeerId, other: PeerId) {
        for (here, there) in [(one, other), (other, one)] {
            if let Some(session) = self.sessions.get_mut(&here) {
                session.peers.insert(there);
            }
        }
    }

    fn introduce(&mut self, now: Duration, one: PeerId, other: PeerId) {
        let key = self.pair_key(one, other);
        let fresh = || Pair::new(PairState::Failed { retry_at: now });
        let pair = self.pairs.entry(key).or_insert_with(fresh);
        pair.introduce(now);
        let generation = pair.generation;
        self.note_pair(one, other);
        for (here, there) in [(key.0, key.1), (key.1, key.0)] {
            let Some(session) = self.sessions.get(&there) else { continue };
            let message = ServerMessage::Connect {
                peer: there,
                generation,
                you_offer: session.role == Role::Contributor,
                role: session.role,
                name: session.name.clone(),
            };
            self.send(here, message);
        }
    }
}
