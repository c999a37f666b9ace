//! Who gets what: open work by the scheduler's word, then copies of leased work for the idle.

use std::time::Duration;

use p2c2r_frame::Task;
use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Message;
use p2c2r_scheduler::{
    Hedge, OpenLease, OpenWork, Outlook, Prediction, TaskKind, TaskSketch, Worker, WorkerSlot,
    expected_remaining,
};
use p2c2r_splitter::{Slice, SliceLimits};

use super::leases::{Lease, WorkId};
use super::{Peer, PeerState, Requester, RequesterOutput};
use crate::PeerEnd;

/// Most pixels of a task; its result then stays below `MAX_CHUNKS_PER_TILE` chunks.
pub(super) const MAX_TASK_PIXELS: u64 = 128 * 128;
/// Most paths of a task.
const MAX_TASK_PATHS: u64 = 1 << 26;
/// How long a task for a peer should take: long against a round trip, short against a frame.
const PEER_TARGET: Duration = Duration::from_millis(400);
/// How long a local task should take: a cancel or a new view waits no longer.
const LOCAL_TARGET: Duration = Duration::from_millis(100);
/// A lease lasts this many times its expected duration, within the two limits.
const LEASE_FACTOR: f64 = 5.0;
const SHORTEST_LEASE: Duration = Duration::from_secs(2);
const LONGEST_LEASE: Duration = Duration::from_secs(10);
/// Probability of failure from which leases are shorter, in proportion: who often fails has failed sooner than
/// been slowed. They still last this many times what is expected.
const RELIABLE: f64 = 0.03;
const LEAST_LEASE_FACTOR: f64 = 2.0;
/// Lease of a peer that has never delivered.
const FIRST_LEASE: Duration = Duration::from_secs(6);
/// A peer copies a task only if it expects to be this much faster: its result has a way to go.
const PEER_HEDGE_FACTOR: f64 = 1.5;
/// And this much if what stopped the holder may well stop it, too.
const SAME_FATE_FACTOR: f64 = 2.5;

impl Requester {
    /// Hands out work until nobody has room or nothing is open, then hedges.
    pub(super) fn dispatch(&mut self) {
        if !std::mem::take(&mut self.wants_dispatch) || self.is_stopped {
            return;
        }
        self.hedge_at = None;
        self.release_drained();
        self.run_probe();
        if self.job.film.is_complete() || self.local.is_probing() {
            return;
        }
        while !self.job.is_handed_out() {
            let slots = self.slots();
            let open = OpenWork { cost: self.job.open_cost(), kind: self.task_kind() };
            let pieces = self.scheduler.assign(&open, &slots, self.now);
            if pieces.is_empty() {
                return;
            }
            for piece in pieces {
                let limits = self.limits_of(piece.worker);
                let Some(slice) = self.job.take(piece.cost, limits) else { break };
                let cost = slice.cost(self.job.cost());
                let work = self.leases.open(slice, cost);
                self.hedges.refill();
                self.grant(piece.worker, work, cost);
            }
        }
        self.hedge();
    }

    /// Lets peers go that wanted to, once they hold nothing: only this side knows that all arrived.
    fn release_drained(&mut self) {
        let is_done = |(&id, peer): (&PeerId, &Peer)| {
            let is_idle = self.leases.of_worker(Worker::Peer(id)).is_empty();
            (peer.is_draining && is_idle).then_some(id)
        };
        let done: Vec<PeerId> = self.peers.iter().filter_map(is_done).collect();
        done.into_iter().for_each(|id| self.end_peer(id, PeerEnd::Finished));
    }

    /// Every worker that takes part, with the room it has.
    fn slots(&self) -> Vec<WorkerSlot> {
        let local = self.local_room().map(|room| (Worker::Local, room));
        let working = self.peers.iter().filter(|(_, peer)| peer.state() == PeerState::Working);
        let peers = working.map(|(&id, peer)| {
            let worker = Worker::Peer(id);
            (worker, self.peer_room(worker, peer))
        });
        local.into_iter().chain(peers).map(|(worker, room)| self.slot(worker, room)).collect()
    }

    fn slot(&self, worker: Worker, room: usize) -> WorkerSlot {
        let lanes = self.lanes_of(worker);
        let starts_in = self.starts_in(worker, lanes);
        let target = if worker == Worker::Local { LOCAL_TARGET } else { PEER_TARGET };
        let held = self.leases.of_worker(worker).len();
        WorkerSlot { worker, lanes, room, held, starts_in, target }
    }

    fn lanes_of(&self, worker: Worker) -> u16 {
        match worker {
            Worker::Local => self.config.local_lanes,
            Worker::Peer(id) => self.peers.get(&id).map_or(1, |peer| peer.lanes()),
        }
    }

    /// Tasks that a peer can be given now.
    fn peer_room(&self, worker: Worker, peer: &Peer) -> usize {
        let is_proven = self.is_proven(worker);
        peer.room(self.leases.of_worker(worker).len(), is_proven)
    }

    /// Whether a worker has delivered before.
    pub(super) fn is_proven(&self, worker: Worker) -> bool {
        self.predict(worker, 1.0).is_proven
    }

    /// How long a task of the current job would take.
    pub(super) fn predict(&self, worker: Worker, cost: f64) -> Prediction {
        let task = TaskSketch { cost, kind: self.task_kind() };
        self.scheduler.predict(worker, &task, self.now)
    }

    /// What the paths of the current job are like.
    pub(super) const fn task_kind(&self) -> TaskKind {
        TaskKind::of_bounces(self.job.spec.max_bounces)
    }

    /// Until a task given now would start: when the first lane is expected to be free.
    fn starts_in(&self, worker: Worker, lanes: u16) -> Duration {
        let running = self.leases.running(worker);
        let rests: Vec<Duration> =
            running.map(|lease| expected_remaining(&open_lease(lease), self.now)).collect();
        if rests.len() < usize::from(lanes) {
            return Duration::ZERO;
        }
        let first = rests.into_iter().min().unwrap_or_default();
        let half_way = |peer: &Peer| peer.liveness.round_trip().map(|trip| trip / 2);
        let way = match worker {
            Worker::Local => None,
            Worker::Peer(id) => self.peers.get(&id).and_then(half_way),
        };
        first.max(way.unwrap_or_default())
    }

    fn limits_of(&self, worker: Worker) -> SliceLimits {
        let ours = SliceLimits { max_pixels: MAX_TASK_PIXELS, max_paths: MAX_TASK_PATHS };
        let theirs = match worker {
            Worker::Local => return ours,
            Worker::Peer(id) => self.peers.get(&id).map(|peer| peer.limits()),
        };
        theirs.map_or(ours, |theirs| SliceLimits {
            max_pixels: ours.max_pixels.min(u64::from(theirs.max_task_pixels)),
            max_paths: ours.max_paths.min(theirs.max_task_paths),
        })
    }

    /// Gives a work to a worker.
    fn grant(&mut self, worker: Worker, work: WorkId, cost: f64) {
        let lanes = self.lanes_of(worker);
        let prediction = self.predict(worker, cost);
        let starts_in = self.starts_in(worker, lanes);
        let is_free = self.leases.running(worker).count() < usize::from(lanes);
        let lease = self.leases.grant(Lease {
            worker,
            work,
            granted_at: self.now,
            started_at: is_free.then_some(self.now),
            expected_start: self.now + starts_in,
            prediction,
            deadline: match worker {
                Worker::Local => None,
                Worker::Peer(_) => Some(self.now + lease_duration(&prediction, starts_in)),
            },
        });
        self.note_grant(lease, worker, cost);
        let Some((_, work)) = self.leases.held(lease, worker) else { return };
        let task = self.job.task(work.slice);
        match worker {
            Worker::Local => {
                self.outputs.push_back(RequesterOutput::TraceLocal { lease, task });
            }
            Worker::Peer(id) => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.credits = peer.credits.saturating_sub(1);
                }
                let packing = self.job.spec.packing;
                self.send(id, &Message::Task { lease, task: Task::Tile(task), packing });
            }
        }
    }

    /// Lets idle workers copy the tasks that they save most time with, the fastest first.
    fn hedge(&mut self) {
        if !self.scheduler.copies() {
            return;
        }
        let mut slots = self.slots();
        slots.retain(|slot| slot.room > 0);
        if slots.is_empty() {
            return;
        }
        let mut copyable = self.copyable();
        let cost = copyable.iter().map(|copyable| copyable.cost).fold(0.0, f64::max);
        slots.sort_by_cached_key(|slot| slot.starts_in + self.predict(slot.worker, cost).median);
        for slot in slots {
            for _ in 0..slot.room {
                match self.best_hedge(&slot, &copyable) {
                    Some(HedgeChoice::Now(index)) => {
                        // The local tracer's copies load nobody else.
                        let late_at = copyable[index].outlook.late_at();
                        let is_late = late_at <= self.now;
                        if slot.worker != Worker::Local && !self.hedges.spend(is_late) {
                            if !is_late {
                                self.look_again(late_at);
                            }
                            break;
                        }
                        let Copyable { work, cost, .. } = copyable.swap_remove(index);
                        self.grant(slot.worker, work, cost);
                    }
                    Some(HedgeChoice::At(at)) => {
                        self.look_again(at);
                        break;
                    }
                    None => break,
                }
            }
        }
    }

    /// Looks at this time again for a task to copy, if not before.
    fn look_again(&mut self, at: Duration) {
        self.hedge_at = Some(self.hedge_at.map_or(at, |known| known.min(at)));
    }

    /// Tasks that may be copied, and what is to be expected of who has them. What has a copy may have another
    /// only once both are late; looks again when the next one will be.
    fn copyable(&mut self) -> Vec<Copyable> {
        let now = self.now;
        let mut next: Option<Duration> = None;
        let mut found = Vec::new();
        for (work, held, lease) in self.leases.copyable() {
            let late_at = if held.leases.len() > 1 { self.leases.late_at(held) } else { Some(now) };
            match late_at {
                Some(at) if at <= now => found.push(Copyable {
                    work,
                    slice: held.slice,
                    cost: held.cost,
                    holder: lease.worker,
                    outlook: Outlook::new(&open_lease(lease), now),
                }),
                Some(at) => next = Some(next.map_or(at, |known| known.min(at))),
                None => {}
            }
        }
        self.hedge_at = self.hedge_at.into_iter().chain(next).min();
        found
    }

    /// The task whose copy pays off most now, else when the first one will.
    fn best_hedge(&self, slot: &WorkerSlot, copyable: &[Copyable]) -> Option<HedgeChoice> {
        let limits = self.limits_of(slot.worker);
        let is_local = slot.worker == Worker::Local;
        // Only a worker that is known can be expected to win.
        if !is_local && !self.is_proven(slot.worker) {
            return None;
        }
        let mut best: Option<(Duration, usize)> = None;
        let mut next: Option<Duration> = None;
        for (index, Copyable { work, slice, cost, holder, outlook }) in copyable.iter().enumerate()
        {
            if self.leases.holds(*work, slot.worker) || !slice.fits(limits) {
                continue;
            }
            let factor = match is_local {
                true => 1.0,
                false if self.scheduler.shares_fate(slot.worker, *holder) => SAME_FATE_FACTOR,
                false => PEER_HEDGE_FACTOR,
            };
            let median = self.predict(slot.worker, *cost).median;
            let own = slot.starts_in + median.mul_f64(factor);
            match outlook.decide(own) {
                Hedge::Now => {
                    let saved = outlook.remaining().saturating_sub(own);
                    if best.is_none_or(|(known, _)| saved > known) {
                        best = Some((saved, index));
                    }
                }
                Hedge::At(at) => next = Some(next.map_or(at, |known| known.min(at))),
            }
        }
        let now = best.map(|(_, index)| HedgeChoice::Now(index));
        now.or(next.map(HedgeChoice::At))
    }
}

/// A task that may be copied, and who had it last.
struct Copyable {
    work: WorkId,
    slice: Slice,
    cost: f64,
    holder: Worker,
    outlook: Outlook,
}

/// What an idle worker should do.
enum HedgeChoice {
    /// Copy the task at this index.
    Now(usize),
    At(Duration),
}

fn open_lease(lease: &Lease) -> OpenLease {
    OpenLease {
        started_at: lease.started_at.unwrap_or(lease.expected_start),
        prediction: lease.prediction,
        deadline: lease.deadline.unwrap_or(Duration::MAX),
    }
}

/// How long a peer may hold a task.
fn lease_duration(prediction: &Prediction, starts_in: Duration) -> Duration {
    if !prediction.is_proven {
        return FIRST_LEASE;
    }
    let risk = (prediction.failure / RELIABLE).max(1.0);
    let factor = (LEASE_FACTOR / risk).max(LEAST_LEASE_FACTOR);
    let expected = (starts_in + prediction.median).min(LONGEST_LEASE);
    expected.mul_f64(factor).clamp(SHORTEST_LEASE.div_f64(risk), LONGEST_LEASE)
}
