//! Normals and tangents for meshes that come without.

use crate::MeshSource;
use crate::math::{Vec3, basis_from_normal};

/// Gives every triangle its own corners with its plane's normal, as glTF asks where there are none.
pub(super) fn flat_shaded(mesh: &MeshSource) -> MeshSource {
    let mut flat = MeshSource { material: mesh.material, ..MeshSource::default() };
    for corners in &mesh.triangles {
        let [a, b, c] = corners.map(|corner| Vec3::from(mesh.positions[corner as usize]));
        let normal = (b - a).cross(c - a).normalized_or(Vec3::new(0.0, 1.0, 0.0));
        let first = flat.positions.len() as u32;
        for &corner in corners {
            flat.positions.push(mesh.positions[corner as usize]);
            flat.normals.push(normal.to_array());
            if let Some(&uv) = mesh.uvs.get(corner as usize) {
                flat.uvs.push(uv);
            }
        }
        flat.triangles.push([first, first + 1, first + 2]);
    }
    flat
}

/// Adds tangents along growing u (Lengyel 2001), summed over the triangles of each vertex by area.
///
/// A vertex where mirrored halves of a texture meet is split, since its tangents would cancel.
pub(super) fn with_tangents(mesh: &MeshSource) -> MeshSource {
    let mut split = split_mirrored(mesh);
    let mut sums = vec![(Vec3::ZERO, 0.0f32); split.positions.len()];
    for corners in &split.triangles {
        let (tangent, handedness) = triangle_tangent(&split, corners);
        for &corner in corners {
            let sum = &mut sums[corner as usize];
            *sum = (sum.0 + tangent, sum.1 + handedness);
        }
    }
    let tangent = |(normal, (sum, handedness)): (&[f32; 3], &(Vec3, f32))| {
        let normal = Vec3::from(*normal);
        let flat = *sum - normal * normal.dot(*sum);
        let unit = flat.normalized().unwrap_or_else(|| basis_from_normal(normal).0);
        [unit.x, unit.y, unit.z, if *handedness < 0.0 { -1.0 } else { 1.0 }]
    };
    split.tangents = split.normals.iter().zip(&sums).map(tangent).collect();
    split
}

/// Direction of growing u times twice the triangle's area, and the sign of the bitangent (v points
/// down in glTF images, so that bitangent = cross(normal, tangent) × sign points along growing v).
fn triangle_tangent(mesh: &MeshSource, corners: &[u32; 3]) -> (Vec3, f32) {
    let [a, b, c] = corners.map(|corner| Vec3::from(mesh.positions[corner as usize]));
    let (edge1, edge2) = (b - a, c - a);
    let [[u1, v1], [u2, v2]] = uv_edges(mesh, corners);
    let determinant = u1 * v2 - u2 * v1;
    let area = edge1.cross(edge2).length();
    if determinant == 0.0 {
        return (Vec3::ZERO, 0.0);
    }
    let sign = if determinant < 0.0 { -1.0 } else { 1.0 };
    let along_u = (edge1 * v2 - edge2 * v1) * sign;
    (along_u.normalized_or(Vec3::ZERO) * area, sign)
}

fn uv_edges(mesh: &MeshSource, corners: &[u32; 3]) -> [[f32; 2]; 2] {
    let [a, b, c] = corners.map(|corner| mesh.uvs[corner as usize]);
    [[b[0] - a[0], b[1] - a[1]], [c[0] - a[0], c[1] - a[1]]]
}

/// Copies vertices that triangles of both texture orientations share, one for each.
fn split_mirrored(mesh: &MeshSource) -> MeshSource {
    let mut split = mesh.clone();
    // 0: not seen, 1: the vertex serves unmirrored triangles, −1: mirrored ones.
    let mut sides = vec![0i8; split.positions.len()];
    let mut copies = vec![u32::MAX; split.positions.len()];
    for index in 0..split.triangles.len() {
        let corners = split.triangles[index];
        let [[u1, v1], [u2, v2]] = uv_edges(&split, &corners);
        let side = if u1 * v2 - u2 * v1 < 0.0 { -1 } else { 1 };
        split.triangles[index] = corners.map(|corner| {
            let vertex = corner as usize;
            if sides[vertex] == 0 || sides[vertex] == side {
                sides[vertex] = side;
                return corner;
            }
            if copies[vertex] == u32::MAX {
                copies[vertex] = split.positions.len() as u32;
                split.positions.push(split.positions[vertex]);
                split.normals.push(split.normals[vertex]);
                split.uvs.push(split.uvs[vertex]);
            }
            copies[vertex]
        });
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quad(uvs: Vec<[f32; 2]>) -> MeshSource {
        MeshSource {
            positions: vec![[0., 0., 0.], [1., 0., 0.], [1., 1., 0.], [0., 1., 0.]],
            normals: vec![[0., 0., 1.]; 4],
            uvs,
            triangles: vec![[0, 1, 2], [0, 2, 3]],
            ..MeshSource::default()
        }
    }

    #[test]
    fn tangents_point_along_growing_u() {
        // v grows downwards, as in glTF images: the bitangent must point to −y.
        let mesh = with_tangents(&quad(vec![[0., 1.], [1., 1.], [1., 0.], [0., 0.]]));
        for &[x, y, z, w] in &mesh.tangents {
            assert!((x - 1.0).abs() < 1e-6 && y.abs() < 1e-6 && z.abs() < 1e-6);
            let bitangent = Vec3::new(0., 0., 1.).cross(Vec3::new(x, y, z)) * w;
            assert!((bitangent.y - -1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn mirrored_halves_get_vertices_of_their_own() {
        // The second triangle's texture runs backwards.
        let mesh = with_tangents(&quad(vec![[0., 1.], [1., 1.], [1., 0.], [2., 0.5]]));
        assert_eq!(mesh.positions.len(), 6);
        assert!(mesh.tangents.iter().any(|tangent| tangent[3] < 0.0));
        assert!(mesh.tangents.iter().any(|tangent| tangent[3] > 0.0));
    }

    #[test]
    fn coordinates_without_extent_still_give_unit_tangents() {
        let mesh = with_tangents(&quad(vec![[0.5, 0.5]; 4]));
        for &[x, y, z, _] in &mesh.tangents {
            assert!((Vec3::new(x, y, z).length() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn flat_shading_gives_each_triangle_its_normal() {
        let mesh = flat_shaded(&quad(Vec::new()));
        assert_eq!(mesh.positions.len(), 6);
        assert!(mesh.normals.iter().all(|&normal| normal == [0.0, 0.0, 1.0]));
    }
}
