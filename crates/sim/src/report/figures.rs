//! What the report's charts show.

use std::collections::BTreeMap;

use super::chart::{Axis, Chart};
use crate::measure::{Attempt, IN_TIME, Run, TaskRecord, quantile};
use crate::policy::Policy;
use crate::race::Raced;

/// Tasks that one point of a curve stands for, and the last that is shown.
const TASKS_A_POINT: usize = 25;
const LAST_TASK: usize = 500;
/// Points of the chart of predictions.
const MOST_POINTS: usize = 500;
/// Seconds of the timeline, and from when on it is shown at best.
const TIMELINE: f64 = 2.0;
const SETTLED: f64 = 10.0;
/// Workers that are told apart in the timeline.
const MOST_ROWS: usize = 32;
/// Seconds of one bar of the chart of copies.
const SECONDS_A_BAR: f64 = 1.0;
/// Fewer tasks in a bar say nothing of shares.
const LEAST_TASKS: f64 = 20.0;

/// Runs of one policy.
pub(super) fn of(raced: &[Raced], policy: Policy) -> Vec<&Run> {
    raced.iter().filter(|raced| raced.policy == policy).map(|raced| &raced.run).collect()
}

/// A figure of the tasks with these numbers, over all seeds; by how many were seen before.
fn curve(runs: &[&Run], figure: impl Fn(&[&TaskRecord]) -> f64) -> Vec<(f64, f64)> {
    (0..LAST_TASK / TASKS_A_POINT)
        .map(|step| step * TASKS_A_POINT..(step + 1) * TASKS_A_POINT)
        .filter_map(|range| {
            let middle = (range.start + TASKS_A_POINT / 2) as f64;
            let tasks = runs.iter().flat_map(|run| run.tasks.get(range.clone()).unwrap_or(&[]));
            let tasks: Vec<&TaskRecord> = tasks.collect();
            (!tasks.is_empty()).then(|| (middle, figure(&tasks)))
        })
        .collect()
}

fn weighted(tasks: &[&TaskRecord], value: impl Fn(&TaskRecord) -> f64) -> f64 {
    let cost: f64 = tasks.iter().map(|task| task.cost).sum();
    tasks.iter().map(|task| task.cost * value(task)).sum::<f64>() / cost
}

type Curve = (Policy, Vec<(f64, f64)>);

fn curves(
    raced: &[Raced],
    policies: &[Policy],
    figure: impl Fn(&[&TaskRecord]) -> f64,
) -> Vec<Curve> {
    policies.iter().map(|policy| (*policy, curve(&of(raced, *policy), &figure))).collect()
}

fn highest(curves: &[Curve]) -> f64 {
    curves.iter().flat_map(|(_, points)| points).map(|(_, y)| *y).fold(0.0, f64::max)
}

/// How long work takes after so many tasks.
pub(super) fn latency(raced: &[Raced], policies: &[Policy]) -> String {
    let curves = curves(raced, policies, |tasks| 1e3 * weighted(tasks, |task| task.seconds));
    let lowest = curves.iter().flat_map(|(_, points)| points).map(|(_, y)| *y);
    let lowest = lowest.fold(f64::INFINITY, f64::min);
    let y = Axis::logarithmic(
        "mean milliseconds from asked for to delivered",
        lowest * 0.8,
        highest(&curves) * 1.2,
    );
    let mut chart = Chart::new(Axis::even("tasks seen", 0.0, LAST_TASK as f64), y);
    for (colour, (policy, points)) in curves.iter().enumerate() {
        chart.line(colour, policy.name(), points);
    }
    chart.finish(
        "Latency while learning",
        "Mean over all seeds of the time from when a frame was asked for until a piece of it was merged, \
         each piece as heavy as it was costly, by how many pieces were merged before.",
    )
}

/// How much comes late after so many tasks.
pub(super) fn failures(raced: &[Raced], policies: &[Policy]) -> String {
    let limit = IN_TIME.as_secs_f64();
    let late = |task: &TaskRecord| if task.seconds > limit { 100.0 } else { 0.0 };
    let curves = curves(raced, policies, |tasks| weighted(tasks, late));
    let y = Axis::even("late work in percent", 0.0, (highest(&curves) * 1.05).max(1.0));
    let mut chart = Chart::new(Axis::even("tasks seen", 0.0, LAST_TASK as f64), y);
    for (colour, (policy, points)) in curves.iter().enumerate() {
        chart.line(colour, policy.name(), points);
    }
    chart.finish(
        "Failures while learning",
        &format!(
            "Share of the work that was not delivered {:.0} ms after it was asked for.",
            1e3 * limit
        ),
    )
}

/// What was expected and what came of it.
pub(super) fn predictions(runs: &[&Run], policy: Policy) -> String {
    let ended = runs.iter().flat_map(|run| run.covered(None));
    let ended: Vec<&Attempt> = ended.collect();
    let step = ended.len().div_ceil(MOST_POINTS).max(1);
    let shown: Vec<&&Attempt> = ended.iter().step_by(step).collect();
    let milliseconds = |seconds: f64| 1e3 * seconds;
    let all = || shown.iter().flat_map(|one| [one.expected[1], one.expected[2], one.seconds]);
    let low = all().fold(f64::INFINITY, f64::min).max(1e-3);
    let high = all().fold(0.0, f64::max);
    let axis = |name: &str| Axis::logarithmic(name, milliseconds(low), milliseconds(high));
    let mut chart =
        Chart::new(axis("milliseconds that it took"), axis("milliseconds that were expected"));
    chart.guide((milliseconds(low), milliseconds(low)), (milliseconds(high), milliseconds(high)));
    for attempt in &shown {
        let [median, from, to] = attempt.expected.map(milliseconds);
        let colour = if attempt.is_within() { 0 } else { 1 };
        chart.interval(colour, milliseconds(attempt.seconds), median, (from, to));
    }
    let within = ended.iter().filter(|attempt| attempt.is_within()).count();
    let share = 100.0 * within as f64 / ended.len().max(1) as f64;
    chart.name(0, "within its interval");
    chart.name(1, "outside");
    chart.finish(
        "Predictions and what came",
        &format!(
            "One of {step} delivered attempts of peers under `{}`: the expected median with its 90 % interval. \
             {share:.1} % of all {} took a time within it.",
            policy.name(),
            ended.len()
        ),
    )
}

/// Who worked when.
pub(super) fn timeline(run: &Run, policy: Policy) -> String {
    let end = run.attempts.iter().map(|attempt| attempt.at).fold(0.0, f64::max);
    let from = (end - TIMELINE).clamp(0.0, SETTLED);
    let until = from + TIMELINE;
    let shown = run.attempts.iter().filter(|one| one.at > from && one.at - one.seconds < until);
    let mut rows: BTreeMap<Option<u64>, Vec<&Attempt>> = BTreeMap::new();
    shown.for_each(|attempt| rows.entry(attempt.peer).or_default().push(attempt));
    let all = rows.len();
    // The own tracer stays; of the others those that came last go.
    while rows.len() > MOST_ROWS {
        rows.pop_last();
    }
    let mut y = Axis::even("worker", -1.0, rows.len() as f64);
    let names = rows.keys().enumerate().map(|(row, peer)| {
        (row as f64, peer.map_or("own tracer".to_owned(), |peer| format!("{peer}")))
    });
    y.ticks = names.collect();
    let mut chart = Chart::new(Axis::even("seconds since the start", from, until), y);
    for (row, attempts) in rows.values().enumerate() {
        for attempt in attempts {
            let (begin, end) = ((attempt.at - attempt.seconds).max(from), attempt.at.min(until));
            let colour = if attempt.is_delivered { 2 } else { 1 };
            chart.bar(colour, begin, end, row as f64, 0.7);
        }
    }
    for frame in run.frames.iter().filter(|frame| (from..until).contains(&frame.at)) {
        chart.guide((frame.at, -1.0), (frame.at, rows.len() as f64));
    }
    chart.name(2, "a task that was delivered");
    chart.name(1, "a task that came to nothing");
    chart.finish(
        "Who works when",
        &format!(
            "Attempts by worker during {TIMELINE} seconds under `{}`, from when a lane was free for them to when they \
             ended, their way included; upright lines are the starts of frames. Copies that lost are not shown{}.",
            policy.name(),
            if all > rows.len() { format!(", nor are {} more workers", all - rows.len()) } else { String::new() }
        ),
    )
}

/// How many workers have something to do.
pub(super) fn utilisation(raced: &[Raced], policies: &[Policy]) -> String {
    let curves: Vec<Curve> =
        policies.iter().map(|policy| (*policy, busy(&of(raced, *policy)))).collect();
    let ends = curves.iter().flat_map(|(_, points)| points).map(|(second, _)| *second);
    let mut chart = Chart::new(
        Axis::even("seconds since the start", 0.0, ends.fold(1.0, f64::max)),
        Axis::even("workers with a task at a time", 0.0, (highest(&curves) * 1.05).max(1.0)),
    );
    for (colour, (policy, points)) in curves.iter().enumerate() {
        chart.line(colour, policy.name(), points);
    }
    chart.finish(
        "How many work at a time",
        "Mean number of workers, the own tracer included, that have a task, second by second, over all seeds. Few are \
         busy where others wait for one that is slow or gone.",
    )
}

/// By the middle of each second, how many had a task on average.
fn busy(runs: &[&Run]) -> Vec<(f64, f64)> {
    let attempts = || runs.iter().flat_map(|run| &run.attempts);
    let end = attempts().map(|attempt| attempt.at).fold(0.0, f64::max);
    let mut seconds = vec![0.0; end.floor() as usize];
    attempts().for_each(|attempt| spread(&mut seconds, attempt.at - attempt.seconds, attempt.at));
    let count = runs.len().max(1) as f64;
    seconds.iter().enumerate().map(|(second, busy)| (second as f64 + 0.5, busy / count)).collect()
}

/// Adds an interval of time to the seconds that it touches.
fn spread(seconds: &mut [f64], from: f64, to: f64) {
    let (from, to) = (from.max(0.0), to.min(seconds.len() as f64));
    for (index, second) in seconds.iter_mut().enumerate().skip(from as usize) {
        let (begin, end) = (index as f64, index as f64 + 1.0);
        if begin >= to {
            return;
        }
        *second += (to.min(end) - from.max(begin)).max(0.0);
    }
}

/// How often tasks were given to a second worker.
pub(super) fn copies(runs: &[&Run], policy: Policy) -> String {
    let end = runs.iter().flat_map(|run| &run.tasks).map(|task| task.at).fold(1.0, f64::max);
    let bars = (end / SECONDS_A_BAR).ceil() as usize;
    let place = |at: f64| ((at / SECONDS_A_BAR) as usize).min(bars - 1);
    let (mut again, mut merged) = (vec![0.0; bars], vec![0.0; bars]);
    for run in runs {
        run.copies.iter().for_each(|at| again[place(*at)] += 1.0);
        run.tasks.iter().for_each(|task| merged[place(task.at)] += 1.0);
    }
    let share = |bar: usize| 100.0 * again[bar] / merged[bar];
    let told: Vec<usize> = (0..bars).filter(|bar| merged[*bar] >= LEAST_TASKS).collect();
    let most = told.iter().map(|bar| share(*bar)).fold(1.0, f64::max);
    let mut chart = Chart::new(
        Axis::even("seconds since the start", 0.0, end),
        Axis::even("copies per hundred tasks", 0.0, most * 1.05),
    );
    for bar in told {
        let from = bar as f64 * SECONDS_A_BAR;
        chart.column(0, from, (from + 0.85 * SECONDS_A_BAR).min(end), share(bar));
    }
    chart.name(0, policy.name());
    let twice: f64 = runs.iter().map(|run| run.duplicate_share()).sum();
    let p99 = quantile(runs.iter().flat_map(|run| &run.tasks), 0.99);
    chart.finish(
        "Copies",
        &format!(
            "Tasks that were given to a second worker because the first was late, likely to fail or slower; seconds \
             with fewer than {LEAST_TASKS} tasks are left out. {:.1} % of all traced paths were traced for nothing; 99 % of the work was there after {:.0} ms.",
            100.0 * twice / runs.len().max(1) as f64,
            1e3 * p99
        ),
    )
}
