//! Pictures converge as theory says: by the square root of the samples at least, faster where it is smooth.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::TileTask;
use p2c2r_scene::Scene;
use p2c2r_testkit::{Numbers, generated_scene, log_log_slope, rmse_by_samples, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

const RUNS: u32 = 8;
/// Samples per pixel that are looked at.
const SAMPLES: [u32; 4] = [2, 8, 32, 128];

/// Samples per pixel and the error there.
fn errors(scene: &Arc<Scene>, numbers: Numbers, samples: &[u32]) -> Vec<(f64, f64)> {
    let tracer = CpuTracer::new(Arc::clone(scene));
    let task = whole_task(scene, [16, 12], 1, 0);
    let mut trace = |task: &TileTask| {
        tracer.trace(task, &AtomicBool::new(false)).expect("the task is valid").sums
    };
    let errors = rmse_by_samples(&task, numbers, samples, RUNS, &mut trace);
    samples.iter().map(|&count| f64::from(count)).zip(errors).collect()
}

#[test]
fn independent_samples_converge_by_the_square_root() {
    let errors = errors(&generated_scene("cornell"), Numbers::Independent, &SAMPLES);
    let slope = log_log_slope(errors.iter().copied());
    assert!((slope + 0.5).abs() < 0.05, "{slope}: {errors:?}");
}

#[test]
fn our_samples_converge_at_least_as_fast_and_start_ahead() {
    for (text, steepest) in [
        ("cornell", -0.6),
        ("furnace:albedo=0.8,metallic=0,roughness=1", -0.55),
        ("furnace:albedo=1,metallic=1,roughness=0.5", -0.55),
    ] {
        let scene = generated_scene(text);
        let ours = errors(&scene, Numbers::Stratified, &SAMPLES);
        let slope = log_log_slope(ours.iter().copied());
        let independent = errors(&scene, Numbers::Independent, &SAMPLES[1..2])[0].1;
        println!(
            "{text}: slope {slope:.2}, at 8 samples {:.3} of independent",
            ours[1].1 / independent
        );
        assert!(slope <= steepest, "{text}: {slope}, {ours:?}");
        assert!(ours[1].1 < 1.02 * independent, "{text}: {ours:?}, independent {independent}");
    }
}
