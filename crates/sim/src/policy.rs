//! The schedulers that are raced, all but one over tasks of equal estimated cost.

mod baselines;
mod oracle;
mod tiles;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use p2c2r_protocol::PeerId;
use p2c2r_scheduler::{
    EwmaConfig, EwmaScheduler, LearnedConfig, LearnedParts, LearnedScheduler, Scheduler,
};
use serde::{Serialize, Serializer};

use crate::truth::Truth;
use crate::visit::Visit;
use baselines::Baseline;
use oracle::Oracle;
use tiles::EqualTiles;

/// A way to decide who gets which task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Policy {
    /// By a rule that predicts nothing.
    Rule(Rule),
    /// Expected finish by an exponentially weighted mean of speeds.
    EftEwma,
    /// The product's model, with copies.
    Learned,
    /// The same without a part of it.
    Without(Part),
    /// The product as it is: pieces cut to each worker's measure.
    Product,
    /// Expected finish by the true state of everybody, with copies.
    Oracle,
    /// The same without copies.
    OracleNoHedge,
}

/// How the next worker is chosen among those with room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Anybody.
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
}

/// What can be left out of the product's model, to see what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// What a base model and workers' own benchmarks say.
    Base,
    /// What each worker's own tasks say of its speed.
    Residual,
    /// That tasks may come to nothing.
    Failure,
    /// Intervals from recent errors.
    Conformal,
    /// That a worker may become another one at once.
    Drift,
    /// What workers say of others with the same kind of device.
    Likes,
    /// Copies of tasks.
    Hedging,
    /// What the time of day says.
    TimeOfDay,
}

impl Part {
    const ALL: [Self; 8] = [
        Self::Base,
        Self::Residual,
        Self::Failure,
        Self::Conformal,
        Self::Drift,
        Self::Likes,
        Self::Hedging,
        Self::TimeOfDay,
    ];

    const fn name_without(self) -> &'static str {
        match self {
            Self::Base => "learned-no-base",
            Self::Residual => "learned-no-residual",
            Self::Failure => "learned-no-failure",
            Self::Conformal => "learned-no-conformal",
            Self::Drift => "learned-no-drift",
            Self::Likes => "learned-no-likes",
            Self::Hedging => "learned-no-hedge",
            Self::TimeOfDay => "learned-no-time-of-day",
        }
    }

    /// All parts but this one.
    const fn others(self) -> LearnedParts {
        let mut parts = LearnedParts::ALL;
        match self {
            Self::Base => parts.base = false,
            Self::Residual => parts.residual = false,
            Self::Failure => parts.failure = false,
            Self::Conformal => parts.conformal = false,
            Self::Drift => parts.drift = false,
            Self::Likes => parts.likes = false,
            Self::Hedging => parts.hedging = false,
            Self::TimeOfDay => parts.time_of_day = false,
        }
        parts
    }
}

impl Rule {
    const ALL: [Self; 7] = [
        Self::Random,
        Self::RoundRobin,
        Self::FastestFirst,
        Self::PowerOfTwo,
        Self::ShortestQueue,
        Self::C3,
        Self::Prequal,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::RoundRobin => "round-robin",
            Self::FastestFirst => "fastest-first",
            Self::PowerOfTwo => "power-of-two",
            Self::ShortestQueue => "shortest-queue",
            Self::C3 => "c3",
            Self::Prequal => "prequal",
        }
    }
}

impl Policy {
    /// All of them, in the order of reports.
    pub fn all() -> Vec<Self> {
        let rules = Rule::ALL.map(Self::Rule);
        let models = [Self::Learned, Self::Product, Self::OracleNoHedge, Self::Oracle];
        let ablations = Part::ALL.map(Self::Without);
        rules.into_iter().chain([Self::EftEwma]).chain(ablations).chain(models).collect()
    }

    /// As it is written on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.name(),
            Self::EftEwma => "eft-ewma",
            Self::Without(part) => part.name_without(),
            Self::Learned => "learned",
            Self::Product => "product",
            Self::OracleNoHedge => "oracle-no-hedge",
            Self::Oracle => "oracle",
        }
    }

    /// Whether it must be told what nobody can know.
    pub(crate) const fn is_oracle(self) -> bool {
        matches!(self, Self::Oracle | Self::OracleNoHedge)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A policy that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no policy {0:?}; there are {1}")]
pub struct UnknownPolicy(String, String);

impl FromStr for Policy {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, UnknownPolicy> {
        let all = Self::all();
        let found = all.iter().copied().find(|policy| policy.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|policy| policy.name()).collect();
            UnknownPolicy(name.to_owned(), names.join(", "))
        })
    }
}

/// What peers say of their speed, in mean paths per second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Advertised(Arc<Mutex<BTreeMap<PeerId, f64>>>);

impl Advertised {
    pub(crate) fn of_visits(visits: &[Visit]) -> Self {
        let speeds = visits.iter().map(|visit| (visit.peer, visit.advertised)).collect();
        Self(Arc::new(Mutex::new(speeds)))
    }

    pub(crate) fn tell(&self, peer: PeerId, speed: f64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(peer, speed);
    }

    fn of(&self, peer: PeerId) -> f64 {
        let speeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        speeds.get(&peer).copied().unwrap_or_default()
    }
}

/// What a policy is made for.
pub(crate) struct Setting {
    pub(crate) seed: u64,
    pub(crate) advertised: Advertised,
    pub(crate) truth: Truth,
    pub(crate) local_speed: f64,
    /// Median speed of the population, which is the prior of those that learn.
    pub(crate) prior_speed: f64,
    /// Estimated cost of a task in mean paths.
    pub(crate) tile_cost: f64,
}

impl Setting {
    /// The scheduler of a policy.
    pub(crate) fn scheduler(&self, policy: Policy) -> Box<dyn Scheduler + Send> {
        match policy {
            Policy::Rule(rule) => Box::new(self.baseline(rule)),
            Policy::EftEwma => {
                let prior_speed = self.prior_speed;
                let config = EwmaConfig { prior_speed, ..EwmaConfig::default() };
                self.tiles(Box::new(EwmaScheduler::new(config)), false)
            }
            Policy::Without(part) => self.learned_tiles(part.others()),
            Policy::Learned => self.learned_tiles(LearnedParts::ALL),
            Policy::Product => Box::new(self.learned(LearnedParts::ALL)),
            Policy::OracleNoHedge => self.tiles(Box::new(Oracle::new(self.truth.clone())), false),
            Policy::Oracle => self.tiles(Box::new(Oracle::new(self.truth.clone())), true),
        }
    }

    fn learned(&self, parts: LearnedParts) -> LearnedScheduler {
        let prior_speed = self.prior_speed;
        LearnedScheduler::new(LearnedConfig { prior_speed, parts, ..LearnedConfig::default() })
    }

    fn learned_tiles(&self, parts: LearnedParts) -> Box<dyn Scheduler + Send> {
        self.tiles(Box::new(self.learned(parts)), parts.hedging)
    }

    fn baseline(&self, rule: Rule) -> Baseline {
        let advertised = self.advertised.clone();
        Baseline::new(rule, self.seed, advertised, self.local_speed, self.tile_cost)
    }

    fn tiles(&self, model: Box<dyn Scheduler + Send>, copies: bool) -> Box<dyn Scheduler + Send> {
        Box::new(EqualTiles { model, copies, tile_cost: self.tile_cost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for policy in Policy::all() {
            assert_eq!(policy.name().parse(), Ok(policy));
        }
        let error = "best".parse::<Policy>().unwrap_err();
        assert!(error.to_string().contains("prequal"), "{error}");
    }
}
