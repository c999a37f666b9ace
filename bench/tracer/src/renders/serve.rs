//! Our tracer behind the line protocol that the peers' programs speak too.

use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context, Result};
use p2c2r_bench_common::import;
use p2c2r_frame::{Effects, Lens, PixelRect, SampleRange, TileTask, View, radiance_from_sum};
use p2c2r_scene::{UnpackLimits, pack, parse_hdr, unpack};
use p2c2r_tracer_cpu::CpuTracer;
use serde_json::json;

use crate::jobs::{Job, read};

/// Loads a job and renders until the input ends.
pub fn serve(file: &Path) -> Result<()> {
    let job: Job = serde_json::from_slice(&read(file)?)?;
    let folder = file.parent().context("a file lies in a folder")?;
    let started = Instant::now();
    let tracer = load(&job, folder)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(job.threads).build()?;
    answer(&json!({"version": "ours", "seconds": started.elapsed().as_secs_f64()}))?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().context("a line is SAMPLES SEED FILE");
        let (samples, seed, out) = (word()?.parse()?, word()?.parse()?, word()?.to_owned());
        let task = task(&job, &tracer, samples, seed);
        let started = Instant::now();
        let tile = tracer.trace_parallel(&task, &pool, &AtomicBool::new(false), &|_| ())?;
        let seconds = started.elapsed().as_secs_f64();
        let pixels = tile.sums.sums.as_flattened().iter();
        let bytes = pixels.flat_map(|&sum| radiance_from_sum(sum, samples).to_le_bytes());
        fs::write(&out, bytes.collect::<Vec<u8>>())?;
        answer(&json!({"seconds": seconds}))?;
    }
    Ok(())
}

fn load(job: &Job, folder: &Path) -> Result<CpuTracer> {
    let mut source = import(&folder.join(&job.scene))?;
    if let Some(sky) = &job.environment {
        source = source.with_environment(parse_hdr(&read(&folder.join(sky))?)?);
    }
    let packed = pack(&source)?;
    packed.warnings.iter().for_each(|warning| eprintln!("{}: {warning}", job.scene.display()));
    Ok(CpuTracer::new(Arc::new(unpack(&packed.bytes, &UnpackLimits::default())?)))
}

fn task(job: &Job, tracer: &CpuTracer, samples: u32, seed: u32) -> TileTask {
    let [width_px, height_px] = job.size;
    TileTask {
        scene: tracer.scene().id,
        view: View {
            world_from_camera: job.world_from_camera,
            tan_half_fov_y: job.tan_half_fov_y,
            width_px,
            height_px,
            lens: Lens::PINHOLE,
            time_us: 0,
        },
        rect: PixelRect::of_size(width_px, height_px),
        samples: SampleRange::new(0, samples),
        seed,
        // As the peers: no bias for less noise.
        effects: Effects::PATH_TRACED.with(Effects::UNREGULARIZED),
        max_bounces: job.max_bounces,
    }
}

fn answer(record: &serde_json::Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{record}")?;
    Ok(out.flush()?)
}
