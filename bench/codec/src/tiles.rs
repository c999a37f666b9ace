//! Traced tiles: their sums, both halves of their samples, and a picture of many more samples.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use p2c2r_bench_common::import;
use p2c2r_frame::{Effects, FRACTION_BITS, PixelRect, RadianceSums, SampleRange, TileTask};
use p2c2r_scene::{SceneSource, UnpackLimits, generate, pack, unpack};
use p2c2r_tracer_cpu::CpuTracer;
use rayon::prelude::*;

/// Side of a tile in pixels.
pub const TILE_PX: u32 = 64;
/// Seed of all samples.
pub const SEED: u32 = 1;
const WIDTH_PX: u32 = 256;
const HEIGHT_PX: u32 = 192;
/// Samples of the tiles.
const SAMPLES: u32 = 64;
/// Samples of the picture that they are compared with.
const REFERENCE_SAMPLES: u32 = 256;
const BOUNCES: u8 = 8;
/// Scenes by name, and the folder and file of those that are read.
const SCENES: [(&str, Option<&str>); 3] = [
    ("night-city:size=200", None),
    ("cornell", None),
    ("flight-helmet", Some("flight-helmet/FlightHelmet.gltf")),
];

/// One tile of a picture.
pub struct Tile {
    /// All its samples.
    pub whole: RadianceSums,
    /// The first and the second half of them.
    pub halves: [RadianceSums; 2],
    /// Sum over samples of the squared sum of channels, for each pixel.
    pub squares: Vec<f64>,
}

/// The tiles of a scene.
pub struct Picture {
    pub scene: &'static str,
    pub width_px: u32,
    pub height_px: u32,
    pub tiles: Vec<Tile>,
    /// Sums of [`REFERENCE_SAMPLES`] other samples, tile by tile.
    reference: Vec<RadianceSums>,
}

/// Every scene whose file is there.
pub fn all(scenes: &Path) -> Result<Vec<Picture>> {
    let mut pictures = Vec::new();
    for (scene, file) in SCENES {
        let file = file.map(|file| scenes.join(file));
        if let Some(file) = file.as_ref().filter(|file| !file.is_file()) {
            eprintln!("{scene} is left out: no {}", file.display());
            continue;
        }
        let source = match &file {
            Some(file) => import(file)?,
            None => generate(&scene.parse()?),
        };
        let name = scene.split(':').next().unwrap_or(scene);
        pictures.push(Picture::traced(name, &source)?);
    }
    Ok(pictures)
}

impl Picture {
    fn traced(scene: &'static str, source: &SceneSource) -> Result<Self> {
        let packed = pack(source)?;
        let scene_data = Arc::new(unpack(&packed.bytes, &UnpackLimits::default())?);
        let tracer = CpuTracer::new(Arc::clone(&scene_data));
        let view = scene_data.default_view(WIDTH_PX, HEIGHT_PX);
        let task = TileTask {
            scene: packed.id,
            view,
            rect: PixelRect::of_size(TILE_PX, TILE_PX),
            samples: SampleRange::new(0, SAMPLES),
            seed: SEED,
            effects: Effects::PATH_TRACED,
            max_bounces: BOUNCES,
        };
        let trace_tile = |rect: PixelRect| {
            let task = TileTask { rect, ..task };
            let samples = SampleRange::new(SAMPLES, REFERENCE_SAMPLES);
            let reference = trace(&tracer, &TileTask { samples, ..task })?;
            Ok((Tile::traced(&tracer, &task)?, reference))
        };
        // What is measured comes later, on one thread.
        let traced: Result<Vec<_>> = rects().into_par_iter().map(trace_tile).collect();
        let (tiles, reference) = traced?.into_iter().unzip();
        eprintln!("{scene} is traced");
        Ok(Self { scene, width_px: WIDTH_PX, height_px: HEIGHT_PX, tiles, reference })
    }

    pub fn pixels(&self) -> f64 {
        f64::from(self.width_px * self.height_px)
    }

    pub fn samples(&self) -> SampleRange {
        SampleRange::new(0, SAMPLES)
    }

    /// All sums by channel, row by row of the picture.
    pub fn planes(&self) -> [Vec<u64>; 3] {
        let mut planes = [0; 3].map(|_| vec![0; (self.width_px * self.height_px) as usize]);
        for tile in &self.tiles {
            let rect = tile.whole.rect;
            for (place, sums) in tile.whole.sums.iter().enumerate() {
                let (x, y) =
                    (place as u32 % rect.width + rect.x, place as u32 / rect.width + rect.y);
                for (plane, &sum) in planes.iter_mut().zip(sums) {
                    plane[(y * self.width_px + x) as usize] = sum;
                }
            }
        }
        planes
    }

    /// By what share the error against the true picture grows with other sums.
    pub fn error_growth(&self, rounded: &[RadianceSums]) -> f64 {
        let exact: Vec<&RadianceSums> = self.tiles.iter().map(|tile| &tile.whole).collect();
        let mut error = 0.0;
        let mut change = 0.0;
        for ((exact, rounded), reference) in exact.iter().zip(rounded).zip(&self.reference) {
            let pixels = exact.sums.iter().zip(&rounded.sums).zip(&reference.sums);
            for ((exact, rounded), reference) in pixels {
                for channel in 0..3 {
                    let mean = |sum: u64, count: u32| sum as f64 / f64::from(count);
                    let exact = mean(exact[channel], SAMPLES);
                    let reference = mean(reference[channel], REFERENCE_SAMPLES);
                    let rounded = mean(rounded[channel], SAMPLES);
                    error += (exact - reference) * (exact - reference);
                    change += (rounded - exact) * (rounded - exact);
                }
            }
        }
        // The reference has noise of its own: that of more samples.
        let own = f64::from(REFERENCE_SAMPLES) / f64::from(REFERENCE_SAMPLES + SAMPLES);
        (1.0 + change / (error * own)).sqrt() - 1.0
    }

    /// Prints what three sources say of the noise, as the ratio to the true error, scene by scene.
    pub fn compare_noise_sources(&self) {
        let [mut truth, mut halves, mut squares, mut neighbours] = [0.0f64; 4];
        let unit = f64::from(1u32 << FRACTION_BITS);
        for (tile, reference) in self.tiles.iter().zip(&self.reference) {
            let total = |sums: &[u64; 3]| sums.iter().sum::<u64>() as f64 / unit;
            let samples = f64::from(SAMPLES);
            for (pixel, sums) in tile.whole.sums.iter().enumerate() {
                let whole = total(sums);
                let other = total(&reference.sums[pixel]) / f64::from(REFERENCE_SAMPLES) * samples;
                let own = f64::from(REFERENCE_SAMPLES) / f64::from(REFERENCE_SAMPLES + SAMPLES);
                truth += (whole - other) * (whole - other) * own;
                let [first, second] = &tile.halves;
                let difference = total(&first.sums[pixel]) - total(&second.sums[pixel]);
                halves += difference * difference;
                squares +=
                    (tile.squares[pixel] - whole * whole / samples) * samples / (samples - 1.0);
                if pixel as u32 % TILE_PX > 0 && pixel as u32 / TILE_PX > 0 {
                    // The corner difference of four pixels has four times one pixel's variance.
                    let at = |back: usize| total(&tile.whole.sums[pixel - back]);
                    let corner = whole - at(1) - at(TILE_PX as usize) + at(TILE_PX as usize + 1);
                    neighbours += corner * corner / 4.0;
                }
            }
        }
        let ratio = |found: f64| (found / truth).sqrt();
        eprintln!(
            "{}: noise over true error: halves {:.2}, squares {:.2}, neighbours {:.2}",
            self.scene,
            ratio(halves),
            ratio(squares),
            ratio(neighbours),
        );
    }
}

/// The tiles' places, row by row.
fn rects() -> Vec<PixelRect> {
    let steps = |length: u32| (0..length).step_by(TILE_PX as usize);
    let row = |y: u32| {
        steps(WIDTH_PX).map(move |x| PixelRect { x, y, width: TILE_PX, height: TILE_PX })
    };
    steps(HEIGHT_PX).flat_map(row).collect()
}

impl Tile {
    fn traced(tracer: &CpuTracer, task: &TileTask) -> Result<Self> {
        let mut squares = vec![0.0; task.rect.area() as usize];
        let unit = f64::from(1u32 << FRACTION_BITS);
        let half = SAMPLES / 2;
        let mut halves =
            [0, half].map(|first| RadianceSums::zeroed(task.rect, SampleRange::new(first, half)));
        for sample in 0..SAMPLES {
            let samples = SampleRange::new(sample, 1);
            let traced = trace(tracer, &TileTask { samples, ..*task })?;
            let sums = &mut halves[(sample / half) as usize].sums;
            for ((sum, added), square) in sums.iter_mut().zip(&traced.sums).zip(&mut squares) {
                let total = added.iter().sum::<u64>() as f64 / unit;
                *square += total * total;
                sum.iter_mut().zip(added).for_each(|(sum, added)| *sum += added);
            }
        }
        let whole = halves[0].joined(&halves[1]).context("two halves are one range")?;
        Ok(Self { whole, halves, squares })
    }
}

fn trace(tracer: &CpuTracer, task: &TileTask) -> Result<RadianceSums> {
    Ok(tracer.trace(task, &AtomicBool::new(false))?.sums)
}
