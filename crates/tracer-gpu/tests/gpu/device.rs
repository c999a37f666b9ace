//! What holds on any device, whatever the picture: exact partitions, cancel, refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{context, generated, task, traced};
use futures::executor::block_on;
use p2c2r_frame::{Lens, PixelRect, SampleRange, SceneId, TileTask, TraceCounters, View};
use p2c2r_scene::Scene;
use p2c2r_tracer_gpu::{GpuError, GpuTracer};

const VIEW: View = View {
    world_from_camera: [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 3.]],
    tan_half_fov_y: 0.5,
    width_px: 40,
    height_px: 30,
    lens: Lens::PINHOLE,
    time_us: 0,
};

#[test]
fn parts_of_a_task_add_up_to_the_whole_exactly() {
    let Some(context) = context("partition") else { return };
    let scene = generated("cornell");
    let mut tracer = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let whole = task(&scene, scene.default_view(40, 30), SampleRange::new(2, 6));
    let (expected, expected_counters) = traced(&mut tracer, &whole).unwrap();
    expected.check().unwrap();
    assert!(expected.sums.iter().flatten().any(|&sum| sum > 0), "the picture is black");
    let mut sums = vec![[0; 3]; expected.sums.len()];
    let mut counters = TraceCounters::default();
    let left = PixelRect { width: 17, ..whole.rect };
    let right = PixelRect { x: 17, width: 23, ..whole.rect };
    for samples in [SampleRange::new(2, 1), SampleRange::new(3, 5)] {
        for rect in [left, right] {
            let part = TileTask { rect, samples, ..whole };
            let (part_sums, part_counters) = traced(&mut tracer, &part).unwrap();
            counters.add(part_counters);
            for (index, pixel) in part_sums.sums.iter().enumerate() {
                let (x, y) = (rect.x + index as u32 % rect.width, index as u32 / rect.width);
                for channel in 0..3 {
                    sums[(y * 40 + x) as usize][channel] += pixel[channel];
                }
            }
        }
    }
    assert_eq!(sums, expected.sums);
    assert_eq!(counters, expected_counters);
}

#[test]
fn an_empty_scene_is_black_and_costs_one_ray_a_path() {
    let Some(context) = context("empty scene") else { return };
    let scene = Arc::new(Scene::default());
    let mut tracer = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let task = task(&scene, VIEW, SampleRange::new(0, 2));
    let (sums, counters) = traced(&mut tracer, &task).unwrap();
    assert!(sums.sums.iter().flatten().all(|&sum| sum == 0));
    assert_eq!(counters, TraceCounters { rays: 2 * 40 * 30, shadow_rays: 0 });
}

#[test]
fn cancel_ends_a_long_task() {
    let Some(context) = context("cancel") else { return };
    let scene = Arc::new(Scene::default());
    let mut tracer = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let long = task(&scene, VIEW, SampleRange::new(0, 1 << 20));
    let cancel = AtomicBool::new(false);
    let mut slices = 0;
    let outcome = block_on(tracer.trace(&long, &cancel, &mut |_| {
        slices += 1;
        cancel.fetch_or(slices == 3, Ordering::Relaxed);
    }));
    assert_eq!(outcome.err(), Some(GpuError::Cancelled));
    assert!(slices <= 5, "{slices} slices ended after the cancel");
    let short = task(&scene, VIEW, SampleRange::new(0, 1));
    assert!(traced(&mut tracer, &short).is_ok(), "the tracer goes on after a cancel");
}

#[test]
fn progress_rises_to_one() {
    let Some(context) = context("progress") else { return };
    let scene = Arc::new(Scene::default());
    let mut tracer = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let mut last = 0.0;
    let task = task(&scene, VIEW, SampleRange::new(0, 4));
    block_on(tracer.trace(&task, &AtomicBool::new(false), &mut |done| {
        assert!(done > last);
        last = done;
    }))
    .unwrap();
    assert_eq!(last, 1.0);
}

#[test]
fn tasks_that_cannot_be_traced_are_refused() {
    let Some(context) = context("refusals") else { return };
    let scene = Arc::new(Scene::default());
    let mut tracer = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let good = task(&scene, VIEW, SampleRange::new(0, 1));
    let mut bad = good;
    bad.rect.width = 41;
    assert!(matches!(traced(&mut tracer, &bad), Err(GpuError::Task(_))));
    bad = good;
    bad.view.tan_half_fov_y = f32::NAN;
    assert!(matches!(traced(&mut tracer, &bad), Err(GpuError::Task(_))));
    bad = good;
    bad.max_bounces = 0;
    assert!(matches!(traced(&mut tracer, &bad), Err(GpuError::Task(_))));
    bad = good;
    bad.view.width_px = 8192;
    bad.view.height_px = 8192;
    bad.rect = PixelRect::of_size(8192, 8192);
    assert_eq!(traced(&mut tracer, &bad).err(), Some(GpuError::TooManyPixels(1 << 26)));
    bad = good;
    bad.scene = SceneId([9; 32]);
    assert!(matches!(traced(&mut tracer, &bad), Err(GpuError::OtherScene { .. })));
}
