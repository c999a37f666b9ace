//! Whether a contributor still answers: a ping every second, and patience for lost time.
//!
//! Time alone proves nothing, since this side may have slept: a peer is suspect or gone only after
//! it left a number of pings unanswered *and* the time has passed.

use std::time::Duration;

use super::link::LinkMeter;

/// Between two pings.
const PING_EVERY: Duration = Duration::from_secs(1);
/// Silence and unanswered pings after which a peer's tasks go to others.
const SUSPECT_AFTER: (Duration, u32) = (Duration::from_secs(3), 2);
/// Silence and unanswered pings after which the link is closed.
const GONE_AFTER: (Duration, u32) = (Duration::from_secs(8), 6);

/// When a peer was heard and asked last.
#[derive(Debug, Clone)]
pub(super) struct Liveness {
    pub(super) link: LinkMeter,
    heard_at: Duration,
    next_ping: Duration,
    unanswered: u32,
    /// Number and time of the last ping.
    asked: Option<(u32, Duration)>,
    nonce: u32,
    is_suspect: bool,
}

/// What the time asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulse {
    /// Send this ping.
    Ping(u32),
    /// Send this ping; the peer has just become suspect.
    Suspect(u32),
    /// The peer is gone.
    Gone,
}

impl Liveness {
    pub(super) fn new(now: Duration) -> Self {
        Self {
            link: LinkMeter::default(),
            heard_at: now,
            next_ping: now,
            unanswered: 0,
            asked: None,
            nonce: 0,
            is_suspect: false,
        }
    }

    pub(super) const fn is_suspect(&self) -> bool {
        self.is_suspect
    }

    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.link.last_round_trip()
    }

    pub(super) const fn next_timeout(&self) -> Duration {
        self.next_ping
    }

    /// Any message came.
    pub(super) const fn hear(&mut self, now: Duration) {
        self.heard_at = now;
        self.unanswered = 0;
        self.is_suspect = false;
    }

    /// The answer to a ping came.
    pub(super) fn hear_pong(&mut self, nonce: u32, now: Duration) {
        if let Some((asked, at)) = self.asked
            && asked == nonce
        {
            self.link.answer(now.saturating_sub(at));
            self.asked = None;
        }
    }

    /// What is due now, if anything.
    pub(super) fn due(&mut self, now: Duration) -> Option<Pulse> {
        if now < self.next_ping {
            return None;
        }
        let silence = now.saturating_sub(self.heard_at);
        if silence >= GONE_AFTER.0 && self.unanswered >= GONE_AFTER.1 {
            return Some(Pulse::Gone);
        }
        let was_suspect = self.is_suspect;
        self.is_suspect |= silence >= SUSPECT_AFTER.0 && self.unanswered >= SUSPECT_AFTER.1;
        self.next_ping = now + PING_EVERY;
        self.unanswered += 1;
        self.nonce = self.nonce.wrapping_add(1);
        if self.asked.replace((self.nonce, now)).is_some() {
            self.link.miss();
        }
        let is_new = self.is_suspect && !was_suspect;
        Some(if is_new { Pulse::Suspect(self.nonce) } else { Pulse::Ping(self.nonce) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn silent_peer_is_suspect_then_gone() {
        let mut liveness = Liveness::new(s(0));
        let pulses: Vec<_> = (0..=8).map(|second| liveness.due(s(second)).unwrap()).collect();
        assert_eq!(pulses[2], Pulse::Ping(3));
        assert_eq!(pulses[3], Pulse::Suspect(4));
        assert_eq!(pulses[7], Pulse::Ping(8));
        assert_eq!(pulses[8], Pulse::Gone);
    }

    #[test]
    fn sleep_of_this_side_is_no_silence_of_the_other() {
        let mut liveness = Liveness::new(s(0));
        assert_eq!(liveness.due(s(0)), Some(Pulse::Ping(1)));
        assert_eq!(liveness.due(s(3600)), Some(Pulse::Ping(2)));
        liveness.hear(s(3600));
        assert_eq!(liveness.due(s(3601)), Some(Pulse::Ping(3)));
        assert!(!liveness.is_suspect());
    }

    #[test]
    fn late_pong_measures_only_its_own_ping() {
        let mut liveness = Liveness::new(s(0));
        liveness.due(s(0));
        liveness.due(s(1));
        liveness.hear_pong(1, s(2));
        assert_eq!(liveness.round_trip(), None);
        liveness.hear_pong(2, s(2));
        assert_eq!(liveness.round_trip(), Some(s(1)));
    }
}
