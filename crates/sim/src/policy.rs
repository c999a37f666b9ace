//! The schedulers that are raced, all over tasks of equal estimated cost.

mod baselines;
mod oracle;
mod tiles;

use std::collections::BTreeMap;

use p2c2r_protocol::PeerId;
use p2c2r_scheduler::{EwmaConfig, EwmaScheduler, LearnedConfig, LearnedScheduler, Scheduler};
use serde::{Deserialize, Serialize};

use crate::truth::Truth;
use crate::visit::Visit;
use baselines::{Baseline, Rule};
use oracle::Oracle;
use tiles::EqualTiles;

/// A way to decide who gets which task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Anybody with room.
    Random,
    /// Everybody in turn.
    RoundRobin,
    /// Whoever says it is fastest.
    FastestFirst,
    /// The one of two with fewer tasks (Mitzenmacher, "The Power of Two Choices", 2001).
    PowerOfTwo,
    /// Whoever has the fewest tasks.
    ShortestQueue,
    /// Smoothed response times and a cubic penalty on queues (Suresh et al., "C3", NSDI 2015).
    C3,
    /// The fastest of those that are not busiest (Wydrowski et al., "Load is not what you should balance:
    /// Introducing Prequal", NSDI 2024).
    Prequal,
    /// Expected finish by an exponentially weighted mean of speeds.
    EftEwma,
    /// The product's model, without copies.
    LearnedNoHedge,
    /// The product's model, with copies.
    Learned,
    /// The product as it is: pieces cut to each worker's measure.
    Product,
    /// Expected finish by the true state of everybody, with copies.
    Oracle,
    /// The same without copies.
    OracleNoHedge,
}

impl Policy {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 13] = [
        Self::Random,
        Self::RoundRobin,
        Self::FastestFirst,
        Self::PowerOfTwo,
        Self::ShortestQueue,
        Self::C3,
        Self::Prequal,
        Self::EftEwma,
        Self::LearnedNoHedge,
        Self::Learned,
        Self::Product,
        Self::OracleNoHedge,
        Self::Oracle,
    ];

    /// As it is written on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::RoundRobin => "round-robin",
            Self::FastestFirst => "fastest-first",
            Self::PowerOfTwo => "power-of-two",
            Self::ShortestQueue => "shortest-queue",
            Self::C3 => "c3",
            Self::Prequal => "prequal",
            Self::EftEwma => "eft-ewma",
            Self::LearnedNoHedge => "learned-no-hedge",
            Self::Learned => "learned",
            Self::Product => "product",
            Self::OracleNoHedge => "oracle-no-hedge",
            Self::Oracle => "oracle",
        }
    }
}

/// What a policy is made for.
pub(crate) struct Setting<'a> {
    pub(crate) seed: u64,
    pub(crate) visits: &'a [Visit],
    pub(crate) truth: &'a Truth,
    pub(crate) local_speed: f64,
    /// Median speed of the population, which is the prior of those that learn.
    pub(crate) prior_speed: f64,
    /// Estimated cost of a task in mean paths.
    pub(crate) tile_cost: f64,
}

impl Setting<'_> {
    /// The scheduler of a policy.
    pub(crate) fn scheduler(&self, policy: Policy) -> Box<dyn Scheduler + Send> {
        let learned = || {
            LearnedScheduler::new(LearnedConfig {
                prior_speed: self.prior_speed,
                ..LearnedConfig::default()
            })
        };
        let rule = match policy {
            Policy::Random => Rule::Random,
            Policy::RoundRobin => Rule::RoundRobin,
            Policy::FastestFirst => Rule::FastestFirst,
            Policy::PowerOfTwo => Rule::PowerOfTwo,
            Policy::ShortestQueue => Rule::ShortestQueue,
            Policy::C3 => Rule::C3,
            Policy::Prequal => Rule::Prequal,
            Policy::EftEwma => {
                let prior_speed = self.prior_speed;
                let config = EwmaConfig { prior_speed, ..EwmaConfig::default() };
                return self.tiles(Box::new(EwmaScheduler::new(config)), false);
            }
            Policy::LearnedNoHedge => return self.tiles(Box::new(learned()), false),
            Policy::Learned => return self.tiles(Box::new(learned()), true),
            Policy::Product => return Box::new(learned()),
            Policy::OracleNoHedge => {
                return self.tiles(Box::new(Oracle::new(self.truth.clone())), false);
            }
            Policy::Oracle => return self.tiles(Box::new(Oracle::new(self.truth.clone())), true),
        };
        let advertised: BTreeMap<PeerId, f64> =
            self.visits.iter().map(|visit| (visit.peer, visit.advertised)).collect();
        Box::new(Baseline::new(rule, self.seed, advertised, self.local_speed, self.tile_cost))
    }

    fn tiles(&self, model: Box<dyn Scheduler + Send>, copies: bool) -> Box<dyn Scheduler + Send> {
        Box::new(EqualTiles { model, copies, tile_cost: self.tile_cost })
    }
}
