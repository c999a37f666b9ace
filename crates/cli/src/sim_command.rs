//! `p2c2r sim`: races ways to schedule on simulated people.

use std::path::Path;

use anyhow::Context;
use p2c2r_sim::{Estimate, Frames, Policy, Population, Race, Standing};

use crate::args::SimArguments;
use crate::failure::{Failure, OrFail, fail};
use crate::progress;

/// Largest file that describes a population.
const MAX_POPULATION_BYTES: u64 = 1 << 20;

/// Runs the race and prints how the policies stand.
pub(crate) fn run(options: &SimArguments) -> anyhow::Result<()> {
    let population =
        options.population.as_deref().map_or_else(|| Ok(Population::default()), read)?;
    let seeds: Vec<u64> = (0..u64::from(options.seeds)).map(|seed| options.seed + seed).collect();
    let policies = if options.policy.is_empty() {
        Policy::all()
    } else {
        options.policy.iter().map(|name| policy(name)).collect::<anyhow::Result<_>>()?
    };
    let mut races = Vec::new();
    for percent in &options.load {
        let race = Race {
            population: population.clone(),
            load: percent / 100.0,
            frames: Frames::default(),
            seconds: options.seconds,
            has_churn: !options.no_churn,
            seeds: seeds.clone(),
            policies: policies.clone(),
        };
        let bar = progress::bar(&format!("load {percent}"));
        let all = (seeds.len() * policies.len()) as f32;
        let standings = race.run(&|done| progress::set(&bar, done as f32 / all));
        bar.finish_and_clear();
        races.push((*percent, standings.or_fail(Failure::Input)?));
    }
    if options.json {
        let loads = races.iter().map(|(percent, standings)| {
            serde_json::json!({ "load_percent": percent, "standings": standings })
        });
        println!("{}", serde_json::Value::from_iter(loads));
    } else {
        races.iter().for_each(|(percent, standings)| print(*percent, standings));
    }
    Ok(())
}

fn policy(name: &str) -> anyhow::Result<Policy> {
    name.parse::<Policy>().or_fail(Failure::Usage)
}

fn read(path: &Path) -> anyhow::Result<Population> {
    let about = || format!("cannot read the population {}", path.display());
    let length = std::fs::metadata(path).with_context(about).or_fail(Failure::Input)?.len();
    if length > MAX_POPULATION_BYTES {
        let most = format!("at most {MAX_POPULATION_BYTES} are allowed");
        return Err(fail(Failure::Input, format!("{}: {length} bytes; {most}", about())));
    }
    let text = std::fs::read_to_string(path).with_context(about).or_fail(Failure::Input)?;
    serde_json::from_str(&text).with_context(about).or_fail(Failure::Input)
}

fn print(percent: f64, standings: &[Standing]) {
    println!("load {percent} %");
    println!(
        "{:<18}{:>22}{:>10}{:>9}{:>10}{:>8}{:>8}{:>10}",
        "policy",
        "task ms after 50",
        "p99 ms",
        "late %",
        "frame ms",
        "bound",
        "twice %",
        "within %"
    );
    for standing in standings {
        let Estimate { mean, low, high } = standing.mean_after_50_ms;
        println!(
            "{:<18}{:>22}{:>10.0}{:>9.2}{:>10.0}{:>8.2}{:>8.1}{:>10.1}",
            standing.policy.name(),
            format!("{mean:.1} ({low:.1} to {high:.1})"),
            standing.p99_ms.mean,
            100.0 * standing.late.mean,
            standing.frame_ms.mean,
            standing.over_bound.mean,
            100.0 * standing.duplicates.mean,
            100.0 * standing.coverage.mean,
        );
    }
}
