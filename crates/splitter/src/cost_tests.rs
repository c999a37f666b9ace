//! What the map promises about measurements, right and wrong ones.

use proptest::prelude::*;

use super::*;

fn measured(rect: PixelRect, cost_per_path: f64) -> Measurement {
    Measurement { rect, cost_per_path, paths: 1 << 20 }
}

#[test]
fn film_of_unknown_cost_costs_its_pixels() {
    let map = CostMap::uniform(640, 360);
    let rect = PixelRect { x: 17, y: 5, width: 101, height: 33 };
    assert!((map.cost(PixelRect::of_size(640, 360)) - 640.0 * 360.0).abs() < 1e-6);
    assert!((map.cost(rect) - 101.0 * 33.0).abs() < 1e-6);
}

#[test]
fn dear_half_costs_what_was_measured_against_the_other() {
    let mut map = CostMap::uniform(64, 64);
    let left = PixelRect { x: 0, y: 0, width: 32, height: 64 };
    let right = PixelRect { x: 32, ..left };
    map.observe_all(&[measured(left, 3.0), measured(right, 1.0)]);
    assert!((map.cost(left) / map.cost(right) - 3.0).abs() < 1e-2);
    assert!((map.cost(left) + map.cost(right) - 64.0 * 64.0).abs() < 1e-6);
}

#[test]
fn a_tile_keeps_the_differences_within_it() {
    let mut map = CostMap::uniform(64, 64);
    let left = PixelRect { x: 0, y: 0, width: 32, height: 64 };
    let right = PixelRect { x: 32, ..left };
    map.observe_all(&[measured(left, 3.0), measured(right, 1.0)]);
    map.observe(measured(PixelRect::of_size(64, 64), 20.0));
    let costs = [left, right].map(|rect| map.cost(rect));
    assert!((costs[0] / costs[1] - 3.0).abs() < 0.5, "{costs:?}");
    let level = map.cells().iter().filter_map(|cell| cell.known).map(|known| known.cost);
    assert!((level.sum::<f64>() / map.cells().len() as f64 - 20.0).abs() < 0.5);
}

#[test]
fn long_measurements_outweigh_short_ones() {
    let cell = PixelRect { x: 0, y: 0, width: 8, height: 8 };
    let after = |paths| {
        let mut map = CostMap::uniform(64, 64);
        map.observe(measured(PixelRect::of_size(64, 64), 1.0));
        map.observe_all(&[
            Measurement { paths: 1 << 16, ..measured(cell, 2.0) },
            Measurement { paths, ..measured(cell, 4.0) },
        ]);
        map.cells()[0].known.unwrap().cost
    };
    assert!(after(1) < 2.1, "{}", after(1));
    assert!(after(1 << 22) > 2.9, "{}", after(1 << 22));
}

#[test]
fn expectations_count_where_nothing_was_measured_and_only_their_ratios_do() {
    let mut map = CostMap::uniform(32, 8);
    map.expect(&[5.0, 6.0, 7.0, f64::NAN], 0.1);
    let cell = |column: u32| PixelRect { x: 8 * column, y: 0, width: 8, height: 8 };
    map.observe(measured(cell(0), 2.0));
    let ratio = map.cost(cell(1)) / map.cost(cell(0));
    assert!((ratio - 1f64.exp()).abs() < 0.01, "{ratio}");
    assert!(map.cost(cell(3)).is_finite());
}

#[test]
fn impossible_measurements_change_nothing() {
    let mut map = CostMap::uniform(64, 64);
    let known = map.clone();
    for cost in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
        map.observe(measured(PixelRect::of_size(64, 64), cost));
    }
    map.observe(measured(PixelRect { x: 64, y: 64, width: 9, height: 9 }, 5.0));
    assert_eq!(map, known);
}

#[test]
fn liar_cannot_make_a_cell_free() {
    let mut map = CostMap::uniform(64, 64);
    let cell = PixelRect { x: 0, y: 0, width: 8, height: 8 };
    map.observe_all(&[measured(PixelRect::of_size(64, 64), 1.0), measured(cell, 1e-30)]);
    assert!(map.cost(cell) > 0.5);
}

proptest! {
    #[test]
    fn any_measurements_leave_costs_positive_and_summing_to_the_film(
        size in (1u32..300, 1u32..300),
        measurements in prop::collection::vec(
            ((0u32..300, 0u32..300, 1u32..300, 1u32..300), any::<f64>(), any::<u64>()), 1..30,
        ),
        logs in prop::collection::vec(any::<f64>(), 0..40),
        variance in any::<f64>(),
    ) {
        let mut map = CostMap::uniform(size.0, size.1);
        map.expect(&logs, variance);
        for ((x, y, width, height), cost_per_path, paths) in measurements {
            let rect = PixelRect { x, y, width, height };
            map.observe(Measurement { rect, cost_per_path: cost_per_path.abs(), paths });
        }
        let film = PixelRect::of_size(size.0, size.1);
        let pixels = film.area() as f64;
        prop_assert!((map.cost(film) / pixels - 1.0).abs() < 1e-6);
        let pixel = PixelRect { width: 1, height: 1, ..film };
        let least = 1.0 / (MAX_CONTRAST * MAX_CONTRAST) / 2.0;
        prop_assert!(map.cost(pixel) >= least, "{}", map.cost(pixel));
        prop_assert!(map.cost(pixel) <= MAX_CONTRAST * MAX_CONTRAST * 2.0);
    }
}
