//! Ways to share a frame among 16 takers, by what they really cost: tiles of equal expected cost, other
//! samples of all pixels, and every sixteenth pixel, which no task can say; and how well rays tell time.

use anyhow::{Context, Result};
use clap::Parser;
use p2c2r_bench_cost::{
    Asks, BOUNCES, Follow, Frame, Knows, Studio, follow_to_the_end, imbalance, orbit,
};
use p2c2r_frame::{PixelRect, SampleRange, View};
use p2c2r_splitter::{Cutting, Slice, SliceLimits, cost_of_rays};
use serde_json::json;

/// Takers of equal speed.
const TAKERS: u32 = 16;
/// Those of the product: 128 × 128 pixels, and 2²⁶ paths.
const LIMITS: SliceLimits = SliceLimits { max_pixels: 1 << 14, max_paths: 1 << 26 };

/// Prints what was found as JSON.
#[derive(Parser)]
struct Arguments {
    /// The scene.
    #[arg(long, default_value = "night-city:size=120,seed=1")]
    scene: String,
    /// The camera that the orbit begins at.
    #[arg(long, default_value = "skyline")]
    camera: String,
    /// Frames that are followed before the one that is cut.
    #[arg(long, default_value_t = 6)]
    frames: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let studio = Studio::new(&arguments.scene, BOUNCES)?;
    let scene = studio.scene();
    let start = scene.view_of_camera(&arguments.camera, 320, 180);
    let start = start.unwrap_or_else(|| scene.default_view(320, 180));
    let mut views = orbit(studio.scene(), &start, arguments.frames + 1, 3.0);
    let view = views.pop().context("at least one frame")?;
    let frame = |(index, view)| Frame::new(&studio, None, view, 4, index as u32);
    let frames: Vec<Frame> = views.into_iter().enumerate().map(frame).collect::<Result<_>>()?;
    let how = Follow {
        tiles: TAKERS as usize,
        slack: 0.0,
        knows: Knows::LooksAndProbesFirst,
        asks: Asks::Never,
        measured_tiles: 0,
    };
    let (_, known) = follow_to_the_end(&studio, &frames, &how);
    let mut known = known.context("at least one frame")?.carried(&view, BOUNCES);
    known.see(studio.look(&view)?, studio.sketch());

    let job = Slice {
        rect: PixelRect::of_size(view.width_px, view.height_px),
        samples: SampleRange::new(0, TAKERS),
    };
    let mut found = serde_json::Map::new();
    for (name, cutting) in [
        ("tiles", Cutting::Tiles),
        ("samples", Cutting::Samples),
        ("hybrid, tail 0.25", Cutting::Hybrid { tail: 0.25 }),
    ] {
        let cuts = cutting.cut(job, &[1.0; TAKERS as usize], LIMITS, known.map());
        let mut costs = [0.0; TAKERS as usize];
        for cut in &cuts {
            let Slice { rect, samples } = cut.slice;
            let counters = studio.trace(&view, rect, samples)?;
            costs[cut.taker] += cost_of_rays(counters, cut.slice.paths()) as f64;
        }
        let sent: u64 = cuts.iter().map(|cut| cut.slice.rect.area()).sum();
        found.insert(
            name.to_owned(),
            json!({
                "imbalance": imbalance(costs.into_iter()),
                "pieces": cuts.len(),
                "result_pixels_per_film_pixel": sent as f64 / job.rect.area() as f64,
            }),
        );
    }
    found.insert("every sixteenth pixel".to_owned(), interleaved(&studio, &view)?);
    let [rays, cost] = time_and_counters(&studio, &view)?;
    found.insert("time_by_rays_log_deviation".to_owned(), json!(rays));
    found.insert("time_by_cost_log_deviation".to_owned(), json!(cost));
    println!("{:#}", serde_json::Value::Object(found));
    Ok(())
}

/// Who takes pixel (x, y) takes every fourth of its row and column.
fn interleaved(studio: &Studio, view: &View) -> Result<serde_json::Value> {
    let real = studio.real_costs(view, SampleRange::new(0, TAKERS), 1)?;
    let mut costs = [0.0; TAKERS as usize];
    for y in 0..view.height_px {
        for x in 0..view.width_px {
            let rect = PixelRect { x, y, width: 1, height: 1 };
            costs[(x % 4 + 4 * (y % 4)) as usize] += real.cost(rect) as f64;
        }
    }
    Ok(json!({ "imbalance": imbalance(costs.into_iter()), "result_pixels_per_film_pixel": 1.0 }))
}

/// Standard deviations of the logarithms of processor time over rays, and over what the splitter makes of
/// them, of tiles of 40 × 36 pixels; `None` where the system does not tell a thread's time.
fn time_and_counters(studio: &Studio, view: &View) -> Result<[Option<f64>; 2]> {
    let mut logs = [Vec::new(), Vec::new()];
    for y in (0..view.height_px).step_by(36) {
        for x in (0..view.width_px).step_by(40) {
            let rect = PixelRect { x, y, width: 40, height: 36 };
            let Some(before) = thread_nanoseconds() else { return Ok([None; 2]) };
            let counters = studio.trace(view, rect, SampleRange::new(0, TAKERS))?;
            let Some(after) = thread_nanoseconds() else { return Ok([None; 2]) };
            let paths = rect.area() * u64::from(TAKERS);
            let rays = counters.rays + counters.shadow_rays;
            for (logs, count) in logs.iter_mut().zip([rays, cost_of_rays(counters, paths)]) {
                logs.push(((after - before) as f64 / count as f64).ln());
            }
        }
    }
    Ok(logs.map(|logs| Some(deviation(&logs))))
}

fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (squares / values.len() as f64).sqrt()
}

/// What this thread has spent on a processor.
fn thread_nanoseconds() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}
