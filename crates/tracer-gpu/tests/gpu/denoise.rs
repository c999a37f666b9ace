//! The GPU takes the noise off as the CPU does, to rounding.
//!
//! Both do the same arithmetic in the same order; WGSL's `exp`, division and contraction change last bits,
//! which weights carry on. No decision hangs on them but whether old light counts, so nothing differs by
//! more than rounding.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures::executor::block_on;
use p2c2r_frame::{AovPixel, AovTask, Aovs, SampleRange, View};
use p2c2r_image::{Denoiser, Film};
use p2c2r_scene::Scene;
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_tracer_gpu::{GpuDenoiser, GpuError, MAX_DENOISE_PIXELS};

use crate::common::{context, generated, task};

/// A pixel may be off by this share of its radiance, or by this radiance.
const TOLERANCE: f32 = 1.0e-3;
/// Share of the pixels that may be off by more, since a comparison turned.
const MOST_DIFFERENT_PIXELS: f64 = 0.001;

/// A picture of few samples and what is seen in it.
struct Shot {
    radiance: Vec<[f32; 3]>,
    aovs: Aovs,
}

fn shot(scene: &Arc<Scene>, view: View, previous_view: Option<View>, seed: u32) -> Shot {
    let tracer = CpuTracer::new(Arc::clone(scene));
    let task = p2c2r_frame::TileTask { seed, ..task(scene, view, SampleRange::new(0, 4)) };
    let tile = tracer.trace(&task, &AtomicBool::new(false)).unwrap();
    let mut film = Film::new(view.width_px, view.height_px, 4).unwrap();
    film.merge(&tile.sums).unwrap();
    let (scene, rect, samples) = (scene.id, task.rect, task.samples);
    let aov_task = AovTask { scene, view, previous_view, rect, samples, max_samples: 16, seed };
    Shot { radiance: film.radiances(), aovs: tracer.aovs(&aov_task).unwrap() }
}

fn check_close(name: &str, ours: &[[f32; 3]], theirs: &[[f32; 3]]) {
    assert_eq!(ours.len(), theirs.len());
    let off = |(a, b): (&[f32; 3], &[f32; 3])| {
        (0..3).map(|i| (a[i] - b[i]).abs() / (1.0 + b[i])).fold(0.0, f32::max)
    };
    let offs: Vec<f32> = ours.iter().zip(theirs).map(off).collect();
    let different = offs.iter().filter(|&&off| off.is_nan() || off > TOLERANCE).count();
    let most = offs.iter().copied().fold(0.0, f32::max);
    println!("{name}: off by {most:.1e} at most, {different} pixels beyond the tolerance");
    assert!(theirs.iter().flatten().any(|&value| value > 0.01), "the picture is black");
    assert!(different as f64 <= MOST_DIFFERENT_PIXELS * ours.len() as f64, "{different} pixels");
}

/// Pictures of a camera that moves, the last one of another size; one of them grows, one is not known of.
fn check_scene(name: &str, size: [u32; 2]) {
    let Some(context) = context(name) else { return };
    let scene = generated(name);
    let first_view = scene.default_view(size[0], size[1]);
    let mut moved = first_view;
    moved.world_from_camera[0][3] += 0.02;
    let larger = View { width_px: size[0] + 7, height_px: size[1] + 4, ..moved };
    let mut gpu = block_on(GpuDenoiser::new(&context)).unwrap();
    let mut cpu = Denoiser::new();
    let mut check = |view: View, previous: Option<View>, samples: u32, next: Next| {
        match next {
            Next::Follows => {}
            Next::Again => {
                gpu.again();
                cpu.again();
            }
            Next::Unknown => {
                gpu.forget();
                cpu.forget();
            }
        }
        let Shot { radiance, aovs } = shot(&scene, view, previous, 3 + samples);
        let ours = block_on(gpu.denoise(&radiance, samples, &aovs)).unwrap();
        let theirs = cpu.denoise(&radiance, samples, &aovs).unwrap();
        check_close(&format!("{name}, {samples} samples, {next:?}"), &ours, &theirs);
        let without_history = Denoiser::new().denoise(&radiance, samples, &aovs).unwrap();
        assert_eq!(
            theirs != without_history,
            previous.is_some(),
            "{samples}: earlier pictures count"
        );
        // Whatever is given back, earlier pictures are known.
        gpu.rest();
    };
    check(first_view, None, 4, Next::Follows);
    check(moved, Some(first_view), 5, Next::Follows);
    check(moved, Some(first_view), 6, Next::Again);
    check(moved, Some(first_view), 64, Next::Again);
    check(larger, Some(moved), 7, Next::Follows);
    check(larger, Some(moved), 8, Next::Again);
    check(larger, None, 9, Next::Unknown);
}

#[derive(Debug, Clone, Copy)]
enum Next {
    Follows,
    Again,
    Unknown,
}

#[test]
fn cornell_box_is_denoised_alike() {
    check_scene("cornell", [64, 48]);
}

#[test]
fn night_city_is_denoised_alike() {
    check_scene("night-city:size=60,seed=3", [96, 54]);
}

#[test]
fn hostile_numbers_are_denoised_alike() {
    let Some(context) = context("hostile numbers") else { return };
    let scene = generated("cornell");
    let Shot { mut radiance, mut aovs } = shot(&scene, scene.default_view(32, 24), None, 1);
    let hostile = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 3.0e38, 1.0e-40];
    for (index, &value) in hostile.iter().enumerate() {
        radiance[50 * index][index % 3] = value;
        let pixel = &mut aovs.pixels[50 * index + 10];
        *pixel = AovPixel {
            depth: value,
            normal: [value; 3],
            albedo: [value, 0.5, value],
            emission: [0.2, value, 0.1],
            sampled_albedo: [value; 3],
            mirrored: [0.1, value, 0.1],
            mirrored_variance: value,
            motion_px: [value, 0.0],
            ..*pixel
        };
    }
    let mut gpu = block_on(GpuDenoiser::new(&context)).unwrap();
    let mut cpu = Denoiser::new();
    for _ in 0..2 {
        let ours = block_on(gpu.denoise(&radiance, 4, &aovs)).unwrap();
        assert!(ours.iter().flatten().all(|value| value.is_finite()), "{ours:?}");
        let theirs = cpu.denoise(&radiance, 4, &aovs).unwrap();
        let scale = |pixels: &[[f32; 3]]| -> Vec<[f32; 3]> {
            pixels.iter().map(|pixel| pixel.map(|value| value.min(1.0e3))).collect()
        };
        check_close("hostile numbers", &scale(&ours), &scale(&theirs));
    }
}

#[test]
fn pictures_that_do_not_fit_are_refused() {
    let Some(context) = context("refusals") else { return };
    let scene = generated("cornell");
    let Shot { radiance, aovs } = shot(&scene, scene.default_view(8, 6), None, 1);
    let mut gpu = block_on(GpuDenoiser::new(&context)).unwrap();
    let result = block_on(gpu.denoise(&radiance[1..], 4, &aovs));
    assert_eq!(result, Err(GpuError::OtherPicture { pixels: 47, surfaces: 48 }));
    let empty = Aovs { rect: p2c2r_frame::PixelRect::of_size(0, 0), pixels: Vec::new() };
    assert!(matches!(block_on(gpu.denoise(&[], 4, &empty)), Err(GpuError::OtherPicture { .. })));
    let side = 3000;
    let pixels = side * side;
    assert!(pixels > MAX_DENOISE_PIXELS);
    let rect = p2c2r_frame::PixelRect::of_size(side as u32, side as u32);
    let large = Aovs { rect, pixels: vec![AovPixel::EMPTY; pixels as usize] };
    let result = block_on(gpu.denoise(&vec![[0.0; 3]; pixels as usize], 4, &large));
    assert!(matches!(result, Err(GpuError::PictureTooLarge { .. })), "{result:?}");
    assert!(block_on(gpu.denoise(&radiance, 4, &aovs)).is_ok(), "what fits is still denoised");
}
