//! Frames at hits: normals that can be used, normal maps under instances, both sides.

use std::sync::Arc;

use p2c2r_scene::{Instance, Mesh, Scene, Texture, TextureWrap};
use p2c2r_testkit::material;

use super::*;
use crate::rng::pcg4d;

#[test]
fn usable_normals_face_the_viewer_and_mirror_above_the_surface() {
    let geometric = Vec3::new(0.0, 0.0, 1.0);
    for index in 0..20_000 {
        let words = pcg4d([index, 1, 2, 3]);
        let signed = |i: usize| 2.0 * unit_from_word(words[i]) - 1.0;
        let shading = Vec3::new(signed(0), signed(1), signed(2)).normalized_or(geometric);
        let words = pcg4d([index, 4, 5, 6]);
        let signed = |i: usize| 2.0 * unit_from_word(words[i]) - 1.0;
        let wo = Vec3::new(signed(0), signed(1), signed(2).abs() + 2e-3);
        let wo = wo.normalized_or(geometric);
        let normal = usable_normal(shading, geometric, wo);
        let mirrored = normal * (2.0 * normal.dot(wo)) - wo;
        assert!((normal.length() - 1.0).abs() < 1e-5, "case {index}");
        assert!(normal.dot(wo) > 0.0, "case {index}: {normal:?} from {wo:?}");
        assert!(mirrored.dot(geometric) > 0.0, "case {index}: {mirrored:?}");
    }
}

/// One triangle in the plane z = 0 whose normal map leans by 3-4-5 towards its tangent, +x.
fn leaning(world_from_object: Affine) -> Prepared {
    let object_from_world = world_from_object.inverse().unwrap();
    // 0.6 and 0.8 as bytes around 127.5; blue is z.
    let texel = u32::from_le_bytes([204, 128, 230, 255]);
    let texture = Texture {
        first_texel: 0,
        width: 1,
        height: 1,
        first_mip_texel: 0,
        level_count: 1,
        wrap_u: TextureWrap::Repeat,
        wrap_v: TextureWrap::Repeat,
        is_srgb: false,
        is_filtered: true,
    };
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let reference = TextureRef { texture: 0, uv_from_mesh_uv: identity };
    Prepared::new(Arc::new(Scene {
        positions: Arc::new(vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        normals: Arc::new(vec![[0.0, 0.0, 1.0]; 3]),
        tangents: Arc::new(vec![[1.0, 0.0, 0.0, 1.0]; 3]),
        uvs: Arc::new(vec![[0.0; 2]; 3]),
        triangles: Arc::new(vec![[0, 1, 2]]),
        meshes: Arc::new(vec![Mesh {
            first_triangle: 0,
            triangle_count: 1,
            root_node: 0,
            material: 0,
        }]),
        instances: vec![Instance {
            world_from_object: world_from_object.rows,
            object_from_world: object_from_world.rows,
            mesh: 0,
            source_index: 0,
        }],
        materials: Arc::new(vec![Material {
            normal_texture: Some(reference),
            ..material(0.5, 0.0, 1.0)
        }]),
        textures: Arc::new(vec![texture]),
        texels: Arc::new(vec![texel]),
        ..Scene::default()
    }))
}

/// Shading normal of the leaning triangle, seen from one side of its world normal.
fn normal_seen(world_from_object: Affine, is_front: bool) -> (Vec3, Vec3) {
    let prepared = leaning(world_from_object);
    let object_from_world = world_from_object.inverse().unwrap();
    let up = object_from_world.transposed_vector(Vec3::new(0.0, 0.0, 1.0)).normalized().unwrap();
    let direction = if is_front { -up } else { up };
    let ray = Ray { origin: Vec3::ZERO, direction, t_max: f32::MAX, key: 0 };
    let hit = Hit { t: 1.0, instance: 0, triangle: 0, weights: [0.3, 0.3], is_front };
    let surface = Surface::at_hit(&prepared, &ray, &hit, 0.0);
    (surface.frame[2], surface.geometric_normal)
}

#[test]
fn normal_maps_follow_their_instance() {
    let turn = Affine::rotation([0.0, 0.0, 0.5f32.sqrt(), 0.5f32.sqrt()]);
    let mirror = Affine::scaling(Vec3::new(-1.0, 1.0, 1.0));
    let squash = Affine::scaling(Vec3::new(3.0, 3.0, 3.0));
    for (name, map, expected) in [
        ("as it is", Affine::IDENTITY, Vec3::new(0.6, 0.0, 0.8)),
        ("a quarter turn", turn, Vec3::new(0.0, 0.6, 0.8)),
        ("mirrored", mirror, Vec3::new(-0.6, 0.0, 0.8)),
        ("larger", squash, Vec3::new(0.6, 0.0, 0.8)),
    ] {
        let (front, geometric) = normal_seen(map, true);
        assert!((front - expected).length() < 0.01, "{name}: {front:?} for {expected:?}");
        assert!((geometric - Vec3::new(0.0, 0.0, 1.0)).length() < 1e-6, "{name}: {geometric:?}");
        // From behind, the whole normal is reversed (glTF 2.0, section 3.9.2, double sided).
        let (back, geometric) = normal_seen(map, false);
        assert!((back + expected).length() < 0.01, "{name} from behind: {back:?}");
        assert!((geometric + Vec3::new(0.0, 0.0, 1.0)).length() < 1e-6, "{name}: {geometric:?}");
    }
}
