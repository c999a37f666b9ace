//! The same policies for sessions that are not simulated.

use std::collections::BTreeMap;
use std::sync::Arc;

use p2c2r_protocol::PeerId;
use p2c2r_scheduler::{LearnedConfig, Scheduler};

use crate::measure::{Attempt, Attempts, Recorder, attempts};
use crate::policy::{Advertised, Policy, Setting};
use crate::truth::Truth;

/// What a policy of a real session is told, and what it saw.
#[derive(Debug)]
pub struct RealPolicy {
    advertised: Advertised,
    seen: Attempts,
}

impl RealPolicy {
    /// A policy over tasks of this estimated cost in mean paths; `None` for those that would have to
    /// know what nobody can.
    pub fn new(
        policy: Policy,
        tile_cost: f64,
        seed: u64,
    ) -> Option<(Self, Box<dyn Scheduler + Send>)> {
        if policy.is_oracle() {
            return None;
        }
        let advertised = Advertised::default();
        let setting = Setting {
            seed,
            advertised: advertised.clone(),
            truth: Truth::default(),
            local_speed: 0.0,
            prior_speed: LearnedConfig::default().prior_speed,
            tile_cost,
        };
        let seen = Attempts::default();
        let (inner, access) = (setting.scheduler(policy), BTreeMap::new());
        let recorder = Recorder { inner, seen: Arc::clone(&seen), access };
        Some((Self { advertised, seen }, Box::new(recorder)))
    }

    /// A peer says that it is this fast, in any unit.
    pub fn advertise(&self, peer: PeerId, speed: f64) {
        self.advertised.tell(peer, speed);
    }

    /// What ended since the last call.
    pub fn take_attempts(&self) -> Vec<Attempt> {
        std::mem::take(&mut *attempts(&self.seen))
    }
}
