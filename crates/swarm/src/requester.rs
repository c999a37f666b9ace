//! The requester: cuts a job, leases tasks to contributors and to its own tracer, merges results.
//!
//! ```text
//!            new_job                       ┌──────────── dispatch ────────────┐
//!               │                          │                                  v
//!        ┌──────v──────┐   take    ┌───────┴───────┐   Task / TraceLocal   workers
//!        │  open work  │──────────>│  lease table  │──────────────────────> peers, local
//!        │ (SlicePool) │<──────────│ works, leases │                          │
//!        └─────────────┘ give back └───────┬───────┘   TileChunk*, TileDone   │
//!                        on expiry, loss,  │ deliver <────────────────────────┘
//!                        refusal, silence  v           Traced
//!                                    ┌───────────┐
//!                                    │   film    │──> TileMerged … FrameComplete
//!                                    └───────────┘
//! ```
//!
//! * `dispatch` asks the scheduler how much each worker with room gets, and cuts exactly that.
//! * When no work is open, idle workers copy a leased task that they expect to finish first (a
//!   *hedge*): same seed, first complete result wins, the loser is cancelled.
//! * A lease ends by a result, a refusal, its deadline, or its peer's silence or end. Unless a copy
//!   is out, its slice is open again at once, to be cut anew for whoever takes it.
//! * A peer that breaks a rule is closed with a typed [`crate::Violation`]; nothing else changes for
//!   the others. Everything it may make this side keep has a named maximum.

mod api;
mod assembly;
mod attempts;
mod dispatch;
mod foresight;
mod job;
mod leases;
mod link;
mod liveness;
mod local;
mod memory;
mod peers;
mod receive;
mod results;
mod sight;
mod stats;
mod timers;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use p2c2r_frame::SceneId;
use p2c2r_image::Film;
use p2c2r_protocol::peer::{Hello, Message, Role, encode};
use p2c2r_protocol::{JobId, LeaseId, PeerId};
use p2c2r_scheduler::{HedgeBudget, LearnedScheduler, Moment, Scheduler, TaskEnd};
use p2c2r_splitter::CostKnowledge;

pub use api::{
    CostSource, Insight, JobSpec, LocalWork, PeerState, RefineOrder, RequesterConfig,
    RequesterInput, RequesterOutput, WorkerStats,
};
pub use foresight::ModelStats;
pub use job::JobError;
pub use memory::Memory;
pub use p2c2r_scheduler::{
    AttemptRecord, COST_BUCKETS, FEATURES, OUTPUTS, Prediction, Stage, StateError, TaskKind, Worker,
};

use crate::PeerEnd;
use crate::greeting::hello_of;
use attempts::Attempts;
use foresight::Foresight;
use job::Job;
use leases::LeaseTable;
use local::Local;
use peers::{Ending, Peer};

/// Most contributors that are linked at a time; others are told that no place is left.
pub const MAX_PEERS: usize = 256;
/// Most contributors whose figures are kept after they have gone.
const MAX_DEPARTED: usize = 256;

/// The requester's session. See the module for how it works.
pub struct Requester {
    config: RequesterConfig,
    job: Job,
    /// The job by which peers were told of the current scene.
    announced: JobId,
    leases: LeaseTable,
    peers: BTreeMap<PeerId, Peer>,
    departed: VecDeque<WorkerStats>,
    local: Local,
    scheduler: Box<dyn Scheduler + Send>,
    foresight: Foresight,
    attempts: Attempts,
    /// How many copies of tasks peers may be given.
    hedges: HedgeBudget,
    /// When an idle worker looks again for a task to copy.
    hedge_at: Option<Duration>,
    is_stopped: bool,
    /// Something has changed that may let work be handed out.
    wants_dispatch: bool,
    now: Duration,
    outputs: VecDeque<RequesterOutput>,
}

impl Requester {
    /// Starts a job with nobody but the local tracer; call [`Self::handle`] with `Timeout` to begin.
    pub fn new(config: RequesterConfig, job: JobSpec) -> Result<Self, JobError> {
        Self::with_scheduler(config, job, Box::new(LearnedScheduler::default()))
    }

    /// As [`Self::new`], with another way to decide who gets what.
    pub fn with_scheduler(
        config: RequesterConfig,
        job: JobSpec,
        mut scheduler: Box<dyn Scheduler + Send>,
    ) -> Result<Self, JobError> {
        let id = JobId(1);
        let moment = Moment { unix_seconds: config.insight.unix_at_zero };
        scheduler.set_moment(moment, Duration::ZERO);
        scheduler.meet(Worker::Local, config.local_traits(), Duration::ZERO);
        let job = Job::new(id, job, None)?;
        let local = Local::new(&config, &job);
        Ok(Self {
            config,
            job,
            announced: id,
            leases: LeaseTable::default(),
            peers: BTreeMap::new(),
            departed: VecDeque::new(),
            local,
            scheduler,
            foresight: Foresight::default(),
            attempts: Attempts::default(),
            hedges: HedgeBudget::new(),
            hedge_at: None,
            is_stopped: false,
            wants_dispatch: true,
            now: Duration::ZERO,
            outputs: VecDeque::new(),
        })
    }

    /// Takes one input. Drain [`Self::poll_output`] after each.
    pub fn handle(&mut self, now: Duration, input: RequesterInput) {
        self.advance(now);
        if self.is_stopped {
            return;
        }
        match input {
            RequesterInput::PeerConnected { peer } => self.connect(peer),
            RequesterInput::PeerGone { peer } => self.end_peer(peer, PeerEnd::LinkClosed),
            RequesterInput::Message { peer, channel, bytes } => {
                self.receive(peer, channel, &bytes);
            }
            RequesterInput::Traced { lease, sums, counters } => {
                self.take_local(lease, &sums, counters);
            }
            RequesterInput::TraceFailed { lease } => self.fail_local(lease),
            RequesterInput::LinkKnown { peer, is_relayed } => self.know_link(peer, is_relayed),
            RequesterInput::Predicted { question, answers } => self.take_answer(question, answers),
            RequesterInput::Timeout => {}
        }
        self.run_timers();
        self.consult();
        self.dispatch();
    }

    /// The next thing to do; `None` when this input is dealt with.
    pub fn poll_output(&mut self) -> Option<RequesterOutput> {
        self.outputs.pop_front()
    }

    /// Drops the current job and starts another: a new view, scene, seed or sample count.
    /// On an error nothing changes.
    pub fn new_job(&mut self, now: Duration, spec: JobSpec) -> Result<JobId, JobError> {
        let is_same_scene = spec.scene == self.job.spec.scene;
        let learned: Option<&CostKnowledge> = is_same_scene.then_some(&self.job.known);
        let id = JobId(self.job.id.0.wrapping_add(1));
        let job = Job::new(id, spec, learned)?;
        self.advance(now);
        self.cancel_all();
        let before = std::mem::replace(&mut self.job, job);
        self.job.follow(before);
        self.local.start_job(&self.config, &self.job);
        self.wants_dispatch = true;
        if !is_same_scene {
            self.announced = id;
            let greeted: Vec<PeerId> = self.peers.keys().copied().collect();
            greeted.into_iter().for_each(|peer| self.announce(peer));
        }
        self.foresight.look_now();
        if !self.is_stopped {
            self.run_timers();
            self.consult();
            self.dispatch();
        }
        Ok(id)
    }

    /// Cancels everything and says goodbye to every peer; nothing happens afterwards.
    pub fn stop(&mut self, now: Duration) {
        self.advance(now);
        self.cancel_all();
        let peers: Vec<PeerId> = self.peers.keys().copied().collect();
        peers.into_iter().for_each(|peer| self.end_peer(peer, PeerEnd::Stopped));
        self.is_stopped = true;
        self.hedge_at = None;
    }

    /// What is merged so far.
    pub const fn film(&self) -> &Film {
        &self.job.film
    }

    /// The current job.
    pub const fn job(&self) -> JobId {
        self.job.id
    }

    /// What the current job renders.
    pub const fn spec(&self) -> &JobSpec {
        &self.job.spec
    }

    /// Whether every sample of the job is merged.
    pub const fn is_complete(&self) -> bool {
        self.job.film.is_complete()
    }

    /// The figures of the local tracer, of linked peers, and of those that have left.
    pub fn stats(&self, now: Duration) -> Vec<WorkerStats> {
        let local = self.stats_of(Worker::Local, PeerState::Working, None, &self.local.tally, now);
        let peers = self.peers.iter().map(|(&id, peer)| self.peer_stats(id, peer, now));
        std::iter::once(local).chain(peers).chain(self.departed.iter().cloned()).collect()
    }

    fn peer_stats(&self, id: PeerId, peer: &Peer, now: Duration) -> WorkerStats {
        let stats = self.stats_of(Worker::Peer(id), peer.state(), Some(peer), &peer.tally, now);
        WorkerStats { round_trip: peer.liveness.round_trip(), number: peer.number, ..stats }
    }

    fn stats_of(
        &self,
        worker: Worker,
        state: PeerState,
        peer: Option<&Peer>,
        tally: &stats::Tally,
        now: Duration,
    ) -> WorkerStats {
        let theirs: Option<&Hello> = peer.and_then(|peer| peer.greeting.theirs());
        WorkerStats {
            worker,
            capabilities: theirs.map(|hello| hello.capabilities.clone()),
            state,
            samples: tally.samples,
            job_samples: tally.job_samples(self.job.id),
            samples_per_second: tally.samples_per_second(now),
            tiles: tally.tiles,
            counters: tally.counters,
            open_tasks: self.leases.of_worker(worker).len(),
            sent_bytes: tally.sent_bytes,
            received_bytes: tally.received_bytes,
            round_trip: None,
            number: 0,
            prediction: self.typical_prediction(worker),
            tasks: self.scheduler.history(worker).0.max(tally.tiles),
            failures: tally.failures,
            hedges_won: tally.hedges_won,
            hedges_lost: tally.hedges_lost,
            busy: self.leases.busy(worker, now),
        }
    }

    /// Time never goes back, whatever the driver says.
    fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    fn connect(&mut self, peer: PeerId) {
        // A link that comes up twice is a new link.
        self.end_peer(peer, PeerEnd::LinkClosed);
        if self.peers.len() >= MAX_PEERS {
            let reason = PeerEnd::Full;
            self.outputs.push_back(RequesterOutput::ClosePeer { peer, reason });
            return;
        }
        let config = &self.config;
        let hello = hello_of(Role::Requester, config.capabilities.clone(), config.limits);
        let hello = Hello { tag: config.insight.tag, ..hello };
        let number = self.attempts.number_worker();
        self.peers.insert(peer, Peer::new(hello, number, self.now));
    }

    fn know_link(&mut self, id: PeerId, is_relayed: bool) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.liveness.link.know_relay(is_relayed);
            self.scheduler.measure(Worker::Peer(id), peer.liveness.link.traits());
            self.foresight.look_now();
        }
    }

    /// Tells a greeted peer of the current scene; it takes tasks once it has loaded it.
    fn announce(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.is_ready = false;
        if peer.greeting.theirs().is_some() {
            let scene: SceneId = self.job.spec.scene;
            let (job, scene_bytes) = (self.announced, self.job.spec.scene_bytes);
            self.send(id, &Message::Job { job, scene, scene_bytes });
        }
    }

    fn send(&mut self, id: PeerId, message: &Message) {
        let bytes = encode(message).expect("messages built here are within their limits");
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.tally.sent_bytes += bytes.len() as u64;
            let channel = message.channel();
            self.outputs.push_back(RequesterOutput::Send { peer: id, channel, bytes });
        }
    }

    /// Takes a peer out: its tasks are open again, its figures stay.
    fn end_peer(&mut self, id: PeerId, reason: PeerEnd) {
        if !self.peers.contains_key(&id) {
            return;
        }
        let held: Vec<LeaseId> = self.leases.of_worker(Worker::Peer(id)).to_vec();
        held.into_iter().for_each(|lease| self.lose_lease(lease, TaskEnd::Lost));
        if let Some(goodbye) = reason.goodbye() {
            self.send(id, &Message::Goodbye { reason: goodbye });
        }
        let Some(peer) = self.peers.remove(&id) else { return };
        self.wants_dispatch = true;
        if self.departed.len() >= MAX_DEPARTED {
            self.departed.pop_front();
        }
        let mut stats = self.peer_stats(id, &peer, self.now);
        stats.state = PeerState::Gone;
        self.departed.push_back(stats);
        self.scheduler.forget(Worker::Peer(id), self.now);
        self.foresight.forget(Worker::Peer(id));
        self.leases.forget(Worker::Peer(id));
        if reason != PeerEnd::LinkClosed {
            self.outputs.push_back(RequesterOutput::ClosePeer { peer: id, reason: reason.clone() });
        }
        self.outputs.push_back(RequesterOutput::PeerLost { peer: id, reason });
    }

    /// Takes every task back from everybody.
    fn cancel_all(&mut self) {
        for (lease, worker) in self.leases.clear(self.now) {
            self.cancel(lease, worker);
        }
        self.cancel_probe();
        self.hedge_at = None;
    }

    /// Tells a worker that a lease, already out of the table, is no longer wanted.
    fn cancel(&mut self, lease: LeaseId, worker: Worker) {
        self.attempts.drop(lease);
        match worker {
            Worker::Local => self.outputs.push_back(RequesterOutput::CancelLocal { lease }),
            Worker::Peer(id) => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.end_lease(lease, Ending::DROPPED);
                    self.send(id, &Message::Cancel { lease });
                }
            }
        }
    }
}
