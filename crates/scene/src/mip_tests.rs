//! Copies keep what is seen on average, stay within their share of memory, and leave directions alone.

use super::*;
use crate::TextureWrap;
use crate::math::{Vec3, luminance};

fn texture(first_texel: u32, width: u32, height: u32) -> Texture {
    Texture {
        first_texel,
        width,
        height,
        first_mip_texel: 0,
        level_count: 1,
        wrap_u: TextureWrap::Repeat,
        wrap_v: TextureWrap::Repeat,
        is_srgb: true,
        is_filtered: true,
    }
}

fn noise(index: u32) -> u32 {
    let hashed = (index ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b);
    (hashed ^ (hashed >> 13)).wrapping_mul(0xc2b2_ae35)
}

/// A scene of one material whose base colour is this image.
fn scene(width: u32, height: u32, texel: impl Fn(u32) -> u32) -> Scene {
    let reference = TextureRef { texture: 0, uv_from_mesh_uv: [[1., 0., 0.], [0., 1., 0.]] };
    Scene {
        textures: vec![texture(0, width, height)].into(),
        texels: Arc::new((0..width * height).map(texel).collect()),
        materials: vec![Material { base_color_texture: Some(reference), ..Material::default() }]
            .into(),
        ..Scene::default()
    }
}

/// Mean linear luminance and mean alpha of a level.
fn means(scene: &Scene, level: u32) -> (f64, f64) {
    let (first, width, height) = scene.textures[0].level(level);
    let texels = &scene.texels[first as usize..(first + width * height) as usize];
    let (mut light, mut alpha) = (0.0, 0.0);
    for texel in texels {
        let [r, g, b, a] = texel.to_le_bytes();
        let [r, g, b] = [r, g, b].map(|byte| LINEAR_FROM_SRGB[usize::from(byte)]);
        light += f64::from(luminance(Vec3::new(r, g, b)));
        alpha += f64::from(a) / 255.0;
    }
    (light / texels.len() as f64, alpha / texels.len() as f64)
}

#[test]
fn every_level_has_the_mean_of_the_image() {
    for [width, height] in [[64, 64], [63, 65], [7, 5], [128, 31], [3, 100]] {
        let mut scene = scene(width, height, noise);
        scene.build_mips();
        let levels = scene.textures[0].level_count;
        assert!(levels > 1, "{width}x{height} has no copies");
        let (light, alpha) = means(&scene, 0);
        for level in 1..levels {
            let (found_light, found_alpha) = means(&scene, level);
            // A byte is half a step off at most, and errors of steps add up over the levels.
            let tolerance = 0.004 * f64::from(level);
            assert!((found_light - light).abs() < tolerance, "{width}x{height}, {level}: {light}");
            assert!((found_alpha - alpha).abs() < tolerance, "{width}x{height}, {level}: {alpha}");
        }
    }
}

#[test]
fn checkers_become_their_mean_light() {
    let mut scene =
        scene(
            8,
            8,
            |index| {
                if (index + index / 8).is_multiple_of(2) { u32::MAX } else { 0xff00_0000 }
            },
        );
    scene.build_mips();
    assert_eq!(scene.textures[0].level_count, 4);
    // Half of white is 188 in sRGB, not 128.
    let (first, ..) = scene.textures[0].level(1);
    assert_eq!(first, 64);
    assert!(scene.texels[64..].iter().all(|&texel| texel == 0xffbc_bcbc), "{:x?}", scene.texels);
    assert_eq!(scene.texels.len(), 64 + 16 + 4 + 1);
}

#[test]
fn unseen_texels_do_not_bleed() {
    // Green leaves, and red where nothing is.
    let leaf = |index: u32| if index.is_multiple_of(3) { 0x0000_00ff } else { 0xff00_ff00 };
    for (alpha_mode, bleeds) in
        [(AlphaMode::Mask { cutoff: 0.5 }, false), (AlphaMode::Opaque, true)]
    {
        let mut scene = scene(16, 16, leaf);
        Arc::make_mut(&mut scene.materials)[0].alpha_mode = alpha_mode;
        scene.build_mips();
        let is_red = |texel: &u32| texel & 0xff > 8;
        assert_eq!(scene.texels[256..].iter().any(is_red), bleeds, "{alpha_mode:?}");
    }
}

#[test]
fn copies_take_a_third_of_the_images_at_most() {
    for [width, height] in [[1, 1000], [2, 2], [512, 2], [33, 17], [256, 256]] {
        let mut scene = scene(width, height, noise);
        // The same image as data and as colour needs copies of two kinds.
        Arc::make_mut(&mut scene.textures)
            .push(Texture { is_srgb: false, ..texture(0, width, height) });
        scene.build_mips();
        let image = (width * height) as usize;
        assert!(
            scene.texels.len() <= image + image / 3,
            "{width}x{height}: {}",
            scene.texels.len()
        );
        for texture in scene.textures.iter() {
            let (first, width, height) = texture.level(texture.level_count - 1);
            assert!((first + width * height) as usize <= scene.texels.len());
        }
    }
}

#[test]
fn directions_have_no_copies_and_images_share_theirs() {
    let mut scene = scene(16, 16, noise);
    let normals = TextureRef { texture: 1, uv_from_mesh_uv: [[1., 0., 0.], [0., 1., 0.]] };
    Arc::make_mut(&mut scene.materials)[0].normal_texture = Some(normals);
    let linear = Texture { is_srgb: false, ..texture(0, 16, 16) };
    Arc::make_mut(&mut scene.textures)
        .extend([linear, Texture { wrap_u: TextureWrap::Clamp, ..texture(0, 16, 16) }]);
    scene.build_mips();
    assert_eq!(scene.textures[1].level_count, 1);
    let [first, _, third] = [0, 1, 2].map(|index| scene.textures[index].level(1));
    assert_eq!(first, third);
}
