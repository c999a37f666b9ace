//! A scene that moves: the device shows each time as the CPU does, whatever it showed before.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use futures::executor::block_on;
use p2c2r_frame::{SampleRange, TileTask};
use p2c2r_testkit::moving_scene;
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_tracer_gpu::GpuTracer;

use crate::common::{context, noise_rmse, radiance, rmse, task, traced};

const SIZE_PX: [u32; 2] = [48, 28];
const SAMPLES: u32 = 8;
/// As for scenes that stand still, see `agreement.rs`.
const MOST_NOISE_SHARE: f64 = 0.125;

#[test]
fn poses_on_a_device_are_those_of_the_cpu() {
    let Some(context) = context("poses") else { return };
    let scene = moving_scene();
    let cpu = CpuTracer::new(Arc::clone(&scene));
    let mut gpu = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let task_at = |time_us| -> TileTask {
        let view = scene.default_view_at(time_us, SIZE_PX[0], SIZE_PX[1]);
        task(&scene, view, SampleRange::new(0, SAMPLES))
    };
    let mut pictures = Vec::new();
    for time_us in [900_000, 2_000_000, 0, 900_000] {
        let task = task_at(time_us);
        let expected = cpu.trace(&task, &AtomicBool::new(false)).unwrap();
        let (sums, _) = traced(&mut gpu, &task).unwrap();
        let error = rmse(&radiance(&sums), &radiance(&expected.sums));
        let noise = noise_rmse(&cpu, &task);
        println!("at {time_us} us: rmse {error:.2e}, noise {noise:.2e}");
        assert!(error < MOST_NOISE_SHARE * noise, "at {time_us} us: {error} of {noise}");
        pictures.push(sums);
    }
    assert_eq!(pictures[0], pictures[3], "a pose that comes back is the same");
    assert!(pictures[0] != pictures[1], "something moves");
}
