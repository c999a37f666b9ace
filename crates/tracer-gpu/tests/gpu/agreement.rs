//! The GPU draws the CPU tracer's picture, within a tolerance far below the Monte Carlo noise.
//!
//! Both make the same decisions from the same integers, so nearly all pixels agree to rounding. WGSL
//! allows division and square root to be off by some ULP and products to be fused; now and then that
//! turns a comparison (an edge, a lobe, roulette) and one path goes another way. The error is therefore
//! a few whole paths, not a haze, and is compared with the noise of the picture itself.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::common::{context, context_of, generated, noise_rmse, radiance, rmse, task, traced};
use crate::fixture::every_feature;
use futures::executor::block_on;
use p2c2r_frame::{Lens, SampleRange, View};
use p2c2r_scene::Scene;
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_tracer_gpu::{GpuContext, GpuTracer};

/// Share of the noise that the difference may reach: a quarter of what the product promises.
const MOST_NOISE_SHARE: f64 = 0.125;
/// Share of the pixels that may differ by more than rounding.
const MOST_DIFFERENT_PIXELS: f64 = 0.01;
/// Rounding: this share of the radiance, or this radiance.
const ROUNDING: f64 = 2.0e-3;

fn check_generated(text: &str, size: [u32; 2], spp: u32) {
    check(text, generated(text), size, spp);
}

fn check(name: &str, scene: Arc<Scene>, size: [u32; 2], spp: u32) {
    let view = scene.default_view(size[0], size[1]);
    check_view(name, scene, view, spp);
}

fn check_view(name: &str, scene: Arc<Scene>, view: View, spp: u32) {
    let Some(context) = context(name) else { return };
    check_on(&context, name, scene, view, spp);
}

fn check_in_waves(name: &str, scene: Arc<Scene>, size: [u32; 2], spp: u32) {
    if context(name).is_some() {
        let view = scene.default_view(size[0], size[1]);
        let context = context_of("wavefront-64-private".parse().unwrap());
        check_on(&context, name, scene, view, spp);
    }
}

fn check_on(context: &GpuContext, name: &str, scene: Arc<Scene>, view: View, spp: u32) {
    let task = task(&scene, view, SampleRange::new(0, spp));
    let cpu = CpuTracer::new(Arc::clone(&scene));
    let expected = cpu.trace(&task, &AtomicBool::new(false)).unwrap();
    let mut gpu = block_on(GpuTracer::new(context, scene)).unwrap();
    let (sums, counters) = traced(&mut gpu, &task).unwrap();
    sums.check().unwrap();

    let (ours, theirs) = (radiance(&sums), radiance(&expected.sums));
    let error = rmse(&ours, &theirs);
    let noise = noise_rmse(&cpu, &task);
    let is_different = |(a, b): (&[f64; 3], &[f64; 3])| {
        (0..3).any(|i| (a[i] - b[i]).abs() > ROUNDING * (1.0 + b[i]))
    };
    let different = ours.iter().zip(&theirs).filter(|&pair| is_different(pair)).count();
    let share = different as f64 / ours.len() as f64;
    println!(
        "{name}: rmse {error:.2e}, noise {noise:.2e}, {:.3} % of the pixels differ, \
         {counters:?} against {:?}",
        share * 100.0,
        expected.counters
    );
    assert!(theirs.iter().flatten().any(|&value| value > 0.01), "the picture is black");
    assert!(error <= MOST_NOISE_SHARE * noise + 1.0e-4, "rmse {error} at noise {noise}");
    assert!(share <= MOST_DIFFERENT_PIXELS, "{different} pixels differ");
    let rays = expected.counters.rays as f64;
    assert!((counters.rays as f64 - rays).abs() <= 0.002 * rays, "{counters:?}");
}

#[test]
fn cornell_box_agrees() {
    check_generated("cornell", [64, 48], 8);
}

#[test]
fn cornell_box_out_of_focus_agrees() {
    let scene = generated("cornell");
    let lens = Lens { radius_m: 0.1, focus_m: 2.0 };
    let view = View { lens, ..scene.default_view(64, 48) };
    check_view("cornell out of focus", scene, view, 8);
}

#[test]
fn rough_furnace_agrees() {
    check_generated("furnace:albedo=1,metallic=1,roughness=0.5", [48, 48], 16);
}

#[test]
fn diffuse_furnace_agrees() {
    check_generated("furnace:albedo=0.8,metallic=0,roughness=1", [48, 48], 16);
}

#[test]
fn mirror_furnace_agrees() {
    check_generated("furnace:albedo=1,metallic=1,roughness=0", [48, 48], 16);
}

#[test]
fn every_layer_agrees() {
    check_generated("gallery", [96, 64], 8);
}

#[test]
fn every_layer_agrees_in_waves() {
    check_in_waves("gallery", generated("gallery"), [96, 64], 4);
}

#[test]
fn night_city_agrees() {
    check_generated("night-city:size=60,seed=3", [64, 36], 8);
}

#[test]
fn every_feature_agrees() {
    check("every feature", every_feature(), [64, 48], 16);
}

#[test]
fn night_city_agrees_in_the_wavefront() {
    check_in_waves("night-city in waves", generated("night-city:size=60,seed=3"), [64, 36], 8);
}

#[test]
fn every_feature_agrees_in_the_wavefront() {
    check_in_waves("every feature in waves", every_feature(), [64, 48], 16);
}
