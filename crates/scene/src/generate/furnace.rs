//! The white furnace: a ball in an environment of radiance 1 shows its own directional albedo.

use super::builder::{MeshBuilder, add_in_place, add_material, camera, plain_material};
use crate::math::Vec3;
use crate::{EnvironmentSource, Material, SceneSource};

/// Times that each face of the icosahedron is split in four.
const SUBDIVISIONS: u32 = 3;

/// What the ball is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FurnaceMaterial {
    /// Base colour, grey.
    pub albedo: f32,
    /// 0 dielectric to 1 metal.
    pub metallic: f32,
    /// Perceptual roughness.
    pub roughness: f32,
}

impl Default for FurnaceMaterial {
    fn default() -> Self {
        Self { albedo: 1.0, metallic: 0.0, roughness: 1.0 }
    }
}

/// A ball of radius 1 at the origin. Its facets are flat, since interpolated normals would lose energy
/// towards the rim and the scene is there to show losses of the BSDF alone.
pub(super) fn furnace(material: &FurnaceMaterial) -> SceneSource {
    let mut scene = SceneSource::default();
    let FurnaceMaterial { albedo, metallic, roughness } = *material;
    let surface = Material { metallic, ..plain_material([albedo; 3], roughness) };
    let surface = add_material(&mut scene, surface);
    let mut ball = MeshBuilder::new(surface);
    for corners in icosphere() {
        ball.polygon(&corners, &[[0.0; 2]; 3]);
    }
    add_in_place(&mut scene, ball.finish());
    scene.environment = Some(EnvironmentSource::uniform([1.0; 3]));
    let eye = Vec3::new(0.0, 0.0, 4.0);
    scene.cameras.push(camera("front", eye, Vec3::ZERO, 0.3));
    scene
}

/// Facets with their corners on the unit sphere, counter-clockwise from outside.
fn icosphere() -> Vec<[Vec3; 3]> {
    let golden = (1.0 + 5.0f32.sqrt()) / 2.0;
    let mut corners = Vec::new();
    for (a, b) in [(1.0, golden), (-1.0, golden), (1.0, -golden), (-1.0, -golden)] {
        corners.extend([Vec3::new(0.0, a, b), Vec3::new(a, b, 0.0), Vec3::new(b, 0.0, a)]);
    }
    let mut facets = Vec::new();
    for (i, &a) in corners.iter().enumerate() {
        for (j, &b) in corners.iter().enumerate().skip(i + 1) {
            for &c in corners.iter().skip(j + 1) {
                // Edges of this icosahedron are 2 long; the next distance is over 3.
                let is_face = [a - b, b - c, c - a].iter().all(|edge| edge.length() < 2.5);
                if is_face {
                    let is_outward = (b - a).cross(c - a).dot(a) > 0.0;
                    let facet = if is_outward { [a, b, c] } else { [a, c, b] };
                    facets.push(facet.map(|corner| corner.normalized_or(Vec3::ZERO)));
                }
            }
        }
    }
    for _ in 0..SUBDIVISIONS {
        facets = facets.iter().flat_map(split_facet).collect();
    }
    facets
}

fn split_facet(&[a, b, c]: &[Vec3; 3]) -> [[Vec3; 3]; 4] {
    let middle = |p: Vec3, q: Vec3| (p + q).normalized_or(Vec3::ZERO);
    let (ab, bc, ca) = (middle(a, b), middle(b, c), middle(c, a));
    [[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ball_is_closed_and_faces_outward() {
        let facets = icosphere();
        assert_eq!(facets.len(), 20 << (2 * SUBDIVISIONS));
        let solid_volume: f32 = facets.iter().map(|[a, b, c]| a.dot(b.cross(*c)) / 6.0).sum();
        assert!((solid_volume - 4.18879).abs() < 0.05, "{solid_volume}");
    }
}
