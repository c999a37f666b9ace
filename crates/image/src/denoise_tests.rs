//! What the denoiser must keep, must lose, and must not be brought down by.

use p2c2r_frame::{AovPixel, LOST_MOTION_PX, NO_SURFACE, PixelRect};

use super::*;

const WIDTH: u32 = 40;
const HEIGHT: u32 = 24;
/// Of a pixel, where it does not matter.
const SAMPLES: u32 = 4;

/// A white wall that faces the camera.
fn wall() -> AovPixel {
    AovPixel {
        depth: 5.0,
        normal: [0.0, 0.0, 1.0],
        albedo: [0.5; 3],
        sampled_albedo: [0.5; 3],
        instance: 0,
        material: 0,
        ..AovPixel::EMPTY
    }
}

fn aovs(pixel: impl Fn(u32, u32) -> AovPixel) -> Aovs {
    let rect = PixelRect::of_size(WIDTH, HEIGHT);
    let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    Aovs { rect, pixels: places.map(|(x, y)| pixel(x, y)).collect() }
}

/// Uniform numbers in 0..1 that do not repeat.
fn random(index: u32) -> f32 {
    let mut word = index.wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995;
    for _ in 0..3 {
        word ^= word >> 15;
        word = word.wrapping_mul(0x2c1b_3c6d);
        word ^= word >> 12;
    }
    word as f32 / u32::MAX as f32
}

/// Noise of mean 1 with rare bright samples, as few paths make it.
fn noise(index: u32) -> f32 {
    if random(index) < 0.1 { 5.5 } else { 0.5 }
}

fn denoised(radiance: &[[f32; 3]], aovs: &Aovs) -> Vec<[f32; 3]> {
    Denoiser::new().denoise(radiance, SAMPLES, aovs).expect("the sizes agree")
}

fn mean(pixels: &[[f32; 3]]) -> f32 {
    pixels.iter().map(|pixel| pixel[0]).sum::<f32>() / pixels.len() as f32
}

fn squared_error(pixels: &[[f32; 3]], truth: impl Fn(usize) -> f32) -> f32 {
    let errors = pixels.iter().enumerate().map(|(index, pixel)| pixel[0] - truth(index));
    errors.map(|error| error * error).sum::<f32>() / pixels.len() as f32
}

#[test]
fn constant_picture_is_unchanged() {
    let aovs = aovs(|_, _| wall());
    let flat = vec![[0.25, 0.5, 0.125]; aovs.pixels.len()];
    for (pixel, expected) in denoised(&flat, &aovs).iter().zip(&flat) {
        assert!(pixel.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{pixel:?}");
    }
}

#[test]
fn noise_goes_and_energy_stays() {
    let aovs = aovs(|_, _| wall());
    let noisy: Vec<[f32; 3]> = (0..WIDTH * HEIGHT).map(|index| [noise(index); 3]).collect();
    let smooth = denoised(&noisy, &aovs);
    let (before, after) = (squared_error(&noisy, |_| 1.0), squared_error(&smooth, |_| 1.0));
    assert!(after < 0.05 * before, "{before} became {after}");
    let (before, after) = (mean(&noisy), mean(&smooth));
    assert!((before - after).abs() < 0.1 * before, "a mean of {before} became {after}");
}

/// Two halves of a picture with different light, told apart by one property alone.
fn check_edge(name: &str, change: impl Fn(&mut AovPixel)) {
    let aovs = aovs(|x, _| {
        let mut pixel = wall();
        if x >= WIDTH / 2 {
            change(&mut pixel);
        }
        pixel
    });
    let truth = |index: usize| if index as u32 % WIDTH < WIDTH / 2 { 0.2 } else { 2.0 };
    let noisy: Vec<[f32; 3]> =
        (0..WIDTH * HEIGHT).map(|index| [truth(index as usize) * noise(index); 3]).collect();
    let smooth = denoised(&noisy, &aovs);
    let column = |x: u32| {
        let pixels = (0..HEIGHT).map(|y| smooth[(y * WIDTH + x) as usize][0]);
        pixels.sum::<f32>() / HEIGHT as f32
    };
    let (dark, bright) = (column(WIDTH / 2 - 1), column(WIDTH / 2));
    assert!(dark < 0.35 && bright > 1.3, "{name}: {dark} beside {bright}");
}

#[test]
fn edges_of_surfaces_are_kept() {
    check_edge("normal", |pixel| pixel.normal = [1.0, 0.0, 0.0]);
    check_edge("depth", |pixel| pixel.depth = 6.0);
    check_edge("emission", |pixel| pixel.emission = [0.9; 3]);
    check_edge("nothing", |pixel| *pixel = AovPixel { depth: 0.0, ..wall() });
}

#[test]
fn emission_and_paint_are_exact() {
    let paint = |x: u32, y: u32| if (x + y).is_multiple_of(2) { 0.9 } else { 0.1 };
    let glow = |x: u32| random(x) * 3.0;
    let aovs = aovs(|x, y| AovPixel {
        albedo: [paint(x, y); 3],
        sampled_albedo: [paint(x, y); 3],
        emission: [glow(x); 3],
        sampled_emission: [glow(x); 3],
        ..wall()
    });
    let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    let exact: Vec<[f32; 3]> = places.map(|(x, y)| [paint(x, y) * 0.7 + glow(x); 3]).collect();
    for (pixel, expected) in denoised(&exact, &aovs).iter().zip(&exact) {
        assert!((pixel[0] - expected[0]).abs() < 1e-4, "{pixel:?} for {expected:?}");
    }
}

#[test]
fn hostile_numbers_give_a_picture() {
    let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, -1.0, 0.0, 1e-40];
    let any = |seed: u32| bad[(random(seed) * 7.99) as usize];
    let any3 = |seed: u32| [any(seed), any(seed + 1), any(seed + 2)];
    let hostile = aovs(|x, y| {
        let seed = (y * WIDTH + x) * 32;
        AovPixel {
            depth: any(seed),
            normal: any3(seed + 1),
            albedo: any3(seed + 4),
            emission: any3(seed + 7),
            sampled_albedo: any3(seed + 10),
            sampled_emission: any3(seed + 13),
            mirrored: any3(seed + 16),
            mirrored_variance: any(seed + 19),
            motion_px: [any(seed + 20), any(seed + 21)],
            instance: (random(seed + 22) * 3.0) as u32,
            material: NO_SURFACE,
        }
    });
    let radiance: Vec<[f32; 3]> = (0..WIDTH * HEIGHT).map(|index| any3(index * 3 + 9)).collect();
    let mut denoiser = Denoiser::new();
    for _ in 0..3 {
        for pixel in denoiser.denoise(&radiance, SAMPLES, &hostile).unwrap() {
            let is_light = pixel.iter().all(|channel| channel.is_finite() && *channel >= 0.0);
            assert!(is_light, "{pixel:?}");
        }
    }
}

#[test]
fn one_pixel_is_a_picture_and_none_is_not() {
    let one = Aovs { rect: PixelRect::of_size(1, 1), pixels: vec![wall()] };
    let [red, ..] = denoised(&[[0.5; 3]], &one)[0];
    assert!((red - 0.5).abs() < 1e-6);
    assert!(Denoiser::new().denoise(&[[0.5; 3]; 2], SAMPLES, &one).is_err());
    let none = Aovs { rect: PixelRect::of_size(0, 3), pixels: Vec::new() };
    assert!(Denoiser::new().denoise(&[], SAMPLES, &none).is_err());
}

#[test]
fn same_input_gives_the_same_bits() {
    let aovs = aovs(|x, _| AovPixel { depth: 1.0 + x as f32, ..wall() });
    let noisy: Vec<[f32; 3]> = (0..WIDTH * HEIGHT).map(|index| [noise(index); 3]).collect();
    assert_eq!(denoised(&noisy, &aovs), denoised(&noisy, &aovs));
}

/// Pictures of a wall that moves by whole pixels, each with noise of its own.
fn error_after(pictures: u32, motion_px: f32) -> f32 {
    let mut denoiser = Denoiser::new();
    let aovs = aovs(|_, _| AovPixel { motion_px: [motion_px, 0.0], ..wall() });
    let mut error = 0.0;
    for picture in 0..pictures {
        let noisy: Vec<[f32; 3]> =
            (0..WIDTH * HEIGHT).map(|index| [noise(index + (picture + 1) * 0x10000); 3]).collect();
        error = squared_error(&denoiser.denoise(&noisy, SAMPLES, &aovs).unwrap(), |_| 1.0);
    }
    error
}

#[test]
fn history_takes_more_noise_off_where_it_can_be_found() {
    let alone = error_after(1, 0.0);
    assert!(error_after(8, 0.0) < 0.5 * alone);
    assert!(error_after(8, 3.0) < 0.5 * alone);
    let lost = error_after(8, LOST_MOTION_PX);
    assert!(lost > 0.5 * alone, "history from nowhere: {lost} of {alone}");
}

#[test]
fn light_that_changes_does_not_linger() {
    let aovs = aovs(|_, _| wall());
    let mut denoiser = Denoiser::new();
    for _ in 0..8 {
        denoiser.denoise(&vec![[1.0; 3]; aovs.pixels.len()], SAMPLES, &aovs).unwrap();
    }
    let dark = denoiser.denoise(&vec![[0.1; 3]; aovs.pixels.len()], SAMPLES, &aovs).unwrap();
    assert!(mean(&dark) < 0.11, "{}", mean(&dark));
}

#[test]
fn another_surface_has_no_history() {
    let first = aovs(|_, _| wall());
    let mut denoiser = Denoiser::new();
    let noisy = |level: f32, seed: u32| -> Vec<[f32; 3]> {
        (0..WIDTH * HEIGHT).map(|index| [level * noise(index + seed); 3]).collect()
    };
    denoiser.denoise(&noisy(1.0, 0), SAMPLES, &first).unwrap();
    let other = aovs(|_, _| AovPixel { instance: 7, ..wall() });
    let light = noisy(1.0, 0x20000);
    assert_eq!(denoiser.denoise(&light, SAMPLES, &other).unwrap(), denoised(&light, &other));
}

#[test]
fn steps_of_any_size_give_the_same_bits() {
    let aovs = aovs(|x, y| AovPixel {
        depth: 1.0 + (x + y) as f32,
        mirrored: [random(x); 3],
        mirrored_variance: random(y),
        motion_px: [1.5, 0.0],
        ..wall()
    });
    for max_taps in [1, 33, 1000, 54_321, u64::MAX] {
        let (mut whole, mut stepped) = (Denoiser::new(), Denoiser::new());
        // The second picture also has a history.
        for seed in [0, 0x30000] {
            let noisy: Vec<[f32; 3]> =
                (0..WIDTH * HEIGHT).map(|index| [noise(index + seed); 3]).collect();
            let mut job = stepped.begin(noisy.clone(), SAMPLES, &aovs).unwrap();
            let mut steps = 0;
            while !job.step(max_taps) {
                steps += 1;
            }
            let is_cut = steps > 0;
            assert_eq!(is_cut, max_taps < u64::MAX, "{steps} steps of {max_taps}");
            assert_eq!(stepped.finish(job), whole.denoise(&noisy, SAMPLES, &aovs).unwrap());
        }
    }
}

/// Noise of its own for each seed.
fn light(seed: u32) -> Vec<[f32; 3]> {
    (0..WIDTH * HEIGHT).map(|index| [noise(index + seed * 0x10000); 3]).collect()
}

#[test]
fn dropped_job_changes_nothing() {
    let aovs = aovs(|_, _| wall());
    let (mut denoiser, mut other) = (Denoiser::new(), Denoiser::new());
    for it in [&mut denoiser, &mut other] {
        it.denoise(&light(0), SAMPLES, &aovs).unwrap();
    }
    let mut dropped = denoiser.begin(light(1), SAMPLES, &aovs).unwrap();
    dropped.step(10_000);
    drop(dropped);
    let second = light(2);
    let expected = other.denoise(&second, SAMPLES, &aovs).unwrap();
    assert_eq!(denoiser.denoise(&second, SAMPLES, &aovs).unwrap(), expected);
}

#[test]
fn film_that_grows_counts_once_and_what_came_before_it_stays() {
    let aovs = aovs(|_, _| wall());
    let mut denoiser = Denoiser::new();
    denoiser.denoise(&light(0), SAMPLES, &aovs).unwrap();
    let mut before = denoiser.clone();
    for samples in [4, 8] {
        denoiser.denoise(&light(samples), samples, &aovs).unwrap();
        denoiser.again();
    }
    let expected = before.denoise(&light(3), 16, &aovs).unwrap();
    assert_eq!(denoiser.denoise(&light(3), 16, &aovs).unwrap(), expected);
    assert_ne!(expected, denoised(&light(3), &aovs), "what came before counts");
    // Said before the first picture it means nothing.
    let mut first = Denoiser::new();
    first.again();
    assert_eq!(first.denoise(&light(3), SAMPLES, &aovs).unwrap(), denoised(&light(3), &aovs));
}

#[test]
fn pictures_count_by_their_samples() {
    let aovs = aovs(|_, _| wall());
    // Noise-free light of two levels within each other's reach of noise: the filter keeps their mean.
    let after = |old: u32, new: u32| {
        let mut denoiser = Denoiser::new();
        let level = |level: f32, seed| -> Vec<[f32; 3]> {
            light(seed).into_iter().map(|light| light.map(|part| level * part)).collect()
        };
        denoiser.denoise(&level(1.0, 0), old, &aovs).unwrap();
        mean(&denoiser.denoise(&level(1.2, 1), new, &aovs).unwrap())
    };
    let (few, even, many) = (after(64, 4), after(16, 16), after(4, 64));
    assert!(few < even && even < many, "{few} {even} {many}");
    // A film of many samples owes next to nothing to the past, however many that had.
    let (owed, alone) = (after(1 << 20, 4096), mean(&denoised(&light(1), &aovs)) * 1.2);
    assert!((owed / alone - 1.0).abs() < 0.01, "{owed} {alone}");
}
