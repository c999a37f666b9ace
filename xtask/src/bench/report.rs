//! What a suite found: rows with every repetition of both sides, as JSON and as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::process;

const QUERY_LIMIT: Duration = Duration::from_secs(30);

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    /// Its name over all versions.
    pub(super) id: String,
    /// The figure itself; where both sides were measured, the ratio of their medians.
    pub(super) value: f64,
    /// What holds it in 95 of 100 cases, where that was worked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) interval: Option<[f64; 2]>,
    /// Its unit; `ratio` for a ratio.
    pub(super) unit: String,
    /// What it is compared with.
    pub(super) against: String,
    /// Every repetition of ours.
    pub(super) ours: Repetitions,
    /// Every repetition of the other side, or the limit alone.
    pub(super) theirs: Repetitions,
}

/// Every repetition of one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Repetitions {
    /// Of the same thing.
    Plain(Vec<f64>),
    /// Of several scenes, over which the row averages.
    ByScene(BTreeMap<String, Vec<f64>>),
}

impl From<Vec<f64>> for Repetitions {
    fn from(values: Vec<f64>) -> Self {
        Self::Plain(values)
    }
}

impl fmt::Display for Repetitions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(values) => formatter.write_str(&list(values)),
            Self::ByScene(scenes) => {
                let words =
                    scenes.iter().map(|(scene, values)| format!("{scene} {:.3}", median(values)));
                formatter.write_str(&words.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Times of both sides, scene by scene.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SceneTimes {
    ours: BTreeMap<String, Vec<f64>>,
    theirs: BTreeMap<String, Vec<f64>>,
}

impl SceneTimes {
    /// Adds a scene.
    pub(super) fn insert(&mut self, scene: &str, ours: Vec<f64>, theirs: Vec<f64>) {
        self.ours.insert(scene.to_owned(), ours);
        self.theirs.insert(scene.to_owned(), theirs);
    }

    /// How many times faster ours is, as geometric mean over the scenes.
    pub(super) fn into_row(self, id: &str, against: &str) -> Row {
        let speed =
            |(scene, ours): (&String, &Vec<f64>)| (median(&self.theirs[scene]) / median(ours)).ln();
        let mean = self.ours.iter().map(speed).sum::<f64>() / self.ours.len() as f64;
        Row {
            id: id.to_owned(),
            value: mean.exp(),
            interval: None,
            unit: "ratio".to_owned(),
            against: against.to_owned(),
            ours: Repetitions::ByScene(self.ours),
            theirs: Repetitions::ByScene(self.theirs),
        }
    }
}

/// The rows of one suite, and where they were measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Report {
    suite: &'static str,
    machine: Value,
    versions: Value,
    rows: Vec<Row>,
    /// What was not measured, and why.
    missing: Vec<String>,
}

impl Row {
    /// A figure and the limit that it must keep.
    pub(super) fn under_limit(id: String, unit: &'static str, value: f64, limit: f64) -> Self {
        Self {
            id,
            value,
            interval: None,
            unit: unit.to_owned(),
            against: "budget".to_owned(),
            ours: vec![value].into(),
            theirs: vec![limit].into(),
        }
    }

    /// A figure that is compared with nothing: the median of its repetitions.
    pub(super) fn measured(id: &str, unit: &'static str, ours: Vec<f64>) -> Self {
        Self {
            id: id.to_owned(),
            value: median(&ours),
            interval: None,
            unit: unit.to_owned(),
            against: String::new(),
            ours: ours.into(),
            theirs: Vec::new().into(),
        }
    }

    /// How many times longer ours takes.
    pub(super) fn time_ratio(id: &str, against: &str, ours: Vec<f64>, theirs: Vec<f64>) -> Self {
        Self {
            id: id.to_owned(),
            value: median(&ours) / median(&theirs),
            interval: None,
            unit: "ratio".to_owned(),
            against: against.to_owned(),
            ours: ours.into(),
            theirs: theirs.into(),
        }
    }

    /// How many times faster ours is, from the times that both take.
    pub(super) fn speed_ratio(id: &str, against: &str, ours: Vec<f64>, theirs: Vec<f64>) -> Self {
        let speeds = |times: Vec<f64>| times.into_iter().map(f64::recip).collect();
        Self::time_ratio(id, against, speeds(ours), speeds(theirs))
    }

    /// A row that another program measured.
    pub(super) fn from_json(row: &Value) -> Result<Self> {
        Ok(Self::deserialize(row)?)
    }

    /// Runs a program that measures, and reads the list of rows that it prints.
    pub(super) fn all_from(program: &mut Command) -> Result<Vec<Self>> {
        let mut text = String::new();
        process::run_lines(program, |line| text.push_str(line))?;
        let rows: Value = serde_json::from_str(&text).context("the program prints no JSON")?;
        let rows = rows.as_array().context("the rows are not a list")?;
        rows.iter().map(|row| Self::from_json(row).with_context(|| format!("in {row}"))).collect()
    }
}

impl Report {
    /// A report about this machine.
    pub(super) fn of(suite: &'static str, rows: Vec<Row>) -> Self {
        Self { suite, machine: machine(), versions: versions(), rows, missing: Vec::new() }
    }

    /// Names what could not be measured.
    pub(super) fn without(mut self, missing: Vec<String>) -> Self {
        self.missing = missing;
        self
    }

    /// The form that programs read.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "suite": self.suite,
            "machine": self.machine,
            "versions": self.versions,
            "rows": self.rows,
            "missing": self.missing,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
        writeln!(formatter, "{:<width$}  {:>12}  unit", self.suite, "value")?;
        for row in &self.rows {
            let Row { id, value, interval, unit, against, ours, theirs } = row;
            write!(formatter, "{id:<width$}  {value:>12.3}  {unit}")?;
            if let Some([low, high]) = interval {
                write!(formatter, "  [{low:.3} to {high:.3}]")?;
            }
            writeln!(formatter, "  (ours {ours}; {against} {theirs})")?;
        }
        for missing in &self.missing {
            writeln!(formatter, "not measured: {missing}")?;
        }
        Ok(())
    }
}

/// The middle value, or the mean of the two in the middle.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

fn list(values: &[f64]) -> String {
    let words: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

fn machine() -> Value {
    let cpu_text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu_text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    json!({
        "cpu": cpu.map_or("unknown", |(_, name)| name),
        "cores": thread::available_parallelism().map_or(0, usize::from),
        "system": first_line("uname", &["-srm"]),
    })
}

fn versions() -> Value {
    json!({
        "commit": first_line("git", &["rev-parse", "--short", "HEAD"]),
        "rustc": first_line("rustc", &["--version"]),
        "node": first_line("node", &["--version"]),
        "chromium": crate::tools::find_chromium()
            .map(|path| first_line(&path.to_string_lossy(), &["--version"])),
    })
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let text = process::probe(Command::new(program).args(arguments), QUERY_LIMIT);
    text.and_then(|text| text.lines().next().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratio_is_that_of_the_medians() {
        let row = Row::speed_ratio("x", "y", vec![2.0, 1.0, 100.0], vec![4.0, 4.0]);
        assert!((row.value - 2.0).abs() < 1e-12, "{}", row.value);
    }

    #[test]
    fn scenes_count_alike_whatever_their_length() {
        let mut times = SceneTimes::default();
        times.insert("long", vec![100.0], vec![400.0]);
        times.insert("short", vec![1.0, 1.0, 9.0], vec![1.0]);
        let row = times.into_row("x", "y");
        assert!((row.value - 2.0).abs() < 1e-12, "{}", row.value);
    }

    #[test]
    fn what_was_not_measured_is_named() {
        let report = Report::of("tracer", Vec::new()).without(vec!["x: no pip".to_owned()]);
        assert_eq!(report.to_json()["missing"], json!(["x: no pip"]));
        assert!(report.to_string().contains("not measured: x: no pip"));
    }

    #[test]
    fn row_keeps_both_sides() {
        let row = Row::under_limit("x".to_owned(), "B", 3.0, 4.0);
        let report = Report::of("size", vec![row]).to_json();
        assert_eq!(report["rows"][0]["ours"], json!([3.0]));
        assert_eq!(report["rows"][0]["theirs"], json!([4.0]));
        assert_eq!(report["suite"], "size");
    }
}
