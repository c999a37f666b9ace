//! Balls that each show one extension of glTF's material, on a checkered floor under two lamps.

use super::builder::{
    MeshBuilder, add_in_place, add_material, add_mesh, camera, emitter, plain_material,
};
use crate::math::{Affine, Vec3, sin_cos_turns};
use crate::{
    Anisotropy, Clearcoat, EnvironmentSource, InstanceSource, Iridescence, Material, MeshSource,
    SceneSource, Sheen, Specular, Transmission, Volume,
};

/// Names of the exhibits in the order in which they stand, row by row from the left front.
pub const EXHIBITS: [&str; 12] = [
    "glass", "frosted", "amber", "prism", "pane", "varnish", "cloth", "brushed", "film", "tint",
    "unlit", "lamp",
];

const RADIUS_M: f32 = 0.42;
const SPACING_M: f32 = 1.15;
const COLUMNS: usize = 4;
/// Rings of a ball from pole to pole; around it are twice as many.
const RINGS: u32 = 32;

/// All exhibits, or only one.
pub(super) fn gallery(only: Option<&str>) -> SceneSource {
    let mut scene = SceneSource::default();
    add_room(&mut scene);
    let exhibits = EXHIBITS.iter().enumerate().filter(|(_, name)| only.is_none_or(|o| o == **name));
    for (place, name) in exhibits {
        let material = add_material(&mut scene, exhibit(name));
        let mesh = add_mesh(&mut scene, ball(material));
        let place = if only.is_some() { Vec3::new(0.0, RADIUS_M, 0.0) } else { stand(place) };
        let world_from_object = Affine::translation(place).rows;
        scene.instances.push(InstanceSource { world_from_object, mesh });
    }
    let eye = |distance: f32| Vec3::new(0.0, 0.75, 0.8) * distance;
    let (name, eye, tan) = match only {
        Some(_) => ("near", eye(2.4), 0.27),
        None => ("front", eye(5.2), 0.36),
    };
    scene.cameras.push(camera(name, eye, Vec3::new(0.0, 0.3, 0.0), tan));
    scene
}

fn stand(place: usize) -> Vec3 {
    let column = (place % COLUMNS) as f32 - 0.5 * (COLUMNS - 1) as f32;
    let row = (place / COLUMNS) as f32 - 1.0;
    Vec3::new(column * SPACING_M, RADIUS_M, -row * SPACING_M)
}

/// Floor, lamps and a sky that is brighter above.
fn add_room(scene: &mut SceneSource) {
    const TILE_M: f32 = 0.5;
    let grey = [0.75, 0.12].map(|grey| add_material(scene, plain_material([grey; 3], 0.7)));
    for (parity, material) in grey.into_iter().enumerate() {
        let mut tiles = MeshBuilder::new(material);
        for row in -7..7i32 {
            for column in (-8..8i32).filter(|column| (row + column).rem_euclid(2) == parity as i32)
            {
                let corner = Vec3::new(column as f32, 0.0, (row + 1) as f32) * TILE_M;
                tiles.quad(corner, Vec3::new(TILE_M, 0.0, 0.0), Vec3::new(0.0, 0.0, -TILE_M));
            }
        }
        add_in_place(scene, tiles.finish());
    }
    let light = add_material(scene, emitter([14.0, 13.0, 11.0]));
    let mut lamps = MeshBuilder::new(light);
    for x in [-1.8, 0.8] {
        lamps.quad(Vec3::new(x, 3.0, 0.4), Vec3::new(1.0, 0.0, 0.0), Vec3::new(0.0, 0.4, 0.9));
    }
    add_in_place(scene, lamps.finish());
    scene.environment = Some(EnvironmentSource::from_radiance(8, 8, |_, row| {
        let up = 1.0 - row as f32 / 7.0;
        [0.15 + 0.25 * up, 0.17 + 0.35 * up, 0.2 + 0.5 * up]
    }));
}

/// What an exhibit is made of; a name that is none is plain white.
fn exhibit(name: &str) -> Material {
    let white = plain_material([1.0; 3], 0.0);
    let clear = Transmission { factor: 1.0, texture: None };
    let glass = Material { transmission: clear, volume: Some(Volume::default()), ..white };
    match name {
        "glass" => glass,
        "frosted" => Material { roughness: 0.4, ..glass },
        "amber" => Material {
            volume: Some(Volume {
                attenuation_color: [0.9, 0.45, 0.08],
                attenuation_distance_m: 0.3,
                dispersion: 0.0,
            }),
            ..glass
        },
        "prism" => Material {
            ior: 1.9,
            volume: Some(Volume { dispersion: 4.0, ..Volume::default() }),
            ..glass
        },
        "pane" => Material {
            volume: None,
            base_color: [0.55, 0.85, 0.7, 1.0],
            is_double_sided: true,
            ..glass
        },
        "varnish" => Material {
            clearcoat: Clearcoat { factor: 1.0, roughness: 0.05, ..Clearcoat::default() },
            metallic: 0.6,
            ..plain_material([0.6, 0.03, 0.02], 0.6)
        },
        "cloth" => Material {
            sheen: Sheen { color: [0.8, 0.85, 1.0], roughness: 0.35, ..Sheen::default() },
            ..plain_material([0.05, 0.06, 0.25], 0.9)
        },
        "brushed" => Material {
            metallic: 1.0,
            anisotropy: Anisotropy { strength: 0.9, ..Anisotropy::default() },
            ..plain_material([0.9, 0.86, 0.8], 0.3)
        },
        "film" => Material {
            iridescence: Iridescence {
                factor: 1.0,
                thickness_nm: [400.0, 450.0],
                ..Iridescence::default()
            },
            metallic: 1.0,
            ..plain_material([0.5, 0.5, 0.52], 0.15)
        },
        "tint" => Material {
            specular: Specular { color: [4.0, 2.0, 0.3], ..Specular::default() },
            ior: 1.7,
            ..plain_material([0.02, 0.1, 0.12], 0.2)
        },
        "unlit" => Material { is_unlit: true, ..plain_material([0.2, 0.7, 0.3], 1.0) },
        "lamp" => emitter([3.0, 1.2, 0.4]),
        _ => white,
    }
}

/// A smooth ball around its origin, with tangents along its circles of latitude.
fn ball(material: u32) -> MeshSource {
    let mut mesh = MeshSource { material, ..MeshSource::default() };
    let around = 2 * RINGS;
    for ring in 0..=RINGS {
        let v = ring as f32 / RINGS as f32;
        let (sin_polar, cos_polar) = sin_cos_turns(0.5 * v);
        for step in 0..=around {
            let u = step as f32 / around as f32;
            let (sin, cos) = sin_cos_turns(u);
            let normal = [sin_polar * sin, cos_polar, sin_polar * cos];
            mesh.positions.push(normal.map(|x| x * RADIUS_M));
            mesh.normals.push(normal);
            mesh.tangents.push([cos, 0.0, -sin, 1.0]);
            mesh.uvs.push([u, v]);
        }
    }
    let vertex = |ring: u32, step: u32| ring * (around + 1) + step;
    for ring in 0..RINGS {
        for step in 0..around {
            let (a, b) = (vertex(ring, step), vertex(ring, step + 1));
            let (c, d) = (vertex(ring + 1, step), vertex(ring + 1, step + 1));
            // At the poles one of both triangles would have no area.
            if ring > 0 {
                mesh.triangles.push([a, d, b]);
            }
            if ring + 1 < RINGS {
                mesh.triangles.push([a, c, d]);
            }
        }
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balls_are_closed_and_face_outward() {
        let mesh = ball(0);
        let corner = |vertex: u32| Vec3::from(mesh.positions[vertex as usize]);
        let volume: f32 = mesh
            .triangles
            .iter()
            .map(|&[a, b, c]| corner(a).dot(corner(b).cross(corner(c))) / 6.0)
            .sum();
        let expected = 4.0 / 3.0 * std::f32::consts::PI * (RADIUS_M * RADIUS_M * RADIUS_M);
        assert!((volume - expected).abs() < 0.02 * expected, "{volume} for {expected}");
    }

    #[test]
    fn every_exhibit_is_something_else() {
        let plain = exhibit("");
        for (index, name) in EXHIBITS.iter().enumerate() {
            assert_ne!(exhibit(name), plain, "{name}");
            assert!(
                EXHIBITS[..index].iter().all(|other| exhibit(other) != exhibit(name)),
                "{name}"
            );
        }
    }
}
