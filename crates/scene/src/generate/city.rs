//! `night-city`: a wet avenue between shops and neon signs, towers behind, as many buildings as asked.

mod buildings;
mod cars;
mod facade;
mod layout;
mod signs;
mod street;

use std::collections::BTreeSet;

use self::buildings::{BASE_HEIGHT_M, Building, add_buildings};
use self::facade::add_facades;
use self::layout::{DOWNTOWN, LOT_M, Lot, PERIOD_M, block_center, block_of, lots};
use self::signs::{Sign, Signs, add_signs};
use self::street::{KERB_M, StreetMeshes, add_street};
use super::builder::camera;
use super::random::Random;
use crate::math::Vec3;
use crate::{EnvironmentSource, InstanceSource, SceneSource};

/// Signs and lamps stand this far along the avenue from the crossing, in metres.
const LIVELY_M: f32 = 330.0;
/// Where along the avenue light matters most, since the cameras stand there: from, to, in metres.
const NEAR_Z_M: std::ops::Range<f32> = -70.0..110.0;
/// Distance from the middle of a lot to the wall that faces the street, in metres.
const WALL_M: f32 = 10.5;

/// The city of `size` buildings.
pub(super) fn night_city(size: u32, seed: u32) -> SceneSource {
    let mut scene = SceneSource::default();
    let lots = lots(size);
    let farthest = lots
        .iter()
        .fold(400.0f32, |reach, lot| reach.max(lot.center.x.abs()).max(lot.center.z.abs()));
    let street = add_street(&mut scene, farthest + 600.0, seed);
    let facades = add_facades(&mut scene, seed);
    let buildings = add_buildings(&mut scene, &facades, seed);
    let signs = add_signs(&mut scene, seed);
    let random = &mut Random::new(seed, 1);
    for lot in &lots {
        place_building(&mut scene, lot, &buildings, &signs, random);
    }
    place_landmark(&mut scene, &buildings);
    place_pavements(&mut scene, &lots, &street);
    place_street_furniture(&mut scene, &street);
    cars::add_cars(&mut scene, seed);
    scene.environment = Some(night_sky());
    add_cameras(&mut scene);
    scene
}

fn add_cameras(scene: &mut SceneSource) {
    let v = Vec3::new;
    scene.cameras.push(camera("street", v(-2.6, 1.55, 58.0), v(1.6, 6.4, -30.0), 0.5));
    scene.cameras.push(camera("puddle", v(3.4, 0.45, 30.0), v(-1.5, 3.2, -40.0), 0.45));
    scene.cameras.push(camera("skyline", v(-170.0, 95.0, 190.0), v(30.0, 40.0, -330.0), 0.45));
}

/// Deep blue above, the glow of the city along the horizon.
fn night_sky() -> EnvironmentSource {
    const HEIGHT: u32 = 64;
    EnvironmentSource::from_radiance(2 * HEIGHT, HEIGHT, |_, row| {
        let up = 1.0 - (row as f32 + 0.5) / (HEIGHT / 2) as f32;
        let rise = if up > 0.0 { up } else { 0.0 };
        let glow = 1.0 / (1.0 + 90.0 * rise * rise);
        let sky = Vec3::new(0.013, 0.018, 0.040) + Vec3::new(0.12, 0.06, 0.085) * glow;
        sky.to_array()
    })
}

fn place_building(
    scene: &mut SceneSource,
    lot: &Lot,
    buildings: &[Building],
    signs: &Signs,
    random: &mut Random,
) {
    let from_downtown = (lot.center - DOWNTOWN).length() / 230.0;
    let tallness = 1.0 / (1.0 + from_downtown * from_downtown);
    // Beside the camera the sky stays open.
    let lowest = if lot.is_on_avenue && lot.center.z > -100.0 { 0.0 } else { 0.12 };
    let wanted = lowest + 0.75 * tallness + random.between(-0.12, 0.3);
    let index = (crate::math::unit_clamped(wanted) * buildings.len() as f32) as usize;
    let building = &buildings[index.min(buildings.len() - 1)];
    let stretch = random.between(0.9, 1.12);
    let width = random.between(0.97, 1.06);
    let turns = random.below(4);
    let scale = Vec3::new(width, stretch, width);
    let ground = lot.center + Vec3::new(0.0, KERB_M, 0.0);
    place(scene, building.mesh, ground, turns, scale);
    if lot.is_on_avenue && lot.center.z.abs() < LIVELY_M {
        let wall_m = WALL_M * width;
        place_signs(scene, lot, wall_m, building.height_m * stretch, signs, random);
    }
}

/// A shop below, and on most buildings something that glows above.
fn place_signs(
    scene: &mut SceneSource,
    lot: &Lot,
    wall_m: f32,
    roof_m: f32,
    signs: &Signs,
    random: &mut Random,
) {
    let out = quarter_turned(Vec3::new(0.0, 0.0, 1.0), lot.front);
    let along = quarter_turned(Vec3::new(1.0, 0.0, 0.0), lot.front);
    let wall = lot.center + out * wall_m;
    let is_near = NEAR_Z_M.contains(&lot.center.z);
    let mut hang = |sign: &Sign, at: Vec3, turns: usize| {
        for &mesh in if is_near { &sign.near } else { &sign.far } {
            place(scene, mesh, at, turns, Vec3::ONE);
        }
    };
    let up = |y: f32| Vec3::new(0.0, y, 0.0);
    hang(&signs.shops[random.below(signs.shops.len())], wall, lot.front);
    let shelf_m = BASE_HEIGHT_M + 0.8;
    for side in [-1.0, 1.0] {
        let sign = &signs.blades[random.below(signs.blades.len())];
        let room_m = roof_m - shelf_m - sign.height_m;
        if room_m > 0.0 && random.chance(0.72) {
            let along_m = side * random.between(3.5, 9.0);
            let y = shelf_m + random.between(0.0, if room_m < 6.0 { room_m } else { 6.0 });
            // A blade shows its faces along the street: a quarter turn from the wall's own.
            hang(sign, wall + along * along_m + out * 0.95 + up(y), (lot.front + 1) % 4);
        }
    }
    let sign = &signs.billboards[random.below(signs.billboards.len())];
    let room_m = roof_m - shelf_m - 1.0 - sign.height_m;
    if room_m > 0.0 && random.chance(0.35) {
        let y = shelf_m + 1.0 + room_m * random.between(0.2, 0.8);
        hang(sign, wall + up(y), lot.front);
    }
}

/// The tallest tower closes the avenue.
fn place_landmark(scene: &mut SceneSource, buildings: &[Building]) {
    if let Some(tallest) = buildings.last() {
        place(scene, tallest.mesh, DOWNTOWN, 0, Vec3::new(1.25, 1.5, 1.25));
    }
}

fn place_pavements(scene: &mut SceneSource, lots: &[Lot], street: &StreetMeshes) {
    let blocks: BTreeSet<(i32, i32)> = lots.iter().map(|lot| block_of(lot.center)).collect();
    for (x, z) in blocks {
        place(scene, street.pavement, block_center(x, z), 0, Vec3::ONE);
    }
}

fn place_street_furniture(scene: &mut SceneSource, street: &StreetMeshes) {
    let mut z = LIVELY_M;
    while z > -LIVELY_M {
        place(scene, street.dash, Vec3::new(0.0, 0.0, z), 0, Vec3::ONE);
        z -= 7.5;
    }
    let crossings = (LIVELY_M / PERIOD_M) as i32;
    for index in -crossings..=crossings {
        for side in [-1.0, 1.0] {
            let z = index as f32 * PERIOD_M + side * 9.5;
            place(scene, street.crossing, Vec3::new(0.0, 0.0, z), 0, Vec3::ONE);
        }
    }
    // Lamps stand on the kerb, in front of the gaps between buildings, left and right in turn.
    let lamps = (LIVELY_M / LOT_M) as i32;
    for index in -lamps..=lamps {
        let z = (index as f32 + 0.5) * LOT_M;
        let side = if index.rem_euclid(2) == 0 { 1.0 } else { -1.0 };
        let at = Vec3::new(7.5 * side, KERB_M, z);
        let turns = if side > 0.0 { 2 } else { 0 };
        place(scene, street.lamp_post, at, turns, Vec3::ONE);
        let light = street.lamp_lights[usize::from(!NEAR_Z_M.contains(&z))];
        place(scene, light, at, turns, Vec3::ONE);
    }
}

/// Places a mesh: scaled, turned by quarters from +z to +x, moved.
fn place(scene: &mut SceneSource, mesh: u32, at: Vec3, turns: usize, scale: Vec3) {
    let x = quarter_turned(Vec3::new(scale.x, 0.0, 0.0), turns);
    let y = Vec3::new(0.0, scale.y, 0.0);
    let z = quarter_turned(Vec3::new(0.0, 0.0, scale.z), turns);
    let world_from_object = crate::math::Affine::from_axes(x, y, z, at).rows;
    scene.instances.push(InstanceSource { world_from_object, mesh });
}

fn quarter_turned(v: Vec3, turns: usize) -> Vec3 {
    match turns % 4 {
        0 => v,
        1 => Vec3::new(v.z, v.y, -v.x),
        2 => Vec3::new(-v.x, v.y, -v.z),
        _ => Vec3::new(-v.z, v.y, v.x),
    }
}
