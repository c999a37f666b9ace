//! What a message from a requester does, and what becomes of scenes.

use p2c2r_frame::{Packing, SceneId, Task, TileTask};
use p2c2r_protocol::peer::{Channel, DecodeError, Hello, Message, RefuseJob, RefuseTask, decode};
use p2c2r_protocol::{JobId, LeaseId, PeerId};

use super::{Contributor, ContributorOutput, Phase, SPARE_CREDITS};
use crate::{PeerEnd, Violation};

impl Contributor {
    /// Takes a message; whatever is wrong with it ends its link and nothing else.
    pub(super) fn receive(&mut self, id: PeerId, channel: Channel, bytes: &[u8]) {
        // Messages of a link that was just closed here may still arrive.
        let Some(link) = self.links.get_mut(&id) else { return };
        link.heard_at = self.now;
        self.stats.received_bytes += bytes.len() as u64;
        let flood = link.flood.count(channel, self.now);
        let end = match decode(channel, bytes) {
            _ if flood.is_err() => flood.map_err(PeerEnd::from),
            Ok(message) => self.obey(id, message),
            Err(DecodeError::Version { theirs }) => Err(PeerEnd::Version(theirs)),
            Err(error) => Err(Violation::Malformed(error).into()),
        };
        if let Err(end) = end {
            self.end_link(id, end);
        }
    }

    fn obey(&mut self, id: PeerId, message: Message) -> Result<(), PeerEnd> {
        let name = message.name();
        let message = match message {
            Message::Hello(hello) => return self.greet(id, hello),
            Message::Goodbye { reason } => return Err(PeerEnd::Goodbye(reason)),
            other => other,
        };
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        if link.greeting.theirs().is_none() {
            return Err(Violation::BeforeHello(name).into());
        }
        link.greeting.hear_other();
        match message {
            Message::Job { job, scene, scene_bytes } => self.take_job(id, job, scene, scene_bytes),
            Message::Task { lease, task, packing } => self.take_task(id, lease, task, packing)?,
            Message::Cancel { lease } => self.take_cancel(id, lease)?,
            Message::Ping { nonce } => self.send(id, &Message::Pong { nonce }),
            // What only a contributor says.
            _ => return Err(Violation::Unexpected(name).into()),
        }
        Ok(())
    }

    fn greet(&mut self, id: PeerId, hello: Hello) -> Result<(), PeerEnd> {
        let now = self.now;
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        let greeted = link.greeting.hear(hello)?;
        let answer = greeted.wants_answer.then(|| link.greeting.speak(now));
        if let Some(answer) = answer {
            self.send(id, &Message::Hello(answer));
        }
        if greeted.is_first {
            self.tell_pseudonym(id);
        }
        self.tell_condition(id);
        Ok(())
    }

    fn take_job(&mut self, id: PeerId, job: JobId, scene: SceneId, scene_bytes: u64) {
        let known = self.links.get(&id).and_then(|link| link.job);
        if known.is_some_and(|(_, known)| known != scene) {
            // Tasks of another scene can no longer be wanted.
            self.give_back_all(id, None);
        }
        let is_refused = scene_bytes > self.config.limits.max_scene_bytes;
        if let Some(link) = self.links.get_mut(&id) {
            link.job = (!is_refused).then_some((job, scene));
        }
        self.release_scenes();
        if is_refused {
            let reason = RefuseJob::SceneTooLarge;
            self.send(id, &Message::JobRefused { job, reason });
            return;
        }
        match self.scenes.get(&scene) {
            Some(true) => self.job_ready(id, job),
            Some(false) => {}
            None => {
                self.scenes.insert(scene, false);
                self.outputs.push_back(ContributorOutput::FetchScene { scene, scene_bytes });
            }
        }
    }

    /// A scene is loaded: its requesters may send tasks.
    pub(super) fn scene_ready(&mut self, scene: SceneId) {
        let Some(is_loaded) = self.scenes.get_mut(&scene) else { return };
        *is_loaded = true;
        for (id, job) in self.jobs_of(scene) {
            self.job_ready(id, job);
        }
    }

    /// A scene cannot be loaded: its requesters are told.
    pub(super) fn scene_failed(&mut self, scene: SceneId, reason: RefuseJob) {
        if self.scenes.remove(&scene).is_none() {
            return;
        }
        for (id, job) in self.jobs_of(scene) {
            if let Some(link) = self.links.get_mut(&id) {
                link.job = None;
            }
            self.give_back_all(id, None);
            self.send(id, &Message::JobRefused { job, reason });
        }
    }

    fn jobs_of(&self, scene: SceneId) -> Vec<(PeerId, JobId)> {
        let jobs = self.links.iter().filter_map(|(&id, link)| {
            let (job, wanted) = link.job?;
            (wanted == scene).then_some((id, job))
        });
        jobs.collect()
    }

    fn job_ready(&mut self, id: PeerId, job: JobId) {
        self.send(id, &Message::JobReady { job });
        let tasks = self.config.capabilities.lanes.saturating_add(SPARE_CREDITS);
        let is_first = self
            .links
            .get_mut(&id)
            .is_some_and(|link| !std::mem::replace(&mut link.has_credits, true));
        if is_first {
            self.grant(id, tasks);
        }
    }

    /// Gives credits, or keeps them until `Resume`.
    pub(super) fn grant(&mut self, id: PeerId, tasks: u16) {
        let Some(link) = self.links.get_mut(&id) else { return };
        match self.phase {
            Phase::Paused => link.withheld += tasks,
            Phase::Serving => {
                link.granted += tasks;
                self.send(id, &Message::Credit { tasks });
            }
            Phase::Finishing(_) | Phase::Finished => {}
        }
    }

    fn take_task(
        &mut self,
        id: PeerId,
        lease: LeaseId,
        task: Task,
        packing: Packing,
    ) -> Result<(), Violation> {
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        if link.granted == 0 {
            return Err(Violation::Flood("task"));
        }
        if link.newest.is_some_and(|newest| lease <= newest) {
            return Err(Violation::LeaseReused(lease));
        }
        link.granted -= 1;
        link.newest = Some(lease);
        let Task::Tile(task) = task else { return Err(Violation::Unexpected("task")) };
        task.check().map_err(|source| Violation::Task { lease, source })?;
        if link.job.is_none_or(|(_, scene)| scene != task.scene) {
            return Err(Violation::WrongScene(lease));
        }
        let refusal = match self.phase {
            Phase::Paused => Some(RefuseTask::Paused),
            Phase::Finishing(_) | Phase::Finished => Some(RefuseTask::Draining),
            Phase::Serving => self.is_too_large(&task).then_some(RefuseTask::TooLarge),
        };
        match refusal {
            Some(reason) => {
                self.send(id, &Message::Refuse { lease, reason });
                self.grant(id, 1);
            }
            None => {
                if let Some(link) = self.links.get_mut(&id) {
                    link.queue.push_back((lease, task, packing));
                }
            }
        }
        Ok(())
    }

    fn is_too_large(&self, task: &TileTask) -> bool {
        let (limits, pixels) = (self.config.limits, task.rect.area());
        pixels > u64::from(limits.max_task_pixels)
            || pixels.saturating_mul(u64::from(task.samples.count)) > limits.max_task_paths
    }

    fn take_cancel(&mut self, id: PeerId, lease: LeaseId) -> Result<(), Violation> {
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        if link.newest.is_none_or(|newest| lease > newest) {
            return Err(Violation::NeverGiven(lease));
        }
        // A cancel that meets the result on its way finds nothing.
        if link.unqueue(lease) || self.cancel_traced(id, lease) {
            self.grant(id, 1);
        }
        Ok(())
    }
}
