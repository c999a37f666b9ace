//! Converged means must agree with those of Mitsuba 3, which `cargo xtask references` records.
//!
//! Both read the same glTF files, whose materials both define alike; `docs/references.md` says where they do not.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::{Effects, SampleRange, TileTask};
use p2c2r_scene::{
    FolderResolver, ImportLimits, Scene, UnpackLimits, load_gltf, pack, parse_hdr, unpack,
};
use p2c2r_testkit::{radiances, whole_task};
use p2c2r_tracer_cpu::CpuTracer;
use serde_json::Value;

/// Largest difference of a channel's mean over the picture.
const MEAN_TOLERANCE: f64 = 0.01;
/// Largest difference of a block's mean, besides noise: blocks see single effects, which means hide.
const BLOCK_TOLERANCE: f64 = 0.03;
/// Deviations of noise that a block may be off.
const BLOCK_DEVIATIONS: f64 = 5.0;
/// Largest standard error of a mean, as a share: above it the test says nothing.
const MAX_NOISE: f64 = 0.003;
/// Independent pictures, whose spread says how far their mean may be off.
const SEEDS: u32 = 4;

/// Means and their standard errors: of the picture, then block by block.
struct Means {
    whole: [Estimate; 3],
    blocks: Vec<[Estimate; 3]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Estimate {
    mean: f64,
    error: f64,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references")
}

fn load(name: &str) -> Arc<Scene> {
    let file = folder().join(format!("{name}.gltf"));
    let bytes = std::fs::read(&file).expect("the scene is committed");
    let resolver = FolderResolver::beside(&file);
    let mut source =
        load_gltf(&bytes, &resolver, &ImportLimits::default()).expect("the scene is valid");
    if name == "environment" {
        let sky = std::fs::read(folder().join("sky.hdr")).expect("the sky is committed");
        source = source.with_environment(parse_hdr(&sky).expect("the sky is valid"));
    }
    let packed = pack(&source).expect("the scene can be packed");
    assert!(packed.warnings.is_empty(), "{name}: {:?}", packed.warnings);
    Arc::new(unpack(&packed.bytes, &UnpackLimits::default()).expect("a package can be read"))
}

/// Traces independent pictures and averages them.
fn our_means(name: &str, report: &Value, samples: u32) -> Means {
    let number = |value: &Value| value.as_u64().expect("a whole number") as u32;
    let [width, height] = [0, 1].map(|side| number(&report["size"][side]));
    let block = number(&report["block"]);
    let scene = load(name);
    let task = TileTask {
        max_bounces: number(&report["max_bounces"]) as u8,
        effects: Effects::PATH_TRACED.with(Effects::UNREGULARIZED),
        samples: SampleRange::new(0, samples / SEEDS),
        ..whole_task(&scene, [width, height], 1, 0)
    };
    let tracer = CpuTracer::new(scene);
    let pool = rayon::ThreadPoolBuilder::new().build().expect("threads start");
    let pictures: Vec<Vec<[f64; 3]>> = (1..=SEEDS)
        .map(|seed| {
            let task = TileTask { seed, ..task };
            let traced = tracer.trace_parallel(&task, &pool, &AtomicBool::new(false), &|_| ());
            block_means(&radiances(&traced.expect("the task is valid").sums), width, block)
        })
        .collect();
    let whole: Vec<[f64; 3]> = pictures.iter().map(|blocks| mean(blocks)).collect();
    let of_block = |index: usize| {
        let values: Vec<[f64; 3]> = pictures.iter().map(|blocks| blocks[index]).collect();
        estimates(&values)
    };
    Means { whole: estimates(&whole), blocks: (0..pictures[0].len()).map(of_block).collect() }
}

/// Means of square blocks, row by row.
fn block_means(pixels: &[[f32; 3]], width: u32, block: u32) -> Vec<[f64; 3]> {
    let (width, block) = (width as usize, block as usize);
    let (columns, rows) = (width / block, pixels.len() / width / block);
    let mut sums = vec![[0.0; 3]; columns * rows];
    for (index, pixel) in pixels.iter().enumerate() {
        let place = index / width / block * columns + index % width / block;
        for (sum, &channel) in sums[place].iter_mut().zip(pixel) {
            *sum += f64::from(channel) / (block * block) as f64;
        }
    }
    sums
}

fn mean(values: &[[f64; 3]]) -> [f64; 3] {
    std::array::from_fn(|c| values.iter().map(|v| v[c]).sum::<f64>() / values.len() as f64)
}

/// Mean and standard error of independent values.
fn estimates(values: &[[f64; 3]]) -> [Estimate; 3] {
    let mean = mean(values);
    let count = values.len() as f64;
    std::array::from_fn(|c| {
        let variance = values.iter().map(|v| (v[c] - mean[c]).powi(2)).sum::<f64>() / (count - 1.0);
        Estimate { mean: mean[c], error: (variance / count).sqrt() }
    })
}

fn their_means(record: &Value) -> Means {
    let triple = |mean: &Value, error: &Value| {
        let number = |value: &Value, c: usize| value[c].as_f64().expect("a number");
        std::array::from_fn(|c| Estimate { mean: number(mean, c), error: number(error, c) })
    };
    let blocks = record["blocks"].as_array().expect("a list").iter();
    let errors = record["block_errors"].as_array().expect("a list");
    Means {
        whole: triple(&record["mean"], &record["standard_error"]),
        blocks: blocks.zip(errors).map(|(mean, error)| triple(mean, error)).collect(),
    }
}

/// Compares one scene at so many samples a pixel.
fn check(name: &str, samples: u32) {
    let report = std::fs::read_to_string(folder().join("means.json")).expect("means are committed");
    let report: Value = serde_json::from_str(&report).expect("means are JSON");
    let theirs = their_means(&report["scenes"][name]);
    let ours = our_means(name, &report, samples);
    let mut failures = Vec::new();
    for (channel, (our, their)) in ours.whole.iter().zip(&theirs.whole).enumerate() {
        let difference = our.mean / their.mean - 1.0;
        let noise = (our.error.hypot(their.error)) / their.mean;
        println!("{name}, channel {channel}: {difference:+.4} with noise {noise:.4}");
        if difference.abs() > MEAN_TOLERANCE || noise > MAX_NOISE {
            failures.push(format!("channel {channel}: {difference:+.4}, noise {noise:.4}"));
        }
    }
    for (index, (our, their)) in ours.blocks.iter().zip(&theirs.blocks).enumerate() {
        for channel in 0..3 {
            let (our, their, whole) = (our[channel], their[channel], theirs.whole[channel].mean);
            let difference = (our.mean - their.mean).abs();
            // Of a block darker than the picture, the picture's brightness is the measure.
            let allowed = BLOCK_TOLERANCE * if their.mean > whole { their.mean } else { whole };
            if difference > allowed + BLOCK_DEVIATIONS * our.error.hypot(their.error) {
                failures.push(format!("block {index}, channel {channel}: {our:?} {their:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
}

#[test]
fn diffuse() {
    check("diffuse", 512);
}

#[test]
fn metal() {
    check("metal", 512);
}

#[test]
fn dielectric() {
    check("dielectric", 512);
}

#[test]
fn textured() {
    check("textured", 512);
}

#[test]
fn many_lights() {
    check("many-lights", 512);
}

#[test]
fn environment() {
    check("environment", 512);
}

#[test]
fn glass_over_emitter() {
    check("glass-over-emitter", 512);
}

#[test]
fn instanced_city() {
    check("instanced-city", 512);
}
