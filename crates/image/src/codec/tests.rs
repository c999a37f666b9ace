//! Exactness, size, rounding without bias, and hostile bytes of the tile codec.

use p2c2r_frame::{MAX_SAMPLE_RADIANCE, sample_to_fixed};
use proptest::prelude::*;

use super::*;

const SEED: u32 = 7;

fn tile(width: u32, height: u32, sums: Vec<[u64; 3]>) -> RadianceSums {
    let rect = PixelRect { x: 3, y: 5, width, height };
    RadianceSums { rect, samples: SampleRange::new(0, 4), sums }
}

/// The other half of a tile's samples: its sums, each a little off.
fn other_half(tile: &RadianceSums, noise: u64) -> RadianceSums {
    let samples = SampleRange::new(tile.samples.count, tile.samples.count);
    let limit = u64::from(sample_to_fixed(MAX_SAMPLE_RADIANCE)) * 4;
    let mut state = 9;
    let shift = |sum: u64| {
        let offset = random(&mut state) % (2 * noise + 1);
        (sum + offset).saturating_sub(noise).min(limit)
    };
    let mut shift = shift;
    let sums = tile.sums.iter().map(|sums| sums.map(&mut shift)).collect();
    RadianceSums { samples, sums, ..*tile }
}

fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    *state >> 33
}

fn check_round_trip(tile: &RadianceSums) -> usize {
    let bytes = pack_sums(tile).unwrap();
    assert!(bytes.len() <= packed_limit_bytes(tile.rect.area()));
    let found = unpack_sums(&bytes, tile.rect, tile.samples, None);
    // Without both sides in the message, which would fill the screen.
    assert!(found.as_ref() == Ok(tile), "{:?}", found.map(|_| "other sums"));
    bytes.len()
}

/// Packs the sum of both below their noise; the packed bytes and what becomes of them.
fn rounded(first: &RadianceSums, second: &RadianceSums, seed: u32) -> (Vec<u8>, RadianceSums) {
    let bytes = pack_sums_below_noise(first, second, seed).unwrap();
    let whole = first.joined(second).unwrap();
    let sums = unpack_sums(&bytes, whole.rect, whole.samples, Some(seed)).unwrap();
    (bytes, sums)
}

#[test]
fn black_tile_is_nearly_free() {
    let bytes = check_round_trip(&tile(64, 64, vec![[0; 3]; 4096]));
    assert!(bytes <= 64, "{bytes}");
}

#[test]
fn extreme_sums_survive() {
    let edge = [0, u64::from(u32::MAX), 1 << 40, MAX_SUM as u64];
    let sums = (0..64).map(|index| [edge[index % 4], edge[index / 4 % 4], edge[index / 16]]);
    check_round_trip(&tile(8, 8, sums.collect()));
    let beyond = tile(1, 2, vec![[0; 3], [0, MAX_SUM as u64 + 1, 0]]);
    assert_eq!(pack_sums(&beyond), Err(CodecError::OutOfRange { pixel: 1 }));
}

#[test]
fn noise_of_sixteen_bits_costs_about_sixteen_bits() {
    let mut state = 1u64;
    let mut noise = || random(&mut state) & 0xffff;
    let sums = (0..4096).map(|_| [noise(), noise(), noise()]).collect();
    let bytes = check_round_trip(&tile(64, 64, sums));
    let bits = bytes as f64 * 8.0 / (4096.0 * 3.0);
    assert!((15.0..17.0).contains(&bits), "{bits} bits per number");
}

#[test]
fn cut_and_lengthened_bytes_are_refused() {
    let tile = tile(7, 5, (0..35).map(|index| [index * 977, index * 3, 70_000]).collect());
    let unpack = |bytes: &[u8]| unpack_sums(bytes, tile.rect, tile.samples, None);
    let mut bytes = pack_sums(&tile).unwrap();
    for length in 0..bytes.len() {
        assert!(unpack(&bytes[..length]).is_err());
    }
    bytes.push(0);
    assert_eq!(unpack(&bytes), Err(CodecError::Trailing));
    bytes[0] = 9;
    assert_eq!(unpack(&bytes), Err(CodecError::Mode(9)));
    let found = unpack(&vec![0; packed_limit_bytes(35) + 1]);
    assert!(matches!(found, Err(CodecError::TooLong { .. })));
}

#[test]
fn huge_rectangle_is_refused_after_what_its_bytes_can_hold() {
    let rect = PixelRect::of_size(16_384, 16_384);
    let mode = Mode { predictor: Predictor::Mean, is_rounded: false }.byte();
    let found = unpack_sums(&[mode, 1, 0, 0, 0, 0], rect, SampleRange::new(0, 1), None);
    let Err(CodecError::Truncated { pixel, .. }) = found else { panic!("{found:?}") };
    assert!(pixel < 1 << 20, "{pixel} pixels out of one byte");
}

#[test]
fn rounded_sums_are_refused_where_exact_ones_are_asked_for() {
    let first = tile(8, 8, vec![[5000; 3]; 64]);
    let second = other_half(&first, 900);
    let bytes = pack_sums_below_noise(&first, &second, SEED).unwrap();
    let whole = first.joined(&second).unwrap();
    let unpack = |rounded_with| unpack_sums(&bytes, whole.rect, whole.samples, rounded_with);
    assert_eq!(unpack(None), Err(CodecError::Rounded));
    assert!(unpack(Some(SEED)).is_ok());
    let apart = RadianceSums { samples: SampleRange::new(9, 4), ..second };
    assert_eq!(pack_sums_below_noise(&first, &apart, SEED), Err(CodecError::Halves));
}

#[test]
fn small_sums_without_noise_stay_as_they_are() {
    let sums: Vec<[u64; 3]> = (0..1000).map(|k| [k * k, 77 * k, 3]).collect();
    let first = tile(40, 25, sums);
    let second = RadianceSums { samples: SampleRange::new(4, 4), ..first.clone() };
    let (_, found) = rounded(&first, &second, SEED);
    assert_eq!(found, first.joined(&second).unwrap());
}

#[test]
fn smooth_sums_without_noise_are_kept_as_finely_as_half_floats_and_cost_less_than_exact_ones() {
    let mut state = 7;
    let sky = |k: u64| 40_000_000 + 9_000 * k + random(&mut state) % 5_000;
    let first = tile(64, 32, (0..64 * 32).map(sky).map(|sum| [sum, 2 * sum, 3 * sum]).collect());
    let second = RadianceSums { samples: SampleRange::new(4, 4), ..first.clone() };
    let (bytes, found) = rounded(&first, &second, SEED);
    let whole = first.joined(&second).unwrap();
    for (found, exact) in found.sums.as_flattened().iter().zip(whole.sums.as_flattened()) {
        assert!(found.abs_diff(*exact) <= exact / 2048, "{found} for {exact}");
    }
    assert!(4 * bytes.len() < 3 * pack_sums(&whole).unwrap().len(), "{} bytes", bytes.len());
}

/// Bright and dark blocks: with and without room for a dither that is taken off again.
fn noisy_halves() -> [RadianceSums; 2] {
    let mut state = 3;
    let base = |k: usize| if k % 32 < 16 { 9_000_000 } else { 0 };
    let sums = (0..32 * 16).map(|k| [0; 3].map(|_: u64| base(k) + random(&mut state) % 200_000));
    let first = tile(32, 16, sums.collect());
    let second = other_half(&first, 600_000);
    [first, second]
}

#[test]
fn rounding_is_by_chance_and_right_on_average() {
    const DITHERS: u32 = 3000;
    let [first, second] = noisy_halves();
    let whole = first.joined(&second).unwrap();
    let steps = StepMap::measured([&first, &second], &whole);
    let kinds: Vec<bool> = steps.steps().iter().map(|step| step.is_subtractive).collect();
    assert!(kinds.contains(&true) && kinds.contains(&false), "{kinds:?}");
    let mut totals = vec![[0i64; 3]; whole.sums.len()];
    for seed in 0..DITHERS {
        let (_, found) = rounded(&first, &second, seed);
        for (total, (found, exact)) in totals.iter_mut().zip(found.sums.iter().zip(&whole.sums)) {
            for channel in 0..3 {
                total[channel] += found[channel] as i64 - exact[channel] as i64;
            }
        }
    }
    for (pixel, total) in totals.iter().enumerate() {
        let block = pixel / 32 / BLOCK_PX * 4 + pixel % 32 / BLOCK_PX;
        let units = steps.steps()[block].units() as f64;
        for total in total {
            // The mean of so many errors of at most half a step's deviation is within five of its own.
            let mean = *total as f64 / f64::from(DITHERS);
            let allowed = 5.0 * 0.5 * units / f64::from(DITHERS).sqrt();
            assert!(mean.abs() < allowed, "pixel {pixel}: {mean} of a step of {units}");
        }
    }
}

#[test]
fn rounded_noise_costs_a_few_bits_and_adds_little_error() {
    let [first, second] = noisy_halves();
    let whole = first.joined(&second).unwrap();
    let (bytes, found) = rounded(&first, &second, SEED);
    let bits = bytes.len() as f64 * 8.0 / (3.0 * whole.sums.len() as f64);
    assert!(bits < 6.0, "{bits} bits per number");
    let square = |a: &RadianceSums, b: &RadianceSums| -> f64 {
        let pairs = a.sums.as_flattened().iter().zip(b.sums.as_flattened());
        pairs.map(|(&a, &b)| (a as f64 - b as f64) * (a as f64 - b as f64)).sum()
    };
    // The halves differ by what the sum's noise is.
    let growth = (1.0 + square(&found, &whole) / square(&first, &second)).sqrt() - 1.0;
    assert!(growth < 1.2 * LOSSY_ERROR_GROWTH, "{growth}");
    assert!(growth > 0.2 * LOSSY_ERROR_GROWTH, "{growth}");
}

fn any_sums() -> impl Strategy<Value = RadianceSums> {
    (1u32..40, 1u32..40, 0u32..28).prop_flat_map(|(width, height, bits)| {
        let sum = 0..1u64 << bits;
        let pixel = [sum.clone(), sum.clone(), sum];
        prop::collection::vec(pixel, (width * height) as usize)
            .prop_map(move |sums| tile(width, height, sums))
    })
}

proptest! {
    #[test]
    fn any_tile_survives(tile in any_sums(), shift in 0u32..18) {
        let sums = tile.sums.iter().map(|sums| sums.map(|sum| sum << shift)).collect();
        check_round_trip(&RadianceSums { sums, ..tile });
    }

    #[test]
    fn error_is_below_the_step_that_is_told(tile in any_sums(), noise in 0u64..1 << 24, seed: u32) {
        let second = other_half(&tile, noise);
        let whole = tile.joined(&second).unwrap();
        let steps = StepMap::measured([&tile, &second], &whole);
        let (bytes, found) = rounded(&tile, &second, seed);
        prop_assert!(bytes.len() <= packed_limit_bytes(tile.rect.area()));
        prop_assert_eq!(found.check(), Ok(()));
        let width = tile.rect.width as usize;
        for (pixel, (found, exact)) in found.sums.iter().zip(&whole.sums).enumerate() {
            let block = pixel / width / BLOCK_PX * steps.columns() + pixel % width / BLOCK_PX;
            let step = steps.steps()[block];
            let units = step.units() as u64;
            let allowed = if step.is_subtractive { units / 2 } else { units - 1 };
            for (found, exact) in found.iter().zip(exact) {
                prop_assert!(found.abs_diff(*exact) <= allowed);
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..600), width in 1u32..20, height in 1u32..20,
        is_framed: bool, mode in 0u8..4,
    ) {
        let mut bytes = bytes;
        if is_framed && bytes.len() > 5 {
            bytes[0] = Mode::FORM | mode;
            let length = u32::from(bytes[1]).min(bytes.len() as u32 - 5);
            bytes[1..5].copy_from_slice(&length.to_le_bytes());
        }
        let rect = PixelRect::of_size(width, height);
        if let Ok(tile) = unpack_sums(&bytes, rect, SampleRange::new(0, 1), Some(SEED)) {
            prop_assert_eq!(tile.sums.len() as u64, rect.area());
        }
    }

    #[test]
    fn mangled_tile_never_panics(
        tile in any_sums(), position: prop::sample::Index, value: u8, is_rounded: bool,
    ) {
        let mut bytes = match is_rounded {
            true => pack_sums_below_noise(&tile, &other_half(&tile, 5000), SEED).unwrap(),
            false => pack_sums(&tile).unwrap(),
        };
        let position = position.index(bytes.len());
        bytes[position] = value;
        // Any answer will do; a panic will not.
        let _ = unpack_sums(&bytes, tile.rect, SampleRange::new(0, 8), Some(SEED));
    }
}
