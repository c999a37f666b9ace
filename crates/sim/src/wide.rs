//! People to train on: each run is of another population, drawn wider than the benchmark's, under seeds that
//! the benchmark never uses.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_scheduler::{AttemptRecord, Moment};

use crate::draw::Draw;
use crate::logged::{Logged, Person, Records, records};
use crate::policy::{Policy, Setting};
use crate::population::{Access, Population, Spell};
use crate::race::RaceError;
use crate::truth::Truth;
use crate::visit::Visit;
use crate::work::FILM;
use crate::world::{Course, World};

/// Seeds of runs to train on; those of benchmarks and tests are small numbers.
pub const TRAINING_SEEDS: Range<u64> = (1 << 40)..(1 << 40) + (1 << 20);
/// Runs that begin on one day; the days follow each other, so that later ones can be held out.
pub const RUNS_A_DAY: u32 = 16;

/// 2026-01-01, 00:00 UTC.
const FIRST_DAY: u64 = 1_767_225_600;
const DAY_SECONDS: u64 = 86_400;
/// Workers of one run have numbers below this.
const NUMBERS_OF_A_RUN: u32 = 10_000;
/// Who gives the work: some at random, so that records are not only of workers that somebody chose.
const POLICIES: [Policy; 3] = [Policy::EftEwma, Policy::Learned, Policy::Product];
/// Bounces that make each kind of task.
const BOUNCES: [u8; 3] = [1, 3, 8];
/// The requester's own tracer, relative to the median peer.
const LOCAL_SPEED: f64 = 0.3;

/// The attempts of one run; the same number and length give the same ones.
pub fn training_attempts(run: u32, seconds: f64) -> Result<Vec<AttemptRecord>, RaceError> {
    let seed = TRAINING_SEEDS.start + u64::from(run);
    let mut draw = Draw::new(seed, 0x71de);
    let population = population(&mut draw);
    population.check()?;
    let length = Duration::from_secs_f64(seconds);
    let day = u64::from(run / RUNS_A_DAY);
    let begins = day * DAY_SECONDS + (draw.unit() * DAY_SECONDS as f64) as u64;
    let mut visits = population.visits(seed, length, true);
    let people = live(&population, &mut visits, begins, &mut draw);
    let course = course(&population, seed, length, &mut draw);
    let truth = Truth::default();
    let setting = Setting {
        seed,
        visits: &visits,
        truth: &truth,
        local_speed: course.local_speed,
        prior_speed: population.speed.0,
        tile_cost: film_cost(&course) / draw.log_uniform((4.0, 64.0)),
    };
    let policy = POLICIES[draw.pick([1.0; POLICIES.len()].into_iter())];
    let seen = Records::default();
    let logged = Logged {
        inner: setting.scheduler(policy),
        people,
        moment: Moment { unix_seconds: Some(FIRST_DAY + begins) },
        first_number: run * NUMBERS_OF_A_RUN,
        draw,
        seen: Records::clone(&seen),
        history: BTreeMap::new(),
    };
    World::new(course, &visits, Box::new(logged), truth.clone())?.run();
    let mut attempts = std::mem::take(&mut *records(&seen));
    // The log goes over all days.
    attempts.iter_mut().for_each(|attempt| attempt.at += begins as f64);
    Ok(attempts)
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
        (RELAY, (90.0, 0.6), (4.0, 40.0), (0.005, 200.0), 10.0),
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
    }
}

/// The name of the access whose links a relay carries.
const RELAY: &str = "relay";

/// What each visitor is like beside what every simulation draws: batteries, kinds of task that suit it more or
/// less, an evening by its own clock, and whether it ran a benchmark.
fn live(
    population: &Population,
    visits: &mut [Visit],
    begins: u64,
    draw: &mut Draw,
) -> BTreeMap<PeerId, Person> {
    let (benchmarked, on_battery) = (draw.between((0.5, 1.0)), draw.between((0.0, 0.5)));
    let evening = draw.between((1.0, 2.5));
    let mut person = |visit: &mut Visit| {
        let is_on_battery = draw.chance(on_battery);
        let thrift = if is_on_battery { draw.between((0.4, 1.0)) } else { 1.0 };
        visit.speed *= thrift * draw.log_normal(1.0, 0.2);
        let hour = (begins / 3600) as f64 + draw.between((-6.0, 6.0));
        // Homes are busiest from 19 to 23 (FCC, "Measuring Broadband America").
        if (19.0..23.0).contains(&hour.rem_euclid(24.0)) {
            visit.link.jitter = visit.link.jitter.mul_f64(evening);
            visit.link.loss = (visit.link.loss * evening).min(0.5);
            visit.speed /= evening.sqrt();
        }
        Person {
            visit: visit.clone(),
            is_on_battery,
            has_benchmark: draw.chance(benchmarked),
            is_relayed: population.access[visit.access].name == RELAY,
            hidden_from: population.hidden.factor.0,
        }
    };
    visits.iter_mut().map(|visit| (visit.peer, person(visit))).collect()
}

/// How much there is to do: from frames in a blink to ones that take many seconds.
fn course(population: &Population, seed: u64, length: Duration, draw: &mut Draw) -> Course {
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
        local_speed,
    }
}

fn film_cost(course: &Course) -> f64 {
    f64::from(FILM.0) * f64::from(FILM.1) * f64::from(course.samples_per_pixel)
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
