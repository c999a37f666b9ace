//! The lease table: who holds which piece of work, and until when.
//!
//! A *work* is a slice that was taken from the pool; it has one lease, or two while it is hedged.
//!
//! ```text
//!   pool ──take──> work ──grant──> lease ──deliver──> merged; other copies are cancelled
//!    ^                               │
//!    └───── the last copy is lost ───┘  expired, refused, peer gone or suspect
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use p2c2r_protocol::LeaseId;
use p2c2r_scheduler::{Prediction, Worker};
use p2c2r_splitter::Slice;

/// Most leases of one work: the first and a hedge.
pub(super) const MAX_COPIES: usize = 2;

/// Names a piece of work that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WorkId(u64);

/// A slice that somebody has.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) slice: Slice,
    /// Estimated when it was cut, in mean paths.
    pub(super) cost: f64,
    pub(super) leases: Vec<LeaseId>,
}

/// A work given to a worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    pub(super) worker: Worker,
    pub(super) work: WorkId,
    pub(super) granted_at: Duration,
    /// When a lane of the worker became free for it; `None` while it waits there.
    pub(super) started_at: Option<Duration>,
    /// When it is expected to start, as of the grant.
    pub(super) expected_start: Duration,
    pub(super) prediction: Prediction,
    /// `None` for the local tracer, which is trusted to end.
    pub(super) deadline: Option<Duration>,
}

/// A lease that is over, and what else follows from it.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) lease: Lease,
    pub(super) slice: Slice,
    pub(super) cost: f64,
    /// Other leases of the same work: cancelled if this one delivered, still open if it was lost.
    pub(super) copies: Vec<(LeaseId, Lease)>,
}

/// All leases of a requester.
#[derive(Debug, Default)]
pub(super) struct LeaseTable {
    next_lease: u64,
    next_work: u64,
    leases: BTreeMap<LeaseId, Lease>,
    works: BTreeMap<WorkId, Work>,
    /// In the order they were given.
    by_worker: BTreeMap<Worker, Vec<LeaseId>>,
    deadlines: BTreeSet<(Duration, LeaseId)>,
    /// Time of leases that have ended, from their start.
    busy: BTreeMap<Worker, Duration>,
}

impl LeaseTable {
    /// Registers a slice that was taken from the pool.
    pub(super) fn open(&mut self, slice: Slice, cost: f64) -> WorkId {
        let work = WorkId(self.next_work);
        self.next_work += 1;
        self.works.insert(work, Work { slice, cost, leases: Vec::with_capacity(1) });
        work
    }

    /// A lease number for something that is not a work of the job.
    pub(super) const fn reserve_id(&mut self) -> LeaseId {
        let id = LeaseId(self.next_lease);
        self.next_lease += 1;
        id
    }

    /// Gives a work to a worker.
    pub(super) fn grant(&mut self, lease: Lease) -> LeaseId {
        let id = self.reserve_id();
        if let Some(work) = self.works.get_mut(&lease.work) {
            work.leases.push(id);
            debug_assert!(work.leases.len() <= MAX_COPIES);
        }
        self.by_worker.entry(lease.worker).or_default().push(id);
        if let Some(deadline) = lease.deadline {
            self.deadlines.insert((deadline, id));
        }
        self.leases.insert(id, lease);
        id
    }

    pub(super) fn get(&self, id: LeaseId) -> Option<&Lease> {
        self.leases.get(&id)
    }

    /// The lease, if this worker holds it.
    pub(super) fn held(&self, id: LeaseId, worker: Worker) -> Option<(&Lease, &Work)> {
        let lease = self.leases.get(&id).filter(|lease| lease.worker == worker)?;
        Some((lease, self.works.get(&lease.work)?))
    }

    /// The leases of a worker in the order they were given.
    pub(super) fn of_worker(&self, worker: Worker) -> &[LeaseId] {
        self.by_worker.get(&worker).map_or(&[], Vec::as_slice)
    }

    /// Leases of a worker that have started.
    pub(super) fn running(&self, worker: Worker) -> impl Iterator<Item = &Lease> {
        let leases = self.of_worker(worker).iter().filter_map(|id| self.leases.get(id));
        leases.filter(|lease| lease.started_at.is_some())
    }

    /// Time that a worker had tasks, summed over its lanes.
    pub(super) fn busy(&self, worker: Worker, now: Duration) -> Duration {
        let started = self.running(worker).filter_map(|lease| lease.started_at);
        let running: Duration = started.map(|at| now.saturating_sub(at)).sum();
        running + self.busy.get(&worker).copied().unwrap_or_default()
    }

    /// A worker that holds nothing has gone.
    pub(super) fn forget(&mut self, worker: Worker) {
        self.busy.remove(&worker);
    }

    /// Leases that are the only copy of their work.
    pub(super) fn single(&self) -> impl Iterator<Item = (WorkId, &Work, &Lease)> {
        let single = self.works.iter().filter(|(_, work)| work.leases.len() == 1);
        single.filter_map(|(id, work)| Some((*id, work, self.leases.get(work.leases.first()?)?)))
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// A lease whose deadline has passed, the oldest first.
    pub(super) fn expired(&self, now: Duration) -> Option<LeaseId> {
        self.deadlines.first().filter(|(at, _)| *at <= now).map(|(_, id)| *id)
    }

    /// Ends a lease with a result: its work is done, whoever else has it.
    pub(super) fn deliver(&mut self, id: LeaseId, now: Duration) -> Option<Ended> {
        let lease = self.remove(id, now)?;
        let work = self.works.remove(&lease.work)?;
        let copies: Vec<_> = work.leases.iter().filter(|&&copy| copy != id).copied().collect();
        let copies = copies.into_iter().filter_map(|copy| Some((copy, self.remove(copy, now)?)));
        let copies = copies.collect();
        Some(Ended { lease, slice: work.slice, cost: work.cost, copies })
    }

    /// Ends a lease without a result. Without copies the slice goes back to the pool.
    pub(super) fn lose(&mut self, id: LeaseId, now: Duration) -> Option<Ended> {
        let lease = self.remove(id, now)?;
        let work = self.works.get_mut(&lease.work)?;
        work.leases.retain(|&copy| copy != id);
        let (slice, cost) = (work.slice, work.cost);
        let copies: Vec<_> =
            work.leases.iter().filter_map(|copy| Some((*copy, *self.leases.get(copy)?))).collect();
        if copies.is_empty() {
            self.works.remove(&lease.work);
        }
        Some(Ended { lease, slice, cost, copies })
    }

    /// Ends everything; returns who had what.
    pub(super) fn clear(&mut self, now: Duration) -> Vec<(LeaseId, Worker)> {
        self.works.clear();
        self.by_worker.clear();
        self.deadlines.clear();
        let leases = std::mem::take(&mut self.leases);
        leases.values().for_each(|lease| self.count_busy(lease, now));
        leases.into_iter().map(|(id, lease)| (id, lease.worker)).collect()
    }

    fn count_busy(&mut self, lease: &Lease, now: Duration) {
        if let Some(started_at) = lease.started_at {
            *self.busy.entry(lease.worker).or_default() += now.saturating_sub(started_at);
        }
    }

    /// Takes a lease out; the next one that waits at its worker starts now.
    fn remove(&mut self, id: LeaseId, now: Duration) -> Option<Lease> {
        let lease = self.leases.remove(&id)?;
        self.count_busy(&lease, now);
        if let Some(deadline) = lease.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        let held = self.by_worker.entry(lease.worker).or_default();
        held.retain(|&other| other != id);
        let waiting =
            |id: &&LeaseId| self.leases.get(id).is_some_and(|lease| lease.started_at.is_none());
        let next = held.iter().find(waiting).copied();
        if held.is_empty() {
            self.by_worker.remove(&lease.worker);
        }
        if lease.started_at.is_some()
            && let Some(next) = next.and_then(|next| self.leases.get_mut(&next))
        {
            next.started_at = Some(now);
        }
        Some(lease)
    }
}
