//! What a message from a contributor does.

use p2c2r_protocol::peer::{
    Channel, Condition, DecodeError, Hello, Message, Pseudonym, RefuseTask, decode,
};
use p2c2r_protocol::{JobId, LeaseId, PeerId};
use p2c2r_scheduler::{TaskEnd, Worker};

use super::peers::MAX_CREDITS;
use super::{Requester, RequesterOutput};
use crate::{PeerEnd, Violation};

impl Requester {
    /// Takes a message; whatever is wrong with it ends its peer and nothing else.
    pub(super) fn receive(&mut self, id: PeerId, channel: Channel, bytes: &[u8]) {
        let now = self.now;
        // Messages of a link that was just closed here may still arrive.
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.tally.received_bytes += bytes.len() as u64;
        let was_suspect = peer.liveness.is_suspect();
        peer.liveness.hear(now);
        self.wants_dispatch |= was_suspect;
        let flood = peer.flood.count(channel, now);
        let end = match decode(channel, bytes) {
            _ if flood.is_err() => flood.map_err(PeerEnd::from),
            Ok(message) => self.obey(id, message),
            Err(DecodeError::Version { theirs }) => Err(PeerEnd::Version(theirs)),
            Err(error) => Err(Violation::Malformed(error).into()),
        };
        if let Err(end) = end {
            self.end_peer(id, end);
        }
    }

    fn obey(&mut self, id: PeerId, message: Message) -> Result<(), PeerEnd> {
        let name = message.name();
        let message = match message {
            Message::Hello(hello) => return self.greet(id, hello),
            Message::Goodbye { reason } => return Err(PeerEnd::Goodbye(reason)),
            other => other,
        };
        let Some(peer) = self.peers.get_mut(&id) else { return Ok(()) };
        if peer.greeting.theirs().is_none() {
            return Err(Violation::BeforeHello(name).into());
        }
        peer.greeting.hear_other();
        match message {
            Message::TileChunk(chunk) => self.take_chunk(id, chunk)?,
            Message::TileDone(done) => self.take_done(id, done)?,
            Message::Pong { nonce } => {
                peer.liveness.hear_pong(nonce, self.now);
                self.scheduler.measure(Worker::Peer(id), peer.liveness.link.traits());
            }
            Message::Credit { tasks } => self.take_credit(id, tasks)?,
            Message::Refuse { lease, reason } => self.take_refusal(id, lease, reason)?,
            Message::JobReady { job } => self.take_ready(id, job)?,
            Message::JobRefused { job, reason } => {
                if job == self.announced {
                    return Err(PeerEnd::JobRefused(reason));
                }
            }
            Message::Condition(condition) => self.take_condition(id, condition),
            Message::Pseudonym(pseudonym) => self.take_pseudonym(id, pseudonym)?,
            Message::Draining => {
                peer.is_draining = true;
                self.wants_dispatch = true;
            }
            // What only a requester says.
            _ => return Err(Violation::Unexpected(name).into()),
        }
        Ok(())
    }

    fn greet(&mut self, id: PeerId, hello: Hello) -> Result<(), PeerEnd> {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(&id) else { return Ok(()) };
        let capabilities = hello.capabilities.clone();
        let greeted = peer.greeting.hear(hello)?;
        let answer = greeted.wants_answer.then(|| peer.greeting.speak(now));
        if let Some(answer) = answer {
            self.send(id, &Message::Hello(answer));
        }
        if greeted.is_first
            && let Some(peer) = self.peers.get_mut(&id)
        {
            peer.condition = capabilities.condition;
            peer.met_at = now;
            let traits = peer.traits();
            self.scheduler.meet(Worker::Peer(id), traits, now);
            self.foresight.look_now();
            self.outputs.push_back(RequesterOutput::PeerReady { peer: id, capabilities });
            self.announce(id);
        }
        Ok(())
    }

    fn take_condition(&mut self, id: PeerId, condition: Condition) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.is_condition_new |= peer.condition != condition;
        peer.condition = condition;
        self.meet_again(id);
    }

    /// What a peer is called is said once, and only to who asked.
    fn take_pseudonym(&mut self, id: PeerId, pseudonym: Pseudonym) -> Result<(), Violation> {
        let Some(peer) = self.peers.get_mut(&id) else { return Ok(()) };
        if self.config.insight.tag.is_none() || peer.pseudonym.is_some() {
            return Err(Violation::Unexpected("pseudonym"));
        }
        peer.pseudonym = Some(pseudonym);
        let worker = Worker::Peer(id);
        let (before, _) = self.scheduler.history(worker);
        self.scheduler.recognise(worker, pseudonym, self.now);
        let (tasks, _) = self.scheduler.history(worker);
        if tasks > before {
            self.outputs.push_back(RequesterOutput::PeerRecognised { peer: id, tasks });
        }
        Ok(())
    }

    fn take_credit(&mut self, id: PeerId, tasks: u16) -> Result<(), Violation> {
        let Some(peer) = self.peers.get_mut(&id) else { return Ok(()) };
        peer.credits += u32::from(tasks);
        if peer.credits > MAX_CREDITS {
            return Err(Violation::Flood("credit"));
        }
        self.wants_dispatch = true;
        Ok(())
    }

    fn take_ready(&mut self, id: PeerId, job: JobId) -> Result<(), Violation> {
        if job.0 > self.announced.0 {
            return Err(Violation::Unexpected("job-ready"));
        }
        // The answer to an earlier job is late, not wrong.
        if job == self.announced
            && let Some(peer) = self.peers.get_mut(&id)
        {
            peer.is_ready = true;
            self.wants_dispatch = true;
        }
        Ok(())
    }

    fn take_refusal(
        &mut self,
        id: PeerId,
        lease: LeaseId,
        reason: RefuseTask,
    ) -> Result<(), Violation> {
        let Some((held, _)) = self.leases.held(lease, Worker::Peer(id)) else {
            let peer = self.peers.get_mut(&id);
            return peer.map_or(Ok(()), |peer| peer.take_late(lease, 0));
        };
        let granted_at = held.granted_at;
        self.lose_lease(lease, TaskEnd::Lost);
        match reason {
            RefuseTask::Draining | RefuseTask::Paused => {}
            RefuseTask::TooLarge | RefuseTask::TraceFailed => self.strike(id, granted_at),
        }
        Ok(())
    }
}
