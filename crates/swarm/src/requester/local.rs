//! The requester's own tracer: a worker without a link, and the probe of a job's cost by place.

use std::collections::BTreeMap;

use p2c2r_frame::{PixelRect, RadianceSums, SampleRange, TileTask, TraceCounters, View};
use p2c2r_protocol::LeaseId;
use p2c2r_scheduler::{TaskEnd, Worker};
use p2c2r_splitter::{LowFilm, Measurement};

use super::job::Job;
use super::stats::Tally;
use super::{CostSource, LocalWork, Requester, RequesterConfig, RequesterOutput};

/// Failed tasks in a row after which the local tracer is not asked again.
const MAX_FAILURES: u32 = 3;
/// Side of a probed cell on the small film.
const PROBE_CELL_PX: u32 = 4;

/// Where the local tracer stands.
#[derive(Debug, Default)]
pub(super) struct Local {
    pub(super) tally: Tally,
    failures: u32,
    is_lost: bool,
    probe: Option<Probe>,
}

/// A low-resolution render whose counters say what each part of the film costs.
#[derive(Debug)]
struct Probe {
    view: View,
    /// Cells that were not traced yet: on the probe's film, and on the job's.
    cells: Vec<(PixelRect, PixelRect)>,
    tracing: BTreeMap<LeaseId, (PixelRect, PixelRect)>,
    measured: Vec<Measurement>,
}

impl Local {
    pub(super) fn new(config: &RequesterConfig, job: &Job) -> Self {
        let mut local = Self::default();
        local.start_job(config, job);
        local
    }

    /// Forgets the probe of the job before and plans one if the new job asks for it.
    pub(super) fn start_job(&mut self, config: &RequesterConfig, job: &Job) {
        let can_trace = config.local_work != LocalWork::Never && config.local_lanes > 0;
        let is_wanted = job.spec.cost == CostSource::Probe && can_trace && !self.is_lost;
        self.probe = is_wanted.then(|| Probe::new(&job.spec.view));
    }

    pub(super) const fn is_probing(&self) -> bool {
        self.probe.is_some()
    }
}

impl Probe {
    fn new(view: &View) -> Self {
        let low = LowFilm::of(view);
        let PixelRect { width, height, .. } = low.rect();
        let tops = (0..height).step_by(PROBE_CELL_PX as usize);
        let cells = tops.flat_map(|y| {
            let lefts = (0..width).step_by(PROBE_CELL_PX as usize);
            lefts.filter_map(move |x| {
                let side = PROBE_CELL_PX;
                let cell = PixelRect { x, y, width: side, height: side };
                let cell = cell.intersection(low.rect())?;
                Some((cell, low.footprint(cell)?))
            })
        });
        let cells = cells.collect();
        Self { view: *low.view(), cells, tracing: BTreeMap::new(), measured: Vec::new() }
    }
}

impl Requester {
    /// Tasks that the local tracer can be given now; `None` if it takes no part.
    pub(super) fn local_room(&self) -> Option<usize> {
        let takes_part = match self.config.local_work {
            LocalWork::Always => true,
            LocalWork::WithoutPeers => !self.has_working_peer(),
            LocalWork::Never => false,
        };
        if !takes_part || self.local.is_lost || self.config.local_lanes == 0 {
            return None;
        }
        let held = self.leases.of_worker(Worker::Local).len();
        Some(usize::from(self.config.local_lanes).saturating_sub(held))
    }

    /// Whether some peer has delivered, its last task too, and has or takes another one.
    fn has_working_peer(&self) -> bool {
        self.peers.iter().any(|(&id, peer)| {
            let worker = Worker::Peer(id);
            let is_busy = peer.credits > 0 || !self.leases.of_worker(worker).is_empty();
            peer.is_delivering() && is_busy && self.is_proven(worker)
        })
    }

    /// Keeps the local tracer busy with the probe; ends the probe when it is through.
    pub(super) fn run_probe(&mut self) {
        let Some(probe) = &mut self.local.probe else { return };
        while probe.tracing.len() < usize::from(self.config.local_lanes)
            && let Some((cell, place)) = probe.cells.pop()
        {
            let lease = self.leases.reserve_id();
            probe.tracing.insert(lease, (cell, place));
            let spec = &self.job.spec;
            let task = TileTask {
                scene: spec.scene,
                view: probe.view,
                rect: cell,
                samples: SampleRange::new(0, 1),
                seed: spec.seed,
                effects: spec.effects,
                max_bounces: spec.max_bounces,
            };
            self.outputs.push_back(RequesterOutput::TraceLocal { lease, task });
        }
        if probe.tracing.is_empty() {
            self.job.known.probe(&probe.measured);
            self.local.probe = None;
        }
    }

    /// Cancels what is being probed.
    pub(super) fn cancel_probe(&mut self) {
        let probe = self.local.probe.take();
        for lease in probe.into_iter().flat_map(|probe| probe.tracing.into_keys()) {
            self.outputs.push_back(RequesterOutput::CancelLocal { lease });
        }
    }

    /// Takes what the local tracer has finished; late results of cancelled tasks are dropped.
    pub(super) fn take_local(&mut self, id: LeaseId, sums: &RadianceSums, counters: TraceCounters) {
        self.wants_dispatch = true;
        if let Some(probe) = &mut self.local.probe
            && let Some((cell, place)) = probe.tracing.remove(&id)
        {
            let measured = Measurement::new(cell, 1, counters);
            probe.measured.push(Measurement { rect: place, ..measured });
            return;
        }
        let Some((_, work)) = self.leases.held(id, Worker::Local) else { return };
        let is_same = (sums.rect, sums.samples) == (work.slice.rect, work.slice.samples);
        if !is_same || sums.check().is_err() {
            self.fail_local(id);
            return;
        }
        self.local.failures = 0;
        self.merge(id, sums, counters, None);
    }

    /// The local tracer gave a task up.
    pub(super) fn fail_local(&mut self, id: LeaseId) {
        self.wants_dispatch = true;
        if self.local.probe.as_ref().is_some_and(|probe| probe.tracing.contains_key(&id)) {
            // The job goes on without a probe.
            self.cancel_probe();
            return;
        }
        if self.leases.held(id, Worker::Local).is_none() {
            return;
        }
        self.lose_lease(id, TaskEnd::Lost);
        self.local.failures += 1;
        if self.local.failures >= MAX_FAILURES && !self.local.is_lost {
            self.local.is_lost = true;
            self.outputs.push_back(RequesterOutput::LocalTracerLost);
        }
    }
}
