//! What the pool promises: pieces that partition the job and cost what was wished.

use p2c2r_frame::{PixelRect, SampleRange};
use proptest::prelude::*;

use super::*;
use crate::Measurement;

const LIMITS: SliceLimits = SliceLimits { max_pixels: 4096, max_paths: 1 << 18 };

fn pool_of(width: u32, height: u32, samples: u32) -> SlicePool {
    let (rect, samples) = (PixelRect::of_size(width, height), SampleRange::new(0, samples));
    let mut pool = SlicePool::new();
    pool.push(Slice { rect, samples });
    pool
}

fn map_with_a_dear_corner(corner: PixelRect) -> CostMap {
    let mut map = CostMap::uniform(512, 512);
    let measured = |rect, cost_per_path| Measurement { rect, cost_per_path, paths: 1 << 20 };
    map.observe_all(&[measured(PixelRect::of_size(512, 512), 1.0), measured(corner, 16.0)]);
    map
}

#[test]
fn pieces_cost_what_was_wished_where_cost_differs() {
    let corner = PixelRect { x: 0, y: 0, width: 128, height: 128 };
    let map = map_with_a_dear_corner(corner);
    let (mut pool, wish) = (pool_of(512, 512, 8), 20_000.0);
    let mut costs = Vec::new();
    while let Some(slice) = pool.take(wish, LIMITS, &map) {
        // Cheap places meet the limit of pixels first.
        if slice.rect.intersection(corner) == Some(slice.rect) {
            costs.push(slice.cost(&map) / wish);
        }
    }
    let near = costs.iter().filter(|&&cost| (0.9..=1.1).contains(&cost)).count();
    assert!(costs.len() > 20, "{}", costs.len());
    assert!(costs.iter().all(|&cost| cost <= 1.1), "{costs:?}");
    assert!(near as f64 > 0.75 * costs.len() as f64, "{costs:?}");
}

#[test]
fn pieces_stay_compact() {
    let map = map_with_a_dear_corner(PixelRect { x: 200, y: 0, width: 8, height: 512 });
    let mut pool = pool_of(512, 512, 8);
    while let Some(Slice { rect, .. }) = pool.take(9000.0, LIMITS, &map) {
        let (long, short) = (rect.width.max(rect.height), rect.width.min(rect.height));
        assert!(long <= 9 * short, "{rect:?}");
    }
}

#[test]
fn impossible_wishes_are_met_by_what_the_limits_allow() {
    let map = CostMap::uniform(64, 64);
    for wish in [f64::NAN, f64::INFINITY] {
        let slice = pool_of(64, 64, 4).take(wish, LIMITS, &map).unwrap();
        assert_eq!(slice.paths(), 64 * 64 * 4);
    }
    for wish in [0.0, -1.0, f64::NEG_INFINITY] {
        let slice = pool_of(64, 64, 4).take(wish, LIMITS, &map).unwrap();
        assert!(slice.paths() >= 1);
    }
}

proptest! {
    #[test]
    fn pieces_of_any_size_add_up_to_the_whole(
        width in 1u32..400, height in 1u32..400, samples in 1u32..64,
        wishes in prop::collection::vec(1.0f64..1e6, 1..20),
    ) {
        let map = CostMap::uniform(width, height);
        let mut pool = pool_of(width, height, samples);
        let (mut pieces, mut returned): (Vec<Slice>, bool) = (Vec::new(), false);
        for wish in wishes.iter().cycle() {
            let Some(slice) = pool.take(*wish, LIMITS, &map) else { break };
            prop_assert!(slice.fits(LIMITS));
            prop_assert!(slice.cost(&map) <= 1.1 * wish || slice.paths() == 1);
            // Work that comes back is handed out again, once.
            if returned {
                pieces.push(slice);
            } else {
                pool.push(slice);
            }
            returned = !returned;
            prop_assert!(pool.len() < 64);
            // Tiny wishes would make millions of pieces; the rest is taken in large ones.
            if pieces.len() >= 300 {
                while let Some(slice) = pool.take(f64::INFINITY, LIMITS, &map) {
                    pieces.push(slice);
                }
            }
        }
        let paths: u64 = pieces.iter().map(Slice::paths).sum();
        prop_assert_eq!(paths, u64::from(width) * u64::from(height) * u64::from(samples));
        for (index, a) in pieces.iter().enumerate() {
            for b in &pieces[index + 1..] {
                let overlaps = a.samples.overlaps(b.samples);
                prop_assert!(!overlaps || a.rect.intersection(b.rect).is_none());
            }
        }
    }
}
