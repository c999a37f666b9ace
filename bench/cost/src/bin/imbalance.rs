//! How even 16 tiles of `night-city` come out on an orbit: the row `tile-imbalance`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use p2c2r_bench_cost::{
    Asks, BOUNCES, Follow, Frame, FrameFigures, Knows, SHIPPED_MODEL, Studio, follow, model, orbit,
};
use serde_json::json;

/// Prints the row as JSON.
#[derive(Parser)]
struct Arguments {
    /// The scene.
    #[arg(long, default_value = "night-city:size=120,seed=1")]
    scene: String,
    /// The camera that the orbit begins at.
    #[arg(long, default_value = "skyline")]
    camera: String,
    /// Frames of the orbit.
    #[arg(long, default_value_t = 48)]
    frames: usize,
    /// Degrees from one to the next.
    #[arg(long, default_value_t = 3.0)]
    step: f64,
    /// Film.
    #[arg(long, default_value_t = 320)]
    width: u32,
    #[arg(long, default_value_t = 180)]
    height: u32,
    /// Samples of a pixel.
    #[arg(long, default_value_t = 4)]
    samples: u32,
    /// Tiles.
    #[arg(long, default_value_t = 16)]
    tiles: usize,
    /// Imbalance by the map below which a partition stays as it was.
    #[arg(long, default_value_t = 0.05)]
    slack: f64,
    /// The cost model.
    #[arg(long, default_value = SHIPPED_MODEL)]
    model: PathBuf,
    /// Print every way that was measured and every frame, to standard error.
    #[arg(long)]
    all: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let studio = Studio::new(&arguments.scene, BOUNCES)?;
    let [width, height] = [arguments.width, arguments.height];
    let start = studio.scene().view_of_camera(&arguments.camera, width, height);
    let start = start.with_context(|| format!("no camera is called {}", arguments.camera))?;
    let views = orbit(studio.scene(), &start, arguments.frames, arguments.step);
    let model = model(&arguments.model)?;
    let frame =
        |(index, view)| Frame::new(&studio, Some(&model), view, arguments.samples, index as u32);
    let frames: Vec<Frame> = views.into_iter().enumerate().map(frame).collect::<Result<_>>()?;
    let product = Follow {
        tiles: arguments.tiles,
        slack: arguments.slack,
        knows: Knows::LooksAndProbesFirst,
        asks: Asks::Always,
        measured_tiles: 0,
    };
    if arguments.all {
        ways(product).iter().for_each(|how| tell(how, &follow(&studio, &frames, how)));
    }
    let unasked = follow(&studio, &frames, &Follow { asks: Asks::Never, ..product });
    let figures = follow(&studio, &frames, &product);
    if arguments.all {
        for (index, frame) in figures.iter().enumerate() {
            eprintln!("{index}: {frame:.3?}");
        }
    }
    let warm = &figures[1..];
    let each = |of: fn(&FrameFigures) -> f64| warm.iter().map(of).collect::<Vec<f64>>();
    println!(
        "{:#}",
        json!([{
            "id": "tile-imbalance",
            "value": mean(warm, |frame| frame.imbalance),
            "unit": "most/mean cost",
            "against": "tiles of as many pixels",
            "ours": {
                "warm frames": each(|frame| frame.imbalance),
                "first frame": [figures[0].imbalance],
            },
            "theirs": { "warm frames": each(|frame| frame.of_equal_pixels) },
            "worst": worst(warm),
            "log_error_warm": mean(warm, |frame| frame.log_error),
            "log_error_first": figures[0].log_error,
            "without_model": {
                "value": mean(&unasked[1..], |frame| frame.imbalance),
                "first frame": unasked[0].imbalance,
                "worst": worst(&unasked[1..]),
            },
            "moved_cuts": mean(warm, |frame| frame.moved_cuts as f64),
        }])
    );
    Ok(())
}

/// Ways to follow the frames.
fn ways(product: Follow) -> Vec<Follow> {
    let mut ways = Vec::new();
    for asks in [Asks::Never, Asks::First, Asks::Always] {
        for knows in
            [Knows::Nothing, Knows::Looks, Knows::LooksAndProbesFirst, Knows::LooksAndProbes]
        {
            // Who sees nothing has nothing to ask about.
            if knows != Knows::Nothing || asks == Asks::Never {
                let finer = |measured_tiles| Follow { knows, asks, measured_tiles, ..product };
                ways.extend([0, 64].map(finer));
            }
        }
    }
    ways.extend([0.0, 0.03, 0.05, 0.08].map(|slack| Follow { slack, ..product }));
    ways
}

fn tell(how: &Follow, figures: &[FrameFigures]) {
    let warm = &figures[1..];
    eprintln!(
        "{how:?}: first {:.3} (log error {:.3}), warm mean {:.3}, worst {:.3}, expected {:.3}, log error {:.3}, moved {:.2}",
        figures[0].imbalance,
        figures[0].log_error,
        mean(warm, |frame| frame.imbalance),
        worst(warm),
        mean(warm, |frame| frame.expected),
        mean(warm, |frame| frame.log_error),
        mean(warm, |frame| frame.moved_cuts as f64),
    );
}

fn mean(figures: &[FrameFigures], of: impl Fn(&FrameFigures) -> f64) -> f64 {
    figures.iter().map(of).sum::<f64>() / figures.len() as f64
}

fn worst(figures: &[FrameFigures]) -> f64 {
    figures.iter().map(|frame| frame.imbalance).fold(0.0, f64::max)
}
