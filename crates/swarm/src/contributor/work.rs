//! From queues to the tracer and back as chunks.

use std::ops::Bound;

use p2c2r_frame::{RadianceSums, TraceCounters};
use p2c2r_image::pack_sums;
use p2c2r_protocol::peer::{
    CHUNK_PAYLOAD_BYTES, ChunkBytes, MAX_CHUNKS_PER_TILE, Message, RefuseTask, TileChunk, TileDone,
};
use p2c2r_protocol::{LeaseId, PeerId};

use super::{Contributor, ContributorOutput, Phase, TaskKey, Traced};

impl Contributor {
    /// Starts tasks until every lane is busy: one of each requester in turn.
    pub(super) fn fill_lanes(&mut self) {
        if matches!(self.phase, Phase::Paused | Phase::Finished) {
            return;
        }
        while self.tracing.len() < usize::from(self.config.capabilities.lanes) {
            let Some((key, task)) = self.next_task() else { return };
            self.tracing.insert(key, Traced { task, started_at: self.now });
            self.outputs.push_back(ContributorOutput::Trace { key, task });
        }
    }

    fn next_task(&mut self) -> Option<(TaskKey, p2c2r_frame::TileTask)> {
        let waits = |(id, link): (&PeerId, &super::Link)| (!link.queue.is_empty()).then_some(*id);
        let after = self.links.range((Bound::Excluded(self.turn), Bound::Unbounded));
        let requester = after.chain(self.links.range(..=self.turn)).find_map(waits)?;
        self.turn = requester;
        let (lease, task) = self.links.get_mut(&requester)?.queue.pop_front()?;
        Some((TaskKey { requester, lease }, task))
    }

    /// Delivers a result; that of a cancelled task is dropped.
    pub(super) fn take_traced(
        &mut self,
        key: TaskKey,
        sums: &RadianceSums,
        counters: TraceCounters,
    ) {
        let Some(traced) = self.tracing.get(&key).copied() else { return };
        let is_same = (sums.rect, sums.samples) == (traced.task.rect, traced.task.samples);
        let packed = (is_same && sums.check().is_ok()).then(|| pack_sums(sums));
        let chunks = packed.as_deref().map(|packed| packed.chunks(CHUNK_PAYLOAD_BYTES));
        let Some(chunks) = chunks.filter(|chunks| chunks.len() <= MAX_CHUNKS_PER_TILE.into())
        else {
            self.fail_traced(key);
            return;
        };
        self.tracing.remove(&key);
        let elapsed = self.now.saturating_sub(traced.started_at);
        let (requester, lease) = (key.requester, key.lease);
        let (count, mut length_bytes) = (chunks.len() as u16, 0);
        for (index, chunk) in chunks.enumerate() {
            length_bytes += chunk.len() as u32;
            let bytes = ChunkBytes::new(chunk).unwrap_or_default();
            let chunk = TileChunk { lease, index: index as u16, count, bytes };
            self.send(requester, &Message::TileChunk(chunk));
        }
        let elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let done = TileDone { lease, length_bytes, counters, elapsed_us };
        self.send(requester, &Message::TileDone(done));
        self.grant(requester, 1);
        self.stats.tasks_done += 1;
        self.stats.samples += traced.task.rect.area() * u64::from(traced.task.samples.count);
        self.stats.counters.add(counters);
        self.stats.busy += elapsed;
    }

    /// The tracer gave a task up: it goes back.
    pub(super) fn fail_traced(&mut self, key: TaskKey) {
        if self.tracing.remove(&key).is_none() {
            return;
        }
        let reason = RefuseTask::TraceFailed;
        self.send(key.requester, &Message::Refuse { lease: key.lease, reason });
        self.grant(key.requester, 1);
    }

    /// Stops tracing a task; `false` if it is not being traced.
    pub(super) fn cancel_traced(&mut self, requester: PeerId, lease: LeaseId) -> bool {
        let key = TaskKey { requester, lease };
        let Some(traced) = self.tracing.remove(&key) else { return false };
        self.stats.busy += self.now.saturating_sub(traced.started_at);
        self.outputs.push_back(ContributorOutput::Cancel { key });
        true
    }

    /// Stops tracing whatever a requester has here.
    pub(super) fn drop_traced(&mut self, requester: PeerId) -> Vec<LeaseId> {
        let of_requester = self.tracing.keys().filter(|key| key.requester == requester);
        let leases: Vec<LeaseId> = of_requester.map(|key| key.lease).collect();
        for &lease in &leases {
            self.cancel_traced(requester, lease);
        }
        leases
    }

    /// Gives back all tasks of a requester, with a reason or, if it knows, without a word.
    pub(super) fn give_back_all(&mut self, requester: PeerId, reason: Option<RefuseTask>) {
        let mut leases = self.drop_traced(requester);
        if let Some(link) = self.links.get_mut(&requester) {
            leases.extend(link.queue.drain(..).map(|(lease, _)| lease));
        }
        let tasks = leases.len() as u16;
        for lease in leases {
            if let Some(reason) = reason {
                self.send(requester, &Message::Refuse { lease, reason });
            }
        }
        if tasks > 0 {
            self.grant(requester, tasks);
        }
    }
}
