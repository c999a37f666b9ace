//! The rows of the coordinator's benchmark that the simulator gives.
//!
//! Each row compares at four loads, over the same seeds, and the worst load counts unless the row says that it
//! pools them. `learned` and its rivals are given tasks of equal estimated cost; rows that begin with
//! `product-` compare what ships, which cuts pieces to each worker's measure.

mod comparison;
mod makespan;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::estimate::Estimate;
use crate::measure::Run;
use crate::policy::{Policy, Rule};
use crate::population::Population;
use crate::questions::BaseModel;
use crate::race::{Frames, Race, RaceError, Raced};
use comparison::comparisons;

/// Loads in percent.
pub const LOADS: [f64; 4] = [25.0, 50.0, 75.0, 90.0];
/// Share of outcomes that a predicted interval should hold.
const NOMINAL: f64 = 0.9;

const FASTEST_FIRST: Policy = Policy::Rule(Rule::FastestFirst);

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// Who takes part.
    pub population: Population,
    /// Held-out seeds.
    pub seeds: Vec<u64>,
    /// Virtual seconds of a run.
    pub seconds: f64,
    /// What requesters begin from, if anything.
    pub model: Option<BaseModel>,
}

/// A row: the worst load's figure with its interval, and every seed's at every load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its name over all versions.
    pub id: String,
    /// The figure.
    pub value: f64,
    /// Holds it in 95 of 100 cases.
    pub interval: [f64; 2],
    /// `ratio` or `share`.
    pub unit: &'static str,
    /// What it is compared with.
    pub against: String,
    /// Ours by load.
    pub ours: BTreeMap<String, Vec<f64>>,
    /// The other side's by load.
    pub theirs: BTreeMap<String, Vec<f64>>,
}

/// A row about late work, pooled over loads.
struct Lateness {
    id: &'static str,
    policy: Policy,
    share: fn(&Run) -> f64,
}

const FAILURES: &[Lateness] = &[
    late("failures-vs-fastest-first", Policy::Learned, Run::late_share),
    late("product-failures-vs-fastest-first", Policy::Product, Run::late_share),
    // Who knows everybody's speed and failure rate, but not the dice.
    late("oracle-failures-vs-fastest-first", Policy::Oracle, Run::late_share),
    // What of the same frames nobody could have delivered who knew all futures.
    late("bound-failures-vs-fastest-first", Policy::Learned, Run::least_late_share),
];

const fn late(id: &'static str, policy: Policy, share: fn(&Run) -> f64) -> Lateness {
    Lateness { id, policy, share }
}
const DUPLICATES: &str = "duplicate-work";
const COVERAGE: &str = "coverage-90";

/// The runs at one load, by policy and then by seed.
type AtLoad = BTreeMap<Policy, Vec<Run>>;

impl Suite {
    /// The names of all rows.
    pub fn ids(&self) -> Vec<String> {
        let fixed = FAILURES.iter().map(|row| row.id).chain(makespan::ROWS.map(|(id, _)| id));
        let fixed = fixed.chain([DUPLICATES, COVERAGE]).map(str::to_owned);
        let access = self.population.access.iter();
        let access = access.map(|access| format!("{COVERAGE}-{}", access.name));
        comparisons().into_iter().map(|row| row.id).chain(fixed).chain(access).collect()
    }

    /// Measures the rows that are wanted; `progress` hears the share that is done.
    pub fn rows(
        &self,
        wants: &dyn Fn(&str) -> bool,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Vec<Row>, RaceError> {
        let policies = self.policies(wants);
        let mut loads = BTreeMap::new();
        let parts = (LOADS.len() + makespan::ROWS.len()) as f64;
        for (place, load) in LOADS.into_iter().enumerate() {
            if policies.is_empty() {
                break;
            }
            let race = self.race(load / 100.0, policies.clone());
            let whole = (self.seeds.len() * policies.len()) as f64;
            let runs = race.runs(&|done| progress((place as f64 + done as f64 / whole) / parts))?;
            loads.insert(format!("{load:.0} %"), by_policy(runs));
        }
        let mut rows = Vec::new();
        let compared = comparisons().into_iter().filter(|row| wants(&row.id));
        rows.extend(compared.map(|row| row.measure(&loads, self.seeds.len())));
        let failures = FAILURES.iter().filter(|row| wants(row.id));
        rows.extend(failures.map(|row| row.measure(&loads, self.seeds.len())));
        for (place, row) in (LOADS.len()..).zip(makespan::ROWS).filter(|(_, (id, _))| wants(id)) {
            rows.push(self.makespan(row, &|share| progress((place as f64 + share) / parts))?);
        }
        if wants(DUPLICATES) {
            rows.push(duplicates_row(&loads));
        }
        let access = self.population.access.iter().map(|access| access.name.as_str());
        for (index, name) in std::iter::once(None).chain(access.map(Some)).enumerate() {
            let id = name.map_or_else(|| COVERAGE.to_owned(), |name| format!("{COVERAGE}-{name}"));
            if wants(&id) {
                rows.push(coverage_row(id, index.checked_sub(1), &loads));
            }
        }
        Ok(rows)
    }

    /// Everybody whom the wanted rows need.
    fn policies(&self, wants: &dyn Fn(&str) -> bool) -> Vec<Policy> {
        let mut policies: Vec<Policy> = Vec::new();
        for row in comparisons().into_iter().filter(|row| wants(&row.id)) {
            policies.push(row.ours);
            policies.extend(row.theirs);
        }
        for row in FAILURES.iter().filter(|row| wants(row.id)) {
            policies.extend([row.policy, FASTEST_FIRST]);
        }
        if self.ids().iter().any(|id| (id.starts_with(COVERAGE) || id == DUPLICATES) && wants(id)) {
            policies.push(Policy::Product);
        }
        policies.sort_unstable();
        policies.dedup();
        policies
    }

    fn race(&self, load: f64, policies: Vec<Policy>) -> Race {
        Race {
            population: self.population.clone(),
            trace: None,
            load,
            frames: Frames::default(),
            seconds: self.seconds,
            has_churn: true,
            seeds: self.seeds.clone(),
            policies,
            model: self.model.clone(),
        }
    }
}

fn by_policy(runs: Vec<Raced>) -> AtLoad {
    let mut found = AtLoad::new();
    for Raced { policy, run, .. } in runs {
        found.entry(policy).or_default().push(run);
    }
    found
}

type Sides = (BTreeMap<String, Vec<f64>>, BTreeMap<String, Vec<f64>>);

fn row(
    id: &str,
    unit: &'static str,
    against: &str,
    figure: Option<Estimate>,
    (ours, theirs): Sides,
) -> Row {
    let nothing = Estimate { mean: f64::NAN, low: f64::NAN, high: f64::NAN };
    let Estimate { mean, low, high } = figure.unwrap_or(nothing);
    let (id, against) = (id.to_owned(), against.to_owned());
    Row { id, value: mean, interval: [low, high], unit, against, ours, theirs }
}

impl Lateness {
    /// Late work of all loads together.
    fn measure(&self, loads: &BTreeMap<String, AtLoad>, seeds: usize) -> Row {
        let side = |policy: Policy, share: fn(&Run) -> f64| -> BTreeMap<String, Vec<f64>> {
            let of_load = |(load, found): (&String, &AtLoad)| {
                (load.clone(), found[&policy].iter().map(share).collect())
            };
            loads.iter().map(of_load).collect()
        };
        let sides = (side(self.policy, self.share), side(FASTEST_FIRST, Run::late_share));
        let pooled = |side: &BTreeMap<String, Vec<f64>>, seeds: &[usize]| -> f64 {
            side.values().flat_map(|values| seeds.iter().map(|seed| values[*seed])).sum()
        };
        let figure = Estimate::of(seeds, |seeds| pooled(&sides.0, seeds) / pooled(&sides.1, seeds));
        let against = "fastest-first, share of the work that took over 400 ms";
        row(self.id, "ratio", against, Some(figure), sides)
    }
}

fn duplicates_row(loads: &BTreeMap<String, AtLoad>) -> Row {
    let of_load = |(load, found): (&String, &AtLoad)| {
        let runs = &found[&Policy::Product];
        (load.clone(), runs.iter().map(Run::duplicate_share).collect::<Vec<f64>>())
    };
    let ours: BTreeMap<String, Vec<f64>> = loads.iter().map(of_load).collect();
    let figures = ours.values().map(|values| Estimate::of_mean(values));
    let worst = figures.max_by(|a, b| a.mean.total_cmp(&b.mean));
    row(DUPLICATES, "share", "all traced paths", worst, (ours, BTreeMap::new()))
}

/// The load at which the share is farthest from the nominal one.
fn coverage_row(id: String, access: Option<usize>, loads: &BTreeMap<String, AtLoad>) -> Row {
    let mut worst: Option<Estimate> = None;
    let mut ours = BTreeMap::new();
    for (load, found) in loads {
        let runs = &found[&Policy::Product];
        let counts: Vec<(f64, f64)> = runs.iter().map(|run| run.counted(access)).collect();
        let figure = Estimate::of(counts.len(), |seeds| {
            let sum = |part: fn(&(f64, f64)) -> f64| -> f64 {
                seeds.iter().map(|seed| part(&counts[*seed])).sum()
            };
            sum(|count| count.0) / sum(|count| count.1)
        });
        let distance = |figure: &Estimate| (figure.mean - NOMINAL).abs();
        if worst.is_none_or(|known| distance(&figure) > distance(&known)) {
            worst = Some(figure);
        }
        ours.insert(load.clone(), counts.iter().map(|(within, all)| within / all).collect());
    }
    row(&id, "share", "delivered attempts of peers", worst, (ours, BTreeMap::new()))
}
