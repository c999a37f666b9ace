//! What the network costs and gives: renders through a server beside the same renders alone.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::report::{Report, Row};
use crate::build::Programs;
use crate::demo::Server;
use crate::places::Places;
use crate::process::{self, Child};
use crate::tools;

/// Repetitions of each side; the sides take turns, so that a busy machine slows both.
const REPETITIONS: usize = 5;
/// Repetitions of the row whose render takes 20 s and more.
const LONG_REPETITIONS: usize = 3;
const DEAD_PEER_COUNT: usize = 3;
/// A render of a few seconds on one core.
const SHORT_JOB: &[&str] = &["night-city:size=200", "--size", "320x180", "--spp", "32"];
/// A render of at least 20 s on two cores.
const LONG_JOB: &[&str] = &["night-city:size=200", "--size", "640x360", "--spp", "96"];

struct Bench<'a> {
    places: &'a Places,
    programs: &'a Programs,
    server: Server,
    folder: PathBuf,
    room_count: usize,
}

/// Measures every row.
pub(super) fn measure(places: &Places, programs: &Programs) -> Result<Report> {
    let folder = places.stamps().join(format!("bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let server = Server::start(places, programs, "127.0.0.1:0")?;
    let mut bench = Bench { places, programs, server, folder, room_count: 0 };
    let result = rows(&mut bench);
    // The pictures are of no use afterwards.
    let _ = fs::remove_dir_all(&bench.folder);
    Ok(Report::of("network", result?))
}

fn rows(bench: &mut Bench<'_>) -> Result<Vec<Row>> {
    let mut rows = bench.one_and_two_contributors()?;
    rows.push(bench.zero_peers()?);
    rows.push(bench.dead_peers()?);
    rows.extend(bench.browser()?);
    Ok(rows)
}

impl Bench<'_> {
    /// One contributor against a local thread, two against one, and what their results weigh.
    fn one_and_two_contributors(&mut self) -> Result<Vec<Row>> {
        let (mut local, mut one, mut two) = (Vec::new(), Vec::new(), Vec::new());
        let (mut task_bytes, mut sample_bytes) = (Vec::new(), Vec::new());
        for _ in 0..REPETITIONS {
            local.push(seconds(&self.render(SHORT_JOB, &["--threads", "1"])?)?);
            let report = self.render_by_contributors(1)?;
            one.push(seconds(&report)?);
            task_bytes.push(number(&report, "/network/task_bytes_max")?);
            sample_bytes.push(received_bytes_per_sample(&report)?);
            two.push(seconds(&self.render_by_contributors(2)?)?);
        }
        let largest = task_bytes.iter().copied().fold(0.0, f64::max);
        Ok(vec![
            Row::under_limit("task-bytes-max".to_owned(), "B", largest, 1024.0),
            Row::speed_ratio("one-contributor-vs-local", "local, one thread", one.clone(), local),
            Row::speed_ratio("two-contributors-speedup", "one contributor", two, one),
            Row::measured("result-bytes-per-sample", "B", sample_bytes),
        ])
    }

    /// A render through a server that nobody else has come to.
    fn zero_peers(&mut self) -> Result<Row> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..REPETITIONS {
            theirs.push(self.timed_render(SHORT_JOB, &[])?);
            let room = self.new_room();
            let url = self.server.url.clone();
            ours.push(self.timed_render(SHORT_JOB, &["--signal", &url, "--room", &room])?);
        }
        Ok(Row::time_ratio("zero-peer-overhead", "local", ours, theirs))
    }

    /// A render with contributors that accept every task and answer none.
    fn dead_peers(&mut self) -> Result<Row> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..LONG_REPETITIONS {
            theirs.push(self.timed_render(LONG_JOB, &[])?);
            let room = self.new_room();
            let url = self.server.url.clone();
            let mute = ["measure", "mute", &url, "--room", &room];
            // Dropped, and so ended, after the render.
            let _dead = self.start_many(&mute, DEAD_PEER_COUNT)?;
            let count = DEAD_PEER_COUNT.to_string();
            let words = ["--signal", &url, "--room", &room, "--wait-for-peers", &count];
            ours.push(self.timed_render(LONG_JOB, &words)?);
        }
        Ok(Row::time_ratio("dead-peers-overhead", "local", ours, theirs))
    }

    /// Rows that need a script: links, and the time until Stop has stopped everything.
    fn browser(&self) -> Result<Vec<Row>> {
        let native = self.links("native")?;
        let chromium = self.links("chromium")?;
        let stops = self.script(&["tests/browser/stop.mjs"])?;
        let stops: Vec<f64> = serde_json::from_value(stops).context("the times are no numbers")?;
        let slowest = stops.iter().copied().fold(0.0, f64::max);
        let mut stop = Row::under_limit("stop-ms-max".to_owned(), "ms", slowest, 250.0);
        stop.ours = stops.into();
        Ok(vec![
            Row::measured("channel-mbps-native-native", "Mbit/s", column(&native, "in_mbps")?),
            Row::measured("channel-mbps-native-chromium", "Mbit/s", column(&chromium, "in_mbps")?),
            Row::measured("connect-ms-native-chromium", "ms", column(&chromium, "connect_ms")?),
            stop,
        ])
    }

    fn links(&self, peer: &str) -> Result<Value> {
        let repetitions = REPETITIONS.to_string();
        let words = ["tests/browser/channel.mjs", "--peer", peer, "--repetitions", &repetitions];
        self.script(&words)
    }

    /// Runs a script of the browser tests and reads the JSON that it prints.
    fn script(&self, words: &[&str]) -> Result<Value> {
        let browser = tools::find_chromium().context("no Chromium; run `cargo xtask setup`")?;
        let mut node = Command::new("node");
        node.current_dir(&self.places.root).args(words).env("P2C2R_CHROMIUM", browser);
        node.env("P2C2R_SERVER", &self.programs.server).env("P2C2R_CLI", &self.programs.cli);
        let mut text = String::new();
        process::run_lines(&mut node, |line| text.push_str(line))?;
        serde_json::from_str(&text).with_context(|| format!("{} prints no JSON", words[0]))
    }

    fn render_by_contributors(&mut self, count: usize) -> Result<Value> {
        let room = self.new_room();
        // Dropped, and so ended, after the render.
        let _contributors = self.contributors(&room, count)?;
        let url = self.server.url.clone();
        let count = count.to_string();
        let words = ["--signal", &url, "--room", &room, "--no-local", "--wait-for-peers", &count];
        self.render(SHORT_JOB, &words)
    }

    fn contributors(&self, room: &str, count: usize) -> Result<Vec<Child>> {
        let url = self.server.url.as_str();
        let words = ["contribute", url, "--room", room, "--device", "cpu", "--threads", "1"];
        self.start_many(&words, count)
    }

    fn start_many(&self, words: &[&str], count: usize) -> Result<Vec<Child>> {
        let start = |_| {
            let mut command = Command::new(&self.programs.cli);
            command.args(words).stdin(Stdio::null());
            Child::spawn(command.stdout(Stdio::null()).stderr(Stdio::null()))
        };
        (0..count).map(start).collect()
    }

    /// Renders and returns the program's own report.
    fn render(&self, job: &[&str], words: &[&str]) -> Result<Value> {
        Child::spawn(&mut self.render_command(job, words))?.wait_for_success()?;
        let text = fs::read_to_string(self.stats())?;
        serde_json::from_str(&text).context("the report is not JSON")
    }

    /// Renders and measures from outside, start and end of the program included.
    fn timed_render(&self, job: &[&str], words: &[&str]) -> Result<f64> {
        let started = Instant::now();
        Child::spawn(&mut self.render_command(job, words))?.wait_for_success()?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn render_command(&self, job: &[&str], words: &[&str]) -> Command {
        let mut command = Command::new(&self.programs.cli);
        command.arg("render").args(job).args(["--device", "cpu"]).args(words);
        command.arg("--out").arg(self.folder.join("film.sums")).arg("--stats").arg(self.stats());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn stats(&self) -> PathBuf {
        self.folder.join("stats.json")
    }

    fn new_room(&mut self) -> String {
        self.room_count += 1;
        format!("bench-{}-room-{:04}", std::process::id(), self.room_count)
    }
}

/// One figure of every repetition.
fn column(repetitions: &Value, name: &str) -> Result<Vec<f64>> {
    let rows = repetitions.as_array().context("the repetitions are not a list")?;
    rows.iter().map(|row| row[name].as_f64().with_context(|| format!("no {name}"))).collect()
}

fn seconds(report: &Value) -> Result<f64> {
    number(report, "/seconds")
}

fn number(report: &Value, pointer: &str) -> Result<f64> {
    let value = report.pointer(pointer).and_then(Value::as_f64);
    value.with_context(|| format!("the report has no number at {pointer}"))
}

/// What a sample of a peer cost the requester's link.
fn received_bytes_per_sample(report: &Value) -> Result<f64> {
    let peers = report["peers"].as_array().context("the report names no peers")?;
    let sum = |name: &str| peers.iter().filter_map(|peer| peer[name].as_f64()).sum::<f64>();
    let samples = sum("samples");
    ensure!(samples > 0.0, "the contributor rendered nothing");
    Ok(sum("received_bytes") / samples)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_are_counted_over_all_peers() {
        let report = json!({"peers": [
            {"samples": 10, "received_bytes": 30},
            {"samples": 10, "received_bytes": 50},
        ]});
        assert_eq!(received_bytes_per_sample(&report).unwrap(), 4.0);
        assert!(received_bytes_per_sample(&json!({"peers": []})).is_err());
    }
}
