//! Rows to train the cost model on: features of each cell of many views, and what it really cost.
//!
//! A line of JSON for each cell: `schema`, `group` (of cells that share the summand which a model need not
//! know: one view), `scene`, `features` (in the order of `COST_FEATURE_NAMES`), `log_cost`, and `weight` (pixels).
//! Hold out by scene or group, never by row. The orbit that `imbalance` measures is not among the views.

use std::io::{BufWriter, Write};

use anyhow::Result;
use clap::Parser;
use p2c2r_bench_cost::Studio;
use p2c2r_frame::{PixelRect, SampleRange, View};
use p2c2r_scene::Scene;
use p2c2r_splitter::{COST_SCHEMA_VERSION, CostKnowledge};
use serde_json::json;

/// Scenes that rows come from.
const SCENES: [&str; 8] = [
    "night-city:size=40,seed=11",
    "night-city:size=90,seed=12",
    "night-city:size=200,seed=13",
    "night-city:size=400,seed=14",
    "cornell",
    "gallery",
    "gallery:only=glass",
    "furnace:albedo=0.7,metallic=0,roughness=0.5",
];
const BOUNCES: [u8; 4] = [2, 4, 8, 16];

/// Prints rows.
#[derive(Parser)]
struct Arguments {
    /// Views of each scene.
    #[arg(long, default_value_t = 24)]
    views: u32,
    /// Samples of a pixel for true costs.
    #[arg(long, default_value_t = 16)]
    samples: u32,
    /// What else the views could have been.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Only this scene, in the words of a generated scene.
    #[arg(long)]
    scene: Option<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut output = BufWriter::new(std::io::stdout().lock());
    let scenes: Vec<&str> = match &arguments.scene {
        Some(scene) => vec![scene],
        None => SCENES.to_vec(),
    };
    let mut group = 0;
    for scene in scenes {
        let mut draw = Draw(arguments.seed);
        for index in 0..arguments.views {
            let bounces = BOUNCES[draw.below(BOUNCES.len() as u32) as usize];
            let studio = Studio::new(scene, bounces)?;
            let view = draw.view(studio.scene(), index);
            write_rows(&mut output, &studio, (scene, group), &view, &arguments, draw.below(3))?;
            group += 1;
        }
    }
    output.flush()?;
    Ok(())
}

/// Writes the cells of a view: without a probe, with one, or with tiles that were measured.
fn write_rows(
    output: &mut impl Write,
    studio: &Studio,
    (scene, group): (&str, u32),
    view: &View,
    arguments: &Arguments,
    known_by: u32,
) -> Result<()> {
    let real =
        studio.real_costs(view, SampleRange::new(0, arguments.samples), arguments.seed + 1000)?;
    let mut known = CostKnowledge::new(view, studio.max_bounces());
    match known_by {
        0 => {}
        1 => known.probe(&studio.probe(view, arguments.seed)?),
        _ => tiles_of(real.film()).for_each(|rect| known.observe(real.measure(rect))),
    }
    known.see(studio.look(view)?, studio.sketch());
    for (rect, features) in known.map().cell_rects().zip(known.rows()) {
        let cost = real.measure(rect).cost_per_path;
        let line = json!({
            "schema": COST_SCHEMA_VERSION,
            "group": group,
            "scene": scene,
            "features": features,
            "log_cost": cost.ln(),
            "weight": rect.area(),
        });
        writeln!(output, "{line}")?;
    }
    Ok(())
}

/// Tiles as a swarm would have rendered them.
fn tiles_of(film: PixelRect) -> impl Iterator<Item = PixelRect> {
    let corners = (0..film.height)
        .step_by(48)
        .flat_map(move |y| (0..film.width).step_by(48).map(move |x| [x, y]));
    corners.filter_map(move |[x, y]| PixelRect { x, y, width: 48, height: 48 }.intersection(film))
}

/// Numbers by chance (PCG, O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms for Random Number Generation").
struct Draw(u32);

impl Draw {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let word = ((self.0 >> ((self.0 >> 28) + 4)) ^ self.0).wrapping_mul(277_803_737);
        (word >> 22) ^ word
    }

    fn below(&mut self, count: u32) -> u32 {
        ((u64::from(self.next()) * u64::from(count)) >> 32) as u32
    }

    fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * (self.next() as f32 / u32::MAX as f32)
    }

    /// Every third view is near a camera of the scene; the others stand anywhere around it.
    fn view(&mut self, scene: &Scene, index: u32) -> View {
        let size = [self.below(3), self.below(3)].map(|step| 128 + 64 * step);
        let (middle, radius) = scene.bounding_sphere();
        let [min, max] = scene.bounds;
        if index.is_multiple_of(3) && !scene.cameras.is_empty() {
            let camera = &scene.cameras[self.below(scene.cameras.len() as u32) as usize];
            let eye = camera.world_from_camera.map(|row| row[3]);
            let target = camera.world_from_camera.map(|row| row[3] - row[2] * radius);
            let moved = |draw: &mut Self, place: [f32; 3], by: f32| {
                place.map(|part| part + draw.between(-by, by) * radius)
            };
            let (eye, target) = (moved(self, eye, 0.01), moved(self, target, 0.2));
            return Scene::look_at(eye, target, [0.0, 1.0, 0.0], self.between(0.3, 0.6), size);
        }
        let (sin, cos) = f64::from(self.between(0.0, std::f32::consts::TAU)).sin_cos();
        let far = radius * self.between(0.3, 2.0);
        let height = min[1] + (max[1] - min[1]) * self.between(0.05, 2.0);
        let eye = [middle[0] + cos as f32 * far, height, middle[2] + sin as f32 * far];
        let aim = |draw: &mut Self, axis: usize| {
            middle[axis] + draw.between(-0.3, 0.3) * (max[axis] - min[axis])
        };
        let target = [aim(self, 0), aim(self, 1), aim(self, 2)];
        Scene::look_at(eye, target, [0.0, 1.0, 0.0], self.between(0.25, 0.6), size)
    }
}
