//! Radiance tiles through our codec and through those of others: size, speed and error, in turns.

mod ours;
mod peers;
mod tiles;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use serde_json::{Value, json};

use tiles::Picture;

/// Measures the codec and prints the rows as JSON.
#[derive(Parser)]
struct Arguments {
    /// The folder of real scenes; those that are not there are left out.
    #[arg(long, default_value = "../../../shared/scenes")]
    scenes: PathBuf,
    /// Rounds that count.
    #[arg(long, default_value_t = 15)]
    repetitions: usize,
    /// Measure this row only.
    #[arg(long)]
    only: Option<String>,
}

/// A row under way: figures of both sides by scene.
struct Row {
    id: &'static str,
    against: &'static str,
    unit: &'static str,
    ours: BTreeMap<&'static str, Vec<f64>>,
    theirs: BTreeMap<&'static str, Vec<f64>>,
}

/// All rows under way.
struct Rows {
    only: Option<String>,
    rows: Vec<Row>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rows = Rows { only: arguments.only, rows: Vec::new() };
    for picture in tiles::all(&arguments.scenes)? {
        measure(&mut rows, &picture, arguments.repetitions)?;
    }
    let rows: Vec<Value> = rows.rows.iter().map(Row::to_json).collect();
    println!("{:#}", Value::Array(rows));
    Ok(())
}

fn measure(rows: &mut Rows, picture: &Picture, repetitions: usize) -> Result<()> {
    let scene = picture.scene;
    let exact = ours::Packed::exact(picture)?;
    let exr = peers::exr::packed(picture)?;
    rows.add(
        "codec-ratio-vs-exr",
        "the exr crate's ZIP, pixels for each byte",
        scene,
        [vec![picture.pixels() / exact.bytes()], vec![picture.pixels() / exr.bytes()]],
    );
    let (mut packs, mut unpacks) = ([vec![], vec![]], [vec![], vec![]]);
    for round in 0..=repetitions {
        let found = [
            speed(picture, || ours::Packed::exact(picture).map(drop))?,
            speed(picture, || peers::exr::packed(picture).map(drop))?,
        ];
        let back = [
            speed(picture, || exact.unpack(picture).map(drop))?,
            speed(picture, || exr.unpack().map(drop))?,
        ];
        // The first round warms up.
        if round > 0 {
            packs.iter_mut().zip(found).for_each(|(speeds, speed)| speeds.push(speed));
            unpacks.iter_mut().zip(back).for_each(|(speeds, speed)| speeds.push(speed));
        }
    }
    rows.add("codec-speed-vs-exr", "the exr crate's ZIP, packing, Mpixel/s", scene, packs);
    rows.add("codec-unpack-speed-vs-exr", "the exr crate's ZIP, Mpixel/s", scene, unpacks);
    measure_rounded(rows, picture, repetitions)
}

fn measure_rounded(rows: &mut Rows, picture: &Picture, repetitions: usize) -> Result<()> {
    let scene = picture.scene;
    let rounded = ours::Packed::below_noise(picture)?;
    let half = peers::half_bytes(picture)?;
    rows.add(
        "codec-lossy-size-vs-f16",
        "f16 and zstd, bits for each pixel",
        scene,
        [vec![rounded.bytes() * 8.0 / picture.pixels()], vec![half * 8.0 / picture.pixels()]],
    );
    let growth = picture.error_growth(&rounded.unpack(picture)?);
    eprintln!("{scene}: the error grows by {:.3} %", 100.0 * growth);
    rows.add(
        "codec-lossy-error-growth",
        "the announced share",
        scene,
        [vec![growth], vec![p2c2r_image::LOSSY_ERROR_GROWTH]],
    );
    let mut speeds = Vec::new();
    for _ in 0..repetitions {
        speeds.push(speed(picture, || ours::Packed::below_noise(picture).map(drop))?);
    }
    rows.add("codec-lossy-speed", "", scene, [speeds, Vec::new()]);
    picture.compare_noise_sources();
    Ok(())
}

/// Millions of pixels a second.
fn speed(picture: &Picture, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    work()?;
    Ok(picture.pixels() / started.elapsed().as_secs_f64() / 1e6)
}

impl Rows {
    fn add(
        &mut self,
        id: &'static str,
        against: &'static str,
        scene: &'static str,
        [ours, theirs]: [Vec<f64>; 2],
    ) {
        if self.only.as_deref().is_some_and(|only| only != id) {
            return;
        }
        eprintln!("{id:<26} {scene:<14} {:>9.3} {:>9.3}", median(&ours), median(&theirs));
        if !self.rows.iter().any(|row| row.id == id) {
            let unit = if theirs.is_empty() { "Mpixel/s" } else { "ratio" };
            let (ours, theirs) = (BTreeMap::new(), BTreeMap::new());
            self.rows.push(Row { id, against, unit, ours, theirs });
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.ours.insert(scene, ours);
            row.theirs.insert(scene, theirs);
        }
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let ratio = |(scene, ours): (&&str, &Vec<f64>)| match self.theirs[scene].as_slice() {
            [] => median(ours),
            theirs => median(ours) / median(theirs),
        };
        let logarithms: f64 = self.ours.iter().map(|scene| ratio(scene).ln()).sum();
        json!({
            "id": self.id,
            "value": (logarithms / self.ours.len() as f64).exp(),
            "unit": self.unit,
            "against": self.against,
            "ours": self.ours,
            "theirs": self.theirs,
        })
    }
}

/// The middle value.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
