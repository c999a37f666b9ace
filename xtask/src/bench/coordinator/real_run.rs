//! Four contributors on this machine, slowed and made to fail by known factors, under three schedulers.
//!
//! They share the machine's cores, one tracing thread each; a slowed one waits for the rest of its time, so
//! that it takes no core meanwhile. What they are worth together therefore depends on the cores; the
//! schedulers take turns on the same frames, so that the ratios do not.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bench::report::{Repetitions, Row, median};
use crate::build::Programs;
use crate::demo::Server;
use crate::places::Places;
use crate::process::{self, Child};

/// All rows of this module together.
const GROUP: &str = "real-run";
/// Name, how many times slower, and the share of tasks that are never answered.
const CONTRIBUTORS: [(&str, f64, f64); 4] =
    [("one", 1.0, 0.0), ("half", 2.0, 0.0), ("quarter", 4.0, 0.0), ("flaky", 1.0, 0.15)];
/// The first is what ships, the second its model over the same equal tasks as the others have.
const SCHEDULERS: [&str; 4] = ["product", "learned", "fastest-first", "random"];
const REPETITIONS: u32 = 3;
/// Frames of about a third of a second on two cores, and as many as it takes to know the fastest by a hundred tasks.
const FRAMES: &[&str] = &[
    "--scene",
    "night-city:size=200",
    "--size",
    "320x180",
    "--spp",
    "2",
    "--frames",
    "12",
    "--tasks",
    "24",
];
/// A tile that comes later than this after its frame was asked for is late.
const IN_TIME_SECONDS: f64 = 0.4;
/// Rows of this module.
const ROWS: [&str; 8] = [
    "real-run-mean-vs-random",
    "real-run-mean-vs-fastest-first",
    "real-run-frame-vs-random",
    "real-run-frame-vs-fastest-first",
    "real-run-product-frame-vs-random",
    "real-run-product-frame-vs-fastest-first",
    "real-run-late-share",
    "real-run-stage-ms",
];

/// What is known of a contributor, the least first, as the program writes it.
const STAGES: [&str; 4] = ["heuristic", "per_worker", "per_kind", "by_hour"];

/// Whether a row is one of these, or all are wanted.
pub(super) fn is_wanted(only: Option<&str>) -> bool {
    only.is_none_or(|only| only == GROUP || ROWS.contains(&only))
}

/// What one scheduler did, by repetition.
#[derive(Debug, Default)]
struct Seen {
    /// Mean seconds of a task, each as heavy as its paths, and of a frame.
    tasks: Vec<f64>,
    frames: Vec<f64>,
    /// Share of the paths that came late.
    late: Vec<f64>,
    /// Milliseconds of delivered attempts by what was known of the contributor.
    stages: BTreeMap<String, Vec<f64>>,
}

/// Renders the same frames under each scheduler, in turns.
pub(super) fn measure(
    places: &Places,
    programs: &Programs,
    only: Option<&str>,
) -> Result<Vec<Row>> {
    let server = Server::start(places, programs, "127.0.0.1:0")?;
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    for repetition in 0..REPETITIONS {
        for scheduler in SCHEDULERS {
            let room = format!("real-run-{}-{scheduler}-{repetition}", std::process::id());
            // Dropped, and so ended, after the frames.
            let _contributors = contributors(programs, &server.url, &room)?;
            let report = render(programs, &server.url, &room, scheduler, repetition)?;
            let seen = seen.entry(scheduler).or_default();
            seen.add(&report)?;
            let (task, frame) = (seen.tasks.last(), seen.frames.last());
            // It takes some minutes; a person wants to see it go on.
            if let (Some(task), Some(frame)) = (task, frame) {
                let round = repetition + 1;
                eprintln!(
                    "xtask: {round} of {REPETITIONS}, {scheduler}: {task:.0} ms a task, {frame:.0} ms a frame"
                );
            }
        }
    }
    let wants = |row: &Row| only.is_none_or(|only| only == GROUP || only == row.id);
    Ok(rows(&seen).into_iter().filter(wants).collect())
}

fn contributors(programs: &Programs, url: &str, room: &str) -> Result<Vec<Child>> {
    let start = |(name, slow_down, fail_share): &(&str, f64, f64)| {
        let mut command = Command::new(&programs.cli);
        command.args(["contribute", url, "--room", room, "--name", name]);
        command.args(["--device", "cpu", "--threads", "1"]);
        command.arg("--slow-down").arg(slow_down.to_string());
        command.arg("--fail-share").arg(fail_share.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Child::spawn(&mut command)
    };
    CONTRIBUTORS.iter().map(start).collect()
}

fn render(
    programs: &Programs,
    url: &str,
    room: &str,
    scheduler: &str,
    repetition: u32,
) -> Result<Value> {
    let mut command = Command::new(&programs.cli);
    command.args(["measure", "frames", url, "--room", room, "--scheduler", scheduler]);
    command.args(FRAMES).args(["--peers", &CONTRIBUTORS.len().to_string()]);
    command.args(["--seed", &repetition.to_string()]);
    for (name, slow_down, _) in CONTRIBUTORS {
        command.arg("--advertise").arg(format!("{name}={}", 1.0 / slow_down));
    }
    let mut text = String::new();
    process::run_lines(&mut command, |line| text.push_str(line))?;
    serde_json::from_str(&text).with_context(|| format!("{scheduler}: the frames are no JSON"))
}

impl Seen {
    fn add(&mut self, report: &Value) -> Result<()> {
        let frames = report["frames"].as_array().context("the report has no frames")?;
        let pieces = frames.iter().filter_map(|frame| frame["pieces"].as_array()).flatten();
        let (mut paths, mut seconds, mut late) = (0.0, 0.0, 0.0);
        for piece in pieces {
            let number = |name: &str| piece[name].as_f64().with_context(|| format!("no {name}"));
            let (took, weight) = (number("seconds")?, number("paths")?);
            paths += weight;
            seconds += weight * took;
            late += if took > IN_TIME_SECONDS { weight } else { 0.0 };
        }
        let frame_seconds: Vec<f64> =
            frames.iter().filter_map(|frame| frame["seconds"].as_f64()).collect();
        self.tasks.push(1e3 * seconds / paths);
        self.frames.push(1e3 * frame_seconds.iter().sum::<f64>() / frame_seconds.len() as f64);
        self.late.push(late / paths);
        let attempts = frames.iter().filter_map(|frame| frame["attempts"].as_array()).flatten();
        for attempt in attempts.filter(|attempt| attempt["is_delivered"] == true) {
            let stage = attempt["stage"].as_str().context("an attempt has no stage")?;
            ensure!(STAGES.contains(&stage), "there is no stage {stage}");
            let took = attempt["seconds"].as_f64().context("an attempt has no time")?;
            self.stages.entry(stage.to_owned()).or_default().push(1e3 * took);
        }
        Ok(())
    }
}

fn rows(seen: &BTreeMap<&str, Seen>) -> Vec<Row> {
    let tasks = |scheduler: &str| seen[scheduler].tasks.clone();
    let frames = |scheduler: &str| seen[scheduler].frames.clone();
    let ratio = |id: &str, against: &str, ours, theirs| Row::time_ratio(id, against, ours, theirs);
    let late: BTreeMap<String, Vec<f64>> =
        seen.iter().map(|(scheduler, seen)| ((*scheduler).to_owned(), seen.late.clone())).collect();
    let stages = seen["learned"].stages.clone();
    let [random, fastest] = ["random", "fastest-first"];
    vec![
        ratio(ROWS[0], "random, ms of a task", tasks("learned"), tasks(random)),
        ratio(ROWS[1], "fastest-first, ms of a task", tasks("learned"), tasks(fastest)),
        ratio(ROWS[2], "random, ms of a frame", frames("learned"), frames(random)),
        ratio(ROWS[3], "fastest-first, ms of a frame", frames("learned"), frames(fastest)),
        ratio(ROWS[4], "random, ms of a frame", frames("product"), frames(random)),
        ratio(ROWS[5], "fastest-first, ms of a frame", frames("product"), frames(fastest)),
        by_name(ROWS[6], "share", median(&late["learned"]), "each scheduler", late),
        by_name(
            ROWS[7],
            "ms",
            last_stage(&stages),
            "attempts of `learned` by what was known of the contributor; the value is the last stage's",
            stages,
        ),
    ]
}

/// Median of the stage at which most is known, of those that were reached.
fn last_stage(stages: &BTreeMap<String, Vec<f64>>) -> f64 {
    let reached = STAGES.iter().rev().find_map(|stage| stages.get(*stage));
    reached.map_or(f64::NAN, |times| median(times))
}

fn by_name(
    id: &str,
    unit: &str,
    value: f64,
    against: &str,
    ours: BTreeMap<String, Vec<f64>>,
) -> Row {
    Row {
        id: id.to_owned(),
        value,
        interval: None,
        unit: unit.to_owned(),
        against: against.to_owned(),
        ours: Repetitions::ByScene(ours),
        theirs: Vec::new().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pieces_weigh_by_their_paths_and_attempts_are_kept_by_stage() {
        let piece = |seconds: f64, paths: u32| json!({ "seconds": seconds, "paths": paths });
        let attempt = |is_delivered: bool| json!({ "stage": "heuristic", "seconds": 0.2, "is_delivered": is_delivered });
        let report = json!({"frames": [{
            "seconds": 0.5,
            "pieces": [piece(0.1, 300), piece(0.5, 100)],
            "attempts": [attempt(true), attempt(false)],
        }]});
        let mut seen = Seen::default();
        seen.add(&report).unwrap();
        assert!((seen.tasks[0] - 200.0).abs() < 1e-9 && (seen.frames[0] - 500.0).abs() < 1e-9);
        assert!((seen.late[0] - 0.25).abs() < 1e-9);
        assert_eq!(seen.stages["heuristic"], [200.0]);
        assert!(seen.add(&json!({})).is_err());
    }

    #[test]
    fn last_stage_is_the_one_at_which_most_is_known_not_the_last_by_name() {
        let mut stages = BTreeMap::from([("per_worker".to_owned(), vec![9.0])]);
        assert!((last_stage(&stages) - 9.0).abs() < 1e-12);
        stages.insert("by_hour".to_owned(), vec![5.0]);
        stages.insert("heuristic".to_owned(), vec![7.0]);
        assert!((last_stage(&stages) - 5.0).abs() < 1e-12);
    }
}
