//! What happens when nothing happens: deadlines, pings, hellos.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Message;
use p2c2r_scheduler::{TaskEnd, Worker};

use super::Requester;
use super::liveness::Pulse;
use crate::PeerEnd;

impl Requester {
    /// When to call [`Self::handle`] with `Timeout`, if no other input comes first.
    pub fn next_timeout(&self) -> Option<Duration> {
        if self.is_stopped {
            return None;
        }
        let peers = self.peers.values().map(|peer| {
            let ping = peer.greeting.theirs().map(|_| peer.liveness.next_timeout());
            let greeting = peer.greeting.next_timeout();
            ping.into_iter().chain(greeting).min()
        });
        let shared = [self.leases.next_deadline(), self.hedge_at];
        peers.chain(shared).flatten().min()
    }

    /// Does all that is due.
    pub(super) fn run_timers(&mut self) {
        while let Some(lease) = self.leases.expired(self.now) {
            self.expire(lease);
        }
        let now = self.now;
        let is_due = |peer: &super::Peer| {
            let greeting = peer.greeting.next_timeout();
            peer.liveness.next_timeout() <= now || greeting.is_some_and(|at| at <= now)
        };
        let due = self.peers.iter().filter(|(_, peer)| is_due(peer)).map(|(&id, _)| id);
        let due: Vec<PeerId> = due.collect();
        for id in due {
            if let Err(end) = self.tend(id) {
                self.end_peer(id, end);
            }
        }
        self.wants_dispatch |= self.hedge_at.is_some_and(|at| at <= now);
    }

    /// Greets and pings a peer as far as that is due.
    fn tend(&mut self, id: PeerId) -> Result<(), PeerEnd> {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(&id) else { return Ok(()) };
        let hello = peer.greeting.due(now)?;
        let is_greeted = peer.greeting.theirs().is_some();
        let pulse = if is_greeted { peer.liveness.due(now) } else { None };
        self.meet_again(id);
        if let Some(hello) = hello {
            self.send(id, &Message::Hello(hello));
        }
        match pulse {
            None => {}
            Some(Pulse::Gone) => return Err(PeerEnd::Silent),
            Some(Pulse::Ping(nonce)) => self.send(id, &Message::Ping { nonce }),
            Some(Pulse::Suspect(nonce)) => {
                self.send(id, &Message::Ping { nonce });
                self.take_back_all(id);
                self.wants_dispatch = true;
            }
        }
        Ok(())
    }

    /// Gives the tasks of a peer that does not answer to others.
    fn take_back_all(&mut self, id: PeerId) {
        for lease in self.leases.of_worker(Worker::Peer(id)).to_vec() {
            self.lose_lease(lease, TaskEnd::Lost);
            self.send(id, &Message::Cancel { lease });
        }
    }
}
