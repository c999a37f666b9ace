//! Numbers that stand in Rust and in WGSL are the same; WGSL cannot import them.

use p2c2r_frame::{FRACTION_BITS, MAX_SAMPLE_RADIANCE};
use p2c2r_scene::math::microfacet::{DIELECTRIC_F0, MIN_ALPHA, SpecularAlbedo};
use p2c2r_scene::{MAX_BVH_DEPTH, MAX_LEAF_TRIANGLES, NO_INDEX};
use p2c2r_shaders::{
    DISPATCH_SHADOWS, FILM_COUNTER_WORDS, FILM_PIXEL_WORDS, PATH_FIELDS, QUEUE_HEADER_WORDS,
    TEXEL_PAGE_HEIGHT, TEXEL_PAGE_WIDTH, TRACE_TILE, WAVE_ARRANGE, WAVE_SHADE, alpha_mode,
    light_kind, texture_flag,
};

/// The value of a constant of a linked shader.
fn constant(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find(|line| {
            let declared = line.strip_prefix("const ").and_then(|rest| rest.split(':').next());
            declared.is_some_and(|linked| {
                // The linker puts the module in front, and the number of the name's underscores.
                let rest = linked.strip_suffix(name).unwrap_or_default();
                linked == name || rest.ends_with(|c: char| c == '_' || c.is_ascii_digit())
            })
        })
        .unwrap_or_else(|| panic!("the shader has no constant {name}"));
    let value = line.split(['=', ';']).nth(1).unwrap().trim().trim_end_matches(['u', 'f']);
    value.parse().unwrap_or_else(|_| panic!("{line} is no plain number"))
}

#[test]
fn constants_agree_with_their_rust_twins() {
    for (name, expected) in [
        ("STACK_ENTRIES", 2 * MAX_BVH_DEPTH),
        ("NO_INDEX", NO_INDEX),
        ("COUNTER_WORDS", FILM_COUNTER_WORDS as u32),
        ("PIXEL_WORDS", FILM_PIXEL_WORDS as u32),
        ("FRACTION_SCALE", 1 << FRACTION_BITS),
        ("PAGE_WIDTH_SHIFT", TEXEL_PAGE_WIDTH.ilog2()),
        ("PAGE_HEIGHT_SHIFT", TEXEL_PAGE_HEIGHT.ilog2()),
        ("COSINES", SpecularAlbedo::COSINES),
        ("ROUGHNESSES", SpecularAlbedo::ROUGHNESSES),
        ("ALPHA_OPAQUE", alpha_mode::OPAQUE),
        ("ALPHA_MASK", alpha_mode::MASK),
        ("SPOT", light_kind::SPOT),
        ("DIRECTIONAL", light_kind::DIRECTIONAL),
        ("PRESENT", texture_flag::PRESENT),
        ("SRGB", texture_flag::SRGB),
        ("FILTERED", texture_flag::FILTERED),
        ("WRAP_U_SHIFT", texture_flag::WRAP_U_SHIFT),
        ("WRAP_V_SHIFT", texture_flag::WRAP_V_SHIFT),
        ("WRAP_REPEAT", texture_flag::WRAP_REPEAT),
        ("WRAP_MIRROR", texture_flag::WRAP_MIRROR),
    ] {
        assert_eq!(constant(TRACE_TILE.text, name), f64::from(expected), "{name}");
    }
    for (name, expected) in [
        ("MAX_SAMPLE_RADIANCE", MAX_SAMPLE_RADIANCE),
        ("MIN_ALPHA", MIN_ALPHA),
        ("DIELECTRIC_F0", DIELECTRIC_F0),
    ] {
        assert_eq!(constant(TRACE_TILE.text, name) as f32, expected, "{name}");
    }
}

#[test]
fn places_in_wavefront_buffers_agree_with_their_rust_twins() {
    for (text, name, expected) in [
        (WAVE_SHADE.text, "PATH_FIELDS", PATH_FIELDS),
        (WAVE_SHADE.text, "QUEUE_HEADER_WORDS", QUEUE_HEADER_WORDS),
        (WAVE_ARRANGE.text, "DISPATCH_SHADOWS", DISPATCH_SHADOWS / 4),
    ] {
        assert_eq!(constant(text, name), expected as f64, "{name}");
    }
}

// Three bits of a stack entry hold the primitives of a leaf, and shifts find a texel's place.
const _: () = assert!(MAX_LEAF_TRIANGLES < 8);
const _: () = assert!(TEXEL_PAGE_WIDTH.is_power_of_two() && TEXEL_PAGE_HEIGHT.is_power_of_two());
