//! Packing and unpacking: what goes in comes out, and hostile bytes only ever give an error.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use p2c2r_scene::{
    FurnaceMaterial, GeneratedScene, InstanceSource, InvalidScene, MeshSource, PackError, Scene,
    SceneSource, UnpackError, UnpackLimits, generate, pack, unpack,
};
use proptest::prelude::*;

fn packed(text: &str) -> Vec<u8> {
    pack(&generate(&text.parse().unwrap())).unwrap().bytes
}

fn unpacked(bytes: &[u8]) -> Result<Scene, UnpackError> {
    unpack(bytes, &UnpackLimits::default())
}

fn triangle_scene() -> SceneSource {
    let mut scene = generate(&GeneratedScene::Furnace(FurnaceMaterial::default()));
    scene.meshes = vec![MeshSource {
        positions: vec![[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        normals: vec![[0.0, 0.0, 1.0]; 3],
        triangles: vec![[0, 1, 2]],
        ..MeshSource::default()
    }];
    scene
}

#[test]
fn cornell_survives_packing() {
    let scene = unpacked(&packed("cornell")).unwrap();
    let stats = scene.stats();
    assert_eq!((stats.instances, stats.triangles, stats.lights), (6, 36, 0));
    assert_eq!(scene.emissive_triangles.len(), 2);
    assert_eq!(scene.cameras[0].name, "front");
    assert!(scene.environment.is_none());
    let area: f32 = scene.emissive_triangles.iter().map(|triangle| triangle.area_m2).sum();
    assert!((area - 0.36).abs() < 1e-5);
}

#[test]
fn furnace_environment_is_exactly_one() {
    let scene = unpacked(&packed("furnace:metallic=1,roughness=0.3")).unwrap();
    let environment = scene.environment.unwrap();
    assert!(environment.radiance.iter().all(|&texel| texel == [1.0; 3]));
    assert_eq!(scene.materials[0].roughness, 0.3);
    let uniform = 1.0 / (4.0 * std::f32::consts::PI);
    assert!(environment.pdf.iter().all(|pdf| (pdf - uniform).abs() < 1e-4 * uniform));
}

#[test]
fn same_scene_gives_same_bytes_and_their_hash_as_id() {
    let first = pack(&generate(&GeneratedScene::Cornell)).unwrap();
    let second = pack(&generate(&GeneratedScene::Cornell)).unwrap();
    assert_eq!(first, second);
    assert_eq!(unpacked(&first.bytes).unwrap().id, first.id);
    assert_eq!(first.id.0, *blake3::hash(&first.bytes).as_bytes());
}

#[test]
fn scene_without_light_gets_the_neutral_environment_and_says_so() {
    let mut scene = triangle_scene();
    scene.environment = None;
    let packed = pack(&scene).unwrap();
    assert!(packed.warnings.iter().any(|warning| warning.contains("neutral environment")));
    assert!(unpacked(&packed.bytes).unwrap().environment.is_some());
}

#[test]
fn degenerate_triangles_and_flat_instances_are_left_out_with_a_warning() {
    let mut scene = triangle_scene();
    scene.meshes[0].triangles.push([0, 1, 1]);
    let flat = [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    scene.instances.push(InstanceSource { world_from_object: flat, mesh: 0 });
    let packed = pack(&scene).unwrap();
    assert_eq!(packed.warnings.len(), 2, "{:?}", packed.warnings);
    let stats = unpacked(&packed.bytes).unwrap().stats();
    assert_eq!((stats.triangles, stats.instances), (1, 1));
}

#[test]
fn scenes_that_cannot_be_traced_are_refused_with_the_reason() {
    let check = |change: fn(&mut SceneSource), expected: &str| {
        let mut scene = triangle_scene();
        change(&mut scene);
        let message = pack(&scene).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    check(|scene| scene.meshes[0].positions[1][2] = f32::NAN, "mesh 0: a position");
    check(|scene| scene.meshes[0].positions[1][2] = f32::INFINITY, "mesh 0: a position");
    check(|scene| scene.meshes[0].positions[1][2] = 1e30, "mesh 0: a position");
    check(|scene| scene.meshes[0].normals[0] = [0.0; 3], "mesh 0: a normal");
    check(|scene| scene.meshes[0].triangles[0] = [0, 1, 3], "mesh 0: vertex 3 of 3");
    check(|scene| scene.meshes[0].triangles.clear(), "no triangle");
    check(|scene| scene.meshes[0].triangles[0] = [0, 1, 1], "no triangle");
    check(|scene| scene.meshes[0].material = 9, "material");
    check(|scene| scene.instances[0].mesh = 3, "instance 0: mesh");
    check(|scene| scene.instances[0].world_from_object[0][3] = 1e8, "instance 0: place");
    check(|scene| scene.instances[0].world_from_object[0][0] = f32::NAN, "instance 0: matrix");
    check(|scene| scene.materials[0].roughness = -1.0, "material 0: roughness");
    check(|scene| scene.cameras[0].tan_half_fov_y = 0.0, "camera 0: field of view");
}

#[test]
fn limits_are_errors_that_name_what_is_too_much() {
    let bytes = packed("cornell");
    let mut limits = UnpackLimits::default();
    limits.content.max_triangles = 35;
    let error = unpack(&bytes, &limits).unwrap_err();
    let expected = InvalidScene::TooMany { what: "triangles", found: 36, limit: 35 };
    assert_eq!(error, UnpackError::Invalid(expected));
    limits = UnpackLimits { max_package_bytes: 10, ..UnpackLimits::default() };
    assert!(matches!(unpack(&bytes, &limits), Err(UnpackError::TooLarge { .. })));
}

#[test]
fn foreign_and_truncated_bytes_are_told_apart() {
    let bytes = packed("cornell");
    assert_eq!(unpacked(b"glTF").unwrap_err(), UnpackError::NotAPackage);
    assert_eq!(unpacked(&[0; 64]).unwrap_err(), UnpackError::NotAPackage);
    let mut newer = bytes.clone();
    newer[6] = 9;
    assert_eq!(unpacked(&newer).unwrap_err(), UnpackError::Version { found: 9 });
    assert!(unpacked(&bytes[..bytes.len() - 1]).is_err());
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(unpacked(&longer).unwrap_err(), UnpackError::Trailing(1));
}

#[test]
fn empty_scene_cannot_be_packed() {
    let error = pack(&SceneSource::default()).unwrap_err();
    assert_eq!(error, PackError::Invalid(InvalidScene::NoTriangles));
}

/// Inflates a package's body, lets `change` spoil it and deflates it again.
fn with_spoiled_body(bytes: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let deflated = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let mut body = miniz_oxide::inflate::decompress_to_vec(&bytes[16..16 + deflated]).unwrap();
    change(&mut body);
    let again = miniz_oxide::deflate::compress_to_vec(&body, 1);
    let mut spoiled = bytes[..8].to_vec();
    spoiled.extend((body.len() as u32).to_le_bytes());
    spoiled.extend((again.len() as u32).to_le_bytes());
    spoiled.extend(again);
    spoiled.extend(&bytes[16 + deflated..]);
    spoiled
}

/// What a tracer relies on, asserted for scenes that passed `unpack`.
fn assert_sound(scene: &Scene) {
    let triangles = scene.triangles.len() as u32;
    assert!(scene.triangles.iter().flatten().all(|&v| (v as usize) < scene.positions.len()));
    let nodes = scene.all_nodes();
    assert_eq!(nodes.len(), scene.node_count());
    for mesh in scene.meshes.iter() {
        assert!(mesh.first_triangle + mesh.triangle_count <= triangles);
        assert!((mesh.material as usize) < scene.materials.len());
        assert!((mesh.root_node as usize) < nodes.len());
    }
    assert!(scene.instances.iter().all(|i| (i.mesh as usize) < scene.meshes.len()));
    assert_eq!(scene.positions.len(), scene.uvs.len());
    assert_eq!(scene.positions.len(), scene.tangents.len());
    assert!(scene.bounds.iter().flatten().all(|x| x.is_finite()));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(unpacked(&bytes).is_err());
    }

    #[test]
    fn flipped_bytes_of_the_package_never_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4),
    ) {
        let mut bytes = packed("cornell");
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        if let Ok(scene) = unpacked(&bytes) {
            assert_sound(&scene);
        }
    }

    #[test]
    fn flipped_bytes_under_the_compression_never_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let bytes = with_spoiled_body(&packed("cornell"), |body| {
            for (at, value) in flips {
                let at = at.index(body.len());
                body[at] = value;
            }
            if let Some(cut) = cut {
                body.truncate(cut.index(body.len()));
            }
        });
        if let Ok(scene) = unpacked(&bytes) {
            assert_sound(&scene);
        }
    }
}
