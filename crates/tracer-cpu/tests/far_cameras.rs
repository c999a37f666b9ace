//! Views that no one would choose and a hostile task may hold: traced to the end, with finite sums.

use std::sync::atomic::AtomicBool;

use p2c2r_testkit::{generated_scene, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

#[test]
fn cameras_at_the_end_of_the_numbers_are_traced() {
    let scene = generated_scene("night-city:size=12,seed=3");
    let tracer = CpuTracer::new(scene.clone());
    for distance in [1e9, -1e20, 1e30, -3e38, f32::MAX] {
        for axes in 1..8u32 {
            let mut task = whole_task(&scene, [16, 12], 1, 1);
            for axis in (0..3).filter(|axis| axes >> axis & 1 == 1) {
                task.view.world_from_camera[axis][3] = distance;
            }
            if task.check().is_ok() {
                tracer.trace(&task, &AtomicBool::new(false)).unwrap();
            }
        }
    }
}
