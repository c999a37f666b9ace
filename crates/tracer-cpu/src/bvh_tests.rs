//! At every width and level, the tree finds what a search through every triangle of every instance finds, to the bit.

use std::sync::Arc;

use p2c2r_scene::{SceneSource, UnpackLimits, pack, unpack};
use p2c2r_testkit::{
    SceneBuilder, broken_scene, generated_scene, material, moving_scene, moving_source,
    words_of_seed,
};

use p2c2r_scene::math::Vec3;

use super::machine::levels;
use super::*;
use crate::rng::{pcg4d, unit_from_word};

/// Tests every triangle without any box.
fn brute_force(prepared: &Prepared, ray: &Ray) -> Option<Hit> {
    let mut query = Query { ray, t_max: ray.t_max, hit: None };
    for (index, instance) in prepared.scene.instances.iter().enumerate() {
        let object_from_world = Affine::from_rows(instance.object_from_world);
        let sheared = ShearedRay::new(
            object_from_world.point(ray.origin),
            object_from_world.vector(ray.direction),
        );
        let mesh = &prepared.scene.meshes[instance.mesh as usize];
        for triangle in mesh.first_triangle..mesh.first_triangle + mesh.triangle_count {
            if let Some(found) = sheared.intersect(prepared.corners(triangle)) {
                query.take(prepared, found, index as u32, triangle);
            }
        }
    }
    query.hit
}

fn random_ray(scene: &p2c2r_scene::Scene, index: u32) -> Ray {
    let [low, high] = scene.bounds.map(Vec3::from);
    let random = |salt: u32| {
        let words = pcg4d([index, salt, 0, 77]).map(unit_from_word);
        Vec3::new(words[0], words[1], words[2])
    };
    let origin = low + (high - low) * random(0);
    let mut direction = random(1) - Vec3::splat(0.5);
    // Some rays run along an axis or in a plane: the box test's special cases.
    match index % 8 {
        0 => direction.y = 0.0,
        1 => direction = Vec3::new(0.0, 0.0, direction.z),
        2 => direction.x = 1e-30,
        _ => {}
    }
    Ray { origin, direction, t_max: f32::MAX, key: index }
}

/// The trees of both widths for every level of this machine.
fn trees(scene: &Scene) -> Vec<(String, Tree)> {
    let of_level = |level| {
        [(4, Tree::four(scene, level)), (8, Tree::eight(scene, level))]
            .map(|(width, tree)| (format!("{width} wide, {level:?}"), tree))
    };
    levels().into_iter().flat_map(of_level).collect()
}

fn check_scene(scene: Arc<Scene>, rays: u32) {
    let prepared = Prepared::new(scene);
    let trees = trees(&prepared.scene);
    let mut hits = 0;
    for index in 0..rays {
        let ray = random_ray(&prepared.scene, index);
        let expected = brute_force(&prepared, &ray);
        hits += u32::from(expected.is_some());
        // A ray that ends before the hit is free up to there.
        let short = expected.map(|hit| Ray { t_max: hit.t, ..ray });
        for (name, tree) in &trees {
            let found = tree.trace::<false>(&prepared, &ray);
            assert_eq!(found, expected, "{name}, ray {index}: {ray:?}");
            let is_hit = tree.trace::<true>(&prepared, &ray).is_some();
            assert_eq!(is_hit, expected.is_some(), "{name}, ray {index}: {ray:?}");
            let before = short.and_then(|short| tree.trace::<false>(&prepared, &short));
            assert_eq!(before, None, "{name}, ray {index}: {ray:?}");
        }
    }
    assert!(hits > rays / 20, "only {hits} rays hit anything");
}

#[test]
fn tree_and_brute_force_agree() {
    check_scene(generated_scene("cornell"), 20_000);
    check_scene(generated_scene("furnace"), 2_000);
    check_scene(generated_scene("night-city:size=12,seed=3"), 500);
}

#[test]
fn tree_and_brute_force_agree_at_every_pose() {
    let scene = moving_scene();
    let mut rebuilt = 0;
    for time_us in [0, 1, 700_000, 2_000_000, 3_999_999] {
        let posed = Arc::new(scene.posed(time_us));
        let links = |scene: &Scene| -> Vec<[u32; 2]> {
            scene.nodes.iter().map(|node| [node.left_child, node.right_child]).collect()
        };
        rebuilt += u32::from(links(&posed) != links(&scene));
        check_scene(posed, 2_000);
    }
    assert!(rebuilt > 0, "no pose made the stored tree a bad one");
}

/// A tree that was fitted, and one that was built for the pose, show the same surfaces.
#[test]
fn pose_shows_what_a_scene_that_was_built_so_shows() {
    let source = moving_source();
    let stored = Prepared::new(moving_scene());
    for time_us in [350_000, 1_200_000, 2_000_000] {
        let posed = stored.posed(time_us);
        let mut still = source.clone();
        for (index, map) in moving_places_of(&source, time_us) {
            still.instances[index].world_from_object = map;
        }
        still.animation = None;
        let package = pack(&still).unwrap().bytes;
        let built = Prepared::new(Arc::new(unpack(&package, &UnpackLimits::default()).unwrap()));
        let mut hits = 0;
        for index in 0..10_000 {
            let ray = random_ray(&built.scene, index);
            let seen = |prepared: &Prepared| {
                nearest_hit(prepared, &ray).map(|hit| {
                    let instance = &prepared.scene.instances[hit.instance as usize];
                    // A box that is flat is missing in the scene that was built.
                    let at = Vec3::from(instance.world_from_object.map(|row| row[3]));
                    (hit.t.to_bits(), at.to_array(), instance.mesh, hit.weights, hit.is_front)
                })
            };
            let found = seen(&posed);
            hits += u32::from(found.is_some());
            assert_eq!(found, seen(&built), "at {time_us} µs, ray {index}: {ray:?}");
        }
        assert!(hits > 500, "only {hits} rays hit anything");
    }
}

/// Authored instances that move, and their maps.
fn moving_places_of(source: &SceneSource, time_us: u64) -> Vec<(usize, [[f32; 4]; 3])> {
    let animation = source.animation.as_ref().unwrap();
    let worlds = animation.world_from_nodes(time_us);
    let place = |a: &p2c2r_scene::Attachment| (a.item as usize, worlds[a.node as usize].rows);
    animation.instances.iter().map(place).collect()
}

/// Numbers that a hostile task may hold: none may be a hit, a panic or a walk without end.
#[test]
fn rays_from_far_away_and_from_nowhere_end() {
    let numbers = [0.0, -0.0, 1.0, -1e-30, 1e30, -3e38, f32::MAX, f32::INFINITY, f32::NAN];
    let any = |word: u32| numbers[word as usize % numbers.len()];
    for text in ["cornell", "night-city:size=12,seed=3"] {
        let prepared = Prepared::new(generated_scene(text));
        let trees = trees(&prepared.scene);
        for index in 0..4000 {
            let [from, to] = [0, 1].map(|salt| pcg4d([index, salt, 0, 4]).map(any));
            let origin = Vec3::new(from[0], from[1], from[2]);
            let direction = Vec3::new(to[0], to[1], to[2]);
            if direction.abs().max_component() < 1e-9 {
                continue;
            }
            let ray = Ray { origin, direction, t_max: f32::MAX, key: index };
            let expected = brute_force(&prepared, &ray);
            for (name, tree) in &trees {
                let found = tree.trace::<false>(&prepared, &ray);
                assert_eq!(found, expected, "{text}, {name}, ray {index}: {ray:?}");
            }
        }
    }
}

/// Rays of an ordinary run; `P2C2R_RAYS` asks for another number.
const MANY_RAYS: u64 = 1_000_000;
/// Rays through each broken scene.
const RAYS_PER_SCENE: u32 = 16_384;

/// A ray in a scene's surroundings: some start far away, some aim at a vertex.
fn ray_through(scene: &Scene, seed: u32, index: u32) -> Ray {
    let mut ray = random_ray(scene, index ^ seed.rotate_left(16));
    let words = pcg4d([index, seed, 5, 5]);
    let vertex = Vec3::from(scene.positions[words[0] as usize % scene.positions.len()]);
    match words[1] % 8 {
        0 => ray.direction = vertex - ray.origin,
        1 => ray.origin = ray.origin * 1e4,
        2 => (ray.origin, ray.direction) = (ray.origin * 1e3, vertex - ray.origin * 1e3),
        _ => {}
    }
    // Queries promise a length within these.
    if !(1e-9..1e9).contains(&ray.direction.length()) {
        ray.direction = Vec3::ONE;
    }
    ray
}

#[test]
fn every_width_and_level_finds_the_same_in_broken_scenes() {
    let rays = std::env::var("P2C2R_RAYS").map_or(MANY_RAYS, |text| text.parse().unwrap());
    let (mut traced, mut hits) = (0u64, 0u64);
    let mut seed = 0;
    while traced < rays {
        seed += 1;
        let Ok(scene) = broken_scene(&mut words_of_seed(u64::from(seed))) else { continue };
        let prepared = Prepared::new(scene);
        let trees = trees(&prepared.scene);
        for index in 0..RAYS_PER_SCENE {
            let ray = ray_through(&prepared.scene, seed, index);
            let (first, rest) = trees.split_first().unwrap();
            let expected = first.1.trace::<false>(&prepared, &ray);
            for (name, tree) in rest {
                let found = tree.trace::<false>(&prepared, &ray);
                assert_eq!(found, expected, "scene {seed}, {name}, ray {index}: {ray:?}");
            }
            // Shadow rays take children in another order.
            for (name, tree) in trees.iter().filter(|_| index.is_multiple_of(2)) {
                let is_hit = tree.trace::<true>(&prepared, &ray).is_some();
                assert_eq!(
                    is_hit,
                    expected.is_some(),
                    "scene {seed}, {name}, ray {index}: {ray:?}"
                );
            }
            hits += u64::from(expected.is_some());
        }
        traced += u64::from(RAYS_PER_SCENE);
    }
    assert!(hits > traced / 20, "only {hits} of {traced} rays hit anything");
}

#[test]
fn of_equal_hits_the_first_authored_wins() {
    let quad = |builder: SceneBuilder| {
        builder.quad([-1., -1., 0.], [2., 0., 0.], [0., 2., 0.], material(0.5, 0.0, 1.0))
    };
    let scene = quad(quad(quad(SceneBuilder::new()))).build();
    let prepared = Prepared::new(Arc::clone(&scene));
    for index in 0..200 {
        let words = pcg4d([index, 0, 0, 0]).map(unit_from_word);
        let origin = Vec3::new(words[0] - 0.5, words[1] - 0.5, 3.0 + words[2]);
        let direction = Vec3::new(words[2] - 0.5, words[3] - 0.5, -4.0);
        let ray = Ray { origin, direction, t_max: f32::MAX, key: 0 };
        let hit = nearest_hit(&prepared, &ray).unwrap();
        assert_eq!(scene.instances[hit.instance as usize].source_index, 0, "ray {index}");
    }
}

/// Rays from outside at every vertex and edge of a closed ball, and at points inside of it.
#[test]
fn closed_surfaces_have_no_holes() {
    let prepared = Prepared::new(generated_scene("furnace"));
    let scene = &prepared.scene;
    for (index, triangle) in scene.triangles.iter().enumerate() {
        let [a, b, c] = triangle.map(|vertex| Vec3::from(scene.positions[vertex as usize]));
        let words = pcg4d([index as u32, 0, 0, 1]).map(unit_from_word);
        let inside = Vec3::new(words[0], words[1], words[2]) - Vec3::splat(0.5);
        for target in [a, (a + b) * 0.5, b + (c - b) * words[3], inside] {
            let outside = (a + inside * 0.5) * 4.0;
            let ray = Ray { origin: outside, direction: target - outside, t_max: f32::MAX, key: 0 };
            assert!(nearest_hit(&prepared, &ray).is_some(), "triangle {index}: {target:?}");
        }
    }
}

#[test]
fn scattered_rays_stay_in_a_closed_box() {
    let mut builder = SceneBuilder::new();
    for (corner, u, v) in [
        ([0., 0., 0.], [1., 0., 0.], [0., 1., 0.]),
        ([0., 0., 1.], [1., 0., 0.], [0., 1., 0.]),
        ([0., 0., 0.], [0., 1., 0.], [0., 0., 1.]),
        ([1., 0., 0.], [0., 1., 0.], [0., 0., 1.]),
        ([0., 0., 0.], [0., 0., 1.], [1., 0., 0.]),
        ([0., 1., 0.], [0., 0., 1.], [1., 0., 0.]),
    ] {
        builder = builder.quad(corner, u, v, material(0.5, 0.0, 1.0));
    }
    let prepared = Prepared::new(builder.build());
    let mut lost = 0;
    for index in 0..200_000 {
        let words = pcg4d([index, 0, 0, 0]).map(unit_from_word);
        let direction = Vec3::new(words[0], words[1], words[2]) - Vec3::splat(0.5);
        let direction = direction.normalized_or(Vec3::ONE);
        let ray = Ray { origin: Vec3::splat(0.5), direction, t_max: f32::MAX, key: 0 };
        let hit = nearest_hit(&prepared, &ray).unwrap();
        let surface = crate::surface::Surface::at_hit(&prepared, &ray, &hit, 0.0);
        let words = pcg4d([index, 0, 0, 1]).map(unit_from_word);
        let wi = Vec3::new(words[0], words[1], words[2]) - Vec3::splat(0.5);
        let wi = if wi.dot(surface.geometric_normal) < 0.0 { -wi } else { wi };
        let origin = surface.point.offset_along(surface.geometric_normal, wi);
        let next = Ray { origin, direction: wi, t_max: f32::MAX, key: 0 };
        let met = nearest_hit(&prepared, &next).map(|hit| hit.triangle);
        assert_ne!(met, Some(hit.triangle), "{index}: {next:?}");
        lost += u32::from(met.is_none());
    }
    // Within micrometres of an edge the other wall is nearer than rounding can tell.
    assert!(lost < 10, "{lost} rays were lost");
}
