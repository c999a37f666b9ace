//! `p2c2r sim`: races ways to schedule on simulated people.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use p2c2r_predictor::Predictor;
use p2c2r_sim::{
    BaseModel, Estimate, Frames, Policy, Population, Race, RaceError, RacedLoad, Standing, Trace,
};

use crate::args::SimArguments;
use crate::failure::{Failure, OrFail, fail};
use crate::foresight::{SHIPPED_MODEL, model_of};
use crate::progress;
use crate::sim_log;

/// Largest file that describes a population.
const MAX_POPULATION_BYTES: u64 = 1 << 20;
/// Largest log that is replayed.
const MAX_TRACE_BYTES: u64 = 1 << 30;
/// The page within the folder of a report.
const PAGE: &str = "index.html";
/// What stands for a figure that there is none of.
const NOTHING: &str = "-";
const LEGEND: &str = "\
task ms: mean time from when a frame was asked for until a piece of it was merged, after ten seconds, with the interval \
that holds it in 95 of 100 cases
p99 ms: 99 % of the work was there by then; late %: work that was not there after 400 ms; frame ms: mean time of a frame
bound: frame time over what nobody could beat; twice %: traced in vain; within %: attempts within their 90 % interval";

/// Runs the race and prints how the policies stand.
pub(crate) fn run(options: &SimArguments) -> anyhow::Result<()> {
    if let Some(path) = &options.log {
        return sim_log::write(path, options);
    }
    let races = races(options)?;
    // What cannot be run or written is better said before the first run than after the last.
    for (_, race) in &races {
        race.check().map_err(failure_of)?;
    }
    let page = options.report.as_deref().map(report_file).transpose()?;
    let mut raced = Vec::new();
    for (load_percent, race) in races {
        let bar = progress::bar(&format!("load {load_percent}"));
        let all = (race.seeds.len() * race.policies.len()) as f32;
        let runs = race.runs(&|done| progress::set(&bar, done as f32 / all));
        bar.finish_and_clear();
        let (policies, runs) = (race.policies, runs.map_err(failure_of)?);
        raced.push(RacedLoad { load_percent, policies, runs });
    }
    if let Some(path) = &page {
        write_report(path, options, &raced)?;
    }
    print(options, &raced);
    if let Some(path) = &page {
        eprintln!("charts: {}", path.display());
    }
    Ok(())
}

/// A race for each load in percent.
fn races(options: &SimArguments) -> anyhow::Result<Vec<(f64, Race)>> {
    let trace = options.trace.as_deref().map(read_trace).transpose()?.map(Arc::new);
    let population = match (&trace, options.population.as_deref()) {
        (Some(trace), _) => trace.population(),
        (None, Some(path)) => read_population(path)?,
        (None, None) => Population::default(),
    };
    let mut policies = Vec::new();
    for name in &options.policy {
        let policy = name.parse::<Policy>().or_fail(Failure::Usage)?;
        // Named twice it would count twice, and seem to be known better than it is.
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    if policies.is_empty() {
        policies = Policy::all();
    }
    let last = options.seed.checked_add(options.seeds.into());
    let seeds = options.seed
        ..last.ok_or_else(|| fail(Failure::Usage, "--seed is so large that none can follow it"))?;
    let model = if options.no_model { None } else { Some(model(options.model.as_deref())?) };
    let race = |percent: f64| Race {
        population: population.clone(),
        trace: trace.clone(),
        load: percent / 100.0,
        frames: Frames { period: options.period, tasks: options.tasks },
        seconds: options.seconds,
        has_churn: !options.no_churn,
        seeds: seeds.clone().collect(),
        policies: policies.clone(),
        model: model.clone(),
    };
    Ok(options.load.iter().map(|percent| (*percent, race(*percent))).collect())
}

/// With the exit code that belongs to it.
fn failure_of(error: RaceError) -> anyhow::Error {
    let failure = match error {
        RaceError::Number(_) => Failure::Usage,
        RaceError::Population(_) | RaceError::Job(_) => Failure::Input,
    };
    fail(failure, error.to_string())
}

/// A model that requesters are given.
fn model(path: Option<&Path>) -> anyhow::Result<BaseModel> {
    let predictor = Predictor::load(&model_of(path, SHIPPED_MODEL)?).or_fail(Failure::Input)?;
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
        println!("{LEGEND}");
    }
}

/// The page of a report, empty, in a folder that is made if needed.
fn report_file(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join(PAGE);
    let about = || format!("cannot write {}", path.display());
    std::fs::create_dir_all(folder).with_context(about).or_fail(Failure::Output)?;
    std::fs::write(&path, "").with_context(about).or_fail(Failure::Output)?;
    Ok(path)
}

fn write_report(path: &Path, options: &SimArguments, races: &[RacedLoad]) -> anyhow::Result<()> {
    let people = match (&options.trace, &options.population) {
        (Some(log), _) => format!("peers recorded in {}", log.display()),
        (None, Some(file)) => format!("people drawn from {}", file.display()),
        (None, None) => "people drawn from the default population".to_owned(),
    };
    let churn = if options.no_churn { ", nobody comes or goes" } else { "" };
    let seeds = match (options.seed, u64::from(options.seeds)) {
        (first, 1) => format!("seed {first}"),
        (first, count) => format!("seeds {first} to {}", first + count - 1),
    };
    let about = format!("{people}{churn}; {seeds}, {} virtual seconds each.", options.seconds);
    let page = p2c2r_sim::page("Who gets which task, simulated", &about, races);
    let failed = || format!("cannot write {}", path.display());
    std::fs::write(path, page).with_context(failed).or_fail(Failure::Output)
}

fn read_trace(path: &Path) -> anyhow::Result<Trace> {
    let about = || {
        let wanted = "a log that `render --prediction-log` or `sim --log` wrote";
        format!("cannot replay {} as {wanted}", path.display())
    };
    let file = File::open(path).with_context(about).or_fail(Failure::Input)?;
    let log = BufReader::new(file.take(MAX_TRACE_BYTES));
    Trace::read(log).with_context(about).or_fail(Failure::Input)
}

fn read_population(path: &Path) -> anyhow::Result<Population> {
    let about = || format!("cannot read the population {}", path.display());
    let mut text = String::new();
    let read = File::open(path)
        .and_then(|file| file.take(MAX_POPULATION_BYTES + 1).read_to_string(&mut text));
    read.with_context(about).or_fail(Failure::Input)?;
    if text.len() as u64 > MAX_POPULATION_BYTES {
        let most = format!("more than the {MAX_POPULATION_BYTES} bytes that are allowed");
        return Err(fail(Failure::Input, format!("{}: {most}", about())));
    }
    serde_json::from_str(&text).with_context(about).or_fail(Failure::Input)
}

fn print_table(percent: f64, standings: &[Standing]) {
    let names = standings.iter().map(|standing| standing.policy.name().len());
    let width = names.max().unwrap_or(0).max("policy".len());
    println!("load {percent} %");
    println!(
        "{:<width$}{:>24}{:>9}{:>9}{:>10}{:>8}{:>9}{:>8}{:>10}",
        "policy",
        "task ms, steady",
        "p99 ms",
        "late %",
        "frame ms",
        "bound",
        "twice %",
        "kept %",
        "within %"
    );
    for standing in standings {
        let Estimate { mean, low, high } = standing.mean_steady_ms;
        // A single seed has no interval.
        let task = match mean.is_finite() && low < high {
            true => format!("{mean:.1} ({low:.1} to {high:.1})"),
            false => figure(mean, 1),
        };
        println!(
            "{:<width$}{task:>24}{:>9}{:>9}{:>10}{:>8}{:>9}{:>8}{:>10}",
            standing.policy.name(),
            figure(standing.p99_ms.mean, 0),
            figure(100.0 * standing.late.mean, 2),
            figure(standing.frame_ms.mean, 0),
            figure(standing.over_bound.mean, 2),
            figure(100.0 * standing.duplicates.mean, 1),
            figure(100.0 * standing.kept.mean, 0),
            figure(100.0 * standing.coverage.mean, 1),
        );
    }
    println!();
}

fn figure(value: f64, places: usize) -> String {
    if value.is_finite() { format!("{value:.places$}") } else { NOTHING.to_owned() }
}
