//! Picks follow their probabilities, which sum to one and match the light that arrives.

use fearless_simd::{Level, dispatch};
use p2c2r_scene::Scene;
use p2c2r_scene::math::luminance;
use p2c2r_testkit::{SceneBuilder, emitter, generated_scene, material};

use super::*;
use crate::bvh::{is_occluded, nearest_hit};
use crate::camera::camera_ray;
use crate::light::emissive;
use crate::prepared::Prepared;
use crate::ray::Ray;
use crate::rng::{pcg4d, unit_from_word};
use crate::surface::Surface;

fn pick(tree: &LightTree, receiver: &Receiver, words: [u32; 2]) -> Option<(u32, f32)> {
    dispatch!(Level::new(), simd => super::pick(simd, tree, receiver, words))
}

fn probability(tree: &LightTree, receiver: &Receiver, trail: u32) -> f32 {
    dispatch!(Level::new(), simd => super::probability(simd, tree, receiver, trail))
}

fn root_importance(tree: &LightTree, receiver: &Receiver) -> f32 {
    dispatch!(Level::new(), simd => super::root_importance(simd, tree, receiver))
}

/// Receivers where camera rays of the default view meet surfaces.
fn receivers(prepared: &Prepared, count: usize) -> Vec<Receiver> {
    let view = prepared.scene.default_view(64, 48);
    let at = |draw: u32| {
        let words = pcg4d([draw, 7, 0, 0]);
        let ray = camera_ray(&view, words[0] % 64, words[1] % 48, words)?;
        let hit = nearest_hit(prepared, &ray)?;
        Some(Surface::at_hit(prepared, &ray, &hit, 0.0).receiver())
    };
    (0..4 * count as u32).filter_map(at).take(count).collect()
}

/// A floor with a ceiling of small lamps, each turned another way.
fn lamps() -> Prepared {
    let mut builder = SceneBuilder::new().quad(
        [-8., 0., 8.],
        [16., 0., 0.],
        [0., 0., -16.],
        material(0.5, 0.0, 0.8),
    );
    for index in 0..60u32 {
        let [x, z, u, v] = pcg4d([index, 3, 3, 3]).map(unit_from_word);
        let corner = [16.0 * x - 8.0, 1.0 + 3.0 * v, 16.0 * z - 8.0];
        let side = [0.3 * u, 0.2 * v, 0.1];
        builder = builder.quad(corner, side, [0.1, u - 0.5, 0.3], emitter(1.0 + 9.0 * u));
    }
    let scene = builder.build();
    assert_eq!(scene.emissive_triangles.len(), 120);
    Prepared::new(scene)
}

fn probabilities(scene: &Scene, receiver: &Receiver) -> Vec<f64> {
    let of = |trail| f64::from(probability(&scene.light_tree, receiver, trail));
    scene.emissive_triangles.iter().map(|light| of(light.trail)).collect()
}

#[test]
fn picks_come_as_often_as_their_probabilities_say() {
    const DRAWS: u32 = 100_000;
    let prepared = lamps();
    let scene = &prepared.scene;
    for (number, receiver) in receivers(&prepared, 6).iter().enumerate() {
        let mut counts = vec![0u32; scene.emissive_triangles.len()];
        let mut misses = 0;
        for draw in 0..DRAWS {
            let words = pcg4d([draw, number as u32, 0, 1]);
            let Some((index, stated)) = pick(&scene.light_tree, receiver, [words[0], words[1]])
            else {
                misses += 1;
                continue;
            };
            let light = &scene.emissive_triangles[index as usize];
            assert_eq!(stated, probability(&scene.light_tree, receiver, light.trail));
            counts[index as usize] += 1;
        }
        let mut expected = probabilities(scene, receiver);
        let total: f64 = expected.iter().sum();
        expected.push(1.0 - total);
        counts.push(misses);
        let (mut chi_square, mut bins) = (0.0f64, 0.0f64);
        for (&count, share) in counts.iter().zip(expected) {
            let mean = share * f64::from(DRAWS);
            if mean > 5.0 {
                chi_square += (f64::from(count) - mean).powi(2) / mean;
                bins += 1.0;
            } else {
                assert!(count < 30, "{count} picks for {mean}");
            }
        }
        // Five deviations of χ².
        assert!(chi_square < bins + 5.0 * (2.0 * bins).sqrt(), "{chi_square} for {bins}");
    }
}

#[test]
fn stratified_words_give_stratified_picks() {
    let prepared = lamps();
    let scene = &prepared.scene;
    let receiver = receivers(&prepared, 1)[0];
    const STRATA: u32 = 1 << 14;
    let mut counts = vec![0u32; scene.emissive_triangles.len()];
    for stratum in 0..STRATA {
        let word = (stratum << 18) | (pcg4d([stratum, 0, 0, 0])[0] >> 14);
        if let Some((index, _)) = pick(&scene.light_tree, &receiver, [word, 0]) {
            counts[index as usize] += 1;
        }
    }
    for (count, share) in counts.into_iter().zip(probabilities(scene, &receiver)) {
        // A light owns one interval of words, so that at most its two ends are left to chance.
        let mean = share * f64::from(STRATA);
        assert!((f64::from(count) - mean).abs() <= 2.0, "{count} for {mean}");
    }
}

/// Where a node matters and none of its children does, a pick ends: those words have no light.
#[test]
fn probabilities_sum_to_one_but_for_dead_ends() {
    // Lamps that are turned all ways are the worst: neighbours may all look away.
    let city = Prepared::new(generated_scene("night-city:size=20"));
    for (prepared, least) in [(lamps(), 0.25), (city, 0.25)] {
        for receiver in receivers(&prepared, 12) {
            let sum: f64 = probabilities(&prepared.scene, &receiver).iter().sum();
            assert!(sum < 1.0 + 1e-4 && sum > least, "{sum}");
            let receiver = Receiver { can_transmit: true, ..receiver };
            let sum: f64 = probabilities(&prepared.scene, &receiver).iter().sum();
            assert!(sum < 1.0 + 1e-4 && sum > least, "{sum} through the surface");
        }
    }
}

/// What a uniform point of a light sends to a receiver: irradiance, 0 where something is between.
fn sent(prepared: &Prepared, index: u32, receiver: &Receiver, words: [u32; 4]) -> f64 {
    let light = &prepared.scene.emissive_triangles[index as usize];
    let Some(sample) = emissive::sample_on(prepared, light, receiver, [words[0], words[1]]) else {
        return 0.0;
    };
    let cos = sample.wi.dot(receiver.normal);
    let radiance = luminance(sample.weighted_radiance);
    let Some(target) = sample.target.filter(|_| cos > 0.0 && radiance > 0.0) else { return 0.0 };
    let origin = receiver.position + receiver.normal * 1e-3;
    let ray = Ray { origin, direction: target - origin, t_max: 0.999_9, key: words[2] };
    if is_occluded(prepared, &ray) { 0.0 } else { f64::from(radiance * cos) }
}

#[test]
fn every_light_that_shines_on_a_point_can_be_picked() {
    for prepared in [lamps(), Prepared::new(generated_scene("night-city:size=20"))] {
        for (number, receiver) in receivers(&prepared, 16).into_iter().enumerate() {
            for (index, share) in probabilities(&prepared.scene, &receiver).into_iter().enumerate()
            {
                let words = pcg4d([index as u32, number as u32, 9, 9]);
                let shines = sent(&prepared, index as u32, &receiver, words) > 0.0;
                assert!(share > 0.0 || !shines, "light {index} from {receiver:?}");
            }
        }
    }
}

/// Direct light at a point of a floor of lamps, summed over all lights and drawn through the tree.
#[test]
fn mean_over_the_tree_is_the_sum_over_all_lights() {
    let prepared = lamps();
    for (number, receiver) in receivers(&prepared, 4).into_iter().enumerate() {
        let words = |draw: u32, salt: u32| pcg4d([draw, number as u32, salt, 4]);
        let mut all = 0.0;
        for index in 0..prepared.scene.emissive_triangles.len() as u32 {
            for draw in 0..128 {
                all += sent(&prepared, index, &receiver, words(draw, index + 10)) / 128.0;
            }
        }
        const DRAWS: u32 = 20_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for draw in 0..DRAWS {
            let choice = words(draw, 0);
            let picked = pick(&prepared.scene.light_tree, &receiver, [choice[0], choice[1]]);
            let value = picked.map_or(0.0, |(index, probability)| {
                sent(&prepared, index, &receiver, words(draw, 1)) / f64::from(probability)
            });
            sum += value;
            squares += value * value;
        }
        let mean = sum / f64::from(DRAWS);
        let deviation = ((squares / f64::from(DRAWS) - mean * mean) / f64::from(DRAWS)).sqrt();
        let limit = 5.0 * deviation + 0.01 * all;
        assert!((mean - all).abs() < limit, "{mean} for {all}, limit {limit}");
        assert!(limit < 0.1 * all, "too noisy to tell");
    }
}

/// The second moment of one light sample, shadows included: Σ f² / p over the bright lights of a city.
///
/// Dim windows are left to scattered rays, in the tree as in the table it is compared with.
#[test]
fn city_lights_have_less_variance_than_when_picked_by_power() {
    let prepared = Prepared::new(generated_scene("night-city"));
    let scene = &prepared.scene;
    assert!(scene.emissive_triangles.len() > 10_000);
    let powers = energies(scene);
    let is_bright: Vec<bool> =
        scene.emissive_triangles.iter().map(|light| is_bright(scene, light.instance)).collect();
    let mut gains = Vec::new();
    for (number, receiver) in receivers(&prepared, 24).into_iter().enumerate() {
        let (mut sum, mut by_tree, mut by_power) = (0.0, 0.0, 0.0);
        for index in (0..is_bright.len()).filter(|&index| is_bright[index]) {
            let words = pcg4d([index as u32, number as u32, 5, 5]);
            let value = sent(&prepared, index as u32, &receiver, words);
            if value > 0.0 {
                let trail = scene.emissive_triangles[index].trail;
                sum += value;
                by_tree +=
                    value * value / f64::from(probability(&scene.light_tree, &receiver, trail));
                by_power += value * value / f64::from(powers[index]);
            }
        }
        // Points that no lamp reaches say nothing.
        if sum > 0.03 {
            gains.push(((by_power - sum * sum) / (by_tree - sum * sum)).ln());
        }
    }
    let gain = (gains.iter().sum::<f64>() / gains.len() as f64).exp();
    println!("{} points: variance by power over variance by tree {gain:.2}", gains.len());
    assert!(gains.len() >= 10 && gain > 2.5, "{gain} over {} points", gains.len());
}

/// Whether a light's material is a lamp's or a sign's: walls of windows have a texture of roughness.
fn is_bright(scene: &Scene, instance: u32) -> bool {
    let mesh = scene.instances[instance as usize].mesh as usize;
    let material = scene.materials[scene.meshes[mesh].material as usize];
    material.metallic_roughness_texture.is_none()
}

/// Share of the power that each light has.
fn energies(scene: &Scene) -> Vec<f32> {
    let mut energies = vec![0.0; scene.emissive_triangles.len()];
    for node in &scene.light_tree.nodes {
        for (child, energy) in node.child.into_iter().zip(node.energy) {
            if child != p2c2r_scene::NO_INDEX && child & light_child::TRIANGLE != 0 {
                energies[(child & light_child::INDEX) as usize] = energy;
            }
        }
    }
    energies
}

#[test]
fn hostile_receivers_pick_something_or_nothing() {
    let prepared = lamps();
    let tree = &prepared.scene.light_tree;
    for value in [0.0, f32::NAN, f32::INFINITY, -1e30, 1e-30] {
        for normal in [Vec3::ZERO, Vec3::splat(f32::NAN), Vec3::new(0.0, 1.0, 0.0)] {
            for can_transmit in [false, true] {
                let receiver = Receiver { position: Vec3::splat(value), normal, can_transmit };
                for word in [0, 1, 0x8000_0000, u32::MAX] {
                    if let Some((index, probability)) = pick(tree, &receiver, [word, word]) {
                        assert!((index as usize) < prepared.scene.emissive_triangles.len());
                        assert!(probability > 0.0 && probability <= 1.0);
                    }
                }
            }
        }
    }
    let empty = LightTree::default();
    let receiver = receivers(&prepared, 1)[0];
    assert_eq!(pick(&empty, &receiver, [0, 0]), None);
    assert_eq!(probability(&empty, &receiver, 0), 0.0);
    assert_eq!(root_importance(&empty, &receiver), 0.0);
}

#[test]
fn every_kind_of_vectors_gives_the_same_bits() {
    let prepared = lamps();
    let tree = &prepared.scene.light_tree;
    for receiver in receivers(&prepared, 12) {
        for node in &tree.nodes {
            let of = |level| dispatch!(level, simd => importances(simd, node, &receiver).to_array().map(f32::to_bits));
            assert_eq!(of(Level::new()), of(Level::baseline()));
        }
    }
}

#[test]
fn stretched_words_cover_all_words() {
    for share in [1, 2, 3, 255, 256, 40_000, WHOLE - 1, WHOLE] {
        let last = ((u64::from(share) << 16) - 1) as u32;
        for word in [0, last / 2, last] {
            let exact = (u64::from(word) << 16) / u64::from(share);
            assert_eq!(u64::from(stretched(word, share)), exact, "{word} of {share}");
        }
    }
}

#[test]
fn importance_falls_with_distance_and_behind_the_surface() {
    let lamp = |builder: SceneBuilder, corner: [f32; 3]| {
        builder.quad(corner, [0.1, 0., 0.], [0., 0., 0.1], emitter(1.0))
    };
    let shares = |second: [f32; 3]| {
        let floor = material(0.5, 0.0, 0.8);
        let builder = SceneBuilder::new().quad([-1., 0., 1.], [2., 0., 0.], [0., 0., -2.], floor);
        let scene = lamp(lamp(builder, [0., 1., 0.]), second).build();
        let normal = Vec3::new(0.0, 1.0, 0.0);
        let receiver = Receiver { position: Vec3::ZERO, normal, can_transmit: false };
        let mut shares = probabilities(&scene, &receiver);
        shares.sort_by(f64::total_cmp);
        shares
    };
    let far = shares([0., 4., 0.]);
    let ratio = (far[2] + far[3]) / (far[0] + far[1]);
    assert!((12.0..20.0).contains(&ratio), "four times as far: {ratio}");
    let behind = shares([0., -1., 0.]);
    assert_eq!(behind[..2], [0.0; 2], "{behind:?}");
}
