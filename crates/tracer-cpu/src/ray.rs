//! Rays, what they hit, and where a new ray may start without meeting its own surface.

use p2c2r_scene::math::{Affine, Vec3};

/// A ray in world space; distances are counted in lengths of `direction`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ray {
    /// Start.
    pub(crate) origin: Vec3,
    /// Direction, not necessarily of unit length.
    pub(crate) direction: Vec3,
    /// Hits lie below this distance.
    pub(crate) t_max: f32,
    /// Draws the numbers of the alpha tests along the ray.
    pub(crate) key: u32,
}

/// The nearest surface along a ray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    /// Distance in lengths of the ray's direction.
    pub(crate) t: f32,
    /// Index in `Scene::instances`.
    pub(crate) instance: u32,
    /// Index in `Scene::triangles`.
    pub(crate) triangle: u32,
    /// Barycentric weights of the second and third corner.
    pub(crate) weights: [f32; 2],
    /// Whether the ray sees the counter-clockwise side.
    pub(crate) is_front: bool,
}

impl Hit {
    /// Where nobody asks which one: a hit that is all made up.
    pub(crate) const SOMEWHERE: Self =
        Self { t: 0.0, instance: 0, triangle: 0, weights: [0.0; 2], is_front: true };
}

/// Share of the summed magnitudes by which rounding may move a point: 16 roundings of 2⁻²⁴ each.
///
/// The test below fails at a sixteenth of it; GPUs round less well.
const POINT_ERROR: f32 = 1.0 / 1_048_576.0;

/// A point on a surface that knows how wrong it may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SurfacePoint {
    /// The point in world space.
    pub(crate) position: Vec3,
    /// Bound of the error along each axis, for rays that leave it and meet its own instance.
    pub(crate) error: Vec3,
}

impl SurfacePoint {
    /// The point of a triangle at barycentric weights, placed by an instance.
    pub(crate) fn on_triangle(
        corners: [Vec3; 3],
        [w1, w2]: [f32; 2],
        world_from_object: &Affine,
        object_from_world: &Affine,
    ) -> Self {
        let w0 = 1.0 - w1 - w2;
        let in_object = corners[0] * w0 + corners[1] * w1 + corners[2] * w2;
        // Every sum that rounds, with its terms made positive: to the world, and back as the next
        // ray goes (Pharr, Jakob and Humphreys 2023, section 6.8).
        let magnitude_in_object =
            corners[0].abs() * w0.abs() + corners[1].abs() * w1.abs() + corners[2].abs() * w2.abs();
        let magnitude = magnitude_of_point(world_from_object, magnitude_in_object);
        let back_in_object = magnitude_of_point(object_from_world, magnitude);
        let back = magnitude_of_vector(world_from_object, back_in_object);
        Self {
            position: world_from_object.point(in_object),
            error: (magnitude + back) * POINT_ERROR,
        }
    }

    /// A start for rays that leave to the side of `direction`, outside the error along the normal.
    pub(crate) fn offset_along(&self, normal: Vec3, direction: Vec3) -> Vec3 {
        let distance = normal.abs().dot(self.error);
        let is_outward = direction.dot(normal) >= 0.0;
        self.position + normal * if is_outward { distance } else { -distance }
    }
}

/// Sum of the magnitudes of the terms of the transformed vector.
fn magnitude_of_vector(map: &Affine, v: Vec3) -> Vec3 {
    let sum = |row: &[f32; 4]| row[0].abs() * v.x + row[1].abs() * v.y + row[2].abs() * v.z;
    Vec3::new(sum(&map.rows[0]), sum(&map.rows[1]), sum(&map.rows[2]))
}

/// Sum of the magnitudes of the terms of the transformed point.
fn magnitude_of_point(map: &Affine, p: Vec3) -> Vec3 {
    magnitude_of_vector(map, p) + map.column(3).abs()
}

#[cfg(test)]
mod tests {
    use p2c2r_scene::math::{basis_from_normal, sin_cos_turns};

    use super::*;
    use crate::rng::{pcg4d, unit_from_word};
    use crate::triangle::ShearedRay;

    /// A random number in −1..1.
    fn signed(word: u32) -> f32 {
        2.0 * unit_from_word(word) - 1.0
    }

    fn random_vector(index: u32, salt: u32) -> Vec3 {
        let words = pcg4d([index, salt, 11, 13]);
        Vec3::new(signed(words[0]), signed(words[1]), signed(words[2]))
    }

    /// Instances with large offsets, uneven scales and vertices far from their origin.
    fn random_instance(index: u32) -> (Affine, [Vec3; 3]) {
        let words = pcg4d([index, 0, 0, 99]);
        let decade = |word: u32, span: f32| {
            let mut scale = 1.0f32;
            for _ in 0..(unit_from_word(word) * span) as u32 {
                scale *= 10.0;
            }
            scale
        };
        let axis = random_vector(index, 1).normalized_or(Vec3::new(0.0, 1.0, 0.0));
        let (sin, cos) = sin_cos_turns(unit_from_word(words[0]));
        let rotation = Affine::rotation([axis.x * sin, axis.y * sin, axis.z * sin, cos]);
        let scale = random_vector(index, 2).abs() + Vec3::splat(0.05);
        let offset = random_vector(index, 3) * decade(words[1], 4.0);
        let map = Affine::translation(offset).after(&rotation.after(&Affine::scaling(scale)));
        let centre = random_vector(index, 4) * decade(words[2], 3.0);
        let size = decade(words[3], 3.0) * 0.01;
        let corner = |salt| centre + random_vector(index, salt) * size;
        (map, [corner(5), corner(6), corner(7)])
    }

    /// Walls in the planes of the axes and through the origin, where coordinates have no error.
    fn axis_aligned(index: u32) -> (Affine, [Vec3; 3]) {
        let size = 10.0f32;
        let words = pcg4d([index, 0, 0, 98]);
        let mut corners = [Vec3::ZERO, random_vector(index, 5), random_vector(index, 6)];
        for corner in &mut corners {
            let [x, y, _] = (*corner * size).to_array();
            *corner = match words[0] % 3 {
                0 => Vec3::new(0.0, x, y),
                1 => Vec3::new(x, 0.0, y),
                _ => Vec3::new(x, y, 0.0),
            };
        }
        (Affine::IDENTITY, corners)
    }

    /// Leaves a triangle at a random point in random directions; fails if it is met again.
    fn check_departure(index: u32, world_from_object: &Affine, corners: [Vec3; 3]) -> u32 {
        let Some(object_from_world) = world_from_object.inverse() else { return 0 };
        let normal = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
        let Some(normal) = object_from_world.transposed_vector(normal).normalized() else {
            return 0;
        };
        let words = pcg4d([index, 3, 3, 3]);
        let (u, v) = (unit_from_word(words[0]), unit_from_word(words[1]));
        let weights = [u * (1.0 - v), u * v];
        let point =
            SurfacePoint::on_triangle(corners, weights, world_from_object, &object_from_world);
        for ray in 0..16 {
            let words = pcg4d([index, ray, 4, 4]);
            let (sin, cos) = sin_cos_turns(unit_from_word(words[0]));
            let up = unit_from_word(words[1]) * unit_from_word(words[2]) + 1e-3;
            let (tangent, bitangent) = basis_from_normal(normal);
            let outward = tangent * cos + bitangent * sin + normal * up;
            let direction = if words[3] & 1 == 0 { outward } else { -outward };
            let origin = point.offset_along(normal, direction);
            let sheared = ShearedRay::new(
                object_from_world.point(origin),
                object_from_world.vector(direction),
            );
            let hit = sheared.intersect(corners.map(Vec3::to_array));
            assert!(hit.is_none(), "case {index}, ray {ray}: {hit:?}");
        }
        16
    }

    #[test]
    fn rays_that_leave_a_triangle_do_not_meet_it_again() {
        let mut tested = 0;
        for index in 0..20_000 {
            let (world_from_object, corners) = random_instance(index);
            tested += check_departure(index, &world_from_object, corners);
            let (world_from_object, corners) = axis_aligned(index);
            tested += check_departure(index, &world_from_object, corners);
        }
        assert!(tested > 300_000, "only {tested} rays were tested");
    }
}
