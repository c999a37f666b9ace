//! The Cornell box, two metres wide and open towards +z.

use super::builder::{MeshBuilder, add_in_place, add_material, camera, emitter, plain_material};
use crate::math::{Vec3, sin_cos_turns};
use crate::{Material, SceneSource};

const WHITE: [f32; 3] = [0.73, 0.73, 0.73];
const RED: [f32; 3] = [0.63, 0.065, 0.05];
const GREEN: [f32; 3] = [0.14, 0.45, 0.091];
const LIGHT_RADIANCE: [f32; 3] = [16.0, 13.0, 9.5];

/// The box with its light, a white block and a taller one of brushed metal.
pub(super) fn cornell() -> SceneSource {
    let mut scene = SceneSource::default();
    let v = Vec3::new;
    let (x, y, z) = (v(2.0, 0.0, 0.0), v(0.0, 2.0, 0.0), v(0.0, 0.0, 2.0));

    let white = add_material(&mut scene, plain_material(WHITE, 1.0));
    let mut walls = MeshBuilder::new(white);
    walls.quad(v(-1.0, 0.0, 1.0), x, -z);
    walls.quad(v(-1.0, 2.0, -1.0), x, z);
    walls.quad(v(-1.0, 0.0, -1.0), x, y);
    add_in_place(&mut scene, walls.finish());

    let red = add_material(&mut scene, plain_material(RED, 1.0));
    let mut left = MeshBuilder::new(red);
    left.quad(v(-1.0, 0.0, 1.0), -z, y);
    add_in_place(&mut scene, left.finish());

    let green = add_material(&mut scene, plain_material(GREEN, 1.0));
    let mut right = MeshBuilder::new(green);
    right.quad(v(1.0, 0.0, -1.0), z, y);
    add_in_place(&mut scene, right.finish());

    let light = add_material(&mut scene, emitter(LIGHT_RADIANCE));
    let mut lamp = MeshBuilder::new(light);
    lamp.quad(v(-0.3, 1.98, -0.3), v(0.6, 0.0, 0.0), v(0.0, 0.0, 0.6));
    add_in_place(&mut scene, lamp.finish());

    let (sin, cos) = sin_cos_turns(0.05);
    let mut short = MeshBuilder::new(white);
    let (a, b) = (v(cos, 0.0, -sin) * 0.3, v(sin, 0.0, cos) * 0.3);
    short.block(v(0.35, 0.3, 0.35), a, v(0.0, 0.3, 0.0), b);
    add_in_place(&mut scene, short.finish());

    let metal = Material { metallic: 1.0, ..plain_material([0.91, 0.88, 0.82], 0.45) };
    let metal = add_material(&mut scene, metal);
    let mut tall = MeshBuilder::new(metal);
    let (a, b) = (v(cos, 0.0, sin) * 0.3, v(-sin, 0.0, cos) * 0.3);
    tall.block(v(-0.35, 0.6, -0.3), a, v(0.0, 0.6, 0.0), b);
    add_in_place(&mut scene, tall.finish());

    scene.cameras.push(camera("front", v(0.0, 1.0, 4.9), v(0.0, 1.0, 0.0), 0.27));
    scene
}
