//! From queues to the tracer and back as chunks.

use std::ops::Bound;

use p2c2r_frame::{Packing, RadianceSums, SampleRange, TileTask, TraceCounters};
use p2c2r_image::{pack_sums, pack_sums_below_noise};
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
        while self.tracing.len() + self.benchmark.lanes()
            < usize::from(self.config.capabilities.lanes)
        {
            let Some((key, task, packing)) = self.next_task() else { return };
            let traced = Traced { task, packing, started_at: self.now, first: None };
            let task = traced.next_part();
            self.tracing.insert(key, traced);
            self.outputs.push_back(ContributorOutput::Trace { key, task });
        }
    }

    fn next_task(&mut self) -> Option<(TaskKey, TileTask, Packing)> {
        let waits = |(id, link): (&PeerId, &super::Link)| (!link.queue.is_empty()).then_some(*id);
        let after = self.links.range((Bound::Excluded(self.turn), Bound::Unbounded));
        let requester = after.chain(self.links.range(..=self.turn)).find_map(waits)?;
        self.turn = requester;
        let (lease, task, packing) = self.links.get_mut(&requester)?.queue.pop_front()?;
        Some((TaskKey { requester, lease }, task, packing))
    }

    /// Delivers a result; that of a cancelled task is dropped.
    pub(super) fn take_traced(
        &mut self,
        key: TaskKey,
        sums: RadianceSums,
        mut counters: TraceCounters,
    ) {
        let Some(traced) = self.tracing.get_mut(&key) else { return };
        let part = traced.next_part();
        let is_same = (sums.rect, sums.samples) == (part.rect, part.samples);
        if !is_same || sums.check().is_err() {
            self.fail_traced(key);
            return;
        }
        if traced.is_halved() && traced.first.is_none() {
            traced.first = Some((sums, counters));
            let task = traced.next_part();
            self.outputs.push_back(ContributorOutput::Trace { key, task });
            return;
        }
        let packed = match traced.first.take() {
            Some((first, before)) => {
                counters.add(before);
                pack_sums_below_noise(&first, &sums, traced.task.seed)
            }
            None => pack_sums(&sums),
        };
        let traced = traced.clone();
        let packed = packed.ok();
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
            leases.extend(link.queue.drain(..).map(|(lease, ..)| lease));
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

impl Traced {
    /// Whether the samples are traced in two halves, whose difference shows the noise.
    const fn is_halved(&self) -> bool {
        matches!(self.packing, Packing::BelowNoise) && self.task.samples.count > 1
    }

    /// What the tracer gets next.
    fn next_part(&self) -> TileTask {
        let SampleRange { first, count } = self.task.samples;
        let half = count / 2;
        let samples = match (self.is_halved(), &self.first) {
            (false, _) => self.task.samples,
            (true, None) => SampleRange::new(first, half),
            (true, Some(_)) => SampleRange::new(first + half, count - half),
        };
        TileTask { samples, ..self.task }
    }
}
