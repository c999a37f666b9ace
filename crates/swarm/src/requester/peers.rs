//! What a requester keeps of each contributor.
//!
//! ```text
//!  connected ─> Greeting ─hello─> Loading ─JobReady─> Working <──> Suspect   (silent 3 s / heard)
//!                  │                 │                   │            │
//!                  │                 └──── Draining <────┘            │
//!                  └───────────> Gone <─────────────────┴─────────────┘
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use p2c2r_image::packed_limit_bytes;
use p2c2r_protocol::LeaseId;
use p2c2r_protocol::peer::{Condition, Hello, PeerLimits, Pseudonym};
use p2c2r_scheduler::WorkerTraits;

use super::PeerState;
use super::assembly::Assembly;
use super::dispatch::MAX_TASK_PIXELS;
use super::liveness::Liveness;
use super::stats::Tally;
use crate::Violation;
use crate::flood::FloodGuard;
use crate::greeting::Greeting;

/// Most credits a contributor may have granted and not seen used.
pub(super) const MAX_CREDITS: u32 = 128;
/// Ended leases remembered per peer; more than a peer can have in flight.
const MAX_ENDED: usize = 2 * MAX_CREDITS as usize;
/// Most bytes of unfinished results of one peer. Honest peers send one result after the other.
pub(super) const MAX_PARTIAL_BYTES: usize = 4 * 1024 * 1024;
/// A peer that takes fewer paths or pixels at a time is not worth its messages.
const MIN_TASK_PATHS: u64 = 64;
/// Tasks in a row that may run out or fail before a peer is left.
pub(super) const MAX_STRIKES: u32 = 3;

/// A linked contributor.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) greeting: Greeting,
    pub(super) liveness: Liveness,
    pub(super) flood: FloodGuard,
    /// It has loaded the scene of the current job.
    pub(super) is_ready: bool,
    pub(super) is_draining: bool,
    pub(super) credits: u32,
    /// Tasks in a row that came to nothing.
    pub(super) strikes: u32,
    /// When the last of them was counted.
    pub(super) struck_at: Option<Duration>,
    /// Results on their way, one per lease that the peer holds at most.
    pub(super) assemblies: BTreeMap<LeaseId, Assembly>,
    pub(super) tally: Tally,
    /// Its place among all that came.
    pub(super) number: u32,
    /// By what it is known in other sessions.
    pub(super) pseudonym: Option<Pseudonym>,
    /// How it is, by its own last word.
    pub(super) condition: Condition,
    /// The scheduler has not heard of that yet.
    pub(super) is_condition_new: bool,
    /// When the scheduler heard of it last.
    pub(super) met_at: Duration,
    ended: VecDeque<(LeaseId, Ending)>,
}

/// How a lease of a peer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was answered: whatever comes for it now is a duplicate.
    Answered,
    /// It was cancelled, refused or ran out: what comes for it now is merely late, but not more
    /// than this many bytes.
    Dropped(usize),
}

impl Ending {
    /// The end of a lease whose result may still be on its way.
    pub(super) const DROPPED: Self = Self::Dropped(packed_limit_bytes(MAX_TASK_PIXELS));
}

impl Peer {
    pub(super) fn new(hello: Hello, number: u32, now: Duration) -> Self {
        Self {
            greeting: Greeting::new(hello, now),
            liveness: Liveness::new(now),
            flood: FloodGuard::default(),
            is_ready: false,
            is_draining: false,
            credits: 0,
            strikes: 0,
            struck_at: None,
            assemblies: BTreeMap::new(),
            tally: Tally::default(),
            number,
            pseudonym: None,
            condition: Condition::default(),
            is_condition_new: false,
            met_at: now,
            ended: VecDeque::new(),
        }
    }

    pub(super) fn state(&self) -> PeerState {
        if self.greeting.theirs().is_none() {
            PeerState::Greeting
        } else if self.is_draining {
            PeerState::Draining
        } else if self.liveness.is_suspect() {
            PeerState::Suspect
        } else if self.is_ready {
            PeerState::Working
        } else {
            PeerState::Loading
        }
    }

    /// Whether it works and its last task came to something.
    pub(super) fn is_delivering(&self) -> bool {
        self.state() == PeerState::Working && self.strikes == 0
    }

    /// Tasks that it traces at the same time.
    pub(super) fn lanes(&self) -> u16 {
        self.greeting.theirs().map_or(1, |hello| hello.capabilities.lanes)
    }

    /// What it says of itself.
    pub(super) fn traits(&self) -> WorkerTraits {
        let Condition { benchmark, is_on_battery, is_hidden } = self.condition;
        let device = self.greeting.theirs().map(|hello| hello.capabilities.device);
        WorkerTraits { device, lanes: self.lanes(), benchmark, is_on_battery, is_hidden }
    }

    /// What it is willing to take.
    pub(super) fn limits(&self) -> PeerLimits {
        self.greeting.theirs().map_or_else(PeerLimits::default, |hello| hello.limits)
    }

    /// Tasks that it can be given, beside those it holds.
    pub(super) fn room(&self, held: usize, is_proven: bool) -> usize {
        let limits = self.limits();
        let is_worth_it = u64::from(limits.max_task_pixels) >= MIN_TASK_PATHS
            && limits.max_task_paths >= MIN_TASK_PATHS;
        if self.state() != PeerState::Working || !is_worth_it {
            return 0;
        }
        // One task more than it traces hides the way of the next one; nobody is trusted with
        // that before its first result, or after its last task came to nothing.
        let is_trusted = is_proven && self.strikes == 0;
        let depth = if is_trusted { usize::from(self.lanes()) + 1 } else { 1 };
        depth.saturating_sub(held).min(self.credits as usize)
    }

    /// Bytes of results that are not whole yet.
    pub(super) fn partial_bytes(&self) -> usize {
        self.assemblies.values().map(Assembly::received_bytes).sum()
    }

    /// Remembers the end of a lease, and forgets what came of it so far.
    pub(super) fn end_lease(&mut self, lease: LeaseId, ending: Ending) {
        self.assemblies.remove(&lease);
        if self.ended.len() >= MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back((lease, ending));
    }

    /// Takes something for a lease that the peer does not hold: late is fine, the rest is not.
    pub(super) fn take_late(&mut self, lease: LeaseId, bytes: usize) -> Result<(), Violation> {
        let ended = self.ended.iter_mut().rev().find(|(ended, _)| *ended == lease);
        match ended.map(|(_, ending)| ending) {
            Some(Ending::Dropped(rest)) => {
                let limit = packed_limit_bytes(MAX_TASK_PIXELS);
                let found = limit - *rest + bytes;
                *rest = rest.checked_sub(bytes).ok_or(Violation::ResultTooLong {
                    lease,
                    found,
                    limit,
                })?;
                Ok(())
            }
            Some(Ending::Answered) => Err(Violation::Duplicate(lease)),
            None => Err(Violation::NeverGiven(lease)),
        }
    }
}
