//! The triangles that emit, and the table that picks among them by estimated power.

use crate::alias::AliasTable;
use crate::assemble::world_corners;
use crate::math::{Vec3, linear_from_srgb, luminance};
use crate::{EmissiveTriangle, Material, Scene, Texture, TextureRef, TextureWrap};

/// Points per side of the grid on which a triangle's emissive texture is looked at.
const GRID_SIDE: u32 = 8;
/// Least estimate of a textured triangle, in means of the whole texture: the grid can miss a lit texel.
const LEAST_OF_MEAN: f32 = 0.1;

/// Fills `emissive_triangles` (ordered by instance, then triangle) and their alias table.
pub(crate) fn collect_emissive(scene: &mut Scene) {
    let radiance_of_mesh = mean_radiance_of_triangles(scene);
    let mut triangles = Vec::new();
    let mut powers = Vec::new();
    for (index, instance) in scene.instances.iter().enumerate() {
        let mesh = scene.meshes[instance.mesh as usize];
        let radiances = &radiance_of_mesh[instance.mesh as usize];
        for (offset, &radiance) in radiances.iter().enumerate() {
            let triangle = mesh.first_triangle + offset as u32;
            let [a, b, c] = world_corners(scene, instance, triangle);
            let area_m2 = 0.5 * (b - a).cross(c - a).length();
            let power = area_m2 * radiance;
            if power > 0.0 && power.is_finite() {
                let instance = index as u32;
                let pick_probability = 0.0;
                triangles.push(EmissiveTriangle { instance, triangle, area_m2, pick_probability });
                powers.push(power);
            }
        }
    }
    let Some(table) = AliasTable::new(&powers) else {
        return;
    };
    for (triangle, &probability) in triangles.iter_mut().zip(&table.probabilities) {
        triangle.pick_probability = probability;
    }
    scene.emissive_triangles = triangles;
    scene.emissive_alias = table.entries;
}

/// For each mesh the mean emitted luminance of each triangle; empty where nothing emits.
fn mean_radiance_of_triangles(scene: &Scene) -> Vec<Vec<f32>> {
    let of_mesh = |mesh: &crate::Mesh| {
        let material = &scene.materials[mesh.material as usize];
        let sides = if material.is_double_sided { 2.0 } else { 1.0 };
        if luminance(material.emissive.into()) <= 0.0 {
            return Vec::new();
        }
        let first = mesh.first_triangle as usize;
        let triangles = &scene.triangles[first..first + mesh.triangle_count as usize];
        let Some(reference) = material.emissive_texture else {
            return vec![sides * luminance(material.emissive.into()); triangles.len()];
        };
        let mean = texture_mean(scene, &scene.textures[reference.texture as usize]);
        let least = LEAST_OF_MEAN * emitted(material, mean);
        triangles
            .iter()
            .map(|corners| {
                let uvs = corners.map(|corner| scene.uvs[corner as usize]);
                let seen = emitted(material, grid_mean(scene, &reference, uvs));
                sides * if seen > least { seen } else { least }
            })
            .collect()
    };
    scene.meshes.iter().map(of_mesh).collect()
}

fn emitted(material: &Material, texel: Vec3) -> f32 {
    luminance(Vec3::from(material.emissive) * texel)
}

fn texture_mean(scene: &Scene, texture: &Texture) -> Vec3 {
    let count = texture.width as usize * texture.height as usize;
    let first = texture.first_texel as usize;
    let mut sum = [0.0f64; 3];
    for &texel in &scene.texels[first..first + count] {
        let linear = linear_of_texel(texture, texel).to_array();
        for (sum, value) in sum.iter_mut().zip(linear) {
            *sum += f64::from(value);
        }
    }
    sum.map(|sum| (sum / count as f64) as f32).into()
}

/// Mean over a fixed grid of points in a triangle, each taking the nearest texel.
fn grid_mean(scene: &Scene, reference: &TextureRef, [a, b, c]: [[f32; 2]; 3]) -> Vec3 {
    let texture = &scene.textures[reference.texture as usize];
    let mut sum = Vec3::ZERO;
    for index in 0..GRID_SIDE * GRID_SIDE {
        let mut s = ((index % GRID_SIDE) as f32 + 0.5) / GRID_SIDE as f32;
        let mut t = ((index / GRID_SIDE) as f32 + 0.5) / GRID_SIDE as f32;
        if s + t > 1.0 {
            (s, t) = (1.0 - s, 1.0 - t);
        }
        let at = |k: usize| a[k] + s * (b[k] - a[k]) + t * (c[k] - a[k]);
        let mesh_uv = [at(0), at(1)];
        let [u, v] =
            reference.uv_from_mesh_uv.map(|row| row[0] * mesh_uv[0] + row[1] * mesh_uv[1] + row[2]);
        let x = wrapped(u, texture.wrap_u, texture.width);
        let y = wrapped(v, texture.wrap_v, texture.height);
        let texel = scene.texels[(texture.first_texel + y * texture.width + x) as usize];
        sum += linear_of_texel(texture, texel);
    }
    sum / (GRID_SIDE * GRID_SIDE) as f32
}

/// Column or row of a texture coordinate.
fn wrapped(coordinate: f32, wrap: TextureWrap, size: u32) -> u32 {
    let inside = match wrap {
        TextureWrap::Repeat => coordinate - coordinate.floor(),
        TextureWrap::Mirror => {
            let period = coordinate - 2.0 * (coordinate * 0.5).floor();
            if period > 1.0 { 2.0 - period } else { period }
        }
        TextureWrap::Clamp => coordinate,
    };
    // The cast saturates below 0 and takes NaN to 0.
    ((inside * size as f32) as u32).min(size - 1)
}

fn linear_of_texel(texture: &Texture, texel: u32) -> Vec3 {
    let [red, green, blue, _] = texel.to_le_bytes();
    let linear = |byte: u8| {
        if texture.is_srgb { linear_from_srgb(byte) } else { f32::from(byte) / 255.0 }
    };
    Vec3::new(linear(red), linear(green), linear(blue))
}
