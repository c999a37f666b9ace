//! Policies against each other: the same people, links, frames and dice for all.

use std::num::NonZero;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use p2c2r_swarm::JobError;
use serde::Serialize;

use crate::estimate::Estimate;
use crate::measure::{Run, Window, quantile};
use crate::policy::{Advertised, Policy, Setting};
use crate::population::{Population, PopulationError};
use crate::questions::BaseModel;
use crate::trace::Trace;
use crate::truth::Truth;
use crate::visit::Visit;
use crate::work::FILM;
use crate::world::{Course, World};

/// The requester's own tracer, relative to the median peer.
const LOCAL_SPEED: f64 = 0.3;
/// Virtual seconds of a run.
const LENGTHS: RangeInclusive<f64> = 2.0..=3600.0;

/// What is raced.
#[derive(Debug, Clone, PartialEq)]
pub struct Race {
    /// Who takes part.
    pub population: Population,
    /// Who takes part instead, with [`Trace::population`] as the population; nobody of them leaves.
    pub trace: Option<Arc<Trace>>,
    /// Share of everybody's capacity that the frames need, more than 0.
    pub load: f64,
    /// What is asked for.
    pub frames: Frames,
    /// Virtual seconds of a run.
    pub seconds: f64,
    /// Whether peers come and go.
    pub has_churn: bool,
    /// Each is a run of every policy.
    pub seeds: Vec<u64>,
    /// Who schedules.
    pub policies: Vec<Policy>,
    /// What requesters begin from, if anything.
    pub model: Option<BaseModel>,
}

/// How often frames are asked for, and how many tasks they are cut into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frames {
    /// Seconds between the starts of two frames; a frame that takes longer delays the next.
    pub period: f64,
    /// Tasks of a frame at full load; in proportion at others. The product cuts by itself.
    pub tasks: f64,
}

impl Default for Frames {
    fn default() -> Self {
        Self { period: 0.15, tasks: 32.0 }
    }
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

/// One run of a race.
#[derive(Debug, Clone, PartialEq)]
pub struct Raced {
    /// Who scheduled.
    pub policy: Policy,
    /// Index into the race's seeds.
    pub seed: usize,
    /// What came of it.
    pub run: Run,
}

/// What one policy did, over all seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// Who scheduled.
    pub policy: Policy,
    /// Mean milliseconds of a task, all of the run.
    pub mean_ms: Estimate,
    /// The same of the fifty tasks that follow the first fifty.
    pub mean_after_50_ms: Estimate,
    /// The same after ten seconds.
    pub mean_steady_ms: Estimate,
    /// The 99th percentile in milliseconds, over all seeds' tasks after ten seconds.
    pub p99_ms: Estimate,
    /// Share of the work that was not delivered in time.
    pub late: Estimate,
    /// Mean milliseconds of a frame.
    pub frame_ms: Estimate,
    /// Mean of frame times over their lower bounds.
    pub over_bound: Estimate,
    /// Share of traced paths that were not merged.
    pub duplicates: Estimate,
    /// Share of a frame's pieces that the frame before had as well.
    pub kept: Estimate,
    /// Share of attempts that took a time within the predicted interval.
    pub coverage: Estimate,
}

impl Race {
    /// Runs everything; how the policies stand.
    pub fn run(&self, progress: &(dyn Fn(usize) + Sync)) -> Result<Vec<Standing>, RaceError> {
        let runs = self.runs(progress)?;
        Ok(self.policies.iter().map(|policy| Standing::of(*policy, &runs)).collect())
    }

    /// Runs everything on all cores, in the order of seeds and policies; `progress` is called after each run
    /// with how many are done.
    pub fn runs(&self, progress: &(dyn Fn(usize) + Sync)) -> Result<Vec<Raced>, RaceError> {
        self.check()?;
        let pairs: Vec<(usize, Policy)> = (0..self.seeds.len())
            .flat_map(|seed| self.policies.iter().map(move |policy| (seed, *policy)))
            .collect();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(pairs.len())));
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..threads.min(pairs.len()) {
                scope.spawn(|| {
                    while let index = next.fetch_add(1, Ordering::Relaxed)
                        && let Some(&(seed, policy)) = pairs.get(index)
                    {
                        let run = self.one(self.seeds[seed], policy);
                        let Ok(mut done) = done.lock() else { return };
                        done.push((index, run.map(|run| Raced { policy, seed, run })));
                        progress(done.len());
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, raced)| raced).collect()
    }

    /// One run of one policy.
    pub fn one(&self, seed: u64, policy: Policy) -> Result<Run, RaceError> {
        self.check()?;
        let length = Duration::from_secs_f64(self.seconds);
        let visits = match &self.trace {
            Some(trace) => trace.visits(seed, length),
            None => self.population.visits(seed, length, self.has_churn),
        };
        let course = self.course(seed, length, &visits);
        let truth = Truth::default();
        let film = f64::from(FILM.0) * f64::from(FILM.1);
        let tasks = (self.frames.tasks * self.load).round().max(1.0);
        let setting = Setting {
            seed,
            advertised: Advertised::of_visits(&visits),
            truth: truth.clone(),
            local_speed: course.local_speed,
            prior_speed: self.population.speed.0,
            tile_cost: film * f64::from(course.samples_per_pixel) / tasks,
        };
        let scheduler = setting.scheduler(policy);
        let truth = policy.is_oracle().then_some(truth);
        Ok(World::new(course, &visits, scheduler, truth)?.run())
    }

    /// How many samples make the frames need their share of what those who come first can trace.
    fn course(&self, seed: u64, length: Duration, visits: &[Visit]) -> Course {
        let local_speed = LOCAL_SPEED * self.population.speed.0;
        let first = visits.iter().filter(|visit| visit.arrives < Duration::from_secs(1));
        let capacity = first.map(|visit| visit.speed).sum::<f64>() + local_speed;
        let film = f64::from(FILM.0) * f64::from(FILM.1);
        let samples = self.load * capacity * self.frames.period / film;
        let (share, factor) = self.population.bursts;
        // Bursts are part of the load.
        let samples = samples / (1.0 + share * (factor - 1.0));
        Course {
            seed,
            length,
            period: Duration::from_secs_f64(self.frames.period),
            samples_per_pixel: samples.round().clamp(1.0, 10_000.0) as u32,
            max_bounces: 8,
            tells_attempts: false,
            bursts: self.population.bursts,
            local_speed,
            unix_start: self.population.unix_start(seed),
            outages: self.population.outages(seed, length),
            model: self.model.clone(),
        }
    }

    /// Says what is wrong with the race, before any of it is run.
    pub fn check(&self) -> Result<(), RaceError> {
        self.population.check()?;
        if !(self.load > 0.0 && self.load <= 2.0) {
            return Err(RaceError::Number("a load must be above 0 % and at most 200 %"));
        }
        check_length(self.seconds)?;
        let Frames { period, tasks } = self.frames;
        if !(0.01..=60.0).contains(&period) || !(1.0..=10_000.0).contains(&tasks) {
            return Err(RaceError::Number(
                "frames come every 0.01 to 60 seconds and have 1 to 10,000 tasks",
            ));
        }
        if self.seeds.is_empty() || self.policies.is_empty() {
            return Err(RaceError::Number("a race needs at least one seed and one policy"));
        }
        Ok(())
    }
}

/// Whether a run can have this length in virtual seconds.
pub(crate) fn check_length(seconds: f64) -> Result<(), RaceError> {
    let is_possible = LENGTHS.contains(&seconds);
    is_possible
        .then_some(())
        .ok_or(RaceError::Number("a run must take between 2 and 3600 virtual seconds"))
}

impl Standing {
    /// Of the runs of a race.
    pub fn of(policy: Policy, raced: &[Raced]) -> Self {
        let own: Vec<&Run> =
            raced.iter().filter(|raced| raced.policy == policy).map(|raced| &raced.run).collect();
        let of = |measure: &dyn Fn(&Run) -> f64| {
            Estimate::of_mean(&own.iter().map(|run| measure(run)).collect::<Vec<_>>())
        };
        Self {
            policy,
            mean_ms: of(&|run| 1e3 * run.mean_of(Window::Whole)),
            mean_after_50_ms: of(&|run| 1e3 * run.mean_of(Window::AfterFifty)),
            mean_steady_ms: of(&|run| 1e3 * run.mean_of(Window::Steady)),
            p99_ms: Estimate::of(own.len(), |seeds| 1e3 * pooled_p99(&own, seeds)),
            late: of(&Run::late_share),
            frame_ms: of(&|run| 1e3 * run.frame_seconds()),
            over_bound: of(&Run::over_bound),
            duplicates: of(&Run::duplicate_share),
            kept: of(&Run::kept_share),
            coverage: of(&|run| run.coverage(None)),
        }
    }
}

/// The 99th percentile of all steady tasks of these seeds, in seconds.
pub(crate) fn pooled_p99(runs: &[&Run], seeds: &[usize]) -> f64 {
    let tasks = seeds.iter().flat_map(|seed| &runs[*seed].tasks);
    quantile(tasks.filter(|task| Window::Steady.holds(task)), 0.99)
}
