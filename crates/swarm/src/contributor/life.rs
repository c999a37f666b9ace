//! Pause, finish, stop, and what is due by time.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::{Condition, Message, Pseudonym, RefuseTask};

use super::{Contributor, ContributorOutput, Phase};
use crate::PeerEnd;

/// How long requesters get to close their links after the last result.
const FAREWELL: Duration = Duration::from_secs(5);

impl Contributor {
    /// When to call [`Self::handle`] with `Timeout`, if no other input comes first.
    pub fn next_timeout(&self) -> Option<Duration> {
        let farewell = if let Phase::Finishing(at) = self.phase { at } else { None };
        self.links.values().map(super::Link::next_timeout).chain(farewell).min()
    }

    /// Does all that is due.
    pub(super) fn run_timers(&mut self) {
        let now = self.now;
        let due = self.links.iter().filter(|(_, link)| link.next_timeout() <= now);
        let due: Vec<PeerId> = due.map(|(&id, _)| id).collect();
        for id in due {
            let Some(link) = self.links.get_mut(&id) else { continue };
            let greeting =
                if link.is_silent(now) { Err(PeerEnd::Silent) } else { link.greeting.due(now) };
            match greeting {
                Ok(Some(hello)) => self.send(id, &Message::Hello(hello)),
                Ok(None) => {}
                Err(end) => self.end_link(id, end),
            }
        }
    }

    /// This machine's condition is another one now.
    pub(super) fn change_condition(&mut self, condition: Condition) {
        self.config.capabilities.condition = condition;
        for id in self.ids() {
            self.tell_condition(id);
        }
    }

    /// Says to a requester by what it can recognise this machine, if it asked.
    pub(super) fn tell_pseudonym(&mut self, id: PeerId) {
        let tag = self.links.get(&id).and_then(|link| link.greeting.theirs()?.tag);
        if let (Some(tag), Some(secret)) = (tag, &self.config.secret) {
            let hash = blake3::keyed_hash(secret, &tag);
            let mut pseudonym = Pseudonym::default();
            pseudonym.copy_from_slice(&hash.as_bytes()[..16]);
            self.send(id, &Message::Pseudonym(pseudonym));
        }
    }

    /// Tells a greeted requester the condition, if it knows another one.
    pub(super) fn tell_condition(&mut self, id: PeerId) {
        let condition = self.config.capabilities.condition;
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.greeting.theirs().is_some() && link.told != condition {
            link.told = condition;
            self.send(id, &Message::Condition(condition));
        }
    }

    pub(super) fn pause(&mut self) {
        if self.phase != Phase::Serving {
            return;
        }
        self.phase = Phase::Paused;
        self.stop_measuring();
        for id in self.ids() {
            self.give_back_all(id, Some(RefuseTask::Paused));
        }
    }

    pub(super) fn resume(&mut self) {
        if self.phase != Phase::Paused {
            return;
        }
        self.phase = Phase::Serving;
        for id in self.ids() {
            let withheld = self.links.get_mut(&id).map(|link| std::mem::take(&mut link.withheld));
            if let Some(tasks) = withheld.filter(|&tasks| tasks > 0) {
                self.grant(id, tasks);
            }
        }
    }

    pub(super) fn finish(&mut self) {
        if matches!(self.phase, Phase::Finishing(_) | Phase::Finished) {
            return;
        }
        self.phase = Phase::Finishing(None);
        self.stop_measuring();
        for id in self.ids() {
            let is_greeted =
                self.links.get(&id).is_some_and(|link| link.greeting.theirs().is_some());
            if is_greeted {
                self.send(id, &Message::Draining);
            } else {
                self.end_link(id, PeerEnd::Finished);
            }
        }
    }

    pub(super) fn stop(&mut self) {
        self.stop_measuring();
        for id in self.ids() {
            self.end_link(id, PeerEnd::Stopped);
        }
        self.leave();
    }

    /// Ends a `Finish` once all links are gone, or the last ones had their time.
    pub(super) fn finish_if_done(&mut self) {
        let Phase::Finishing(farewell) = self.phase else { return };
        let is_idle =
            self.tracing.is_empty() && self.links.values().all(|link| link.queue.is_empty());
        if self.links.is_empty() {
            self.leave();
        } else if is_idle && farewell.is_none() {
            self.phase = Phase::Finishing(Some(self.now + FAREWELL));
        } else if farewell.is_some_and(|at| at <= self.now) {
            for id in self.ids() {
                self.end_link(id, PeerEnd::Finished);
            }
            self.leave();
        }
    }

    fn leave(&mut self) {
        if self.phase != Phase::Finished {
            self.phase = Phase::Finished;
            self.outputs.push_back(ContributorOutput::Finished);
        }
    }

    fn ids(&self) -> Vec<PeerId> {
        self.links.keys().copied().collect()
    }
}
