//! The least time in which anybody could render a frame.
//!
//! **Why water-filling is the linear program's optimum.** Take the relaxation of R||Cmax with release times that
//! lets tasks be cut at will: worker `p` traces at speed `g_p(t)` from `r_p` on (before that, nothing given to it can
//! have arrived, or its result could not come back in time), task `i` costs `c_i`, and `x_ip` is the share of task `i` that
//! `p` does. Minimise `T` subject to `sum_p x_ip = 1`, `x >= 0` and `sum_i c_i x_ip <= G_p(T)`, where `G_p(T)` is the work that `p`
//! can do by `T`, 0 up to `r_p` and growing from there.
//!
//! *No solution is earlier than the level `T*` at which `sum_p G_p(T*) = sum_i c_i`*: summing the last constraint over
//! all workers gives `sum_i c_i <= sum_p G_p(T)`, and the right side does not fall with `T`. *`T*` is reached*: give
//! each worker the same share `x_ip = G_p(T*) / sum_i c_i` of every task; the shares add up to 1 and worker `p` gets exactly
//! `G_p(T*)`. So the optimum is `T*`, whatever the tasks are, and the tests compare it with a solver.
//!
//! Costs that depend on the worker beyond its speed would need the solver; the simulated ones do not.

use std::time::Duration;

use crate::visit::Visit;

/// Steps of the bisection: 2⁻⁵⁰ of the first interval is below a nanosecond.
const STEPS: usize = 50;

/// The least seconds in which work of this cost can be done from `now` on by those who are there and a
/// local tracer of this speed, if everybody's future is known, nobody fails, and work can be cut at will.
pub fn least_seconds(visits: &[&Visit], local_speed: f64, cost: f64, now: Duration) -> f64 {
    let done_by = |seconds: f64| {
        let peers = visits.iter().map(|visit| {
            let way = 2.0 * visit.link.delay.as_secs_f64();
            let begins = now + visit.link.delay;
            capacity(visit, begins, begins + Duration::from_secs_f64((seconds - way).max(0.0)))
        });
        peers.sum::<f64>() + local_speed * seconds
    };
    let (mut low, mut high) = (0.0, cost / local_speed);
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        if done_by(middle) < cost { low = middle } else { high = middle }
    }
    high
}

/// Mean paths that a visitor can trace between two times.
fn capacity(visit: &Visit, from: Duration, until: Duration) -> f64 {
    let until = until.min(visit.leaves).max(from);
    let slowed = visit.moods.iter().map(|mood| {
        let overlap = mood.until.min(until).saturating_sub(mood.from.max(from));
        overlap.as_secs_f64() * (1.0 - 1.0 / mood.factor)
    });
    visit.speed * ((until - from).as_secs_f64() - slowed.sum::<f64>())
}

#[cfg(test)]
mod tests {
    use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome, Variable};
    use proptest::prelude::*;

    use super::*;
    use crate::population::Population;
    use crate::visit::Mood;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn visits(count: usize) -> Vec<Visit> {
        let mut visits = Population::default().visits(5, s(60), false);
        visits.truncate(count);
        visits.iter_mut().for_each(|visit| visit.moods.clear());
        visits
    }

    #[test]
    fn bound_is_the_time_at_which_capacity_equals_cost() {
        let mut visits = visits(2);
        for visit in &mut visits {
            (visit.speed, visit.link.delay) = (1000.0, Duration::from_millis(50));
            visit.moods = vec![Mood { from: s(2), until: s(4), factor: 2.0, is_hidden: false }];
        }
        let seen: Vec<&Visit> = visits.iter().collect();
        // 1000 locally, 900 each by those whose way takes a tenth of the second.
        assert!((least_seconds(&seen, 1000.0, 2800.0, s(0)) - 1.0).abs() < 1e-6);
        // Half speed in between.
        let slow = least_seconds(&seen, 1000.0, 1800.0, Duration::from_millis(1950));
        assert!((slow - 0.95).abs() < 1e-6, "{slow}");
        assert!((least_seconds(&[], 500.0, 1000.0, s(0)) - 2.0).abs() < 1e-6);
    }

    /// The program's optimum where these workers take part: releases and speeds against costs.
    fn optimum_of(workers: &[(f64, f64)], costs: &[f64]) -> Option<f64> {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let makespan = problem.add_var(1.0, (0.0, f64::INFINITY));
        let shares: Vec<Vec<Variable>> = costs
            .iter()
            .map(|_| workers.iter().map(|_| problem.add_var(0.0, (0.0, 1.0))).collect())
            .collect();
        for task in &shares {
            let whole: Vec<_> = task.iter().map(|share| (*share, 1.0)).collect();
            problem.add_constraint(&whole[..], ComparisonOp::Eq, 1.0);
        }
        for (index, (release, speed)) in workers.iter().enumerate() {
            let load = costs.iter().zip(&shares).map(|(cost, task)| (task[index], cost / speed));
            let load: Vec<_> = load.chain([(makespan, -1.0)]).collect();
            problem.add_constraint(&load[..], ComparisonOp::Le, -release);
        }
        match problem.solve() {
            Ok(SolveOutcome::Solution(solution)) => Some(solution.objective()),
            _ => None,
        }
    }

    /// Over all choices of who takes part: the program alone would make even the idle wait for their
    /// release.
    fn optimum(workers: &[(f64, f64)], costs: &[f64]) -> f64 {
        let choices = 1u32..1 << workers.len();
        let of_choice = |choice: u32| {
            let chosen = (0..).zip(workers).filter(|(index, _)| choice >> index & 1 == 1);
            let chosen: Vec<(f64, f64)> = chosen.map(|(_, worker)| *worker).collect();
            optimum_of(&chosen, costs)
        };
        choices.filter_map(of_choice).fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn water_level_is_the_linear_programs_optimum(
            peers in prop::collection::vec((0.0..2.0f64, 100.0..5000.0f64), 1..4),
            costs in prop::collection::vec(10.0..3000.0f64, 1..5),
            local in 50.0..2000.0f64,
        ) {
            let mut visits = visits(peers.len());
            for (visit, (way, speed)) in visits.iter_mut().zip(&peers) {
                visit.speed = *speed;
                visit.link.delay = Duration::from_secs_f64(way / 2.0);
            }
            let seen: Vec<&Visit> = visits.iter().collect();
            let found = least_seconds(&seen, local, costs.iter().sum(), s(0));
            let workers: Vec<_> = peers.iter().copied().chain([(0.0, local)]).collect();
            let expected = optimum(&workers, &costs);
            prop_assert!((found - expected).abs() < 1e-6 * expected.max(1.0), "{found} {expected}");
        }
    }
}
