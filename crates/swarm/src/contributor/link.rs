//! What a contributor keeps of each requester.

use std::collections::VecDeque;
use std::time::Duration;

use p2c2r_frame::{Packing, SceneId, TileTask};
use p2c2r_protocol::peer::{Condition, Hello};
use p2c2r_protocol::{JobId, LeaseId};

use crate::flood::FloodGuard;
use crate::greeting::Greeting;

/// A requester that says nothing for so long is gone; it pings every second.
const SILENCE: Duration = Duration::from_secs(30);

/// A linked requester.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) greeting: Greeting,
    pub(super) flood: FloodGuard,
    pub(super) heard_at: Duration,
    /// What it was told of this machine's condition.
    pub(super) told: Condition,
    /// The job it announced last, and its scene.
    pub(super) job: Option<(JobId, SceneId)>,
    /// Tasks that wait for a lane; never more than were granted.
    pub(super) queue: VecDeque<(LeaseId, TileTask, Packing)>,
    /// Credits that it has and has not used.
    pub(super) granted: u16,
    /// Credits kept back while paused.
    pub(super) withheld: u16,
    /// Whether it got its first credits.
    pub(super) has_credits: bool,
    /// Its newest lease; numbers only grow.
    pub(super) newest: Option<LeaseId>,
}

impl Link {
    pub(super) fn new(hello: Hello, now: Duration) -> Self {
        Self {
            told: hello.capabilities.condition,
            greeting: Greeting::new(hello, now),
            flood: FloodGuard::default(),
            heard_at: now,
            job: None,
            queue: VecDeque::new(),
            granted: 0,
            withheld: 0,
            has_credits: false,
            newest: None,
        }
    }

    /// When the link needs attention if nothing comes.
    pub(super) fn next_timeout(&self) -> Duration {
        let silence = self.heard_at + SILENCE;
        self.greeting.next_timeout().map_or(silence, |greeting| greeting.min(silence))
    }

    pub(super) fn is_silent(&self, now: Duration) -> bool {
        now >= self.heard_at + SILENCE
    }

    /// Takes a task out of the queue.
    pub(super) fn unqueue(&mut self, lease: LeaseId) -> bool {
        let before = self.queue.len();
        self.queue.retain(|(queued, ..)| *queued != lease);
        self.queue.len() < before
    }
}
