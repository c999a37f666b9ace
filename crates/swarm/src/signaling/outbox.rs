//! Messages to the server that it has not acknowledged yet.

use std::collections::VecDeque;

use p2c2r_protocol::signaling::{ClientMessage, MAX_UNACKED};

/// Numbered messages, oldest first.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    last_seq: u64,
    pending: VecDeque<(u64, ClientMessage)>,
}

impl Outbox {
    /// Numbers and keeps a message; none if too many wait already.
    pub(super) fn push(&mut self, message: ClientMessage) -> Option<u64> {
        if self.pending.len() >= MAX_UNACKED {
            return None;
        }
        self.last_seq += 1;
        self.pending.push_back((self.last_seq, message));
        Some(self.last_seq)
    }

    /// Forgets everything up to this number; numbers never sent count as nothing.
    pub(super) fn acknowledge(&mut self, ack: u64) {
        if ack > self.last_seq {
            return;
        }
        while self.pending.front().is_some_and(|&(seq, _)| seq <= ack) {
            self.pending.pop_front();
        }
    }

    pub(super) fn pending(&self) -> impl Iterator<Item = &(u64, ClientMessage)> {
        self.pending.iter()
    }
}
