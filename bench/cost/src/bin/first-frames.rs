//! How even 16 tiles come out of a first frame, and of frames from other places of the same scene after it, by what
//! is known before they are rendered: on scenes that the cost model was not trained on.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use p2c2r_bench_cost::{
    Asks, Chance, Follow, Frame, FrameFigures, Knows, SHIPPED_MODEL, Studio, follow, model,
};
use p2c2r_frame::View;
use serde_json::{Value, json};

/// Scenes with names that training holds out, which `models/train/cost.py` lists as well.
const HELD_OUT: [&str; 3] = ["night-city:size=120,seed=1", "cornell", "gallery"];
/// Scenes that are put together by chance have other seeds than those of training from here on.
const FIRST_SEED: u32 = 90_000;
const BOUNCES: [u8; 4] = [2, 4, 8, 16];
/// Sides of the film.
const FILM: [u32; 2] = [256, 160];

/// What is known beside what the frames before have cost.
const WAYS: [(&str, Knows, Asks); 7] = [
    ("nothing", Knows::Nothing, Asks::Never),
    ("sight", Knows::Looks, Asks::Never),
    ("sight, model at first", Knows::Looks, Asks::First),
    ("sight, model", Knows::Looks, Asks::Always),
    ("sight, probe at first", Knows::LooksAndProbesFirst, Asks::Never),
    ("sight, probe and model at first", Knows::LooksAndProbesFirst, Asks::First),
    ("sight, probe at first, model", Knows::LooksAndProbesFirst, Asks::Always),
];

/// Prints figures as JSON.
#[derive(Parser)]
struct Arguments {
    /// The cost model.
    #[arg(long, default_value = SHIPPED_MODEL)]
    model: PathBuf,
    /// Scenes put together by chance.
    #[arg(long, default_value_t = 40)]
    drawn: u32,
    /// Views of each scene.
    #[arg(long, default_value_t = 3)]
    views: u32,
    /// Samples of a pixel.
    #[arg(long, default_value_t = 4)]
    samples: u32,
    /// Tiles.
    #[arg(long, default_value_t = 16)]
    tiles: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let model = model(&arguments.model)?;
    let named = HELD_OUT.iter().map(|name| (*name).to_owned());
    let drawn = (0..arguments.drawn).map(|seed| format!("drawn:{}", FIRST_SEED + seed));
    let mut found: Vec<[Vec<FrameFigures>; 2]> = vec![Default::default(); WAYS.len()];
    for (number, scene) in named.chain(drawn).enumerate() {
        let mut chance = Chance::new(FIRST_SEED + number as u32);
        let studio = Studio::new(&scene, chance.pick(&BOUNCES))?;
        let frame = |index| {
            let [width_px, height_px] = FILM;
            let view = View { width_px, height_px, ..chance.view(studio.scene(), index) };
            Frame::new(&studio, Some(&model), view, arguments.samples, index)
        };
        let frames: Vec<Frame> = (0..arguments.views).map(frame).collect::<Result<_>>()?;
        for ((_, knows, asks), [first, later]) in WAYS.iter().zip(&mut found) {
            let (tiles, knows, asks) = (arguments.tiles, *knows, *asks);
            let how = Follow { tiles, slack: 0.0, knows, asks, measured_tiles: 0 };
            for (index, figures) in follow(&studio, &frames, &how).into_iter().enumerate() {
                if index == 0 { &mut *first } else { &mut *later }.push(figures);
            }
        }
    }
    let figures = WAYS.iter().zip(&found).map(|((name, ..), [first, later])| {
        json!({ "known": name, "first": summary(first), "later": summary(later) })
    });
    println!("{:#}", json!(figures.collect::<Vec<_>>()));
    Ok(())
}

fn summary(frames: &[FrameFigures]) -> Value {
    let mean =
        |of: fn(&FrameFigures) -> f64| frames.iter().map(of).sum::<f64>() / frames.len() as f64;
    let mut sorted: Vec<f64> = frames.iter().map(|frame| frame.imbalance).collect();
    sorted.sort_by(f64::total_cmp);
    json!({
        "frames": frames.len(),
        "most/mean cost": mean(|frame| frame.imbalance),
        "nine of ten below": sorted.get(sorted.len() * 9 / 10),
        "log_error": mean(|frame| frame.log_error),
    })
}
