//! Policies against each other: the same people, links, frames and dice for all.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use p2c2r_swarm::JobError;
use serde::Serialize;

use crate::measure::{Run, mean};
use crate::policy::{Policy, Setting};
use crate::population::{Population, PopulationError};
use crate::truth::Truth;
use crate::visit::Visit;
use crate::work::FILM;
use crate::world::{Course, World};

/// Tasks of a frame at full load.
const TASKS_AT_FULL_LOAD: f64 = 32.0;
/// Between the starts of two frames.
const PERIOD: Duration = Duration::from_millis(150);
/// The requester's own tracer, relative to the median peer.
const LOCAL_SPEED: f64 = 0.3;
/// Repetitions of the bootstrap.
const RESAMPLES: usize = 1000;

/// What is raced.
#[derive(Debug, Clone, PartialEq)]
pub struct Race {
    /// Who takes part.
    pub population: Population,
    /// Share of everybody's capacity that the frames need, more than 0.
    pub load: f64,
    /// Virtual seconds of a run.
    pub seconds: f64,
    /// Whether peers come and go.
    pub has_churn: bool,
    /// Each is a run of every policy.
    pub seeds: Vec<u64>,
    /// Who schedules.
    pub policies: Vec<Policy>,
}

/// A race that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum RaceError {
    /// The population is impossible.
    #[error(transparent)]
    Population(#[from] PopulationError),
    /// A number means nothing.
    #[error("{0}")]
    Number(&'static str),
    /// The simulated frames are refused.
    #[error(transparent)]
    Job(#[from] JobError),
}

/// A mean over seeds with an interval that holds it in 95 of 100 cases, by the bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What one policy did, over all seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// Who scheduled.
    pub policy: Policy,
    /// Mean milliseconds of a task, all of the run.
    pub mean_ms: Estimate,
    /// The same from the fiftieth task on.
    pub mean_after_50_ms: Estimate,
    /// Median over seeds of the 99th percentile, in milliseconds.
    pub p99_ms: Estimate,
    /// Share of tasks that were not delivered in time.
    pub late: Estimate,
    /// Mean milliseconds of a frame.
    pub frame_ms: Estimate,
    /// Mean of frame times over their lower bounds.
    pub over_bound: Estimate,
    /// Share of traced paths that were not merged.
    pub duplicates: Estimate,
    /// Share of attempts that took a time within the predicted interval.
    pub coverage: Estimate,
}

impl Race {
    /// Runs everything on all cores; `progress` is called after each run with how many are done.
    pub fn run(&self, progress: &(dyn Fn(usize) + Sync)) -> Result<Vec<Standing>, RaceError> {
        self.check()?;
        let pairs: Vec<(usize, Policy)> = (0..self.seeds.len())
            .flat_map(|seed| self.policies.iter().map(move |policy| (seed, *policy)))
            .collect();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(pairs.len())));
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..threads.min(pairs.len()) {
                scope.spawn(|| {
                    while let Some((seed, policy)) = pairs.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let run = self.one(self.seeds[*seed], *policy);
                        let Ok(mut done) = done.lock() else { return };
                        done.push((*policy, *seed, run));
                        progress(done.len());
                    }
                });
            }
        });
        let mut runs = Vec::new();
        for (policy, seed, run) in done.into_inner().unwrap_or_default() {
            runs.push((policy, seed, run?));
        }
        runs.sort_by_key(|(_, seed, _)| *seed);
        Ok(self.policies.iter().map(|policy| standing(*policy, &runs)).collect())
    }

    /// One run of one policy.
    pub fn one(&self, seed: u64, policy: Policy) -> Result<Run, RaceError> {
        self.check()?;
        let length = Duration::from_secs_f64(self.seconds);
        let visits = self.population.visits(seed, length, self.has_churn);
        let course = self.course(seed, length, &visits);
        let truth = Truth::default();
        let film = f64::from(FILM.0) * f64::from(FILM.1);
        let tasks = (TASKS_AT_FULL_LOAD * self.load).round().max(1.0);
        let setting = Setting {
            seed,
            visits: &visits,
            truth: &truth,
            local_speed: course.local_speed,
            prior_speed: self.population.speed.0,
            tile_cost: film * f64::from(course.samples_per_pixel) / tasks,
        };
        let scheduler = setting.scheduler(policy);
        Ok(World::new(course, &visits, scheduler, truth.clone())?.run())
    }

    /// How many samples make the frames need their share of what those who come first can trace.
    fn course(&self, seed: u64, length: Duration, visits: &[Visit]) -> Course {
        let local_speed = LOCAL_SPEED * self.population.speed.0;
        let first = visits.iter().filter(|visit| visit.arrives < Duration::from_secs(1));
        let capacity = first.map(|visit| visit.speed).sum::<f64>() + local_speed;
        let film = f64::from(FILM.0) * f64::from(FILM.1);
        let samples = self.load * capacity * PERIOD.as_secs_f64() / film;
        let samples_per_pixel = samples.round().clamp(1.0, 10_000.0) as u32;
        Course { seed, length, period: PERIOD, samples_per_pixel, max_bounces: 8, local_speed }
    }

    fn check(&self) -> Result<(), RaceError> {
        self.population.check()?;
        if !(self.load > 0.0 && self.load <= 2.0) {
            return Err(RaceError::Number("the load must be above 0 and at most 2"));
        }
        if !(2.0..=3600.0).contains(&self.seconds) {
            return Err(RaceError::Number("a run takes between 2 and 3600 virtual seconds"));
        }
        if self.seeds.is_empty() || self.policies.is_empty() {
            return Err(RaceError::Number("a race needs at least one seed and one policy"));
        }
        Ok(())
    }
}

fn standing(policy: Policy, runs: &[(Policy, usize, Run)]) -> Standing {
    let of = |measure: &dyn Fn(&Run) -> f64| {
        let own = runs.iter().filter(|(other, ..)| *other == policy);
        let values: Vec<f64> = own.map(|(.., run)| measure(run)).collect();
        bootstrap(&values)
    };
    Standing {
        policy,
        mean_ms: of(&|run| 1e3 * run.mean_from(0)),
        mean_after_50_ms: of(&|run| 1e3 * run.mean_from(50)),
        p99_ms: of(&|run| 1e3 * run.quantile(0.99)),
        late: of(&|run| run.late() as f64 / run.tasks.len().max(1) as f64),
        frame_ms: of(&|run| 1e3 * mean(run.frames.iter().map(|(seconds, _)| *seconds))),
        over_bound: of(&Run::over_bound),
        duplicates: of(&Run::duplicate_share),
        coverage: of(&Run::coverage),
    }
}

/// The percentile bootstrap (Efron, "Bootstrap Methods", 1979) over runs.
fn bootstrap(values: &[f64]) -> Estimate {
    let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let count = values.len();
    let mut draw = crate::draw::Draw::new(count as u64, 0xb007);
    let mut pick = || values[((draw.unit() * count as f64) as usize).min(count - 1)];
    if count == 0 {
        return Estimate { mean: f64::NAN, low: f64::NAN, high: f64::NAN };
    }
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| mean((0..count).map(|_| pick()))).collect();
    means.sort_unstable_by(f64::total_cmp);
    let at = |level: f64| means[(level * (RESAMPLES - 1) as f64) as usize];
    Estimate { mean: mean(values.iter().copied()), low: at(0.025), high: at(0.975) }
}
