//! Pictures of a scene that moves: each shows its own time, however the work is cut and in what order.

use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::{PixelRect, RadianceSums, SampleRange, TileTask, View};
use p2c2r_testkit::{generated_scene, moving_scene, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

const FILM_PX: [u32; 2] = [28, 16];
const SAMPLES: u32 = 4;

static TRACER: LazyLock<CpuTracer> = LazyLock::new(|| CpuTracer::new(moving_scene()));

fn task_at(time_us: u64) -> TileTask {
    let whole = whole_task(TRACER.scene(), FILM_PX, SAMPLES, 3);
    let view = TRACER.scene().default_view_at(time_us, FILM_PX[0], FILM_PX[1]);
    TileTask { view, ..whole }
}

fn trace(tracer: &CpuTracer, task: &TileTask) -> RadianceSums {
    tracer.trace(task, &AtomicBool::new(false)).expect("the task is valid").sums
}

#[test]
fn seven_tiles_in_any_order_of_times_are_the_whole_picture() {
    let times = [900_000, 2_000_000, 3_100_000];
    let wholes = times.map(|time| trace(&TRACER, &task_at(time)));
    assert!(wholes[0] != wholes[1] && wholes[1] != wholes[2], "something moves");
    // Times take turns, so that poses are dropped and made again between the tiles of a picture.
    let mut pictures = times.map(|_| vec![[0u64; 3]; wholes[0].sums.len()]);
    for tile in 0..7 {
        for (picture, time) in pictures.iter_mut().zip(times) {
            let rect = PixelRect { x: tile * 4, y: 0, width: 4, height: FILM_PX[1] };
            for samples in [SampleRange::new(0, 1), SampleRange::new(1, SAMPLES - 1)] {
                let part = trace(&TRACER, &TileTask { rect, samples, ..task_at(time) });
                for (index, pixel) in part.sums.iter().enumerate() {
                    let (x, y) = (rect.x + index as u32 % 4, index as u32 / 4);
                    let place = &mut picture[(y * FILM_PX[0] + x) as usize];
                    place.iter_mut().zip(pixel).for_each(|(sum, &value)| *sum += value);
                }
            }
        }
    }
    for (picture, whole) in pictures.iter().zip(&wholes) {
        assert!(*picture == whole.sums);
    }
}

#[test]
fn time_loops_and_time_0_is_the_scene_as_stored() {
    let scene = TRACER.scene();
    assert_eq!(scene.duration_s(), 4.0);
    // The same view, so that only the scene is at another time.
    let picture = |time_us| {
        let task = task_at(0);
        trace(&TRACER, &TileTask { view: View { time_us, ..task.view }, ..task })
    };
    assert!(picture(4_000_000) == picture(0));
    assert!(picture(9_300_000) == picture(1_300_000));
    let posed = scene.posed(0);
    assert_eq!(posed.nodes, scene.nodes);
    assert_eq!(posed.instances, scene.instances);
    assert_eq!(posed.cameras, scene.cameras);
    assert_eq!(posed.lights, scene.lights);
    assert_eq!(posed.emissive_triangles, scene.emissive_triangles);
    assert_eq!(posed.light_tree, scene.light_tree);
    assert_eq!(posed.bounds, scene.bounds);
}

#[test]
fn poses_share_what_does_not_move() {
    let scene = TRACER.scene();
    let posed = scene.posed(1_500_000);
    assert!(std::sync::Arc::ptr_eq(&posed.positions, &scene.positions));
    assert!(std::sync::Arc::ptr_eq(&posed.mesh_trees, &scene.mesh_trees));
    assert_ne!(posed.instances, scene.instances);
    assert_ne!(posed.light_tree, scene.light_tree, "the lamp has moved");
}

#[test]
fn scene_without_animation_looks_alike_at_all_times() {
    let tracer = CpuTracer::new(generated_scene("cornell"));
    let task = whole_task(tracer.scene(), [8, 6], 2, 1);
    let later = TileTask { view: View { time_us: 5_000_000, ..task.view }, ..task };
    assert!(trace(&tracer, &task) == trace(&tracer, &later));
}
