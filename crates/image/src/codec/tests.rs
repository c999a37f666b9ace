//! Exactness, size, and hostile bytes of the tile codec.

use proptest::prelude::*;

use super::*;

fn tile(width: u32, height: u32, sums: Vec<[u64; 3]>) -> RadianceSums {
    let rect = PixelRect { x: 3, y: 5, width, height };
    RadianceSums { rect, samples: SampleRange::new(0, 4), sums }
}

fn check_round_trip(tile: &RadianceSums) -> usize {
    let bytes = pack_sums(tile);
    assert!(bytes.len() <= packed_limit_bytes(tile.rect.area()));
    assert_eq!(unpack_sums(&bytes, tile.rect, tile.samples).as_ref(), Ok(tile));
    bytes.len()
}

#[test]
fn black_tile_is_nearly_free() {
    let bytes = check_round_trip(&tile(64, 64, vec![[0; 3]; 4096]));
    assert!(bytes <= 4096 * 3 / 8 + 4, "{bytes}");
}

#[test]
fn extreme_sums_survive() {
    let edge = [0, u64::from(u32::MAX), 1 << 46, i64::MAX as u64];
    let sums = (0..64).map(|index| [edge[index % 4], edge[index / 4 % 4], edge[index / 16]]);
    check_round_trip(&tile(8, 8, sums.collect()));
}

#[test]
fn noise_of_sixteen_bits_costs_about_sixteen_bits() {
    let mut state = 1u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state >> 48
    };
    let sums = (0..4096).map(|_| [noise(), noise(), noise()]).collect();
    let bytes = check_round_trip(&tile(64, 64, sums));
    let bits = bytes as f64 * 8.0 / (4096.0 * 3.0);
    assert!((15.0..17.5).contains(&bits), "{bits} bits per number");
}

#[test]
fn cut_and_lengthened_bytes_are_refused() {
    let tile = tile(7, 5, (0..35).map(|index| [index * 977, index * 3, 70_000]).collect());
    let mut bytes = pack_sums(&tile);
    for length in 0..bytes.len() {
        assert!(unpack_sums(&bytes[..length], tile.rect, tile.samples).is_err());
    }
    bytes.push(0);
    let found = unpack_sums(&bytes, tile.rect, tile.samples);
    assert_eq!(found, Err(CodecError::Trailing));
    bytes[0] = 9;
    assert_eq!(unpack_sums(&bytes, tile.rect, tile.samples), Err(CodecError::Mode(9)));
    let long = vec![0; packed_limit_bytes(35) + 1];
    let found = unpack_sums(&long, tile.rect, tile.samples);
    assert!(matches!(found, Err(CodecError::TooLong { .. })));
}

#[test]
fn huge_rectangle_is_refused_before_it_allocates() {
    let rect = PixelRect::of_size(16_384, 16_384);
    let found = unpack_sums(&[0, 1, 2], rect, SampleRange::new(0, 1));
    assert!(matches!(found, Err(CodecError::Truncated { .. })));
}

fn any_sums() -> impl Strategy<Value = RadianceSums> {
    (1u32..40, 1u32..40, 0u32..47).prop_flat_map(|(width, height, bits)| {
        let sum = 0..1u64 << bits;
        let pixel = [sum.clone(), sum.clone(), sum];
        prop::collection::vec(pixel, (width * height) as usize)
            .prop_map(move |sums| tile(width, height, sums))
    })
}

proptest! {
    #[test]
    fn any_tile_survives(tile in any_sums()) {
        check_round_trip(&tile);
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..600), width in 1u32..20, height in 1u32..20,
    ) {
        let rect = PixelRect::of_size(width, height);
        if let Ok(tile) = unpack_sums(&bytes, rect, SampleRange::new(0, 1)) {
            prop_assert_eq!(tile.sums.len() as u64, rect.area());
        }
    }

    #[test]
    fn mangled_tile_never_panics(
        tile in any_sums(), position: prop::sample::Index, value: u8,
    ) {
        let mut bytes = pack_sums(&tile);
        let position = position.index(bytes.len());
        bytes[position] = value;
        // Any answer will do; a panic will not.
        let _ = unpack_sums(&bytes, tile.rect, tile.samples);
    }
}
