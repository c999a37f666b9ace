//! Texture lookup: wrapping, bilinear interpolation, sRGB by table.

use p2c2r_scene::math::{LINEAR_FROM_SRGB, smaller, unit_clamped};
use p2c2r_scene::{Scene, Texture, TextureRef, TextureWrap};

/// Linear RGBA at a mesh's UV.
pub(crate) fn sample_texture(scene: &Scene, reference: &TextureRef, uv: [f32; 2]) -> [f32; 4] {
    let texture = &scene.textures[reference.texture as usize];
    let [row_u, row_v] = reference.uv_from_mesh_uv;
    let u = row_u[0] * uv[0] + row_u[1] * uv[1] + row_u[2];
    let v = row_v[0] * uv[0] + row_v[1] * uv[1] + row_v[2];
    let (column, across) = texel_pair(u, texture.width, texture.wrap_u, texture.is_filtered);
    let (row, down) = texel_pair(v, texture.height, texture.wrap_v, texture.is_filtered);
    if !texture.is_filtered {
        return texel(scene, texture, column[0], row[0]);
    }
    let upper = mixed(
        texel(scene, texture, column[0], row[0]),
        texel(scene, texture, column[1], row[0]),
        across,
    );
    let lower = mixed(
        texel(scene, texture, column[0], row[1]),
        texel(scene, texture, column[1], row[1]),
        across,
    );
    mixed(upper, lower, down)
}

/// The two texels around a coordinate and the fraction between their centres.
fn texel_pair(x: f32, size: u32, wrap: TextureWrap, is_filtered: bool) -> ([u32; 2], f32) {
    let scaled = wrapped(x, wrap) * size as f32 - if is_filtered { 0.5 } else { 0.0 };
    // A coordinate that is not a number fails the comparison and reads the first texel.
    let scaled = if scaled >= -0.5 { scaled } else { 0.0 };
    let floor = scaled.floor();
    let last = size - 1;
    let is_periodic = wrap == TextureWrap::Repeat;
    let first = if floor < 0.0 {
        if is_periodic { last } else { 0 }
    } else {
        smaller(floor, last as f32) as u32
    };
    let second = if floor < 0.0 {
        0
    } else if first < last {
        first + 1
    } else if is_periodic {
        0
    } else {
        last
    };
    ([first, second], scaled - floor)
}

/// Brings a coordinate into 0..=1.
fn wrapped(x: f32, wrap: TextureWrap) -> f32 {
    match wrap {
        TextureWrap::Repeat => x - x.floor(),
        TextureWrap::Clamp => unit_clamped(x),
        TextureWrap::Mirror => {
            let period = x - 2.0 * (x * 0.5).floor();
            if period > 1.0 { 2.0 - period } else { period }
        }
    }
}

fn mixed(a: [f32; 4], b: [f32; 4], share_of_b: f32) -> [f32; 4] {
    std::array::from_fn(|channel| a[channel] + (b[channel] - a[channel]) * share_of_b)
}

/// One texel, decoded.
fn texel(scene: &Scene, texture: &Texture, column: u32, row: u32) -> [f32; 4] {
    let packed = scene.texels[(texture.first_texel + row * texture.width + column) as usize];
    let [r, g, b, a] = packed.to_le_bytes();
    let alpha = f32::from(a) / 255.0;
    if texture.is_srgb {
        let [r, g, b] = [r, g, b].map(|byte| LINEAR_FROM_SRGB[usize::from(byte)]);
        return [r, g, b, alpha];
    }
    [f32::from(r) / 255.0, f32::from(g) / 255.0, f32::from(b) / 255.0, alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(wrap: TextureWrap, is_filtered: bool) -> (Scene, TextureRef) {
        let texture = Texture {
            first_texel: 0,
            width: 2,
            height: 1,
            wrap_u: wrap,
            wrap_v: TextureWrap::Clamp,
            is_srgb: false,
            is_filtered,
        };
        let scene = Scene {
            textures: vec![texture],
            texels: vec![0xff00_0000, 0xff00_00ff],
            ..Scene::default()
        };
        let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        (scene, TextureRef { texture: 0, uv_from_mesh_uv: identity })
    }

    fn red(wrap: TextureWrap, is_filtered: bool, u: f32) -> f32 {
        let (scene, reference) = scene(wrap, is_filtered);
        sample_texture(&scene, &reference, [u, 0.5])[0]
    }

    #[test]
    fn wraps_follow_their_definition() {
        for (wrap, u, expected) in [
            (TextureWrap::Repeat, 0.25, 0.0),
            (TextureWrap::Repeat, 0.75, 1.0),
            (TextureWrap::Repeat, 0.5, 0.5),
            (TextureWrap::Repeat, 1.0, 0.5),
            (TextureWrap::Repeat, -0.25, 1.0),
            (TextureWrap::Mirror, 1.25, 1.0),
            (TextureWrap::Mirror, 1.75, 0.0),
            (TextureWrap::Mirror, 2.25, 0.0),
            (TextureWrap::Mirror, -0.25, 0.0),
            (TextureWrap::Mirror, 1.0, 1.0),
            (TextureWrap::Clamp, 7.0, 1.0),
            (TextureWrap::Clamp, -7.0, 0.0),
        ] {
            assert_eq!(red(wrap, true, u), expected, "{wrap:?} at {u}");
        }
    }

    #[test]
    fn nearest_takes_the_texel_under_the_coordinate() {
        for (u, expected) in [(0.0, 0.0), (0.49, 0.0), (0.5, 1.0), (0.99, 1.0), (1.0, 0.0)] {
            assert_eq!(red(TextureWrap::Repeat, false, u), expected, "at {u}");
        }
    }

    #[test]
    fn coordinates_that_are_not_finite_read_some_texel() {
        for wrap in [TextureWrap::Repeat, TextureWrap::Mirror, TextureWrap::Clamp] {
            for u in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38, -3e38] {
                assert!(red(wrap, true, u).is_finite(), "{wrap:?} at {u}");
            }
        }
    }
}
