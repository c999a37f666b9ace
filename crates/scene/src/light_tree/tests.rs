//! The tree holds every light once, bounds what it says, and is built whatever the lights are.

use super::*;
use crate::NO_INDEX;
use crate::bvh::Bounds;
use crate::math::Vec3;

fn item(index: u32, corners: [Vec3; 3], power: f32) -> LightItem {
    let [a, b, c] = corners;
    LightItem {
        bounds: Bounds::of_points(corners.map(Vec3::to_array)),
        normal: (b - a).cross(c - a).normalized_or(Vec3::new(0.0, 1.0, 0.0)),
        power,
        is_two_sided: index.is_multiple_of(5),
        index,
    }
}

/// A repeatable number in 0..1.
fn number(seed: u32) -> f32 {
    let hashed = (seed ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b);
    ((hashed ^ (hashed >> 13)).wrapping_mul(0xc2b2_ae35) >> 8) as f32 / 16_777_216.0
}

/// Triangles of about `size_m` within a cube of `side_m`.
fn scattered(count: u32, side_m: f32, size_m: f32) -> Vec<LightItem> {
    let point = |seed: u32| Vec3::new(number(seed), number(seed + 1), number(seed + 2));
    (0..count)
        .map(|index| {
            let a = point(9 * index) * side_m;
            let corners = [a, a + point(9 * index + 3) * size_m, a + point(9 * index + 6) * size_m];
            item(index, corners, 1.0 + (index % 7) as f32)
        })
        .collect()
}

/// Builds a tree and follows each trail to its leaf, looking at the bounds on the way.
fn check(items: &[LightItem]) -> LightTree {
    let mut trails = vec![None; items.len()];
    let tree = build_light_tree(items.to_vec(), |index, trail| {
        assert_eq!(trails[index as usize].replace(trail), None, "triangle {index} comes twice");
    });
    for item in items {
        let mut trail = trails[item.index as usize].expect("every triangle has a trail");
        let mut node = 0;
        for depth in 0.. {
            assert!(depth < MAX_LIGHT_TREE_DEPTH);
            let lane = (trail & 3) as usize;
            check_lane(&tree.nodes[node], lane, item);
            let child = tree.nodes[node].child[lane];
            assert_ne!(child, NO_INDEX);
            node = (child & light_child::INDEX) as usize;
            trail >>= 2;
            if child & light_child::TRIANGLE != 0 {
                assert_eq!(node as u32, item.index);
                break;
            }
        }
    }
    tree
}

fn check_lane(node: &LightNode, lane: usize, item: &LightItem) {
    let center = Vec3::new(node.center[0][lane], node.center[1][lane], node.center[2][lane]);
    let axis = Vec3::new(node.axis[0][lane], node.axis[1][lane], node.axis[2][lane]);
    for corner in 0..8 {
        let bounds = [item.bounds.min, item.bounds.max];
        let pick = |axis: u32| bounds[corner >> axis & 1].axis(axis);
        let to_corner = Vec3::new(pick(0), pick(1), pick(2)) - center;
        assert!(to_corner.length() <= node.radius_m[lane] * 1.000_001 + 1e-30);
    }
    assert!(node.energy[lane] > 0.0 && node.energy[lane] <= 1.000_01);
    let is_two_sided = node.child[lane] & light_child::TWO_SIDED != 0;
    assert!(is_two_sided || !item.is_two_sided);
    let cos = axis.dot(item.normal);
    let cos = if is_two_sided { cos.abs() } else { cos };
    let least = (1.0 - node.sin_spread[lane] * node.sin_spread[lane]).max(0.0).sqrt();
    assert!(node.sin_spread[lane] == 1.0 || cos >= least - 1e-3, "{cos} for {least}");
}

#[test]
fn every_light_is_found_within_its_bounds() {
    for count in [1, 2, 3, 4, 5, 17, 1000] {
        let tree = check(&scattered(count, 100.0, 1.0));
        let energy: f32 = tree.nodes[0].energy.iter().sum();
        assert!((energy - 1.0).abs() < 1e-4, "{count}: {energy}");
    }
    assert_eq!(build_light_tree(Vec::new(), |_, _| ()), LightTree::default());
}

#[test]
fn hostile_lights_make_a_tree_of_bounded_depth() {
    let v = Vec3::new;
    let unit = [v(0., 0., 0.), v(1., 0., 0.), v(0., 0., 1.)];
    let together: Vec<_> = (0..3000).map(|index| item(index, unit, 1.0)).collect();
    check(&together);
    // Each twice as far out as the last: every cut by place leaves one light alone.
    let nested: Vec<_> = (0..90u32)
        .map(|index| {
            let scale = f32::from_bits((index / 2 + 80) << 23);
            item(index, unit.map(|corner| corner * scale), scale)
        })
        .collect();
    check(&nested);
    let flat: Vec<_> = (0..40).map(|index| item(index, [v(1., 2., 3.); 3], 1e-38)).collect();
    check(&flat);
    let far: Vec<_> = (0..40)
        .map(|index| item(index, unit.map(|corner| corner * 1e7), 1e26 * (index + 1) as f32))
        .collect();
    assert!(check(&far).power.is_finite());
}

#[test]
fn opposite_normals_shine_everywhere() {
    let v = Vec3::new;
    let up = item(1, [v(0., 0., 0.), v(0., 0., 1.), v(1., 0., 0.)], 1.0);
    let down = item(2, [v(0., 0., 0.), v(1., 0., 0.), v(0., 0., 1.)], 1.0);
    let cone = cone::Cone::around([up.normal, down.normal].into_iter());
    assert_eq!(cone.sin, 1.0);
    assert!(cone::Cone::around([up.normal; 3].into_iter()).sin < 0.01);
}

#[test]
fn fifty_thousand_lights_make_the_same_tree_twice() {
    let items = scattered(50_000, 500.0, 0.5);
    let build = || build_light_tree(items.clone(), |_, _| ());
    let tree = build();
    assert_eq!(tree, build());
    // Three nodes for four lights would be none too few; the tree is hardly larger than that.
    assert!(tree.nodes.len() < items.len(), "{}", tree.nodes.len());
}
