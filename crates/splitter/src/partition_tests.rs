//! What a partition promises, and that it does not jump.

use proptest::prelude::*;

use super::*;
use crate::Measurement;

/// A map of hills that wander: `time` moves them by so many pixels.
fn hills(film: PixelRect, time: f64) -> CostMap {
    let mut map = CostMap::uniform(film.width, film.height);
    let cost = |x: f64, y: f64| {
        let wave = ((x - time) / 37.0).sin() + ((y + 0.5 * time) / 29.0).sin();
        (0.7 * wave).exp()
    };
    let rects: Vec<PixelRect> = map.cell_rects().collect();
    let measured = rects.into_iter().map(|rect| Measurement {
        rect,
        cost_per_path: cost(f64::from(rect.x), f64::from(rect.y)),
        paths: 1 << 20,
    });
    map.observe_all(&measured.collect::<Vec<_>>());
    map
}

#[test]
fn tiles_for_equal_takers_cost_the_same() {
    let film = PixelRect::of_size(320, 180);
    let map = hills(film, 0.0);
    let partition = Partition::new(film, &[1.0; 16], &map);
    assert_eq!(partition.tiles().len(), 16);
    assert!(partition.imbalance(&map) < 1.03, "{}", partition.imbalance(&map));
}

#[test]
fn small_steps_move_few_cuts_and_large_ones_do_not_leave_tiles_uneven() {
    let film = PixelRect::of_size(320, 180);
    let start = Partition::new(film, &[1.0; 16], &hills(film, 0.0));
    let (mut partition, mut moved, mut moved_anew) = (start.clone(), 0, 0);
    let mut anew = start;
    for step in 1..=40 {
        let map = hills(film, f64::from(step) * 0.25);
        let next = partition.followed(&map, 0.05);
        assert!(next.imbalance(&map) < 1.0501, "{step}: {}", next.imbalance(&map));
        moved += next.moved_cuts(&partition);
        partition = next;
        let cut_anew = Partition::new(film, &[1.0; 16], &map);
        moved_anew += cut_anew.moved_cuts(&anew);
        anew = cut_anew;
    }
    // 15 cuts in each of 40 frames could move.
    assert!(moved < 60, "{moved}");
    assert!(moved * 2 < moved_anew, "{moved} of {moved_anew}");
    let far = hills(film, 500.0);
    let next = partition.followed(&far, 0.05);
    assert!(next.imbalance(&far) < 1.0501, "{}", next.imbalance(&far));
}

#[test]
fn the_same_costs_leave_every_cut_where_it_is() {
    let film = PixelRect::of_size(320, 180);
    let map = hills(film, 3.0);
    let partition = Partition::new(film, &[3.0, 1.0, 2.0, 5.0, 1.0], &map);
    assert_eq!(partition.followed(&map, 0.02), partition);
}

proptest! {
    #[test]
    fn tiles_partition_the_film_for_any_takers(
        width in 1u32..200, height in 1u32..200,
        speeds in prop::collection::vec(prop_oneof![0.1f64..10.0, any::<f64>()], 0..30),
        time in 0.0f64..100.0, slack in any::<f64>(),
    ) {
        let film = PixelRect::of_size(width, height);
        let first = Partition::new(film, &speeds, &hills(film, 0.0));
        let next = first.followed(&hills(film, time), slack);
        for partition in [first, next] {
            let tiles = partition.tiles();
            let pixels: u64 = tiles.iter().map(|(_, rect)| rect.area()).sum();
            prop_assert_eq!(pixels, film.area());
            for (index, (taker, rect)) in tiles.iter().enumerate() {
                prop_assert!(rect.area() > 0 && *taker < speeds.len().max(1));
                prop_assert_eq!(rect.intersection(film), Some(*rect));
                for (other_taker, other) in &tiles[index + 1..] {
                    prop_assert!(taker != other_taker && rect.intersection(*other).is_none());
                }
            }
        }
    }
}
