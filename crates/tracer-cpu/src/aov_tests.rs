//! Pixels against what the radiance and the rays say.

use std::sync::atomic::AtomicBool;

use p2c2r_frame::{NO_SURFACE, SampleRange, TileTask, View};
use p2c2r_scene::math::Affine;
use p2c2r_testkit::{generated_scene, whole_task};

use super::projection::Projection;
use super::*;
use crate::bvh::nearest_hit;

const SIZE_PX: [u32; 2] = [24, 16];

fn task_of(tracer: &CpuTracer, samples: u32) -> AovTask {
    let TileTask { scene, view, rect, samples, seed, .. } =
        whole_task(tracer.scene(), SIZE_PX, samples, 5);
    let max_samples = samples.count;
    AovTask { scene, view, previous_view: None, rect, samples, max_samples, seed }
}

fn cornell() -> CpuTracer {
    CpuTracer::new(generated_scene("cornell"))
}

#[test]
fn steps_and_rectangles_do_not_change_a_pixel() {
    let tracer = cornell();
    let task = task_of(&tracer, 3);
    let whole = tracer.aovs(&task).unwrap();
    let mut job = tracer.begin_aovs(&task).unwrap();
    while !job.step(7) {}
    assert_eq!(job.finish(), whole);
    let rect = PixelRect { x: 5, y: 3, width: 4, height: 6 };
    let part = tracer.aovs(&AovTask { rect, ..task }).unwrap();
    for (index, pixel) in part.pixels.iter().enumerate() {
        let place = (3 + index / 4) * SIZE_PX[0] as usize + 5 + index % 4;
        assert_eq!(*pixel, whole.pixels[place]);
    }
}

/// One bounce less than the first scattering leaves only what is seen straight: emission.
#[test]
fn emission_is_exactly_what_the_radiance_holds_of_it() {
    let scene = generated_scene("night-city:size=60");
    let tracer = CpuTracer::new(scene);
    let task = whole_task(tracer.scene(), SIZE_PX, 4, 5);
    let traced = tracer.trace(&task, &AtomicBool::new(false)).unwrap().sums;
    let aovs = tracer.aovs(&task_of(&tracer, 4)).unwrap();
    let mut lit = 0;
    for (pixel, sums) in aovs.pixels.iter().zip(&traced.sums) {
        for (emission, &sum) in pixel.emission.iter().zip(sums) {
            let mean = p2c2r_frame::radiance_from_sum(sum, 4);
            assert!(*emission <= mean + 1e-4 + 1e-6 * mean, "{emission} of {mean}");
            lit += u32::from(*emission > 0.0);
        }
        // Where nothing is seen, all light is emission.
        if pixel.instance == NO_SURFACE && pixel.depth == 0.0 {
            let mean = p2c2r_frame::radiance_from_sum(sums[0], 4);
            assert!((pixel.emission[0] - mean).abs() <= 2e-5 + 1e-6 * mean);
        }
    }
    assert!(lit > 50, "only {lit} channels emit");
}

#[test]
fn more_samples_change_nothing_of_what_the_radiance_holds() {
    let tracer = CpuTracer::new(generated_scene("night-city:size=60"));
    let few = task_of(&tracer, 4);
    let (few, many) = (
        tracer.aovs(&few).unwrap().pixels,
        tracer.aovs(&AovTask { max_samples: 64, ..few }).unwrap().pixels,
    );
    let mut differ = 0;
    for (few, many) in few.iter().zip(&many) {
        assert_eq!(few.emission, many.sampled_emission);
        assert_eq!(few.albedo, many.sampled_albedo);
        differ += u32::from(few.emission != many.emission);
    }
    assert!(differ > 20, "only {differ} pixels are seen better");
}

#[test]
fn pixels_say_what_the_rays_meet() {
    let tracer = cornell();
    let aovs = tracer.aovs(&task_of(&tracer, 1)).unwrap();
    let scene = tracer.scene();
    for pixel in aovs.pixels.iter().filter(|pixel| pixel.instance != NO_SURFACE) {
        assert!(pixel.depth > 0.0);
        let length = Vec3::from(pixel.normal).length();
        assert!((length - 1.0).abs() < 1e-5, "{length}");
        assert!((pixel.material as usize) < scene.materials.len());
        assert!(pixel.albedo.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(scene.instances.iter().any(|instance| instance.source_index == pixel.instance));
    }
    assert!(aovs.pixels.iter().any(|pixel| pixel.instance != NO_SURFACE));
}

#[test]
fn a_camera_that_moves_sideways_moves_near_things_more() {
    let tracer = cornell();
    let mut task = task_of(&tracer, 1);
    let mut previous = task.view;
    let step = 0.05;
    // The camera was to the left, so everything was further to the right.
    for row in &mut previous.world_from_camera {
        row[3] -= step * row[0];
    }
    task.previous_view = Some(previous);
    for pixel in tracer.aovs(&task).unwrap().pixels {
        let [x, y] = pixel.motion_px;
        if pixel.instance == NO_SURFACE {
            assert!(x.abs() < 1e-3 && y.abs() < 1e-3, "infinity moves by {x}, {y}");
            continue;
        }
        let focal_px = 0.5 * SIZE_PX[1] as f32 / task.view.tan_half_fov_y;
        assert!(y.abs() < 1e-3, "{y}");
        let expected = step * focal_px / pixel.depth;
        assert!(x > 0.0 && (x - expected).abs() < 1e-2 * expected, "{x} at {}", pixel.depth);
    }
    task.previous_view = Some(task.view);
    let still = tracer.aovs(&task).unwrap();
    assert!(still.pixels.iter().all(|pixel| pixel.motion_px.iter().all(|px| px.abs() < 1e-3)));
}

#[test]
fn hostile_tasks_are_refused_and_hostile_views_give_numbers() {
    let tracer = cornell();
    let task = task_of(&tracer, 1);
    assert!(tracer.begin_aovs(&AovTask { samples: SampleRange::new(0, 0), ..task }).is_err());
    assert!(tracer.begin_aovs(&AovTask { max_samples: 0, ..task }).is_err());
    assert!(tracer.begin_aovs(&AovTask { max_samples: u32::MAX, ..task }).is_err());
    let beyond = PixelRect { x: 1, ..task.rect };
    assert!(tracer.begin_aovs(&AovTask { rect: beyond, ..task }).is_err());
    let mut view = task.view;
    view.tan_half_fov_y = f32::NAN;
    assert!(tracer.begin_aovs(&AovTask { previous_view: Some(view), ..task }).is_err());
    for scale in [0.0, 1e-30, 1e30] {
        let mut view = task.view;
        for row in &mut view.world_from_camera {
            *row = row.map(|element| element * scale);
        }
        for task in [AovTask { view, ..task }, AovTask { previous_view: Some(view), ..task }] {
            for pixel in tracer.aovs(&task).unwrap().pixels {
                let AovPixel { depth, normal, albedo, emission, mirrored, motion_px, .. } = pixel;
                let numbers = [normal, albedo, emission, mirrored].concat();
                assert!(numbers.iter().all(|number| number.is_finite()), "{pixel:?}");
                assert!(depth.is_finite() && motion_px.iter().all(|px| px.is_finite()));
            }
        }
    }
}

/// What moves by itself is where the previous picture shows it, seen by a camera that stands still.
#[test]
fn motion_follows_what_moves_by_itself() {
    let tracer = CpuTracer::new(p2c2r_testkit::moving_scene());
    let task = task_of(&tracer, 1);
    let view = View { time_us: 1_000_000, ..task.view };
    let previous = View { time_us: 900_000, ..task.view };
    let aovs = tracer.aovs(&AovTask { view, previous_view: Some(previous), ..task }).unwrap();
    let scene = tracer.scene_at(view.time_us);
    let before = tracer.scene_at(previous.time_us);
    let (mut moved, mut still) = (0, 0);
    for (index, pixel) in aovs.pixels.iter().enumerate().filter(|(_, p)| p.instance != NO_SURFACE) {
        let find = |scene: &p2c2r_scene::Scene| {
            let mut instances = scene.instances.iter();
            *instances.find(|instance| instance.source_index == pixel.instance).unwrap()
        };
        let (now, then) = (find(&scene), find(&before));
        if now == then {
            still += 1;
            assert!(pixel.motion_px.iter().all(|length| length.abs() < 1e-3), "{pixel:?}");
            continue;
        }
        moved += 1;
        // The same point of the object, carried back by the instance of the earlier time.
        let (x, y) = (index as u32 % SIZE_PX[0], index as u32 / SIZE_PX[0]);
        let words = SampleRandom::new(x, y, task.samples.first, task.seed).camera();
        let ray = camera_ray(&view, x, y, words).unwrap();
        let prepared = tracer.prepared_at(view.time_us);
        let hit = nearest_hit(&prepared, &ray).unwrap();
        let in_world = ray.origin + ray.direction * hit.t;
        let in_object = Affine::from_rows(now.object_from_world).point(in_world);
        let in_past = Affine::from_rows(then.world_from_object).point(in_object);
        let camera = Projection::new(&view);
        let (here, there) =
            (camera.film_of_point(in_world).unwrap(), camera.film_of_point(in_past).unwrap());
        for axis in 0..2 {
            let expected = there[axis] - here[axis];
            assert!((pixel.motion_px[axis] - expected).abs() < 1e-2, "{pixel:?} {expected}");
        }
    }
    assert!(moved > 20 && still > 20, "{moved} moved, {still} stood still");
}
