//! Pause, finish, stop, and what is due by time.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::{Message, RefuseTask};

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

    pub(super) fn pause(&mut self) {
        if self.phase != Phase::Serving {
            return;
        }
        self.phase = Phase::Paused;
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
