//! Who comes and goes, and whose network is down.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_scheduler::Worker;
use p2c2r_transport::memory::Network;

use super::{REQUESTER, World};
use crate::machine::Machine;

impl World {
    pub(super) fn come_and_go(&mut self) {
        let now = self.now();
        while let Some(visit) = self.coming.pop_if(|visit| visit.arrives <= now) {
            let (peer, link) = (visit.peer, visit.link);
            self.here.insert(peer, Machine::new(visit, self.course.seed));
            self.network.connect(REQUESTER, peer, link);
            let access = self.here.get(&peer).map(|machine| machine.visit.access);
            let mut outages = self.course.outages.iter();
            if outages.any(|outage| Some(outage.access) == access && outage.holds(now)) {
                self.network.cut(REQUESTER, peer);
            }
        }
        let leaving = self.here.values().filter(|machine| machine.visit.leaves <= now);
        let leaving: Vec<PeerId> = leaving.map(|machine| machine.visit.peer).collect();
        for peer in leaving {
            let Some(machine) = self.here.remove(&peer) else { continue };
            self.run.traced_paths += machine.traced_paths;
            if let Some(truth) = &self.truth {
                truth.forget(Worker::Peer(peer));
            }
            if machine.visit.is_abrupt {
                self.network.kill(peer);
            } else {
                self.network.close(peer, REQUESTER);
            }
        }
    }

    /// When the next outage begins or ends. All last equally long, so they end in the order they begin.
    pub(super) fn next_outage(&self) -> Option<Duration> {
        let begins = self.course.outages.get(self.outages.0).map(|outage| outage.from);
        let ends = self.course.outages.get(self.outages.1).map(|outage| outage.until);
        begins.into_iter().chain(ends).min()
    }

    pub(super) fn cut_and_heal(&mut self) {
        let now = self.now();
        while let Some(&outage) = self.course.outages.get(self.outages.1)
            && outage.until <= now
        {
            self.outages.1 += 1;
            self.with_access(outage.access, |network, peer| network.heal(REQUESTER, peer));
        }
        while let Some(&outage) = self.course.outages.get(self.outages.0)
            && outage.from <= now
        {
            self.outages.0 += 1;
            self.with_access(outage.access, |network, peer| network.cut(REQUESTER, peer));
        }
    }

    fn with_access(&mut self, access: usize, act: impl Fn(&mut Network, PeerId)) {
        for machine in self.here.values().filter(|machine| machine.visit.access == access) {
            act(&mut self.network, machine.visit.peer);
        }
    }
}
