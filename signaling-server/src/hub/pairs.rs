//! Two peers that were introduced: how far they are and what they still may say.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::signaling::{
    ErrorCode, LeaveReason, MAX_CANDIDATES, ServerMessage, SignalPayload,
};

use super::session::Session;
use super::{Hub, INTRODUCTION_TIMEOUT};

/// Failures after which two peers are not introduced again.
const MAX_FAILURES: u32 = 5;
/// Wait after the first failure; doubles with each.
const FIRST_RETRY: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PairState {
    /// Both were told; the link is in the making.
    Introduced { until: Duration },
    /// At least one side says that the link works.
    Linked,
    /// The link failed or ended.
    Failed { retry_at: Duration },
}

/// What is known of a requester and a contributor.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) state: PairState,
    pub(super) generation: u32,
    pub(super) failures: u32,
    /// Candidates passed on, from the requester and from the contributor.
    candidates: [usize; 2],
}

impl Pair {
    pub(super) fn new(state: PairState) -> Self {
        Self { state, generation: 0, failures: 0, candidates: [0; 2] }
    }

    pub(super) fn is_active(&self) -> bool {
        !matches!(self.state, PairState::Failed { .. })
    }

    pub(super) fn may_retry(&self, now: Duration) -> bool {
        match self.state {
            PairState::Failed { retry_at } => now >= retry_at && self.failures < MAX_FAILURES,
            _ => false,
        }
    }

    fn fail(&mut self, now: Duration) {
        let wait = FIRST_RETRY * (1 << self.failures.min(MAX_FAILURES));
        self.failures += 1;
        self.state = PairState::Failed { retry_at: now + wait };
    }

    pub(super) fn introduce(&mut self, now: Duration) {
        self.generation += 1;
        self.candidates = [0; 2];
        self.state = PairState::Introduced { until: now + INTRODUCTION_TIMEOUT };
    }
}

impl Hub {
    /// The key of a pair in either order, if the roles fit.
    pub(super) fn pair_key(&self, one: PeerId, other: PeerId) -> (PeerId, PeerId) {
        match self.role_of(one) {
            Some(p2c2r_protocol::peer::Role::Requester) => (one, other),
            _ => (other, one),
        }
    }

    pub(super) fn pass_on(
        &mut self,
        from: PeerId,
        to: PeerId,
        generation: u32,
        payload: SignalPayload,
    ) {
        let key = self.pair_key(from, to);
        let Some(pair) = self.pairs.get_mut(&key).filter(|pair| pair.is_active()) else {
            return self.tell_error(from, ErrorCode::UnknownPeer, format!("peer {to} is not here"));
        };
        // What belongs to an older introduction crossed the new one on its way: no error.
        if pair.generation != generation {
            return;
        }
        if matches!(payload, SignalPayload::Candidate(_)) {
            let passed = &mut pair.candidates[usize::from(from != key.0)];
            *passed += 1;
            if *passed > MAX_CANDIDATES {
                let message = format!("more than {MAX_CANDIDATES} candidates for peer {to}");
                return self.tell_error(from, ErrorCode::Limit, message);
            }
        }
        self.send(to, ServerMessage::Signal { from, generation, payload });
    }

    pub(super) fn linked(&mut self, from: PeerId, other: PeerId) {
        let key = self.pair_key(from, other);
        if let Some(pair) = self.pairs.get_mut(&key).filter(|pair| pair.is_active()) {
            pair.state = PairState::Linked;
            // A link that worked once may be tried again, though not without end.
            pair.failures = pair.failures.min(1);
        }
    }

    pub(super) fn unlinked(&mut self, now: Duration, from: PeerId, other: PeerId) {
        let key = self.pair_key(from, other);
        let Some(pair) = self.pairs.get_mut(&key).filter(|pair| pair.is_active()) else { return };
        pair.fail(now);
        self.send(other, ServerMessage::PeerLeft { peer: from, reason: LeaveReason::Unlinked });
        self.match_peer(now, from);
        self.match_peer(now, other);
    }

    /// Introductions that came to nothing, and failed pairs whose time has come.
    pub(super) fn retry_pairs(&mut self, now: Duration) {
        let timed_out = self.pairs.iter().filter(
            |(_, pair)| matches!(pair.state, PairState::Introduced { until } if now >= until),
        );
        let timed_out: Vec<_> = timed_out.map(|(&key, _)| key).collect();
        for (requester, contributor) in timed_out {
            let reason = LeaveReason::Unlinked;
            self.send(requester, ServerMessage::PeerLeft { peer: contributor, reason });
            self.unlinked(now, requester, contributor);
        }
        let ready = self.pairs.iter().filter(|(_, pair)| pair.may_retry(now));
        let ready: Vec<_> = ready.map(|(&(requester, _), _)| requester).collect();
        for requester in ready {
            self.match_peer(now, requester);
        }
    }

    pub(super) fn forget_pairs(
        &mut self,
        now: Duration,
        peer: PeerId,
        session: &Session,
        reason: LeaveReason,
    ) {
        let mut bereaved = Vec::new();
        for &other in &session.peers {
            let pair =
                self.pairs.remove(&(peer, other)).or_else(|| self.pairs.remove(&(other, peer)));
            if let Some(other_session) = self.sessions.get_mut(&other) {
                other_session.peers.remove(&peer);
            }
            if pair.is_some_and(|pair| pair.is_active()) {
                self.send(other, ServerMessage::PeerLeft { peer, reason });
                bereaved.push(other);
            }
        }
        for other in bereaved {
            self.match_peer(now, other);
        }
    }

    fn tell_error(&mut self, to: PeerId, code: ErrorCode, message: String) {
        self.send(to, ServerMessage::Error { code, message });
    }
}
