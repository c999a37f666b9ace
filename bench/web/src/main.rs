//! The native side: writes what the page loads, and traces the same rays in turns with it.

mod scenes;

use std::io::{BufRead, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Parser;
use p2c2r_bench_web::RayRace;
use p2c2r_scene::{UnpackLimits, unpack};
use serde_json::{Value, json};

/// One of three.
#[derive(Parser)]
enum Arguments {
    /// Write every scene with its rays into a folder; print their names as JSON.
    ExportRays {
        /// The folder.
        folder: PathBuf,
        /// The folder of real scenes; those that are not there are left out.
        #[arg(long)]
        scenes: PathBuf,
    },
    /// Write every scene that is rendered on GPUs, as package and as GLB; print them as JSON.
    ExportPictures {
        /// The folder.
        folder: PathBuf,
        /// The folder of real scenes; those that are not there are left out.
        #[arg(long)]
        scenes: PathBuf,
    },
    /// Load a scene's rays, then answer each line of input, `best` or `four`, with how long they took.
    Serve {
        /// The scene's name in the folder.
        scene: String,
        /// The folder that was exported to.
        folder: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse() {
        Arguments::ExportRays { folder, scenes } => {
            println!("{}", json!(scenes::export_rays(&folder, &scenes)?));
            Ok(())
        }
        Arguments::ExportPictures { folder, scenes } => {
            println!("{}", json!(scenes::export_pictures(&folder, &scenes)?));
            Ok(())
        }
        Arguments::Serve { scene, folder } => serve(&folder, &scene),
    }
}

fn serve(folder: &Path, scene: &str) -> Result<()> {
    let read = |ending| {
        let path = folder.join(format!("{scene}.{ending}"));
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let package = unpack(&read("package")?, &UnpackLimits::default())?;
    let best = RayRace::new(Arc::new(package), &read("rays")?)?;
    let four = best.four_wide();
    println!("{}", json!({ "digests": [digest(&best), digest(&four)] }));
    for line in stdin().lock().lines() {
        let answer = match line?.as_str() {
            "best" => timed(&best),
            "four" => timed(&four),
            other => bail!("there is no tree called {other}"),
        };
        println!("{answer}");
    }
    Ok(())
}

/// In the form that the page gives it.
fn digest(race: &RayRace) -> String {
    format!("{:016x}", race.digest())
}

fn timed(race: &RayRace) -> Value {
    let started = Instant::now();
    let hits = race.trace();
    json!({ "seconds": started.elapsed().as_secs_f64(), "hits": hits })
}
