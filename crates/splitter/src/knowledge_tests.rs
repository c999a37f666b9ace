//! Costs that belong to places in the world, found again from elsewhere.

use p2c2r_frame::{AovPixel, Aovs, Lens, MaterialSketch, PixelRect};
use proptest::prelude::*;

use super::*;
use crate::LowFilm;
use crate::features::{SKY_SHARE, UNLIT_SHARE};

const FILM: PixelRect = PixelRect::of_size(320, 180);
/// The world: a wall across the line of sight, of which what lies right of `x = 1` is dear; above it is sky.
const WALL_M: f64 = 10.0;
const TOP_M: f64 = 3.0;

/// A camera that has moved to the right and turned to the left.
fn view(right_m: f32, turned: f32) -> View {
    let (sin, cos) = {
        let (sin, cos) = f64::from(turned).sin_cos();
        (sin as f32, cos as f32)
    };
    View {
        world_from_camera: [[cos, 0., sin, right_m], [0., 1., 0., 0.], [-sin, 0., cos, 0.]],
        tan_half_fov_y: 0.5,
        width_px: FILM.width,
        height_px: FILM.height,
        lens: Lens::PINHOLE,
        time_us: 0,
    }
}

/// Where a place on the film meets the wall, and how deep that is.
fn wall(view: &View, film: [f64; 2]) -> Option<([f64; 2], f64)> {
    let camera = crate::camera::Camera::new(view);
    let (eye, along) = (camera.eye(), camera.direction(film));
    let depth = (-WALL_M - eye[2]) / along[2];
    let at = [eye[0] + along[0] * depth, eye[1] + along[1] * depth];
    (depth > 0.0 && at[1] < TOP_M).then_some((at, depth))
}

/// Rays per path at a place.
fn cost_at(view: &View, film: [f64; 2]) -> f64 {
    match wall(view, film) {
        None => 1.0,
        Some(([x, _], _)) if x > 1.0 => 12.0,
        Some(_) => 4.0,
    }
}

fn measure(view: &View, rect: PixelRect) -> Measurement {
    let mut sum = 0.0;
    for y in 0..rect.height {
        for x in 0..rect.width {
            sum += cost_at(view, [f64::from(rect.x + x) + 0.5, f64::from(rect.y + y) + 0.5]);
        }
    }
    Measurement { rect, cost_per_path: sum / rect.area() as f64, paths: rect.area() * 64 }
}

fn surfaces(view: &View) -> Surfaces {
    let low = LowFilm::of(view);
    let pixel = |index: u32| {
        let at = [index % low.rect().width, index / low.rect().width];
        match wall(view, low.middle(at)) {
            Some((_, depth)) => AovPixel {
                depth: depth as f32,
                normal: [0.0, 0.0, 1.0],
                albedo: [0.5; 3],
                instance: 1,
                material: 0,
                ..AovPixel::EMPTY
            },
            None => AovPixel::EMPTY,
        }
    };
    let pixels = (0..low.rect().area() as u32).map(pixel).collect();
    Surfaces::new(view, &Aovs { rect: low.rect(), pixels }).unwrap()
}

/// What is known after a view was measured cell by cell.
fn measured(view: &View, sees: bool) -> CostKnowledge {
    let mut known = CostKnowledge::new(view, 8);
    if sees {
        known.see(surfaces(view), &SceneSketch::default());
    }
    let rects: Vec<PixelRect> = known.map().cell_rects().collect();
    known.probe(&rects.into_iter().map(|rect| measure(view, rect)).collect::<Vec<_>>());
    known
}

/// Largest error of the cost of tiles of 40 × 60 pixels, as a share of the true cost.
fn worst_error(known: &CostKnowledge, view: &View) -> f64 {
    let whole = measure(view, FILM).cost_per_path;
    let mut worst = 0.0f64;
    for y in (0..FILM.height).step_by(60) {
        for x in (0..FILM.width).step_by(40) {
            let rect = PixelRect { x, y, width: 40, height: 60 };
            let truth = measure(view, rect).cost_per_path / whole;
            let found = known.map().cost(rect) / rect.area() as f64;
            worst = worst.max((found / truth - 1.0).abs());
        }
    }
    worst
}

#[test]
fn a_camera_that_turns_takes_its_costs_with_it() {
    let (from, to) = (view(0.0, 0.0), view(0.0, 0.2));
    let known = measured(&from, false).carried(&to, 8);
    let stale = worst_error(&measured(&from, false), &to);
    let error = worst_error(&known, &to);
    assert!(error < 0.6 * stale, "{error} of {stale}");
}

#[test]
fn a_camera_that_moves_finds_costs_by_their_depth() {
    let (from, to) = (view(0.0, 0.0), view(1.5, 0.1));
    let mut known = measured(&from, true).carried(&to, 8);
    let blind = worst_error(&known, &to);
    known.see(surfaces(&to), &SceneSketch::default());
    let error = worst_error(&known, &to);
    assert!(error < 0.3, "{error}");
    assert!(error < 0.5 * blind, "{error} of {blind}");
}

#[test]
fn what_comes_into_sight_is_expected_to_cost_what_such_things_did() {
    // Half of the film is new, with sky above and wall below.
    let (from, to) = (view(0.0, 0.0), view(0.0, -0.7));
    let mut known = measured(&from, true).carried(&to, 8);
    known.see(surfaces(&to), &SceneSketch::default());
    let cost = |y: u32| known.map().cost(PixelRect { x: 300, y, width: 16, height: 16 });
    let (sky, wall) = (cost(0), cost(150));
    assert!(wall > 3.0 * sky, "{wall} {sky}");
}

#[test]
fn a_model_is_asked_about_each_cell_and_believed_where_nothing_was_measured() {
    let view = view(0.0, 0.0);
    let mut known = CostKnowledge::new(&view, 8);
    assert!(known.rows().is_empty());
    known.expect(&[0.0; 920]);
    let materials = vec![MaterialSketch { unlit: 1.0, ..MaterialSketch::default() }];
    known.see(surfaces(&view), &SceneSketch { materials, ..SceneSketch::default() });
    let rows = known.rows();
    assert_eq!(rows.len(), known.map().cell_rects().count());
    let index = |name: &str| crate::COST_FEATURE_NAMES.iter().position(|n| *n == name).unwrap();
    assert_eq!((index("sky_share"), index("unlit_share")), (SKY_SHARE, UNLIT_SHARE));
    assert_eq!(rows[0][index("sky_share")], 1.0);
    assert_eq!(rows[rows.len() - 1][index("sky_share")], 0.0);
    assert_eq!(rows[rows.len() - 1][index("unlit_share")], 1.0);
    known.see(surfaces(&view), &SceneSketch::default());
    known.expect(&leaning(known.rows().len()));
    // Sky costs the same wherever it is.
    let cost = |x: u32, y: u32| known.map().cost(PixelRect { x, y, width: 8, height: 20 });
    assert!((cost(312, 100) / cost(0, 100) - (39.0f64 / 40.0).exp()).abs() < 1e-6);
    assert!((cost(312, 0) / cost(0, 0) - 1.0).abs() < 1e-6);
}

/// Answers that rise from the left to the right of the film.
fn leaning(cells: usize) -> Vec<f64> {
    (0..cells).map(|index| f64::from(index as u32 % 40) / 40.0).collect()
}

#[test]
fn answers_that_cannot_be_meant_are_ignored() {
    let view = view(0.0, 0.0);
    let mut known = measured(&view, true);
    let before = known.clone();
    let sound = leaning(known.rows().len());
    let but_one = |odd: f64| {
        let mut answers = sound.clone();
        answers[7] = odd;
        answers
    };
    let odd = [f64::NAN, f64::INFINITY, -0.5, 50.0].map(but_one);
    for answers in odd.iter().map(Vec::as_slice).chain([&sound[1..], &[]]) {
        known.expect(answers);
        assert_eq!(known, before);
    }
    known.expect(&sound);
    assert_ne!(known, before);
}

#[test]
fn what_a_model_says_is_corrected_by_what_was_measured() {
    let view = view(0.0, 0.0);
    // The lower left was measured; the lower right is expected.
    let expected = |more: f64| {
        let mut known = CostKnowledge::new(&view, 8);
        known.see(surfaces(&view), &SceneSketch::default());
        let answers: Vec<f64> = leaning(known.rows().len()).iter().map(|log| log + more).collect();
        known.expect(&answers);
        let left = known.map().cell_rects().filter(|rect| rect.x < 160);
        let left: Vec<Measurement> = left.map(|rect| measure(&view, rect)).collect();
        known.probe(&left);
        let logs = known.expectations().expect("a model says it");
        logs[logs.len() - 1]
    };
    let (low, high) = (expected(0.0), expected(2.0));
    assert!((low - high).abs() < 1e-6, "{low} {high}");
    // The wall costs 4 on the left, and more where the model says so.
    assert!(((4.0f64).ln()..(4.0f64).ln() + 1.0).contains(&low), "{low}");
}

#[test]
fn answers_come_before_or_after_measurements() {
    let view = view(0.0, 0.0);
    let known = |answers_first: bool| {
        let mut known = CostKnowledge::new(&view, 8);
        known.see(surfaces(&view), &SceneSketch::default());
        let answers = leaning(known.rows().len());
        if answers_first {
            known.expect(&answers);
        }
        let rects: Vec<PixelRect> = known.map().cell_rects().take(400).collect();
        known.probe(&rects.into_iter().map(|rect| measure(&view, rect)).collect::<Vec<_>>());
        if !answers_first {
            known.expect(&answers);
        }
        known
    };
    assert_eq!(known(true), known(false));
}

#[test]
fn liars_about_one_tile_do_not_change_what_is_expected_elsewhere() {
    let (from, to) = (view(0.0, 0.0), view(0.0, -0.1));
    let after = |lie: f64| {
        let mut known = measured(&from, true);
        let rect = PixelRect { x: 0, y: 100, width: 40, height: 40 };
        known.observe(Measurement { rect, cost_per_path: lie, paths: u64::MAX });
        known = known.carried(&to, 8);
        known.see(surfaces(&to), &SceneSketch::default());
        let far = PixelRect { x: 160, y: 100, width: 40, height: 40 };
        known.map().cost(far) / known.map().cost(PixelRect { y: 0, ..far })
    };
    let honest = after(4.0);
    for lie in [1e-300, 1e300, f64::MAX] {
        let ratio = after(lie) / honest;
        assert!((0.8..1.25).contains(&ratio), "{lie}: {ratio}");
    }
}

#[test]
fn what_was_seen_of_another_view_is_ignored() {
    let mut known = CostKnowledge::new(&view(0.0, 0.0), 8);
    let before = known.clone();
    known.see(surfaces(&view(1.0, 0.0)), &SceneSketch::default());
    assert_eq!(known, before);
    let low = LowFilm::of(&view(0.0, 0.0));
    let few = Aovs { rect: low.rect(), pixels: vec![AovPixel::EMPTY; 7] };
    assert_eq!(Surfaces::new(&view(0.0, 0.0), &few), None);
}

proptest! {
    #[test]
    fn any_sight_and_any_words_leave_a_map_that_can_be_cut(
        size in (1u32..80, 1u32..80),
        depths in prop::collection::vec(any::<f32>(), 1..20),
        numbers in prop::collection::vec(any::<f32>(), 12),
        costs in prop::collection::vec(any::<f64>(), 1..20),
        // One that cannot be meant spoils all.
        answers in prop_oneof![
            prop::collection::vec(any::<f64>(), 100),
            prop::collection::vec(0.0..6.4f64, 100),
        ],
    ) {
        let (width_px, height_px) = size;
        let rows: [[f32; 4]; 3] = std::array::from_fn(|row| std::array::from_fn(|at| numbers[row * 4 + at]));
        let odd = View { width_px, height_px, world_from_camera: rows, ..view(0.0, 0.0) };
        let sound = View { width_px, height_px, ..view(0.5, 0.1) };
        let mut known = CostKnowledge::new(&sound, 0);
        for view in [odd, sound] {
            known = known.carried(&view, 255);
            let low = LowFilm::of(&view);
            let pixel = |index: u64| AovPixel {
                depth: depths[index as usize % depths.len()],
                normal: [numbers[0], numbers[1], numbers[2]],
                emission: [numbers[3]; 3],
                instance: 3,
                material: 9,
                ..AovPixel::EMPTY
            };
            let pixels = (0..low.rect().area()).map(pixel).collect();
            // A view with NaN is equal to nothing, so what was seen of it is not taken.
            if let Some(surfaces) = Surfaces::new(&view, &Aovs { rect: low.rect(), pixels }) {
                known.see(surfaces, &SceneSketch { radius_m: numbers[4], ..SceneSketch::default() });
            }
            prop_assert!(known.rows().iter().flatten().all(|value| value.is_finite()));
            let cells = known.map().cell_rects().count();
            let words: Vec<f64> = answers.iter().copied().cycle().take(cells).collect();
            known.expect(&words);
            let rects: Vec<PixelRect> = known.map().cell_rects().collect();
            for (rect, cost) in rects.into_iter().zip(&costs) {
                known.observe(Measurement { rect, cost_per_path: *cost, paths: 5 });
            }
            let film = PixelRect::of_size(width_px, height_px);
            prop_assert!((known.map().cost(film) / film.area() as f64 - 1.0).abs() < 1e-6);
        }
    }
}
