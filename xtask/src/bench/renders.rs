//! Time to equal error beside Mitsuba and Cycles: the same pictures by all, in turns, on two threads.
//!
//! Each renderer's error is the spread of its own pictures, so that materials which two define differently
//! do not count as noise. Error falls as one over the root of time, so seconds × variance is what a
//! renderer needs for a given error. Loading, compiling, and what a picture costs before its first sample
//! are left out for the peers; of ours a picture's whole time counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::report::{Row, SceneTimes};
use crate::places::Places;
use crate::setup;
use crate::tools::{Permission, RenderPeers};

mod picture;
mod renderer;

use picture::Pictures;
use renderer::Renderer;

/// Pictures that count, after one that does not.
const REPETITIONS: u32 = 5;
/// About how long a picture may take: long enough that starting it is little.
const SECONDS_A_PICTURE: f64 = 2.5;
/// Seed of the pictures that tell how fast a renderer is, and of the one that is not counted.
const TRIAL_SEED: u32 = 0;
/// Bounds of a picture's samples.
const SAMPLES: std::ops::RangeInclusive<u32> = 4..=4096;
/// Times are given for this error, as a share of the picture's mean.
const RELATIVE_ERROR: f64 = 0.05;
/// Means further apart than this are not of the same scene.
const MEAN_TOLERANCE: f64 = 0.2;

/// Whom we race, and the program that renders with him.
const PEERS: [(&str, &str); 2] =
    [("rmse-time-vs-mitsuba", "render_mitsuba.py"), ("rmse-time-vs-cycles", "render_cycles.py")];

/// Whether any row of this suite is wanted.
pub(super) fn is_wanted(only: Option<&str>) -> bool {
    only.is_none_or(|only| PEERS.iter().any(|(id, _)| *id == only))
}

/// The rows, or why the peers could not be had.
pub(super) fn measure(
    places: &Places,
    permission: Permission,
    program: &Path,
    real_scenes: &Path,
    only: Option<&str>,
) -> Result<Vec<Row>> {
    setup::ensure(&RenderPeers, places, permission)?;
    let folder = places.at("target/bench/renders");
    let mut rows: Vec<(&str, String, SceneTimes)> = Vec::new();
    for scene in export(places, program, real_scenes, &folder)? {
        let wanted = PEERS.iter().filter(|(id, _)| only.is_none_or(|only| only == *id));
        let job = folder.join(format!("{scene}.json"));
        let mut racers = vec![Racer::start(Command::new(program).arg("serve"), &job)?];
        for (id, peer) in wanted.clone() {
            let racer = Racer::start(&mut RenderPeers::command(places, peer), &job);
            racers.push(racer.with_context(|| format!("{id} on {scene}"))?);
        }
        race(&scene, &mut racers)?;
        let ours = racers[0].times();
        for ((id, _), peer) in wanted.zip(&racers[1..]) {
            check_means(&scene, &racers[0], peer)?;
            let place = rows.iter().position(|row| row.0 == *id).unwrap_or_else(|| {
                rows.push((id, peer.renderer.version.clone(), SceneTimes::default()));
                rows.len() - 1
            });
            rows[place].2.insert(&scene, ours.clone(), peer.times());
        }
    }
    let row = |(id, version, times): (&str, String, SceneTimes)| times.into_row(id, &version);
    Ok(rows.into_iter().map(row).collect())
}

/// Writes the scenes that are there; gives their names.
fn export(
    places: &Places,
    program: &Path,
    real_scenes: &Path,
    folder: &PathBuf,
) -> Result<Vec<String>> {
    let mut command = Command::new(program);
    command.arg("export").arg(folder).arg("--scenes").arg(real_scenes);
    command.arg("--references").arg(places.at("crates/tracer-cpu/tests/references"));
    let mut text = String::new();
    crate::process::run_lines(&mut command, |line| text.push_str(line))?;
    serde_json::from_str(&text).context("the program names no scenes")
}

/// A renderer with one scene, and the pictures that it made.
struct Racer {
    renderer: Renderer,
    samples: u32,
    pictures: Pictures,
    file: PathBuf,
}

impl Racer {
    fn start(command: &mut Command, job: &Path) -> Result<Self> {
        let renderer = Renderer::start(command.arg(job))?;
        let file = job.with_extension("f32");
        Ok(Self { renderer, samples: 0, pictures: Pictures::default(), file })
    }

    /// Chooses so many samples, a power of two, that a picture takes about as long as it should.
    fn choose_samples(&mut self) -> Result<()> {
        let mut samples = *SAMPLES.start();
        let mut seconds = self.warm_seconds(samples)?;
        while seconds < SECONDS_A_PICTURE / 4.0 && samples < *SAMPLES.end() {
            samples *= 4;
            seconds = self.warm_seconds(samples)?;
        }
        let power = (f64::from(samples) * SECONDS_A_PICTURE / seconds).log2().round();
        self.samples = (power.exp2() as u32).clamp(*SAMPLES.start(), *SAMPLES.end());
        Ok(())
    }

    /// Of a second picture: for the first one a renderer may have to compile.
    fn warm_seconds(&mut self, samples: u32) -> Result<f64> {
        self.renderer.render(samples, TRIAL_SEED, &self.file)?;
        self.renderer.render(samples, TRIAL_SEED, &self.file)
    }

    fn render(&mut self, seed: u32) -> Result<f64> {
        self.renderer.render(self.samples, seed, &self.file)
    }

    /// Seconds to the stated error, picture by picture.
    fn times(&self) -> Vec<f64> {
        let error = self.pictures.relative_error() / RELATIVE_ERROR;
        self.pictures.seconds.iter().map(|seconds| seconds * error * error).collect()
    }
}

/// Lets all render in turns and says what each did.
fn race(scene: &str, racers: &mut [Racer]) -> Result<()> {
    for racer in racers.iter_mut() {
        racer.choose_samples()?;
        racer.render(TRIAL_SEED)?;
    }
    for seed in 1..=REPETITIONS {
        for racer in racers.iter_mut() {
            let seconds = racer.render(seed)?;
            let bytes = fs::read(&racer.file)?;
            racer.pictures.add(seconds, &bytes);
        }
    }
    for Racer { renderer, samples, pictures, .. } in racers {
        let (version, load) = (&renderer.version, renderer.load_seconds);
        let (seconds, error) = (pictures.median_seconds(), pictures.relative_error());
        eprintln!(
            "{scene}, {version}: {samples} samples in {seconds:.2} s, relative error {error:.4}, mean {:.4}, \
             loaded in {load:.1} s",
            pictures.mean()
        );
    }
    Ok(())
}

fn check_means(scene: &str, ours: &Racer, peer: &Racer) -> Result<()> {
    let (our, their) = (ours.pictures.mean(), peer.pictures.mean());
    let is_same = (our / their - 1.0).abs() < MEAN_TOLERANCE;
    ensure!(is_same, "{scene}: our mean is {our}, that of {} is {their}", peer.renderer.version);
    Ok(())
}
