//! Generated scenes: they pack, unpack quickly, and stay the scenes that they were.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use p2c2r_scene::{
    GeneratedScene, MAX_CITY_SIZE, NO_INDEX, Scene, UnpackLimits, generate, light_child, pack,
    unpack,
};

fn scene_of(text: &str) -> (usize, Scene) {
    let packed = pack(&generate(&text.parse::<GeneratedScene>().unwrap())).unwrap();
    assert!(packed.warnings.is_empty(), "{:?}", packed.warnings);
    (packed.bytes.len(), unpack(&packed.bytes, &UnpackLimits::default()).unwrap())
}

#[test]
fn night_city_holds_what_its_size_says() {
    let (bytes, scene) = scene_of("night-city:size=300");
    let (more_bytes, larger) = scene_of("night-city:size=3000");
    assert!(bytes < 2 << 20, "{bytes}");
    assert!(larger.instances.len() > scene.instances.len() + 2600);
    // More buildings are more instances of the same few meshes.
    assert!(larger.triangles.len() < 20_000, "{}", larger.triangles.len());
    assert!(more_bytes < bytes + 200_000, "{bytes} {more_bytes}");
    assert!(scene.view_of_camera("street", 640, 360).is_some());
}

#[test]
fn largest_city_is_within_the_limits() {
    let (_, scene) = scene_of(&format!("night-city:size={MAX_CITY_SIZE}"));
    assert!(scene.instances.len() as u32 > MAX_CITY_SIZE);
}

#[test]
fn same_seed_is_the_same_city_and_another_is_not() {
    let id = |text| scene_of(text).1.id;
    assert_eq!(id("night-city:size=50,seed=3"), id("night-city:size=50,seed=3"));
    assert_ne!(id("night-city:size=50,seed=3"), id("night-city:size=50,seed=4"));
}

#[test]
fn dim_windows_do_not_take_the_weight_from_the_street() {
    let (_, scene) = scene_of("night-city");
    let nodes = &scene.light_tree.nodes;
    let leaves = nodes.iter().flat_map(|node| node.child.into_iter().zip(node.energy));
    let share_of_dim: f32 = leaves
        .filter(|(child, _)| *child != NO_INDEX && child & light_child::TRIANGLE != 0)
        .filter(|(child, _)| {
            let light = scene.emissive_triangles[(child & light_child::INDEX) as usize];
            let mesh = scene.instances[light.instance as usize].mesh as usize;
            let material = scene.materials[scene.meshes[mesh].material as usize];
            // Only walls of windows have a texture of roughness and emit.
            material.metallic_roughness_texture.is_some()
        })
        .map(|(_, energy)| energy)
        .sum();
    assert!((0.01..0.2).contains(&share_of_dim), "{share_of_dim}");
}
