//! Rows that compare two policies load by load.

use std::collections::BTreeMap;

use super::{AtLoad, Row, row};
use crate::estimate::Estimate;
use crate::measure::{Run, Window};
use crate::policy::{Policy, Rule};
use crate::race::pooled_p99;

/// What two policies are compared by.
#[derive(Debug, Clone, Copy)]
enum Measure {
    Mean(Window),
    P99,
    Frame,
}

/// A row that compares two policies load by load.
pub(super) struct Comparison {
    pub(super) id: String,
    against: &'static str,
    pub(super) ours: Policy,
    /// The best of these at each load.
    pub(super) theirs: Vec<Policy>,
    measure: Measure,
}

/// All rows of this module.
pub(super) fn comparisons() -> Vec<Comparison> {
    let named = NAMED.iter().map(|&(id, ours, (against, theirs), measure)| Comparison {
        id: id.to_owned(),
        against,
        ours,
        theirs: theirs.to_vec(),
        measure,
    });
    named.chain(Policy::all().into_iter().filter_map(beside_learned)).collect()
}

/// What the model is worth beside another policy, or beside itself without a part. What ships and the oracle have
/// rows of their own.
fn beside_learned(policy: Policy) -> Option<Comparison> {
    let is_other = !matches!(policy, Policy::Learned | Policy::Product | Policy::Oracle);
    is_other.then(|| Comparison {
        id: format!("learned-mean-vs-{policy}"),
        against: policy.name(),
        ours: Policy::Learned,
        theirs: vec![policy],
        measure: STEADY,
    })
}

/// Who is compared with: a name, and the policies of which the best counts.
type Rival = (&'static str, &'static [Policy]);

const RANDOM: Rival = ("random", &[Policy::Rule(Rule::Random)]);
const FASTEST: Rival = ("fastest-first", &[Policy::Rule(Rule::FastestFirst)]);
const BETTER: Rival =
    ("the better of C3 and Prequal", &[Policy::Rule(Rule::C3), Policy::Rule(Rule::Prequal)]);
const ORACLE: Rival = ("oracle with copies", &[Policy::Oracle]);

/// The rows that have bars, and the same of what ships.
const NAMED: &[(&str, Policy, Rival, Measure)] = &[
    ("mean-vs-random-50", Policy::Learned, RANDOM, AFTER_50),
    ("mean-vs-fastest-first-50", Policy::Learned, FASTEST, AFTER_50),
    ("mean-vs-fastest-first-steady", Policy::Learned, FASTEST, STEADY),
    ("mean-vs-c3-prequal", Policy::Learned, BETTER, STEADY),
    ("mean-vs-oracle", Policy::Learned, ORACLE, STEADY),
    ("p99-vs-oracle", Policy::Learned, ORACLE, Measure::P99),
    ("product-mean-vs-random-50", Policy::Product, RANDOM, AFTER_50),
    ("product-mean-vs-fastest-first", Policy::Product, FASTEST, STEADY),
    ("product-mean-vs-oracle", Policy::Product, ORACLE, STEADY),
    ("product-p99-vs-oracle", Policy::Product, ORACLE, Measure::P99),
    ("product-frame-vs-oracle", Policy::Product, ORACLE, Measure::Frame),
    ("product-frame-vs-random", Policy::Product, RANDOM, Measure::Frame),
];

const AFTER_50: Measure = Measure::Mean(Window::AfterFifty);
const STEADY: Measure = Measure::Mean(Window::Steady);

impl Measure {
    /// Over these seeds together.
    fn of(self, runs: &[&Run], seeds: &[usize]) -> f64 {
        let mean = |value: &dyn Fn(&Run) -> f64| {
            seeds.iter().map(|seed| value(runs[*seed])).sum::<f64>() / seeds.len() as f64
        };
        match self {
            Self::Mean(window) => mean(&|run| run.mean_of(window)),
            Self::Frame => mean(&Run::frame_seconds),
            Self::P99 => pooled_p99(runs, seeds),
        }
    }

    fn of_each(self, runs: &[&Run]) -> Vec<f64> {
        (0..runs.len()).map(|seed| 1e3 * self.of(runs, &[seed])).collect()
    }
}

impl Comparison {
    pub(super) fn measure(&self, loads: &BTreeMap<String, AtLoad>, seeds: usize) -> Row {
        let (mut ours, mut theirs) = (BTreeMap::new(), BTreeMap::new());
        let mut worst: Option<Estimate> = None;
        let all: Vec<usize> = (0..seeds).collect();
        for (load, found) in loads {
            let runs = |policy: &Policy| found[policy].iter().collect::<Vec<&Run>>();
            let our = runs(&self.ours);
            let rivals = self.theirs.iter().map(runs);
            let best =
                rivals.min_by(|a, b| self.measure.of(a, &all).total_cmp(&self.measure.of(b, &all)));
            let their = best.unwrap_or_default();
            let (of_ours, of_theirs) = (self.measure.of_each(&our), self.measure.of_each(&their));
            // A run too slow to have any task in the window says nothing, and neither does its pair.
            let has_both =
                |seed: &usize| of_ours[*seed].is_finite() && of_theirs[*seed].is_finite();
            let ratio = Estimate::of(seeds, |seeds| {
                let seeds: Vec<usize> = seeds.iter().copied().filter(has_both).collect();
                self.measure.of(&our, &seeds) / self.measure.of(&their, &seeds)
            });
            if worst.is_none_or(|known| ratio.mean > known.mean) {
                worst = Some(ratio);
            }
            ours.insert(load.clone(), of_ours);
            theirs.insert(load.clone(), of_theirs);
        }
        row(&self.id, "ratio", self.against, worst, (ours, theirs))
    }
}
