//! The triangles that emit, and how much each weighs in the tree that picks among them.
//!
//! Bright ones weigh by power. Dim ones (a wall of which a few windows glow) are found well by BSDF
//! sampling, so all of them together weigh at most [`DIM_SHARE`] of the whole: else ten thousand far
//! windows would take the picks from the lamp beside us.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::assemble::world_corners;
use crate::bvh::Bounds;
use crate::light_tree::{LightItem, build_light_tree};
use crate::math::{Affine, Vec3, larger, linear_from_srgb, luminance, smaller};
use crate::{
    EmissiveTriangle, Instance, InvalidScene, Material, Mesh, Scene, Texture, TextureWrap,
};

/// Most that dim triangles weigh of the whole, where there are bright ones.
const DIM_SHARE: f64 = 0.1;
/// A triangle is dim if its material's mean radiance is below this: a quarter of display white.
const DIM_BELOW: f32 = 0.25;
/// Points per side of the grid on which a triangle's emissive texture is looked at.
const GRID_SIDE: u32 = 8;
/// Least estimate of a textured triangle, in means of the whole texture: the grid can miss a lit texel.
const LEAST_OF_MEAN: f32 = 0.1;

/// What each mesh emits.
pub(crate) fn mesh_emissions(scene: &Scene) -> Vec<MeshEmission> {
    let mut means = TextureMeans::default();
    scene.meshes.iter().map(|mesh| mesh_emission(scene, mesh, &mut means)).collect()
}

/// Fills `emissive_triangles` (ordered by instance, then triangle) and the light tree.
pub(crate) fn collect_emissive(
    scene: &mut Scene,
    emissions: &[MeshEmission],
    limit: u64,
) -> Result<(), InvalidScene> {
    let emission_of = |instance: &Instance| &emissions[instance.mesh as usize];
    let found: u64 = scene.instances.iter().map(|i| emission_of(i).triangles.len() as u64).sum();
    if found > limit {
        return Err(InvalidScene::TooMany { what: "emissive triangles", found, limit });
    }
    let mut triangles = Vec::new();
    let mut candidates = Vec::new();
    let mut items = Vec::new();
    for (index, instance) in scene.instances.iter().enumerate() {
        let emission = emission_of(instance);
        for &(triangle, radiance) in &emission.triangles {
            let corners = world_corners(scene, instance, triangle);
            let [a, b, c] = corners;
            let area_m2 = 0.5 * (b - a).cross(c - a).length();
            let power = area_m2 * radiance;
            let Some(normal) = world_normal(scene, instance, triangle) else { continue };
            if power > 0.0 && power.is_finite() {
                items.push(LightItem {
                    bounds: Bounds::of_points(corners.map(Vec3::to_array)),
                    normal,
                    power,
                    is_two_sided: emission.is_two_sided,
                    index: triangles.len() as u32,
                });
                candidates.push(Candidate { power, is_dim: emission.is_dim });
                let instance = index as u32;
                triangles.push(EmissiveTriangle { instance, triangle, area_m2, trail: 0 });
            }
        }
    }
    for (item, weight) in items.iter_mut().zip(pick_weights(&candidates)) {
        // A weight can vanish where the lights of a scene are many orders of magnitude apart.
        item.power = larger(weight, f32::MIN_POSITIVE);
    }
    let tree = build_light_tree(items, |index, trail| {
        triangles[index as usize].trail = trail;
    });
    scene.light_tree = Arc::new(tree);
    scene.emissive_triangles = Arc::new(triangles);
    Ok(())
}

/// Unit normal of the front face, as the tracers compute it.
fn world_normal(scene: &Scene, instance: &Instance, triangle: u32) -> Option<Vec3> {
    let [a, b, c] = scene.triangles[triangle as usize]
        .map(|corner| Vec3::from(scene.positions[corner as usize]));
    let in_object = (b - a).cross(c - a);
    Affine::from_rows(instance.object_from_world).transposed_vector(in_object).normalized()
}

/// What decides how much a triangle weighs.
struct Candidate {
    /// Mean luminance × area.
    power: f32,
    /// Whether BSDF sampling finds it well enough.
    is_dim: bool,
}

/// Powers, those of dim triangles scaled down to their share.
fn pick_weights(candidates: &[Candidate]) -> Vec<f32> {
    let power = |candidate: &Candidate| f64::from(candidate.power);
    let total: f64 = candidates.iter().map(power).sum();
    let dim: f64 = candidates.iter().filter(|c| c.is_dim).map(power).sum();
    let allowed = (total - dim) * DIM_SHARE / (1.0 - DIM_SHARE);
    let has_bright = dim < total;
    let dim_scale = if has_bright && dim > allowed { allowed / dim } else { 1.0 };
    let weight = |c: &Candidate| power(c) * if c.is_dim { dim_scale } else { 1.0 };
    candidates.iter().map(|candidate| weight(candidate) as f32).collect()
}

/// What the triangles of a mesh emit.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MeshEmission {
    /// Triangles that emit, and the mean luminance of each.
    triangles: Vec<(u32, f32)>,
    is_dim: bool,
    is_two_sided: bool,
}

impl MeshEmission {
    /// Whether nothing emits.
    pub(crate) const fn is_dark(&self) -> bool {
        self.triangles.is_empty()
    }
}

fn mesh_emission(scene: &Scene, mesh: &Mesh, means: &mut TextureMeans) -> MeshEmission {
    let material = &scene.materials[mesh.material as usize];
    let is_two_sided = material.is_double_sided;
    let untextured = luminance(material.emissive.into());
    if untextured <= 0.0 {
        return MeshEmission::default();
    }
    let indices = mesh.first_triangle..mesh.first_triangle + mesh.triangle_count;
    let Some(reference) = material.emissive_texture else {
        let triangles = indices.map(|triangle| (triangle, untextured)).collect();
        return MeshEmission { triangles, is_dim: untextured < DIM_BELOW, is_two_sided };
    };
    let texture = &scene.textures[reference.texture as usize];
    let mean = emitted(material, means.of(scene, texture));
    let radiance = |triangle: u32| {
        let uvs = scene.triangles[triangle as usize].map(|corner| {
            let [u, v] = scene.uvs[corner as usize];
            reference.uv_from_mesh_uv.map(|row| row[0] * u + row[1] * v + row[2])
        });
        if is_surely_dark(scene, texture, uvs) {
            return 0.0;
        }
        larger(emitted(material, grid_mean(scene, texture, uvs)), LEAST_OF_MEAN * mean)
    };
    let triangles = indices
        .map(|triangle| (triangle, radiance(triangle)))
        .filter(|&(_, radiance)| radiance > 0.0)
        .collect();
    MeshEmission { triangles, is_dim: mean < DIM_BELOW, is_two_sided }
}

fn emitted(material: &Material, texel: Vec3) -> f32 {
    luminance(Vec3::from(material.emissive) * texel)
}

/// Mean colours of images; each image is added up once, however many textures show it.
#[derive(Default)]
struct TextureMeans {
    by_texels: BTreeMap<(u32, bool), Vec3>,
}

impl TextureMeans {
    fn of(&mut self, scene: &Scene, texture: &Texture) -> Vec3 {
        let mean = || {
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
        };
        *self.by_texels.entry((texture.first_texel, texture.is_srgb)).or_insert_with(mean)
    }
}

/// Whether no texel that a lookup in this small triangle can touch is lit; large ones are never sure.
fn is_surely_dark(scene: &Scene, texture: &Texture, uvs: [[f32; 2]; 3]) -> bool {
    let sizes = [texture.width as f32, texture.height as f32];
    let [columns, rows] = [0, 1].map(|axis| {
        let texels = uvs.map(|uv| uv[axis] * sizes[axis]);
        let lowest = smaller(smaller(texels[0], texels[1]), texels[2]);
        let highest = larger(larger(texels[0], texels[1]), texels[2]);
        // One texel more on each side, since a filtered lookup reaches for its neighbours.
        (lowest.floor() - 1.0, highest.floor() + 1.0)
    });
    let most = (GRID_SIDE + 2) as f32;
    if columns.1 - columns.0 > most || rows.1 - rows.0 > most {
        return false;
    }
    let count = |(low, high): (f32, f32)| (high - low) as u32 + 1;
    (0..count(rows)).all(|row| {
        (0..count(columns)).all(|column| {
            let u = (columns.0 + column as f32 + 0.5) / sizes[0];
            let v = (rows.0 + row as f32 + 0.5) / sizes[1];
            linear_at(scene, texture, [u, v]) == Vec3::ZERO
        })
    })
}

/// Mean over a fixed grid of points in a triangle, each taking the nearest texel.
fn grid_mean(scene: &Scene, texture: &Texture, [a, b, c]: [[f32; 2]; 3]) -> Vec3 {
    let mut sum = Vec3::ZERO;
    for index in 0..GRID_SIDE * GRID_SIDE {
        let mut s = ((index % GRID_SIDE) as f32 + 0.5) / GRID_SIDE as f32;
        let mut t = ((index / GRID_SIDE) as f32 + 0.5) / GRID_SIDE as f32;
        if s + t > 1.0 {
            (s, t) = (1.0 - s, 1.0 - t);
        }
        let at = |k: usize| a[k] + s * (b[k] - a[k]) + t * (c[k] - a[k]);
        sum += linear_at(scene, texture, [at(0), at(1)]);
    }
    sum / (GRID_SIDE * GRID_SIDE) as f32
}

fn linear_at(scene: &Scene, texture: &Texture, [u, v]: [f32; 2]) -> Vec3 {
    let x = wrapped(u, texture.wrap_u, texture.width);
    let y = wrapped(v, texture.wrap_v, texture.height);
    linear_of_texel(texture, scene.texels[(texture.first_texel + y * texture.width + x) as usize])
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

#[cfg(test)]
mod tests {
    use super::*;

    fn share(candidates: &[Candidate], range: std::ops::Range<usize>) -> f32 {
        let weights = pick_weights(candidates);
        weights[range].iter().sum::<f32>() / weights.iter().sum::<f32>()
    }

    #[test]
    fn many_dim_windows_leave_the_picks_to_the_lamp() {
        let mut candidates = vec![Candidate { power: 40.0, is_dim: false }];
        candidates.extend((0..10_000).map(|_| Candidate { power: 60.0, is_dim: true }));
        assert!(share(&candidates, 0..1) > 0.899);
        assert!(share(&candidates, 1..10_001) > 0.099);
    }

    #[test]
    fn equally_bright_triangles_are_picked_by_power() {
        let candidates = [1.0, 3.0].map(|power| Candidate { power, is_dim: true });
        assert_eq!(share(&candidates, 0..1), 0.25);
    }
}
