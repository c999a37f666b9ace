//! Radiance tiles through our codec and through those of others: size, speed and error, in turns.

mod ours;
mod peers;
mod tiles;

use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use p2c2r_bench_common::{Arguments, Rows};

use tiles::Picture;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rows = Rows::new(arguments.only);
    for picture in tiles::all(&arguments.scenes)? {
        measure(&mut rows, &picture, arguments.repetitions)?;
    }
    println!("{:#}", rows.to_json());
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
    rows.add_alone("codec-lossy-speed", "Mpixel/s", scene, speeds);
    picture.compare_noise_sources();
    Ok(())
}

/// Millions of pixels a second.
fn speed(picture: &Picture, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    work()?;
    Ok(picture.pixels() / started.elapsed().as_secs_f64() / 1e6)
}
