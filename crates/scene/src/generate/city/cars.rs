//! Cars: most of them parked, a few that come or go with their lights on.

use super::{NEAR_Z_M, place};
use crate::generate::builder::{MeshBuilder, add_material, add_mesh, emitter, plain_material};
use crate::generate::random::Random;
use crate::math::Vec3;
use crate::{Material, MeshSource, SceneSource};

/// Half the width of the body in metres.
const HALF_WIDTH_M: f32 = 0.88;
/// Side of the body, z along the car and y up: from the foot of the rear over the top to the front.
const PROFILE: [[f32; 2]; 7] = [
    [-2.15, 0.28],
    [-2.2, 0.75],
    [-1.75, 0.98],
    [1.05, 1.0],
    [2.05, 0.82],
    [2.2, 0.55],
    [2.15, 0.28],
];
const PAINTS: [[f32; 3]; 4] =
    [[0.30, 0.012, 0.015], [0.012, 0.013, 0.016], [0.45, 0.46, 0.48], [0.02, 0.05, 0.16]];
const TAIL_RADIANCE: [f32; 3] = [7.0, 0.25, 0.12];
const HEAD_RADIANCE: [f32; 3] = [26.0, 24.0, 20.0];
/// Length of the road that a parked car takes, in metres.
const PARKING_M: f32 = 6.4;
/// Distance of parked cars from the middle of the road, in metres.
const PARKED_X_M: f32 = 5.8;

/// Adds the meshes and places the cars; the front of a car is towards its +z.
pub(super) fn add_cars(scene: &mut SceneSource, seed: u32) {
    let random = &mut Random::new(seed, 500);
    let glass = add_material(scene, plain_material([0.015; 3], 0.04));
    let rubber = add_material(scene, plain_material([0.02; 3], 0.8));
    let tail = add_material(scene, emitter(TAIL_RADIANCE));
    let head = add_material(scene, emitter(HEAD_RADIANCE));
    let paints = PAINTS.map(|color| {
        let paint = Material { metallic: 0.25, ..plain_material(color, 0.12) };
        add_material(scene, paint)
    });
    let bodies = paints.map(|paint| add_mesh(scene, body_mesh(paint)));
    let windows = add_mesh(scene, windows_mesh(glass));
    let wheels = add_mesh(scene, wheels_mesh(rubber));
    let tails = add_mesh(scene, lights_mesh(tail, -2.21, 0.62));
    let heads = add_mesh(scene, lights_mesh(head, 2.21, 0.62));
    let mut park = |x: f32, z: f32, turns: usize, has_lights: bool| {
        let at = Vec3::new(x, 0.0, z);
        let body = bodies[random.below(bodies.len())];
        for mesh in [body, windows, wheels] {
            place(scene, mesh, at, turns, Vec3::ONE);
        }
        if has_lights {
            place(scene, tails, at, turns, Vec3::ONE);
            place(scene, heads, at, turns, Vec3::ONE);
        }
    };
    // Going away in the right lane, coming in the left one.
    park(2.9, 37.0, 2, true);
    park(2.4, -34.0, 2, true);
    park(-2.5, -6.0, 0, true);
    let slots = ((NEAR_Z_M.end - NEAR_Z_M.start) * 1.6 / PARKING_M) as i32;
    let places = &mut Random::new(seed, 501);
    for slot in 0..slots {
        let z = NEAR_Z_M.end - slot as f32 * PARKING_M;
        for (side, turns) in [(1.0, 2), (-1.0, 0)] {
            // Crossings stay free, and so does the place where the camera stands.
            let is_crossing = (z - 92.0 * (z / 92.0 + 0.5).floor()).abs() < 14.0;
            let is_view = side < 0.0 && (46.0..66.0).contains(&z);
            if places.chance(0.5) && !is_crossing && !is_view {
                park(PARKED_X_M * side, z, turns, false);
            }
        }
    }
}

fn body_mesh(paint: u32) -> MeshSource {
    let mut builder = MeshBuilder::new(paint);
    let point = |x: f32, [z, y]: [f32; 2]| Vec3::new(x, y, z);
    let right = PROFILE.map(|at| point(HALF_WIDTH_M, at));
    let mut left = PROFILE.map(|at| point(-HALF_WIDTH_M, at));
    left.reverse();
    builder.polygon(&right, &[[0.0; 2]; 7]).polygon(&left, &[[0.0; 2]; 7]);
    for pair in right.windows(2) {
        builder.quad(pair[0], Vec3::new(-2.0 * HALF_WIDTH_M, 0.0, 0.0), pair[1] - pair[0]);
    }
    let roof = Vec3::new(-0.66, 1.44, 0.35);
    builder.quad(roof, Vec3::new(1.32, 0.0, 0.0), Vec3::new(0.0, 0.0, -1.4));
    builder.finish()
}

/// The four sides of the cabin.
fn windows_mesh(glass: u32) -> MeshSource {
    let mut builder = MeshBuilder::new(glass);
    let corner = |is_right: bool, is_front: bool, is_top: bool| {
        let x = if is_top { 0.66 } else { 0.84 };
        let z = match (is_front, is_top) {
            (true, false) => 1.0,
            (true, true) => 0.35,
            (false, false) => -1.72,
            (false, true) => -1.05,
        };
        Vec3::new(if is_right { x } else { -x }, if is_top { 1.44 } else { 0.985 }, z)
    };
    // Each side by its two feet, counter-clockwise from outside.
    for [(x0, z0), (x1, z1)] in [
        [(true, false), (false, false)],
        [(false, true), (true, true)],
        [(true, true), (true, false)],
        [(false, false), (false, true)],
    ] {
        let corners = [
            corner(x0, z0, false),
            corner(x1, z1, false),
            corner(x1, z1, true),
            corner(x0, z0, true),
        ];
        builder.polygon(&corners, &[[0.0; 2]; 4]);
    }
    builder.finish()
}

fn wheels_mesh(rubber: u32) -> MeshSource {
    const SIDES: u32 = 12;
    const RADIUS_M: f32 = 0.32;
    let mut builder = MeshBuilder::new(rubber);
    for z in [-1.35, 1.35] {
        for side in [-1.0f32, 1.0] {
            let inner = Vec3::new(0.7 * side, RADIUS_M, z);
            let outer = Vec3::new(0.92 * side, RADIUS_M, z);
            builder.tube(inner, outer, RADIUS_M, SIDES);
            let rim: Vec<Vec3> = (0..SIDES)
                .map(|k| {
                    let (sin, cos) = crate::math::sin_cos_turns(k as f32 / SIDES as f32);
                    outer + Vec3::new(0.0, cos * side, sin) * RADIUS_M
                })
                .collect();
            builder.polygon(&rim, &[[0.0; 2]; SIDES as usize]);
        }
    }
    builder.finish()
}

/// A pair of lamps at the rear (negative z) or the front.
fn lights_mesh(material: u32, z: f32, y: f32) -> MeshSource {
    let mut builder = MeshBuilder::new(material);
    let out = if z < 0.0 { -1.0 } else { 1.0 };
    for x in [-0.62, 0.62] {
        let u = Vec3::new(0.36 * out, 0.0, 0.0);
        let corner = Vec3::new(x - u.x * 0.5, y, z);
        builder.quad(corner, u, Vec3::new(0.0, 0.13, 0.0));
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_of_a_car_look_outward() {
        for mesh in [body_mesh(0), windows_mesh(0)] {
            for (corners, normal) in
                mesh.triangles.iter().map(|corners| (corners, mesh.normals[corners[0] as usize]))
            {
                let middle = corners
                    .map(|corner| Vec3::from(mesh.positions[corner as usize]))
                    .into_iter()
                    .fold(Vec3::ZERO, |sum, corner| sum + corner / 3.0);
                // The middle of the body lies behind every face.
                let inside = Vec3::new(0.0, 0.6, 0.0);
                assert!((middle - inside).dot(normal.into()) > 0.0, "{middle:?} {normal:?}");
            }
        }
    }
}
