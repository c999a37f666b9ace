//! How a lease ends: with a result that is merged, or without one.

use std::time::Duration;

use p2c2r_frame::{Packing, RadianceSums, TraceCounters};
use p2c2r_image::unpack_sums;
use p2c2r_protocol::peer::{CHUNK_PAYLOAD_BYTES, Message, TileChunk, TileDone};
use p2c2r_protocol::{LeaseId, PeerId};
use p2c2r_scheduler::{Outcome, TaskEnd, TaskSketch, Worker};

use super::assembly::Assembly;
use super::leases::Lease;
use super::peers::{Ending, MAX_PARTIAL_BYTES, MAX_STRIKES, Peer};
use super::{Requester, RequesterOutput};
use crate::{PeerEnd, Violation};

/// A link may be this slow without being known to be: what a single chunk takes cannot be seen.
const SLOW_LINK_BYTES_PER_SECOND: f64 = 125_000.0;

impl Requester {
    /// A part of a result arrived.
    pub(super) fn take_chunk(&mut self, id: PeerId, chunk: TileChunk) -> Result<(), Violation> {
        let (lease, bytes) = (chunk.lease, chunk.bytes.as_slice().len());
        let Some(assembly) = self.assembly(id, lease, bytes)? else { return Ok(()) };
        assembly.add(chunk)?;
        self.take_whole(id, lease)?;
        let partial_bytes = self.peers.get(&id).map_or(0, Peer::partial_bytes);
        if partial_bytes > MAX_PARTIAL_BYTES {
            return Err(Violation::Flood("tile-chunk"));
        }
        Ok(())
    }

    /// The end of a result arrived, perhaps before its parts.
    pub(super) fn take_done(&mut self, id: PeerId, done: TileDone) -> Result<(), Violation> {
        let Some(assembly) = self.assembly(id, done.lease, 0)? else { return Ok(()) };
        assembly.close(done)?;
        self.take_whole(id, done.lease)
    }

    /// Where the result of a lease is put together, of which this many bytes came; `None` if it is no
    /// longer wanted.
    fn assembly(
        &mut self,
        id: PeerId,
        lease: LeaseId,
        bytes: usize,
    ) -> Result<Option<&mut Assembly>, Violation> {
        let Some(peer) = self.peers.get_mut(&id) else { return Ok(None) };
        let Some((_, work)) = self.leases.held(lease, Worker::Peer(id)) else {
            return peer.take_late(lease, bytes).map(|()| None);
        };
        let (pixels, now) = (work.slice.rect.area(), self.now);
        Ok(Some(peer.assemblies.entry(lease).or_insert_with(|| Assembly::new(pixels, now))))
    }

    /// Merges a result once it is whole.
    fn take_whole(&mut self, id: PeerId, lease: LeaseId) -> Result<(), Violation> {
        let Some(peer) = self.peers.get_mut(&id) else { return Ok(()) };
        let Some(assembly) = peer.assemblies.get_mut(&lease) else { return Ok(()) };
        let receiving = self.now.saturating_sub(assembly.began_at());
        let Some((bytes, done)) = assembly.take() else { return Ok(()) };
        let Some((_, work)) = self.leases.held(lease, Worker::Peer(id)) else { return Ok(()) };
        let spec = &self.job.spec;
        let rounded_with = (spec.packing == Packing::BelowNoise).then_some(spec.seed);
        let unpacked = unpack_sums(&bytes, work.slice.rect, work.slice.samples, rounded_with);
        let sums = unpacked.map_err(|source| Violation::Packing { lease, source })?;
        sums.check().map_err(|source| Violation::Sums { lease, source })?;
        peer.strikes = 0;
        peer.end_lease(lease, Ending::Answered);
        let sending = Duration::from_secs_f64(bytes.len() as f64 / SLOW_LINK_BYTES_PER_SECOND);
        let round_trip = peer.liveness.round_trip();
        let way = round_trip.map(|round_trip| round_trip + receiving + sending);
        let after_first = bytes.len().saturating_sub(CHUNK_PAYLOAD_BYTES);
        peer.liveness.link.receive(after_first, receiving);
        let timing = Timing { computed: Duration::from_micros(done.elapsed_us), way };
        self.merge(lease, &sums, done.counters, Some(timing));
        Ok(())
    }

    /// Adds checked sums to the film; copies of the task are cancelled. The local tracer has no
    /// `timing`: it has no way that would add to its time.
    pub(super) fn merge(
        &mut self,
        id: LeaseId,
        sums: &RadianceSums,
        counters: TraceCounters,
        timing: Option<Timing>,
    ) {
        self.wants_dispatch = true;
        let Some(ended) = self.leases.deliver(id, self.now) else { return };
        self.tally_hedges(ended.lease.worker, &ended.copies);
        for (copy, lease) in ended.copies {
            self.cancel(copy, lease.worker);
            self.observe_overtaken(&lease, ended.cost);
        }
        self.observe(id, &ended.lease, ended.cost, timing, TaskEnd::Delivered);
        let rays = counters.rays.saturating_add(counters.shadow_rays);
        let merged = self.job.merge(sums, rays);
        debug_assert!(merged.is_ok(), "slices of the pool never overlap: {merged:?}");
        let (job, by) = (self.job.id, ended.lease.worker);
        let now = self.now;
        if let Some(tally) = self.tally_of(by) {
            tally.add_tile(job, ended.slice.paths(), counters, now);
        }
        let (rect, samples) = (sums.rect, sums.samples);
        self.outputs.push_back(RequesterOutput::TileMerged { job, rect, samples, by });
        if self.job.film.is_complete() {
            self.outputs.push_back(RequesterOutput::FrameComplete { job });
        }
    }

    /// Ends a lease without a result; its slice is open again unless a copy is out.
    pub(super) fn lose_lease(&mut self, id: LeaseId, end: TaskEnd) {
        self.wants_dispatch = true;
        let Some(ended) = self.leases.lose(id, self.now) else { return };
        if ended.copies.is_empty() {
            self.job.give_back(ended.slice);
        }
        self.observe(id, &ended.lease, ended.cost, None, end);
        if let Worker::Peer(peer) = ended.lease.worker
            && let Some(peer) = self.peers.get_mut(&peer)
        {
            peer.end_lease(id, Ending::DROPPED);
        }
    }

    /// The deadline of a lease has passed.
    pub(super) fn expire(&mut self, id: LeaseId) {
        let Some(&Lease { worker, granted_at, .. }) = self.leases.get(id) else { return };
        self.lose_lease(id, TaskEnd::Expired);
        if let Worker::Peer(peer) = worker {
            self.send(peer, &Message::Cancel { lease: id });
            self.strike(peer, granted_at);
        }
    }

    /// Counts a task that came to nothing; tasks given before the last strike are the same one.
    pub(super) fn strike(&mut self, id: PeerId, granted_at: Duration) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.struck_at.is_some_and(|struck_at| granted_at < struck_at) {
            return;
        }
        peer.struck_at = Some(now);
        peer.strikes += 1;
        let strikes = peer.strikes;
        if strikes >= MAX_STRIKES {
            self.end_peer(id, PeerEnd::NeverDelivered(strikes));
        }
    }

    /// Lets the scheduler learn from a lease that is over.
    fn observe(
        &mut self,
        id: LeaseId,
        lease: &Lease,
        cost: f64,
        timing: Option<Timing>,
        end: TaskEnd,
    ) {
        let (worker, prediction, at) = (lease.worker, lease.prediction, self.now);
        let started_at = lease.started_at.unwrap_or(lease.granted_at);
        let elapsed = at.saturating_sub(started_at);
        let computed = timing.map_or(elapsed, |timing| timing.computed);
        let way = timing.and_then(|timing| timing.way);
        let task = TaskSketch { cost, kind: self.task_kind() };
        if worker != Worker::Local {
            self.hedges.observe(end != TaskEnd::Delivered || elapsed > prediction.high);
        }
        let outcome = Outcome { worker, task, prediction, at, elapsed, computed, way, end };
        self.note_end(id, &outcome);
        self.scheduler.observe(&outcome);
    }
}

impl Requester {
    /// Lets the scheduler learn from a lease that ended because a copy of its task came first. That it had
    /// not come is all that is known.
    fn observe_overtaken(&mut self, lease: &Lease, cost: f64) {
        let Some(started_at) = lease.started_at else { return };
        let (worker, prediction, at) = (lease.worker, lease.prediction, self.now);
        let elapsed = at.saturating_sub(started_at);
        let task = TaskSketch { cost, kind: self.task_kind() };
        let (computed, end) = (elapsed, TaskEnd::Lost);
        let outcome = Outcome { worker, task, prediction, at, elapsed, computed, way: None, end };
        if worker != Worker::Local && elapsed > prediction.high {
            self.hedges.observe(true);
        }
        self.scheduler.overtake(&outcome);
    }
}

/// What is known of where the time of a peer's task went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// Tracing, by the peer's own word.
    computed: Duration,
    /// How much can have been the way, by what was measured here.
    way: Option<Duration>,
}
