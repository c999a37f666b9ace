//! Scenes put together by chance: closed rooms and open ground with things of all shapes and materials, so
//! that a model learns from more than the few scenes that have names.

use p2c2r_scene::math::{Affine, sin_cos_turns};
use p2c2r_scene::{
    AlphaMode, Camera, Clearcoat, EnvironmentSource, InstanceSource, LightKind, Material,
    MeshSource, PunctualLight, Scene, SceneSource, Transmission, Volume,
};

use crate::Chance;

/// Cameras of a scene.
const CAMERAS: usize = 4;

/// What a thing can be made of.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Matt,
    Glossy,
    Metal,
    Mirror,
    Glass,
    Pane,
    Lamp,
    Unlit,
    Veil,
    Varnish,
}

const KINDS: [Kind; 10] = [
    Kind::Matt,
    Kind::Glossy,
    Kind::Metal,
    Kind::Mirror,
    Kind::Glass,
    Kind::Pane,
    Kind::Lamp,
    Kind::Unlit,
    Kind::Veil,
    Kind::Varnish,
];

/// The scene of a seed.
pub fn drawn(seed: u32) -> SceneSource {
    let mut chance = Chance::new(seed);
    let mut scene = SceneSource::default();
    let (width, depth) = (chance.between(4.0, 40.0), chance.between(4.0, 40.0));
    let place = Place { half: [0.5 * width, 0.5 * chance.between(2.5, 12.0), 0.5 * depth] };
    let is_room = chance.happens(0.5);
    let brightness = chance.between(0.1, 1.0);
    add_shell(&mut scene, &mut chance, &place, is_room, brightness);
    // A few kinds each, so that scenes differ.
    let kinds: Vec<Kind> = (0..1 + chance.below(5)).map(|_| chance.pick(&KINDS)).collect();
    let things = [4, 12, 40, 160][chance.below(4) as usize];
    let size = 0.5 * chance.between(0.2, 1.5);
    for _ in 0..things {
        let kind = if chance.happens(0.3) { Kind::Matt } else { chance.pick(&kinds) };
        let material = material(kind, &mut chance, brightness);
        add_thing(&mut scene, &mut chance, &place, material, size);
    }
    add_light(&mut scene, &mut chance, &place, is_room);
    for index in 0..CAMERAS {
        add_camera(&mut scene, &mut chance, &place, index);
    }
    scene
}

/// A box around the origin of the ground.
struct Place {
    half: [f32; 3],
}

impl Place {
    /// Somewhere in it, as far from its walls as a share of its sides.
    fn somewhere(&self, chance: &mut Chance, inside: f32) -> [f32; 3] {
        let [x, y, z] = self.half;
        let part = |chance: &mut Chance, half: f32| chance.between(-half, half) * inside;
        [part(chance, x), y + part(chance, y), part(chance, z)]
    }
}

/// Ground, or walls around.
fn add_shell(
    scene: &mut SceneSource,
    chance: &mut Chance,
    place: &Place,
    is_room: bool,
    brightness: f32,
) {
    let kind = chance.pick(&[Kind::Matt, Kind::Matt, Kind::Glossy, Kind::Varnish]);
    let [x, y, z] = place.half;
    let far = if is_room { 1.0 } else { chance.between(1.0, 5.0) };
    // Each looks inward: along its middle, then its two sides.
    let ground = ([0.0, 0.0, 0.0], [x * far, 0.0, 0.0], [0.0, 0.0, -z * far]);
    let walls = [
        ([0.0, 2.0 * y, 0.0], [x, 0.0, 0.0], [0.0, 0.0, z]),
        ([-x, y, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]),
        ([x, y, 0.0], [0.0, y, 0.0], [0.0, 0.0, -z]),
        ([0.0, y, -z], [x, 0.0, 0.0], [0.0, y, 0.0]),
        ([0.0, y, z], [-x, 0.0, 0.0], [0.0, y, 0.0]),
    ];
    let walls = if is_room { &walls[..] } else { &[] };
    for (middle, u, v) in std::iter::once(&ground).chain(walls) {
        let material = material(kind, chance, brightness);
        let mesh = quad(add_material(scene, material));
        let [a, b, c] = [0, 1, 2].map(|axis| {
            let w = cross(*u, *v)[axis];
            [u[axis], v[axis], w, middle[axis]]
        });
        add(scene, mesh, Affine::from_rows([a, b, c]));
    }
}

/// A block, ball or sheet that stands or floats somewhere.
fn add_thing(
    scene: &mut SceneSource,
    chance: &mut Chance,
    place: &Place,
    material: Material,
    size: f32,
) {
    let index = add_material(scene, material);
    let mesh = match chance.below(4) {
        0 => ball(index, chance.pick(&[6, 12, 32])),
        1 if !material.is_body() => quad(index),
        _ => block(index),
    };
    let [x, y, z] = place.somewhere(chance, 0.85);
    let sides = [0; 3].map(|_: i32| size * chance.between(0.3, 2.0));
    let y = if chance.happens(0.7) { sides[1] * 1.01 } else { y };
    let (sin, cos) = sin_cos_turns(chance.between(0.0, 1.0));
    let rows = [
        [cos * sides[0], 0.0, sin * sides[2], x],
        [0.0, sides[1], 0.0, y],
        [-sin * sides[0], 0.0, cos * sides[2], z],
    ];
    add(scene, mesh, Affine::from_rows(rows));
}

/// A sky, lamps and lights; a room has lamps at least.
fn add_light(scene: &mut SceneSource, chance: &mut Chance, place: &Place, is_room: bool) {
    if !is_room || chance.happens(0.3) {
        let [low, high] = [0; 2].map(|_: i32| chance.between(0.02, 2.0));
        scene.environment = Some(EnvironmentSource::from_radiance(8, 8, |_, row| {
            [low + (high - low) * row as f32 / 7.0; 3]
        }));
    }
    let lamps = if is_room { chance.pick(&[1, 2, 8, 40]) } else { chance.pick(&[0, 0, 1, 12]) };
    for _ in 0..lamps {
        let lamp = material(Kind::Lamp, chance, 1.0);
        let mesh = block(add_material(scene, lamp));
        let [x, y, z] = place.somewhere(chance, 0.8);
        let side = chance.between(0.05, 0.4);
        let rows = [[side, 0.0, 0.0, x], [0.0, 0.05, 0.0, y], [0.0, 0.0, side, z]];
        add(scene, mesh, Affine::from_rows(rows));
    }
    for _ in 0..chance.pick(&[0, 0, 1, 4]) {
        scene.lights.push(PunctualLight {
            kind: LightKind::Point,
            position: place.somewhere(chance, 0.8),
            direction: [0.0, -1.0, 0.0],
            intensity: [chance.between(1.0, 60.0); 3],
            range_m: f32::INFINITY,
        });
    }
}

fn add_camera(scene: &mut SceneSource, chance: &mut Chance, place: &Place, index: usize) {
    let (eye, target) = (place.somewhere(chance, 0.8), place.somewhere(chance, 0.5));
    let tan_half_fov_y = chance.between(0.3, 0.7);
    let view = Scene::look_at(eye, target, [0.0, 1.0, 0.0], tan_half_fov_y, [1, 1]);
    let world_from_camera = view.world_from_camera;
    let name = format!("camera-{index}");
    scene.cameras.push(Camera { name, world_from_camera, tan_half_fov_y });
}

fn material(kind: Kind, chance: &mut Chance, brightness: f32) -> Material {
    let [red, green, blue] = [0; 3].map(|_: i32| chance.between(0.03, 0.95) * brightness);
    let matt = Material {
        base_color: [red, green, blue, 1.0],
        metallic: 0.0,
        roughness: 1.0,
        ..Material::default()
    };
    let clear = Transmission { factor: 1.0, texture: None };
    match kind {
        Kind::Matt => matt,
        Kind::Glossy => Material { roughness: chance.between(0.05, 0.6), ..matt },
        Kind::Metal => Material { metallic: 1.0, roughness: chance.between(0.05, 0.7), ..matt },
        Kind::Mirror => {
            Material { metallic: 1.0, roughness: 0.0, base_color: [0.95, 0.95, 0.95, 1.0], ..matt }
        }
        Kind::Glass => Material {
            base_color: [0.98, 0.98, 0.98, 1.0],
            roughness: if chance.happens(0.5) { 0.0 } else { chance.between(0.0, 0.5) },
            transmission: clear,
            volume: Some(Volume::default()),
            ior: chance.between(1.2, 1.9),
            ..matt
        },
        Kind::Pane => Material {
            base_color: [0.9, 0.95, 0.92, 1.0],
            roughness: 0.0,
            transmission: clear,
            is_double_sided: true,
            ..matt
        },
        Kind::Lamp => Material { emissive: [chance.between(0.5, 30.0); 3], ..matt },
        Kind::Unlit => Material { is_unlit: true, ..matt },
        Kind::Veil => Material {
            base_color: [red, green, blue, chance.between(0.1, 0.9)],
            alpha_mode: AlphaMode::Blend,
            is_double_sided: true,
            ..matt
        },
        Kind::Varnish => Material {
            clearcoat: Clearcoat {
                factor: 1.0,
                roughness: chance.between(0.0, 0.3),
                ..Clearcoat::default()
            },
            ..matt
        },
    }
}

fn add_material(scene: &mut SceneSource, material: Material) -> u32 {
    scene.materials.push(material);
    scene.materials.len() as u32 - 1
}

fn add(scene: &mut SceneSource, mesh: MeshSource, world_from_object: Affine) {
    let index = scene.meshes.len() as u32;
    scene.meshes.push(mesh);
    scene.instances.push(InstanceSource { world_from_object: world_from_object.rows, mesh: index });
}

fn cross([ax, ay, az]: [f32; 3], [bx, by, bz]: [f32; 3]) -> [f32; 3] {
    [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]
}

/// Two by two, in the plane of x and y, facing +z.
fn quad(material: u32) -> MeshSource {
    MeshSource {
        positions: vec![[-1., -1., 0.], [1., -1., 0.], [1., 1., 0.], [-1., 1., 0.]],
        normals: vec![[0., 0., 1.]; 4],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
        material,
        ..MeshSource::default()
    }
}

/// Two by two by two.
fn block(material: u32) -> MeshSource {
    let mut mesh = MeshSource { material, ..MeshSource::default() };
    for axis in 0..3 {
        for sign in [-1.0, 1.0] {
            let first = mesh.positions.len() as u32;
            let mut normal = [0.0; 3];
            normal[axis] = sign;
            for (u, v) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                let mut corner = normal;
                // Counter-clockwise seen from outside.
                corner[(axis + 1) % 3] = u * sign;
                corner[(axis + 2) % 3] = v;
                mesh.positions.push(corner);
                mesh.normals.push(normal);
            }
            mesh.triangles.extend([[0, 1, 2], [0, 2, 3]].map(|t| t.map(|vertex| first + vertex)));
        }
    }
    mesh
}

/// A ball of radius 1 with so many rings from pole to pole, and twice as many steps around.
fn ball(material: u32, rings: u32) -> MeshSource {
    let mut mesh = MeshSource { material, ..MeshSource::default() };
    let around = 2 * rings;
    for ring in 0..=rings {
        let (sin_polar, cos_polar) = sin_cos_turns(0.5 * ring as f32 / rings as f32);
        for step in 0..=around {
            let (sin, cos) = sin_cos_turns(step as f32 / around as f32);
            let normal = [sin_polar * sin, cos_polar, sin_polar * cos];
            mesh.positions.push(normal);
            mesh.normals.push(normal);
        }
    }
    let vertex = |ring: u32, step: u32| ring * (around + 1) + step;
    for ring in 0..rings {
        for step in 0..around {
            let (a, b) = (vertex(ring, step), vertex(ring, step + 1));
            let (c, d) = (vertex(ring + 1, step), vertex(ring + 1, step + 1));
            // At the poles one of both triangles would have no area.
            if ring > 0 {
                mesh.triangles.push([a, d, b]);
            }
            if ring + 1 < rings {
                mesh.triangles.push([a, c, d]);
            }
        }
    }
    mesh
}

#[cfg(test)]
mod tests {
    use p2c2r_scene::{UnpackLimits, pack, unpack};

    use super::*;

    #[test]
    fn scenes_can_be_packed_and_differ() {
        let ids: Vec<_> = (0..40)
            .map(|seed| {
                let packed = pack(&drawn(seed)).unwrap_or_else(|error| panic!("{seed}: {error}"));
                unpack(&packed.bytes, &UnpackLimits::default()).expect("it was packed").id
            })
            .collect();
        assert!((1..ids.len()).all(|at| !ids[..at].contains(&ids[at])));
        assert_eq!(pack(&drawn(7)).unwrap().id, ids[7]);
    }

    #[test]
    fn solids_face_outward() {
        for mesh in [block(0), ball(0, 12)] {
            let at = |vertex: u32| mesh.positions[vertex as usize];
            let volume = |&[a, b, c]: &[u32; 3]| {
                let normal = cross(at(b), at(c));
                (0..3).map(|axis| at(a)[axis] * normal[axis]).sum::<f32>() / 6.0
            };
            let volume: f32 = mesh.triangles.iter().map(volume).sum();
            assert!((3.9..8.1).contains(&volume), "{volume}");
        }
    }
}
