//! `p2c2r sim`: races ways to schedule on simulated people.

use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use p2c2r_predictor::Predictor;
use p2c2r_sim::{
    BaseModel, Estimate, Frames, Policy, Population, Race, RacedLoad, Standing, Trace,
};

use crate::args::SimArguments;
use crate::failure::{Failure, OrFail, fail};
use crate::foresight::read_model;
use crate::progress;
use crate::sim_log;

/// Largest file that describes a population.
const MAX_POPULATION_BYTES: u64 = 1 << 20;

/// Largest log that is replayed.
const MAX_TRACE_BYTES: u64 = 1 << 30;
/// The page within the folder of a report.
const PAGE: &str = "index.html";

/// Runs the race and prints how the policies stand.
pub(crate) fn run(options: &SimArguments) -> anyhow::Result<()> {
    if let Some(path) = &options.log {
        return sim_log::write(path, options);
    }
    let trace = options.trace.as_deref().map(read_trace).transpose()?.map(Arc::new);
    let population = match (&trace, options.population.as_deref()) {
        (Some(trace), _) => trace.population(),
        (None, Some(path)) => read(path)?,
        (None, None) => Population::default(),
    };
    let policies = if options.policy.is_empty() {
        Policy::all()
    } else {
        options.policy.iter().map(|name| policy(name)).collect::<anyhow::Result<_>>()?
    };
    let model = if options.no_model { None } else { Some(model(options.model.as_deref())?) };
    let mut races = Vec::new();
    for percent in &options.load {
        let race = Race {
            population: population.clone(),
            trace: trace.clone(),
            load: percent / 100.0,
            frames: Frames { period: options.period, tasks: options.tasks },
            seconds: options.seconds,
            has_churn: !options.no_churn,
            seeds: (0..u64::from(options.seeds)).map(|seed| options.seed + seed).collect(),
            policies: policies.clone(),
            model: model.clone(),
        };
        let bar = progress::bar(&format!("load {percent}"));
        let all = (race.seeds.len() * policies.len()) as f32;
        let runs = race.runs(&|done| progress::set(&bar, done as f32 / all));
        bar.finish_and_clear();
        let (load_percent, policies) = (*percent, policies.clone());
        races.push(RacedLoad { load_percent, policies, runs: runs.or_fail(Failure::Input)? });
    }
    if let Some(folder) = &options.report {
        write_report(folder, &races)?;
    }
    print(options, &races);
    Ok(())
}

/// A model that requesters are given.
fn model(path: Option<&Path>) -> anyhow::Result<BaseModel> {
    let predictor = Predictor::load(&read_model(path)?).or_fail(Failure::Input)?;
    Ok(BaseModel::new(move |rows| predictor.predict(rows).try_into().ok()))
}

fn print(options: &SimArguments, races: &[RacedLoad]) {
    let standings = |race: &RacedLoad| -> Vec<Standing> {
        race.policies.iter().map(|policy| Standing::of(*policy, &race.runs)).collect()
    };
    if options.json {
        let loads = races.iter().map(|race| {
            serde_json::json!({ "load_percent": race.load_percent, "standings": standings(race) })
        });
        println!("{}", serde_json::Value::from_iter(loads));
    } else {
        races.iter().for_each(|race| print_table(race.load_percent, &standings(race)));
    }
}

fn write_report(folder: &Path, races: &[RacedLoad]) -> anyhow::Result<()> {
    let path = folder.join(PAGE);
    let about = || format!("cannot write {}", path.display());
    std::fs::create_dir_all(folder).with_context(about).or_fail(Failure::Output)?;
    let page = p2c2r_sim::page("Who gets which task, simulated", races);
    std::fs::write(&path, page).with_context(about).or_fail(Failure::Output)
}

fn read_trace(path: &Path) -> anyhow::Result<Trace> {
    let about = || format!("cannot replay {}", path.display());
    let file = std::fs::File::open(path).with_context(about).or_fail(Failure::Input)?;
    let log = BufReader::new(file.take(MAX_TRACE_BYTES));
    Trace::read(log).with_context(about).or_fail(Failure::Input)
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

fn print_table(percent: f64, standings: &[Standing]) {
    println!("load {percent} %");
    println!(
        "{:<18}{:>22}{:>10}{:>9}{:>10}{:>8}{:>8}{:>10}",
        "policy", "task ms, steady", "p99 ms", "late %", "frame ms", "bound", "twice %", "within %"
    );
    for standing in standings {
        let Estimate { mean, low, high } = standing.mean_steady_ms;
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
