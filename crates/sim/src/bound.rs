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
//!
//! **Late work.** By a limit `L` the same relaxation delivers at most `min(C, sum_p G_p(L))` of a frame that costs `C`:
//! the sum is a limit by the same addition of constraints, and it is reached by giving each worker `G_p(L)` or its share of `C`. So
//! `max(0, C - sum_p G_p(L))` is late whoever schedules, as long as one frame is rendered at a time.
//!
//! Every task counts at its worker's mean speed. Single tasks are up to noise that may be in somebody's favour, so a
//! frame of few tasks can beat the level by luck; over many tasks noise only costs time, since its mean factor is above 1.

use std::time::Duration;

use crate::population::Outage;
use crate::visit::Visit;

/// Steps of the bisection: 2⁻⁵⁰ of the first interval is below a nanosecond.
const STEPS: usize = 50;

/// Everybody who could work on a frame, now or later, and all that will become of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Everybody<'a> {
    /// Those who are there and those who will come.
    pub(crate) visits: &'a [&'a Visit],
    pub(crate) outages: &'a [Outage],
    /// Mean paths per second of the requester's own tracer.
    pub(crate) local_speed: f64,
    /// When the frame is asked for.
    pub(crate) now: Duration,
}

impl Everybody<'_> {
    /// The least seconds in which work of this cost can be done if everybody's future is known, nobody fails,
    /// and work can be cut at will.
    pub(crate) fn least_seconds(&self, cost: f64) -> f64 {
        let (mut low, mut high) = (0.0, cost / self.local_speed);
        for _ in 0..STEPS {
            let middle = 0.5 * (low + high);
            if self.work_within(middle) < cost { low = middle } else { high = middle }
        }
        high
    }

    /// How much of a frame of this cost cannot be there after so many seconds.
    pub(crate) fn least_late(&self, cost: f64, seconds: f64) -> f64 {
        (cost - self.work_within(seconds)).max(0.0)
    }

    /// Mean paths that can be traced and be here after so many seconds.
    fn work_within(&self, seconds: f64) -> f64 {
        let until = self.now + Duration::from_secs_f64(seconds);
        let peers = self.visits.iter().map(|visit| {
            let (first, last) = self.passes(visit, until);
            capacity(visit, first, last)
        });
        peers.sum::<f64>() + self.local_speed * seconds
    }

    /// When a visitor can have its first task, and when it must have sent what is to be here by `until`:
    /// nothing arrives at either end during an outage.
    fn passes(&self, visit: &Visit, until: Duration) -> (Duration, Duration) {
        let is_cut = |at: Duration| {
            let own = self.outages.iter().filter(|outage| outage.access == visit.access);
            own.filter(|outage| outage.holds(at)).copied().next()
        };
        let first = self.now.max(visit.arrives) + visit.link.delay;
        let first = is_cut(first).map_or(first, |outage| outage.until);
        let last = is_cut(until).map_or(until, |outage| outage.from);
        (first, last.saturating_sub(visit.link.delay))
    }
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

    /// Peers who are there from the start and whom nothing slows.
    fn visits(count: usize) -> Vec<Visit> {
        let mut visits = Population::default().visits(5, s(60), false);
        visits.truncate(count);
        for visit in &mut visits {
            visit.moods.clear();
            (visit.arrives, visit.access) = (s(0), 0);
        }
        visits
    }

    fn everybody<'a>(visits: &'a [&'a Visit], local_speed: f64, now: Duration) -> Everybody<'a> {
        Everybody { visits, outages: &[], local_speed, now }
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
        let at_once = everybody(&seen, 1000.0, s(0)).least_seconds(2800.0);
        assert!((at_once - 1.0).abs() < 1e-6, "{at_once}");
        // Half speed in between.
        let slow = everybody(&seen, 1000.0, Duration::from_millis(1950)).least_seconds(1800.0);
        assert!((slow - 0.95).abs() < 1e-6, "{slow}");
        assert!((everybody(&[], 500.0, s(0)).least_seconds(1000.0) - 2.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_passes_in_an_outage_and_who_comes_later_begins_later() {
        let mut visits = visits(2);
        for visit in &mut visits {
            (visit.speed, visit.link.delay) = (1000.0, Duration::from_millis(50));
        }
        (visits[1].arrives, visits[1].access) = (s(2), 1);
        let seen: Vec<&Visit> = visits.iter().collect();
        let outages = [Outage { access: 0, from: s(1), until: s(3) }];
        let everybody = Everybody { outages: &outages, ..everybody(&seen, 1.0, s(0)) };
        let within = |seconds: f64| everybody.work_within(seconds) - seconds;
        // What the first sends 50 ms before the outage is the last that comes until it is over.
        assert!((within(1.0) - 900.0).abs() < 1e-6, "{}", within(1.0));
        assert!((within(2.05) - 900.0).abs() < 1e-6, "{}", within(2.05));
        // The second comes with the third second.
        assert!((within(2.9) - 1700.0).abs() < 1e-6, "{}", within(2.9));
        assert!((within(3.5) - 3400.0 - 1400.0).abs() < 1e-6, "{}", within(3.5));
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

    /// The most work that these workers can deliver by a time, as a linear program.
    fn most_by(workers: &[(f64, f64)], costs: &[f64], limit: f64) -> f64 {
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let shares: Vec<Vec<Variable>> = costs
            .iter()
            .map(|cost| workers.iter().map(|_| problem.add_var(*cost, (0.0, 1.0))).collect())
            .collect();
        for task in &shares {
            let whole: Vec<_> = task.iter().map(|share| (*share, 1.0)).collect();
            problem.add_constraint(&whole[..], ComparisonOp::Le, 1.0);
        }
        for (index, (release, speed)) in workers.iter().enumerate() {
            let load: Vec<_> =
                costs.iter().zip(&shares).map(|(cost, task)| (task[index], *cost)).collect();
            let most = speed * (limit - release).max(0.0);
            problem.add_constraint(&load[..], ComparisonOp::Le, most);
        }
        match problem.solve() {
            Ok(SolveOutcome::Solution(solution)) => solution.objective(),
            other => panic!("no optimum: {other:?}"),
        }
    }

    /// The same where no task can be cut, by trying every assignment.
    fn most_whole_by(workers: &[(f64, f64)], costs: &[f64], limit: f64) -> f64 {
        let Some((cost, rest)) = costs.split_first() else { return 0.0 };
        let late = most_whole_by(workers, rest, limit);
        let by = |index: usize| {
            let (release, speed) = workers[index];
            let end = release + cost / speed;
            let mut left = workers.to_vec();
            left[index].0 = end;
            (end <= limit).then(|| cost + most_whole_by(&left, rest, limit))
        };
        (0..workers.len()).filter_map(by).fold(late, f64::max)
    }

    /// Peers with these ways and speeds.
    fn peers_of(peers: &[(f64, f64)]) -> Vec<Visit> {
        let mut visits = visits(peers.len());
        for (visit, (way, speed)) in visits.iter_mut().zip(peers) {
            visit.speed = *speed;
            visit.link.delay = Duration::from_secs_f64(way / 2.0);
        }
        visits
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn water_level_is_the_linear_programs_optimum(
            peers in prop::collection::vec((0.0..2.0f64, 100.0..5000.0f64), 1..4),
            costs in prop::collection::vec(10.0..3000.0f64, 1..5),
            local in 50.0..2000.0f64,
        ) {
            let visits = peers_of(&peers);
            let seen: Vec<&Visit> = visits.iter().collect();
            let found = everybody(&seen, local, s(0)).least_seconds(costs.iter().sum());
            let workers: Vec<_> = peers.iter().copied().chain([(0.0, local)]).collect();
            let expected = optimum(&workers, &costs);
            prop_assert!((found - expected).abs() < 1e-6 * expected.max(1.0), "{found} {expected}");
        }

        #[test]
        fn least_late_work_is_the_linear_programs_and_no_assignment_has_less(
            peers in prop::collection::vec((0.0..2.0f64, 100.0..5000.0f64), 1..4),
            costs in prop::collection::vec(10.0..3000.0f64, 1..5),
            local in 50.0..2000.0f64,
            limit in 0.1..2.0f64,
        ) {
            let visits = peers_of(&peers);
            let seen: Vec<&Visit> = visits.iter().collect();
            let all: f64 = costs.iter().sum();
            let found = everybody(&seen, local, s(0)).least_late(all, limit);
            let workers: Vec<_> = peers.iter().copied().chain([(0.0, local)]).collect();
            let expected = all - most_by(&workers, &costs, limit);
            prop_assert!((found - expected).abs() < 1e-6 * all.max(1.0), "{found} {expected}");
            let whole = all - most_whole_by(&workers, &costs, limit);
            prop_assert!(found <= whole + 1e-6 * all, "{found} {whole}");
        }
    }
}
