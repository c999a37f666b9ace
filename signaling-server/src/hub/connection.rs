//! One open socket, seen from the hub.

use std::net::IpAddr;
use std::time::Duration;

use p2c2r_protocol::PeerId;

use crate::limits::TokenBucket;

/// Messages a second that a connection may send for long.
pub const MESSAGES_PER_SECOND: u32 = 50;
/// Messages that it may send at once: the candidates of many introductions come together.
const MESSAGE_BURST: u32 = 400;

/// A socket and what is known of it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) address: IpAddr,
    pub(super) peer: Option<PeerId>,
    pub(super) ping_at: Duration,
    pub(super) silent_pings: u32,
    opened_at: Duration,
    bucket: TokenBucket,
}

impl Connection {
    pub(super) fn new(now: Duration, address: IpAddr, ping_at: Duration) -> Self {
        Self {
            address,
            peer: None,
            ping_at,
            silent_pings: 0,
            opened_at: now,
            bucket: TokenBucket::new(now, MESSAGES_PER_SECOND, MESSAGE_BURST),
        }
    }

    pub(super) fn takes_message(&mut self, now: Duration) -> bool {
        self.bucket.take(now)
    }

    pub(super) fn misses_hello(&self, now: Duration, timeout: Duration) -> bool {
        self.peer.is_none() && now >= self.opened_at + timeout
    }
}
