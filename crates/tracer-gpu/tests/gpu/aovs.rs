//! The GPU sees the same first surfaces as the CPU, through the same points of each pixel.
//!
//! What differs is rounding, and a pixel now and then where it turned a comparison: an edge that a ray
//! just meets, or whether a pixel is settled.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures::executor::block_on;
use p2c2r_frame::{AovPixel, AovTask, PixelRect, SampleRange, View};
use p2c2r_scene::Scene;
use p2c2r_testkit::moving_scene;
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_tracer_gpu::{GpuError, GpuTracer};

use crate::common::{context, generated};
use crate::fixture::every_feature;

/// Rounding: this share of a number, or this much of it.
const ROUNDING: f32 = 2.0e-3;
/// Share of the pixels that may differ by more.
const MOST_DIFFERENT_PIXELS: f64 = 0.02;

fn task_of(scene: &Scene, view: View, previous_view: Option<View>) -> AovTask {
    AovTask {
        scene: scene.id,
        view,
        previous_view,
        rect: PixelRect { x: 3, y: 2, width: view.width_px - 5, height: view.height_px - 4 },
        samples: SampleRange::new(1, 4),
        max_samples: 32,
        seed: 7,
    }
}

/// All numbers of a pixel; motion is in pixels, so its rounding is too.
fn numbers(pixel: &AovPixel) -> Vec<f32> {
    let colors = [
        pixel.normal,
        pixel.albedo,
        pixel.emission,
        pixel.sampled_albedo,
        pixel.sampled_emission,
        pixel.mirrored,
    ];
    let others = [pixel.depth, pixel.mirrored_variance, pixel.motion_px[0], pixel.motion_px[1]];
    colors.into_iter().flatten().chain(others).collect()
}

fn is_close(ours: &AovPixel, theirs: &AovPixel) -> bool {
    let mut pairs = numbers(ours).into_iter().zip(numbers(theirs));
    // NaN is not close to anything.
    let are_close = pairs.all(|(a, b)| (a - b).abs() <= ROUNDING * (1.0 + b.abs()));
    are_close && [ours.instance, ours.material] == [theirs.instance, theirs.material]
}

fn check_scene(name: &str, scene: Arc<Scene>, size: [u32; 2]) {
    let view = scene.default_view(size[0], size[1]);
    check_view(name, scene, view);
}

fn check_view(name: &str, scene: Arc<Scene>, view: View) {
    let Some(context) = context(name) else { return };
    let size = [view.width_px, view.height_px];
    let mut previous = View { width_px: size[0] + 2, ..view };
    previous.world_from_camera[1][3] -= 0.05;
    let cpu = CpuTracer::new(Arc::clone(&scene));
    let mut gpu = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    for previous_view in [None, Some(previous)] {
        let task = task_of(&scene, view, previous_view);
        let theirs = cpu.aovs(&task).unwrap();
        let ours = block_on(gpu.aovs(&task, &AtomicBool::new(false))).unwrap();
        assert_eq!((ours.rect, ours.pixels.len()), (theirs.rect, theirs.pixels.len()));
        let pairs: Vec<_> = ours.pixels.iter().zip(&theirs.pixels).collect();
        let different = pairs.iter().filter(|(ours, theirs)| !is_close(ours, theirs)).count();
        println!("{name}: {different} of {} pixels differ", pairs.len());
        let first = pairs.iter().find(|(ours, theirs)| !is_close(ours, theirs));
        let most = MOST_DIFFERENT_PIXELS * pairs.len() as f64;
        assert!(different as f64 <= most, "{different} pixels differ, the first one {first:#?}");
        assert!(theirs.pixels.iter().any(|pixel| pixel.depth > 0.0), "nothing is seen");
        let moves = theirs.pixels.iter().any(|pixel| pixel.motion_px != [0.0; 2]);
        assert_eq!(moves, previous_view.is_some());
    }
}

#[test]
fn first_surfaces_of_the_cornell_box_agree() {
    check_scene("cornell", generated("cornell"), [48, 36]);
}

#[test]
fn first_surfaces_of_the_night_city_agree() {
    check_scene("night-city", generated("night-city:size=60,seed=3"), [64, 36]);
}

#[test]
fn first_surfaces_of_every_feature_agree() {
    check_scene("every feature", every_feature(), [48, 36]);
}

#[test]
fn first_surfaces_of_a_pose_agree() {
    let scene = moving_scene();
    let view = scene.default_view_at(900_000, 48, 28);
    check_view("a pose", scene, view);
}

#[test]
fn things_that_move_between_two_views_are_left_to_the_cpu() {
    let Some(context) = context("moving surfaces") else { return };
    let scene = moving_scene();
    let mut gpu = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let [now, before] = [900_000, 0].map(|time_us| scene.default_view_at(time_us, 48, 28));
    let task = task_of(&scene, now, Some(before));
    let result = block_on(gpu.aovs(&task, &AtomicBool::new(false)));
    assert_eq!(result, Err(GpuError::MovingSurfaces));
}

#[test]
fn tasks_that_cannot_be_looked_at_are_refused() {
    let Some(context) = context("refusals of surfaces") else { return };
    let scene = generated("cornell");
    let mut gpu = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let task = task_of(&scene, scene.default_view(32, 24), None);
    let other = AovTask { scene: p2c2r_frame::SceneId([9; 32]), ..task };
    let result = block_on(gpu.aovs(&other, &AtomicBool::new(false)));
    assert!(matches!(result, Err(GpuError::OtherScene { .. })), "{result:?}");
    let outside = AovTask { rect: PixelRect::of_size(33, 1), ..task };
    let result = block_on(gpu.aovs(&outside, &AtomicBool::new(false)));
    assert!(matches!(result, Err(GpuError::Task(_))), "{result:?}");
    let result = block_on(gpu.aovs(&task, &AtomicBool::new(true)));
    assert_eq!(result, Err(GpuError::Cancelled));
}
