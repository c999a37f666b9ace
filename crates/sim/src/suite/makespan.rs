//! Frames that take seconds, over what could be reached if everybody's future were known.

use std::collections::BTreeMap;

use super::{Row, Suite};
use crate::estimate::Estimate;
use crate::measure::Run;
use crate::policy::Policy;
use crate::population::{Population, Spell};
use crate::race::{Frames, Race, RaceError};

/// The rows of this module, and who schedules.
pub(super) const ROWS: [(&str, Policy); 2] =
    [("makespan-vs-bound", Policy::Product), ("oracle-makespan-vs-bound", Policy::Oracle)];
/// At least twelve tasks for each of the population's peers.
const LONG_FRAME: Frames = Frames { period: 4.0, tasks: 360.0 };
/// Virtual seconds of a run, at least: some frames once those who learn have learned.
const LEAST_SECONDS: f64 = 60.0;
/// Seconds between what never comes, the most that a population may say: slow spells, and outages.
const NEVER: (f64, f64) = (1e6, 1e9);

/// The same people with less and less that nobody can foresee; the first are as they are, but stay.
fn people(population: &Population) -> [(&'static str, Population); 5] {
    let never = |spell: Spell| Spell { every: NEVER.0, ..spell };
    let all = population.clone();
    let reliable = Population { failure: (0.0, all.failure.1), ..all.clone() };
    let linked = Population { outage: (NEVER.1, all.outage.1), ..reliable.clone() };
    let (slowdown, hidden) = (never(all.slowdown), never(all.hidden));
    let steady = Population { slowdown, hidden, ..linked.clone() };
    let exact = Population { noise_sigma: 0.0, ..steady.clone() };
    [
        ("100 %", all),
        ("100 %, no failures", reliable),
        ("100 %, no failures, no outages", linked),
        ("100 %, no failures, no outages, no slow spells", steady),
        ("100 %, no failures, no outages, no slow spells, no noise", exact),
    ]
}

impl Suite {
    /// Long frames without coming and going, once those who learn have learned. The value is of people as they
    /// are; beside it stand those of whom less is unforeseeable.
    pub(super) fn makespan(
        &self,
        (id, policy): (&str, Policy),
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Row, RaceError> {
        let people = people(&self.population);
        let whole = (people.len() * self.seeds.len()) as f64;
        let mut ours = BTreeMap::new();
        let mut values = Vec::new();
        for (place, (name, population)) in people.into_iter().enumerate() {
            let race = Race {
                population,
                frames: LONG_FRAME,
                has_churn: false,
                seconds: self.seconds.max(LEAST_SECONDS),
                ..self.race(1.0, vec![policy])
            };
            let before = (place * self.seeds.len()) as f64;
            let runs = race.runs(&|done| progress((before + done as f64) / whole))?;
            let over: Vec<f64> = runs.iter().map(|raced| Run::over_bound(&raced.run)).collect();
            if place == 0 {
                values.clone_from(&over);
            }
            ours.insert(name.to_owned(), over);
        }
        let Estimate { mean, low, high } = Estimate::of_mean(&values);
        Ok(Row {
            id: id.to_owned(),
            value: mean,
            interval: [low, high],
            unit: "ratio",
            against: "clairvoyant lower bound".to_owned(),
            ours,
            theirs: BTreeMap::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_people_are_such_as_a_population_may_have() {
        for (name, population) in people(&Population::default()) {
            assert!(population.check().is_ok(), "{name}: {:?}", population.check());
        }
    }
}
