//! What the pool promises: pieces that partition the job, cost what was wished, and do not jump.

use std::collections::BTreeSet;

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

/// Frames whose costs and wishes change a little, cut by pools of which each follows the one before, or none.
struct Frames {
    follows: bool,
    pool: SlicePool,
    random: u64,
    /// Pieces of the last frame.
    last: BTreeSet<Slice>,
    /// All pieces, those that the frame before had, and costs of all in wishes.
    pieces: usize,
    kept: usize,
    costs: Vec<f64>,
}

impl Frames {
    const FILM: PixelRect = PixelRect::of_size(640, 360);
    const LIMITS: SliceLimits = SliceLimits { max_pixels: 1 << 14, max_paths: 1 << 26 };

    fn new(follows: bool) -> Self {
        let (last, costs) = (BTreeSet::new(), Vec::new());
        Self { follows, pool: SlicePool::new(), random: 1, last, pieces: 0, kept: 0, costs }
    }

    /// By how much something differs from what it is on average, from -1 to 1.
    fn noise(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (self.random >> 32) as f64 / f64::from(1u32 << 31) - 1.0
    }

    /// Hills that are moved by so many pixels, each cell off by a tenth.
    fn map(&mut self, moved_px: f64) -> CostMap {
        let mut map = CostMap::uniform(Self::FILM.width, Self::FILM.height);
        let rects: Vec<PixelRect> = map.cell_rects().collect();
        let measured = rects.into_iter().map(|rect| {
            let wave = ((f64::from(rect.x) - moved_px) / 137.0).sin();
            let hill = (0.7 * (wave + (f64::from(rect.y) / 89.0).sin())).exp();
            let cost_per_path = hill * (1.0 + 0.1 * self.noise());
            Measurement { rect, cost_per_path, paths: 1 << 20 }
        });
        map.observe_all(&measured.collect::<Vec<_>>());
        map
    }

    /// Cuts the next frame as workers of like speeds would: what is wished shrinks with what is open, and differs
    /// by 3 % from one to the next.
    fn cut(&mut self, moved_px: f64) {
        let map = self.map(moved_px);
        let before = std::mem::take(&mut self.pool);
        if self.follows {
            self.pool.follow(before);
        }
        self.pool.push(Slice { rect: Self::FILM, samples: SampleRange::new(0, 16) });
        let (whole, mut pieces) = (self.pool.cost(&map), BTreeSet::new());
        while !self.pool.is_empty() {
            let wish = f64::max(self.pool.cost(&map) / 16.0, whole / 150.0);
            let wish = wish * (1.0 + 0.03 * self.noise());
            let slice = self.pool.take(wish, Self::LIMITS, &map).unwrap();
            self.costs.push(slice.cost(&map) / wish);
            pieces.insert(slice);
        }
        self.pieces += pieces.len();
        self.kept += pieces.intersection(&self.last).count();
        self.last = pieces;
    }

    /// Share of the pieces that cost at least this much of what was wished.
    fn share_of(&self, wishes: f64) -> f64 {
        self.costs.iter().filter(|&&cost| cost >= wishes).count() as f64 / self.costs.len() as f64
    }
}

#[test]
fn pieces_stay_where_they_are_while_costs_and_wishes_change_little() {
    let [anew, kept] = [false, true].map(|follows| {
        let mut frames = Frames::new(follows);
        (0..20).for_each(|frame| frames.cut(f64::from(frame)));
        frames
    });
    let share = |frames: &Frames| frames.kept as f64 / frames.pieces as f64;
    assert!(share(&anew) < 0.05 && share(&kept) > 0.7, "{} {}", share(&anew), share(&kept));
    // That costs nothing: no piece is too large, hardly more are too small, and there are hardly more.
    assert!(kept.costs.iter().all(|&cost| cost <= MOST_OVER));
    let is_near = |wishes: f64| kept.share_of(wishes) > anew.share_of(wishes) - 0.06;
    assert!(is_near(0.9) && is_near(0.69), "{} {}", kept.share_of(0.9), kept.share_of(0.69));
    assert!(kept.pieces * 100 < anew.pieces * 103, "{} {}", kept.pieces, anew.pieces);
}

/// What is left after the first cut of a film whose first columns cost so much, by a pool that follows another.
fn rest_of_first_cut(before: SlicePool, dear: f64) -> (Slice, SlicePool) {
    let mut pool = pool_of(512, 64, 1);
    pool.follow(before);
    let mut map = CostMap::uniform(512, 64);
    let measured = |rect, cost_per_path| Measurement { rect, cost_per_path, paths: 1 << 20 };
    let rest = PixelRect { x: 64, y: 0, width: 448, height: 64 };
    map.observe_all(&[measured(PixelRect::of_size(64, 64), dear), measured(rest, 1.0)]);
    let whole = pool.cost(&map);
    pool.take(whole / 8.0, LIMITS, &map);
    (pool.slices[0], pool)
}

#[test]
fn cut_stays_when_costs_change_little_and_moves_when_they_change_much() {
    let of = |dear| rest_of_first_cut(SlicePool::new(), dear).0;
    let (first, pool) = rest_of_first_cut(SlicePool::new(), 1.0);
    let (little, pool) = rest_of_first_cut(pool, 1.3);
    assert_ne!(of(1.3), first);
    assert_eq!(little, first);
    let (much, _) = rest_of_first_cut(pool, 8.0);
    assert_eq!(much, of(8.0));
}

#[test]
fn pieces_move_with_what_they_cost() {
    let (mut frames, mut anew) = (Frames::new(true), Frames::new(false));
    frames.cut(0.0);
    frames.costs.clear();
    // Where it was cheapest it is dearest.
    frames.cut(430.0);
    anew.cut(430.0);
    assert!(frames.kept * 10 < frames.pieces, "{} of {}", frames.kept, frames.pieces);
    assert!(frames.costs.iter().all(|&cost| cost <= MOST_OVER));
    assert!(frames.share_of(0.69) > anew.share_of(0.69) - 0.05, "{}", frames.share_of(0.69));
}

proptest! {
    #[test]
    fn pieces_of_any_size_add_up_to_the_whole(
        width in 1u32..400, height in 1u32..400, samples in 1u32..64,
        wishes in prop::collection::vec(1.0f64..1e6, 1..20), wish_before in 1e3f64..1e6,
    ) {
        let map = CostMap::uniform(width, height);
        let dear = PixelRect::of_size(width.div_ceil(3), height.div_ceil(2));
        let mut map_before = map.clone();
        map_before.observe_all(&[Measurement { rect: dear, cost_per_path: 9.0, paths: 1 << 20 }]);
        let mut before = pool_of(width, height, samples);
        while before.take(wish_before, LIMITS, &map_before).is_some() {}
        let mut pool = pool_of(width, height, samples);
        pool.follow(before);
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
