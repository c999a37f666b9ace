//! Numbers that stand in Rust and in WGSL are the same; WGSL cannot import them.

use p2c2r_frame::{FRACTION_BITS, MAX_SAMPLE_RADIANCE};
use p2c2r_scene::math::LobeAlbedo;
use p2c2r_scene::math::microfacet::MIN_ALPHA;
use p2c2r_scene::{MAX_BVH_DEPTH, MAX_LEAF_TRIANGLES, NO_INDEX, light_child};
use p2c2r_shaders::{
    AOV_TILE, DISPATCH_PATHS, DISPATCH_RAYS, FILM_COUNTER_WORDS, FILM_PIXEL_WORDS,
    LIGHT_NODE_TEXELS, LIGHT_NODES_PER_ROW, LOOK_ROWS, PATH_FIELDS, QUEUE_HEADER_WORDS,
    TEXEL_PAGE_HEIGHT, TEXEL_PAGE_WIDTH, TRACE_TILE, WAVE_ARRANGE, WAVE_SHADE, alpha_mode,
    aov_flag, light_kind, material_flag, texture_flag,
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
    let value = line.split(['=', ';']).nth(1).unwrap().trim();
    if let Some(digits) = value.strip_prefix("0x") {
        let digits = digits.trim_end_matches('u');
        return f64::from(u32::from_str_radix(digits, 16).unwrap());
    }
    let value = value.trim_end_matches(['u', 'f']);
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
        ("COSINES", LobeAlbedo::COSINES),
        ("ROUGHNESSES", LobeAlbedo::ROUGHNESSES),
        ("ALPHA_OPAQUE", alpha_mode::OPAQUE),
        ("ALPHA_MASK", alpha_mode::MASK),
        ("DOUBLE_SIDED", material_flag::DOUBLE_SIDED),
        ("UNLIT", material_flag::UNLIT),
        ("BODY", material_flag::BODY),
        ("SPOT", light_kind::SPOT),
        ("DIRECTIONAL", light_kind::DIRECTIONAL),
        ("TRIANGLE", light_child::TRIANGLE),
        ("TWO_SIDED", light_child::TWO_SIDED),
        ("INDEX", light_child::INDEX),
        ("NODES_PER_ROW", LIGHT_NODES_PER_ROW),
        ("NODE_TEXELS", LIGHT_NODE_TEXELS),
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
    for (name, expected) in [("MAX_SAMPLE_RADIANCE", MAX_SAMPLE_RADIANCE), ("MIN_ALPHA", MIN_ALPHA)]
    {
        assert_eq!(constant(TRACE_TILE.text, name) as f32, expected, "{name}");
    }
}

#[test]
fn places_in_other_buffers_agree_with_their_rust_twins() {
    for (text, name, expected) in [
        (WAVE_SHADE.text, "PATH_FIELDS", PATH_FIELDS),
        (WAVE_SHADE.text, "QUEUE_HEADER_WORDS", QUEUE_HEADER_WORDS),
        (WAVE_ARRANGE.text, "DISPATCH_RAYS", DISPATCH_RAYS / 4),
        (WAVE_ARRANGE.text, "DISPATCH_PATHS", DISPATCH_PATHS / 4),
        (AOV_TILE.text, "LOOK_ROWS", LOOK_ROWS as u64),
        (AOV_TILE.text, "HAS_INVERSE", u64::from(aov_flag::HAS_INVERSE)),
        (AOV_TILE.text, "HAS_PREVIOUS", u64::from(aov_flag::HAS_PREVIOUS)),
        (AOV_TILE.text, "HAS_PREVIOUS_INVERSE", u64::from(aov_flag::HAS_PREVIOUS_INVERSE)),
    ] {
        assert_eq!(constant(text, name), expected as f64, "{name}");
    }
}

// Three bits of a stack entry hold the primitives of a leaf, and shifts find a texel's place.
const _: () = assert!(MAX_LEAF_TRIANGLES < 8);
const _: () = assert!(TEXEL_PAGE_WIDTH.is_power_of_two() && TEXEL_PAGE_HEIGHT.is_power_of_two());
