//! People to train on: each run is of another population, drawn wider than the benchmark's, under seeds that
//! the benchmark never uses.

use std::ops::Range;
use std::time::Duration;

use p2c2r_scheduler::AttemptRecord;

use crate::draw::Draw;
use crate::policy::{Advertised, Policy, Rule, Setting};
use crate::population::{Access, Evening, Population, Spell};
use crate::race::{RaceError, check_length};
use crate::truth::Truth;
use crate::visit::Visit;
use crate::work::FILM;
use crate::world::{Course, World};

/// Seeds of runs to train on; those of benchmarks and tests are small numbers.
pub const TRAINING_SEEDS: Range<u64> = (1 << 40)..(1 << 40) + (1 << 20);
/// Runs that begin on one day; the days follow each other, so that later ones can be held out.
pub const RUNS_A_DAY: u32 = 4;

/// 2026-01-01, 00:00 UTC.
const FIRST_DAY: u64 = 1_767_225_600;
const DAY_SECONDS: u64 = 86_400;
/// Workers of one run have numbers below this.
const NUMBERS_OF_A_RUN: u32 = 10_000;
/// Number of runs: as many as workers can be numbered apart.
const RUNS: u32 = 400_000;
/// Who gives the work: often anybody, so that records are not only of workers that somebody chose.
const POLICIES: [Policy; 4] =
    [Policy::Rule(Rule::Random), Policy::EftEwma, Policy::Learned, Policy::Product];
/// Bounces that make each kind of task.
const BOUNCES: [u8; 3] = [1, 3, 8];
/// The requester's own tracer, relative to the median peer.
const LOCAL_SPEED: f64 = 0.3;

/// The attempts of one run, as the session tells them; the same number and length give the same ones.
pub fn training_attempts(run: u32, seconds: f64) -> Result<Vec<AttemptRecord>, RaceError> {
    check_length(seconds)?;
    if run >= RUNS {
        return Err(RaceError::Number("runs to train on are numbered below 400,000"));
    }
    let seed = TRAINING_SEEDS.start + u64::from(run);
    let mut draw = Draw::new(seed, 0x71de);
    let population = population(&mut draw);
    population.check()?;
    let length = Duration::from_secs_f64(seconds);
    let mut visits = population.visits(seed, length, true);
    live(&mut visits, &mut draw);
    let day = u64::from(run / RUNS_A_DAY);
    // The hour is the one at which the population lives its day.
    let begins = day * DAY_SECONDS + population.unix_start(seed) % DAY_SECONDS;
    let course = course(&population, seed, length, FIRST_DAY + begins, &mut draw);
    let film = f64::from(FILM.0) * f64::from(FILM.1);
    let setting = Setting {
        seed,
        advertised: Advertised::of_visits(&visits),
        truth: Truth::default(),
        local_speed: course.local_speed,
        prior_speed: population.speed.0,
        tile_cost: film * f64::from(course.samples_per_pixel) / draw.log_uniform((4.0, 64.0)),
    };
    let policy = POLICIES[draw.pick([1.0; POLICIES.len()].into_iter())];
    let mut records = World::new(course, &visits, setting.scheduler(policy), None)?.run().records;
    for record in &mut records {
        // The log goes over all days; the requester itself stays 0.
        record.at += begins as f64;
        record.worker += if record.worker > 0 { run * NUMBERS_OF_A_RUN } else { 0 };
    }
    Ok(records)
}

/// A population of its own for each run.
fn population(draw: &mut Draw) -> Population {
    let speed = (draw.log_uniform((4_000.0, 600_000.0)), draw.between((0.2, 1.2)));
    let slow = draw.between((1.5, 4.0));
    let hides = draw.between((5.0, 20.0));
    let access = [
        ("fibre", (12.0, 0.4), (0.5, 5.0), (0.0002, 60.0), 80.0),
        ("cable", (22.0, 0.4), (1.0, 10.0), (0.001, 70.0), 40.0),
        ("dsl", (40.0, 0.4), (1.0, 12.0), (0.002, 90.0), 12.0),
        ("wifi", (24.0, 0.6), (2.0, 25.0), (0.003, 80.0), 20.0),
        ("lte", (74.0, 0.5), (10.0, 60.0), (0.01, 250.0), 8.0),
        ("far", (150.0, 0.4), (2.0, 20.0), (0.004, 300.0), 15.0),
        ("satellite", (600.0, 0.1), (10.0, 60.0), (0.01, 700.0), 10.0),
        ("relay", (90.0, 0.6), (4.0, 40.0), (0.005, 200.0), 10.0),
    ];
    let access = access.map(|(name, round_trip_ms, jitter_ms, loss, megabits)| Access {
        name: name.to_owned(),
        weight: draw.weibull(1.0, 0.7),
        round_trip_ms: (draw.log_normal(round_trip_ms.0, 0.3), round_trip_ms.1),
        jitter_ms: draw.log_uniform(jitter_ms),
        loss: (draw.log_normal(loss.0, 0.7).min(0.2), draw.log_normal(loss.1, 0.3)),
        megabits: draw.log_normal(megabits, 0.6),
    });
    let (peers, weak) = (draw.log_uniform((3.0, 40.0)) as usize, draw.between((0.0, 0.9)));
    Population {
        peers,
        speed,
        weak: (weak, draw.between((1.5, 6.0))),
        advert_sigma: draw.between((0.05, 0.6)),
        noise_sigma: draw.between((0.05, 0.4)),
        slowdown: Spell {
            every: draw.log_uniform((8.0, 120.0)),
            lasts: draw.log_uniform((1.0, 15.0)),
            factor: (1.2, slow),
        },
        hidden: Spell {
            every: draw.log_uniform((20.0, 300.0)),
            lasts: draw.log_uniform((2.0, 30.0)),
            factor: (hides, 2.0 * hides),
        },
        stay: (draw.log_uniform((20.0, 600.0)), draw.between((0.4, 1.0))),
        failure: (draw.log_uniform((0.002, 0.12)), draw.between((0.2, 0.9))),
        access: access.into(),
        battery: (draw.between((0.0, 0.6)), draw.between((1.0, 2.2))),
        liars: (draw.between((0.0, 0.1)), draw.between((1.5, 6.0))),
        bursts: (draw.between((0.0, 0.3)), draw.between((1.0, 4.0))),
        evening: Evening {
            network: draw.between((1.0, 2.5)),
            slowdowns: draw.between((1.0, 4.0)),
            zones: draw.between((0.0, 12.0)),
        },
        outage: (draw.log_uniform((60.0, 1000.0)), draw.log_uniform((0.5, 5.0))),
    }
}

/// What each visitor is like beside what every simulation draws: kinds of task that suit it more or less, and
/// whether it ran a benchmark.
fn live(visits: &mut [Visit], draw: &mut Draw) {
    let benchmarked = draw.between((0.5, 1.0));
    let affinity = draw.between((0.0, 0.4));
    for visit in visits {
        visit.speed *= draw.log_normal(1.0, affinity);
        if !draw.chance(benchmarked) {
            visit.advertised = 0.0;
        }
    }
}

/// How much there is to do: from frames in a blink to ones that take many seconds.
fn course(
    population: &Population,
    seed: u64,
    length: Duration,
    unix_start: u64,
    draw: &mut Draw,
) -> Course {
    let local_speed = LOCAL_SPEED * population.speed.0;
    let period = draw.log_uniform((0.1, 6.0));
    let capacity = population.peers as f64 * population.speed.0 + local_speed;
    let film = f64::from(FILM.0) * f64::from(FILM.1);
    let samples = draw.between((0.15, 1.0)) * capacity * period / film;
    Course {
        seed,
        length,
        period: Duration::from_secs_f64(period),
        samples_per_pixel: samples.round().clamp(1.0, 10_000.0) as u32,
        max_bounces: BOUNCES[draw.pick([1.0; BOUNCES.len()].into_iter())],
        tells_attempts: true,
        bursts: population.bursts,
        local_speed,
        unix_start,
        outages: population.outages(seed, length),
        // What a model says must not teach the next one.
        model: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_benchmark_runs_under_a_seed_of_training() {
        let benchmarks = 0..1_000_000u64;
        assert!(TRAINING_SEEDS.start >= benchmarks.end && !TRAINING_SEEDS.is_empty());
    }

    #[test]
    fn runs_differ_from_each_other_and_from_the_benchmarks_population() {
        let draw = |run| population(&mut Draw::new(TRAINING_SEEDS.start + run, 0x71de));
        for run in 0..200 {
            let drawn = draw(run);
            assert_eq!(drawn.check(), Ok(()), "run {run}");
            assert_ne!(drawn, Population::default());
            assert_ne!(drawn, draw(run + 1));
        }
        // Wider on both sides of the benchmark's.
        let default = Population::default();
        let speeds = (0..200).map(|run| draw(run).speed.0);
        assert!(speeds.clone().any(|speed| speed > 3.0 * default.speed.0));
        assert!(speeds.clone().any(|speed| speed < default.speed.0 / 3.0));
    }

    #[test]
    fn a_run_is_the_same_each_time_and_numbers_its_workers_apart() {
        let run = |number| training_attempts(number, 4.0).expect("a run");
        let first = run(3);
        assert!(!first.is_empty());
        assert_eq!(first, run(3));
        let workers = |attempts: &[AttemptRecord]| -> Vec<u32> {
            attempts.iter().map(|attempt| attempt.worker).filter(|worker| *worker > 0).collect()
        };
        let other = workers(&run(4));
        assert!(workers(&first).iter().all(|worker| !other.contains(worker)));
    }
}
