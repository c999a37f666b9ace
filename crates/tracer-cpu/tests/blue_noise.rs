//! The error of a picture of few samples is blue noise: it lies in high frequencies, which blur takes away.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::TileTask;
use p2c2r_scene::{EnvironmentSource, Scene};
use p2c2r_testkit::{SceneBuilder, emitter, material, radiances, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

/// Side of the picture in pixels.
const SIDE: usize = 64;
/// Samples of the picture that is taken as exact.
const CONVERGED: u32 = 256;
/// Pictures whose errors are looked at.
const SEEDS: u32 = 4;
/// Deviation of the Gaussian blur in pixels.
const BLUR_PX: f64 = 2.0;
/// Frequencies up to which error is seen as blotches, in periods over the picture.
const LOW: i32 = 5;

/// A floor under a lamp, seen from above: a soft light that varies slowly over the whole picture.
fn lit_floor() -> Arc<Scene> {
    SceneBuilder::new()
        .quad([-9.0, 0.0, 9.0], [18.0, 0.0, 0.0], [0.0, 0.0, -18.0], material(0.6, 0.0, 1.0))
        .quad([-1.5, 4.0, -3.5], [3.0, 0.0, 0.0], [0.0, 0.0, 3.0], emitter(5.0))
        .build()
}

/// The same floor under a sky that brightens to one side.
fn open_floor() -> Arc<Scene> {
    SceneBuilder::new()
        .quad([-9.0, 0.0, 9.0], [18.0, 0.0, 0.0], [0.0, 0.0, -18.0], material(0.6, 0.0, 1.0))
        .environment(EnvironmentSource::from_radiance(32, 16, |column, _| {
            [0.2 + (f32::from(column as u16) / 16.0 - 1.0).abs(); 3]
        }))
        .build()
}

/// Radiance of each pixel's green.
fn picture(tracer: &CpuTracer, samples: u32, seed: u32) -> Vec<f64> {
    let side = SIDE as u32;
    let (eye, target) = ([0.0, 1.5, 2.0], [0.0, 0.0, -2.0]);
    let task = TileTask {
        view: Scene::look_at(eye, target, [0.0, 1.0, 0.0], 0.3, [side, side]),
        max_bounces: 1,
        ..whole_task(tracer.scene(), [side, side], samples, seed)
    };
    let sums = tracer.trace(&task, &AtomicBool::new(false)).expect("the task is valid").sums;
    radiances(&sums).iter().map(|pixel| f64::from(pixel[1])).collect()
}

/// The same errors in an order of chance: white noise of the same size.
fn shuffled(errors: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..errors.len()).collect();
    let mut state = 12_345u32;
    for last in (1..order.len()).rev() {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        order.swap(last, (state >> 8) as usize % (last + 1));
    }
    order.into_iter().map(|index| errors[index]).collect()
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

/// A Gaussian blur along both axes; the picture goes on at its other side.
fn blurred(values: &[f64]) -> Vec<f64> {
    let reach = (3.0 * BLUR_PX) as usize;
    let weight = |offset: f64| (-0.5 * (offset / BLUR_PX).powi(2)).exp();
    let weights: Vec<f64> =
        (0..=2 * reach).map(|index| weight(index as f64 - reach as f64)).collect();
    let total: f64 = weights.iter().sum();
    let along = |values: &[f64], stride: usize| -> Vec<f64> {
        let at = |place: usize| {
            let coordinate = place / stride % SIDE;
            let moved = |index: usize| {
                place - coordinate * stride + (coordinate + SIDE + index - reach) % SIDE * stride
            };
            let sum = weights.iter().enumerate().map(|(index, w)| w * values[moved(index)]);
            sum.sum::<f64>() / total
        };
        (0..values.len()).map(at).collect()
    };
    along(&along(values, 1), SIDE)
}

/// Power of low frequencies over what white noise of the same size has there.
fn low_frequency_share(values: &[f64]) -> f64 {
    let (mut power, mut count) = (0.0, 0.0);
    for v in -LOW..=LOW {
        for u in -LOW..=LOW {
            if (u, v) == (0, 0) || u * u + v * v > LOW * LOW {
                continue;
            }
            let (mut real, mut imaginary) = (0.0, 0.0);
            for (place, value) in values.iter().enumerate() {
                let (x, y) = ((place % SIDE) as f64, (place / SIDE) as f64);
                let turns = (f64::from(u) * x + f64::from(v) * y) / SIDE as f64;
                let (sin, cos) = (std::f64::consts::TAU * turns).sin_cos();
                real += value * cos;
                imaginary += value * sin;
            }
            power += real * real + imaginary * imaginary;
            count += 1.0;
        }
    }
    let white = values.iter().map(|value| value * value).sum::<f64>();
    power / count / white
}

/// What is left of errors where noise is seen: the power of low frequencies, and what a blur leaves.
fn visible(errors: &[f64]) -> [f64; 2] {
    let left = blurred(errors);
    [low_frequency_share(errors), rms(&left) / rms(errors)]
}

/// Fails if low frequencies, or what a blur leaves, are more than these shares of white noise's.
fn check(name: &str, scene: Arc<Scene>, most: &[(u32, [f64; 2])]) {
    let tracer = CpuTracer::new(scene);
    let exact = picture(&tracer, CONVERGED, 0);
    for &(samples, most) in most {
        let mut sums = [[0.0; 2]; 2];
        for seed in 1..=SEEDS {
            let found = picture(&tracer, samples, seed);
            let errors: Vec<f64> = found.iter().zip(&exact).map(|(a, b)| a - b).collect();
            for (sums, shares) in
                sums.iter_mut().zip([&errors, &shuffled(&errors)].map(|e| visible(e)))
            {
                *sums = [sums[0] + shares[0], sums[1] + shares[1]];
            }
        }
        let [ours, white] = sums;
        println!(
            "{name}, {samples} samples: low frequencies have {:.3} of white noise's power, a blur leaves \
             {:.3} of what it leaves of that; in an order of chance {:.3}",
            ours[0] / f64::from(SEEDS),
            ours[1] / white[1],
            white[0] / f64::from(SEEDS)
        );
        let shares = [ours[0] / f64::from(SEEDS), ours[1] / white[1]];
        assert!(shares[0] < most[0] && shares[1] < most[1], "{name}, {samples}: {shares:?}");
    }
}

#[test]
fn error_under_a_lamp_is_blue_noise() {
    check("lamp", lit_floor(), &[(1, [0.5, 0.75]), (2, [1.1, 1.05]), (4, [1.25, 1.1])]);
}

#[test]
fn error_under_a_sky_is_blue_noise() {
    check("sky", open_floor(), &[(1, [0.2, 0.5]), (2, [0.75, 0.85]), (4, [1.1, 1.1])]);
}
