//! What the denoiser is worth: the samples that it saves, and how it fares beside Open Image Denoise.

mod history;
mod oidn;
mod quality;
mod render;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use p2c2r_frame::SampleRange;
use p2c2r_image::{Denoiser, Display, Film};
use serde_json::{Value, json};

use oidn::Oidn;
use quality::{References, samples_at};
use render::{Renderer, merged};

/// Cameras of the scene and the seeds of the noisy pictures.
const VIEWS: [(&str, u32); 3] = [("street", 2), ("puddle", 3), ("skyline", 5)];
/// Samples of a noisy picture.
const NOISY_SAMPLES: u32 = 4;
/// Seed of the undenoised pictures, and its samples in parts that add up.
const CURVE_SEED: u32 = 77;
const CURVE: [(u32, u32); 3] = [(0, 16), (16, 48), (64, 64)];
/// Seeds of the references.
const REFERENCE_SEEDS: [u32; 2] = [901, 902];

/// Measures and prints the rows as JSON.
#[derive(Parser)]
struct Arguments {
    /// Where pictures are kept and found again; remove it after a change of the tracer.
    #[arg(long)]
    folder: PathBuf,
    /// Python with the package `oidn`; without it that row is left out.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Measure this row only.
    #[arg(long)]
    only: Option<String>,
    /// Samples of each of the two references.
    #[arg(long, default_value_t = 64)]
    reference_samples: u32,
    /// Also keep the pictures as PNG beside the rest.
    #[arg(long)]
    png: bool,
}

/// What was found of one view.
struct Found {
    ours_db: f64,
    curve: Vec<(u32, f64)>,
    theirs_db: Option<f64>,
    /// With what pictures before it leave, which saw it from elsewhere.
    followed_db: Option<f64>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let bench = Bench {
        renderer: Renderer::new("night-city", arguments.folder.clone())?,
        oidn: arguments
            .python
            .clone()
            .map(|python| Oidn { python, folder: arguments.folder.clone() }),
        arguments,
    };
    let mut found = BTreeMap::new();
    for (camera, seed) in VIEWS {
        found.insert(camera, bench.measure(camera, seed)?);
    }
    println!("{:#}", Value::Array(bench.rows(&found)));
    Ok(())
}

struct Bench {
    arguments: Arguments,
    renderer: Renderer,
    oidn: Option<Oidn>,
}

impl Bench {
    fn wants(&self, id: &str) -> bool {
        self.arguments.only.as_deref().is_none_or(|only| only == id)
    }

    fn measure(&self, camera: &str, seed: u32) -> Result<Found> {
        let view = self.renderer.view(camera, [480, 270])?;
        let samples = SampleRange::new(0, NOISY_SAMPLES);
        let started = Instant::now();
        let noisy = merged(&[self.renderer.film(&view, seed, samples)?])?;
        let traced = started.elapsed();
        let aovs = self.renderer.aovs((&view, None), seed, samples)?;
        let looked = started.elapsed() - traced;
        let ours = Denoiser::new().denoise(&noisy.radiances(), NOISY_SAMPLES, &aovs)?;
        let took = started.elapsed() - traced - looked;
        eprintln!("{camera}: radiance {traced:.2?}, surfaces {looked:.2?}, denoising {took:.2?}");

        let reference = |seed| -> Result<_> {
            let samples = SampleRange::new(0, self.arguments.reference_samples);
            Ok(merged(&[self.renderer.film(&view, seed, samples)?])?.radiances())
        };
        let [first, second] = REFERENCE_SEEDS;
        let references = References::new([reference(first)?, reference(second)?]);
        let ours_db = references.psnr_db(&ours);
        let mut parts = Vec::new();
        let mut curve = vec![(NOISY_SAMPLES, references.psnr_db(&noisy.radiances()))];
        for (first, count) in CURVE {
            parts.push(self.renderer.film(&view, CURVE_SEED, SampleRange::new(first, count))?);
            curve.push((first + count, references.psnr_db(&merged(&parts)?.radiances())));
        }
        eprintln!("{camera}: denoised {ours_db:.2} dB, undenoised {curve:.2?}");
        self.keep(camera, "noisy", &noisy, &noisy.radiances())?;
        self.keep(camera, "denoised", &noisy, &ours)?;
        let followed_db = match self.wants(history::ROW) {
            true => {
                let followed = history::denoised(&self.renderer, &view, seed)?;
                self.keep(camera, "followed", &noisy, &followed)?;
                Some(references.psnr_db(&followed))
            }
            false => None,
        };
        let mut theirs_db = None;
        if let Some(oidn) = &self.oidn
            && self.wants("denoise-db-vs-oidn")
        {
            let theirs = oidn.denoise(&noisy.radiances(), &aovs)?;
            let db = references.psnr_db(&theirs.radiance);
            eprintln!("{camera}: Open Image Denoise {} gives {db:.2} dB", theirs.version);
            self.keep(camera, "oidn", &noisy, &theirs.radiance)?;
            theirs_db = Some(db);
        }
        Ok(Found { ours_db, curve, theirs_db, followed_db })
    }

    fn keep(&self, camera: &str, name: &str, film: &Film, radiance: &[[f32; 3]]) -> Result<()> {
        if !self.arguments.png {
            return Ok(());
        }
        let path = self.arguments.folder.join(format!("{camera}-{name}.png"));
        let rgba = Display::default().rgba8(radiance.iter().map(|&radiance| (radiance, true)));
        let mut encoder =
            png::Encoder::new(std::fs::File::create(path)?, film.width_px(), film.height_px());
        encoder.set_color(png::ColorType::Rgba);
        encoder.write_header()?.write_image_data(&rgba).context("cannot write the picture")
    }

    fn rows(&self, found: &BTreeMap<&str, Found>) -> Vec<Value> {
        let mut rows = Vec::new();
        let each = |figure: &dyn Fn(&Found) -> f64| -> BTreeMap<&str, Vec<f64>> {
            found.iter().map(|(camera, found)| (*camera, vec![figure(found)])).collect()
        };
        let mean = |figure: &dyn Fn(&Found) -> f64| {
            found.values().map(figure).sum::<f64>() / found.len() as f64
        };
        if self.wants("denoise-equivalent-spp") {
            let samples = |found: &Found| samples_at(&found.curve, found.ours_db);
            rows.push(json!({
                "id": "denoise-equivalent-spp",
                "value": mean(&|found| samples(found).ln()).exp(),
                "unit": "spp",
                "against": "undenoised, dB of denoised",
                "ours": each(&samples),
                "theirs": each(&|found| found.ours_db),
            }));
        }
        let has_peer = found.values().all(|found| found.theirs_db.is_some());
        if self.wants("denoise-db-vs-oidn") && has_peer {
            let theirs = |found: &Found| found.theirs_db.unwrap_or(f64::NAN);
            rows.push(json!({
                "id": "denoise-db-vs-oidn",
                "value": mean(&|found| found.ours_db - theirs(found)),
                "unit": "dB",
                "against": "Open Image Denoise",
                "ours": each(&|found| found.ours_db),
                "theirs": each(&theirs),
            }));
        }
        if self.wants(history::ROW) {
            let followed = |found: &Found| found.followed_db.unwrap_or(f64::NAN);
            rows.push(json!({
                "id": history::ROW,
                "value": mean(&|found| followed(found) - found.ours_db),
                "unit": "dB",
                "against": "the same picture by itself",
                "ours": each(&followed),
                "theirs": each(&|found| found.ours_db),
            }));
        }
        rows
    }
}
