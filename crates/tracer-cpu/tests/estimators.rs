//! Estimators that differ must agree in the mean, and scenes solved on paper must come out right.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::TileTask;
use p2c2r_scene::{AlphaMode, EnvironmentSource, LightKind, Material, PunctualLight, Scene};
use p2c2r_testkit::{SceneBuilder, emitter, generated_scene, material, mean_radiance, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

/// Mean over a film of one task.
fn traced(scene: &Arc<Scene>, task: &TileTask) -> [f64; 3] {
    let tile = CpuTracer::new(Arc::clone(scene))
        .trace(task, &AtomicBool::new(false))
        .expect("the task is valid");
    mean_radiance(&tile.sums)
}

/// Mean over some seeds and the deviation of that mean.
fn mean_and_deviation(scene: &Arc<Scene>, task: &TileTask) -> (f64, f64) {
    const SEEDS: u32 = 12;
    let tracer = CpuTracer::new(Arc::clone(scene));
    let means: Vec<f64> = (0..SEEDS)
        .map(|seed| {
            let tile = tracer
                .trace(&TileTask { seed, ..*task }, &AtomicBool::new(false))
                .expect("the task is valid");
            mean_radiance(&tile.sums).iter().sum()
        })
        .collect();
    let count = f64::from(SEEDS);
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

/// The scene without the tables that light sampling needs: only scattered rays find its lights.
fn without_light_samples(scene: &Scene) -> Arc<Scene> {
    let mut scene = scene.clone();
    scene.emissive_triangles = Arc::default();
    scene.light_tree = Arc::default();
    if let Some(environment) = scene.environment.as_mut().map(Arc::make_mut) {
        environment.alias.clear();
        environment.pdf.clear();
    }
    Arc::new(scene)
}

/// A glossy floor and a block under a sky with a bright patch.
fn sunny() -> Arc<Scene> {
    let sky = EnvironmentSource::from_radiance(32, 16, |column, row| {
        let is_sun = (12..16).contains(&column) && (2..5).contains(&row);
        if is_sun { [40.0, 35.0, 25.0] } else { [0.3, 0.4, 0.02 * column as f32] }
    });
    SceneBuilder::new()
        .quad([-2., 0., 2.], [4., 0., 0.], [0., 0., -4.], material(0.7, 0.3, 0.3))
        .quad([-0.5, 0., 0.], [1., 0., 0.], [0., 1.5, 0.3], material(0.4, 0.0, 0.8))
        .environment(sky)
        .build()
}

#[test]
fn light_samples_change_the_noise_but_not_the_mean() {
    // In the city most noise is that of neon edges within a pixel, which no light sample changes.
    for (name, scene, samples, is_quieter) in [
        ("cornell", generated_scene("cornell"), 64, true),
        ("sunny", sunny(), 64, true),
        ("night-city", generated_scene("night-city:size=8,seed=2"), 128, false),
    ] {
        let scattered = without_light_samples(&scene);
        // Punctual lights are met by light samples only, so neither side has them.
        let mut with_samples = (*scene).clone();
        with_samples.lights.clear();
        let mut scattered_only = (*scattered).clone();
        scattered_only.lights.clear();
        let task = TileTask { max_bounces: 2, ..whole_task(&scene, [32, 24], samples, 0) };
        let (ours, ours_deviation) = mean_and_deviation(&Arc::new(with_samples), &task);
        let (theirs, theirs_deviation) = mean_and_deviation(&Arc::new(scattered_only), &task);
        let limit = 4.0 * (ours_deviation.powi(2) + theirs_deviation.powi(2)).sqrt();
        assert!((ours - theirs).abs() < limit, "{name}: {ours} and {theirs}, limit {limit}");
        assert!(limit < 0.15 * ours, "{name}: too noisy to tell, {limit} of {ours}");
        let is_noisy = is_quieter && ours_deviation > theirs_deviation;
        assert!(!is_noisy, "{name}: light samples add noise");
    }
}

/// Six white walls that emit: each bounce adds the walls' own radiance once more.
#[test]
fn white_box_adds_its_light_with_every_bounce() {
    const RADIANCE: f32 = 0.5;
    let wall = Material { emissive: [RADIANCE; 3], ..material(1.0, 0.0, 0.6) };
    let mut builder = SceneBuilder::new();
    for (corner, u, v) in [
        ([0., 0., 0.], [1., 0., 0.], [0., 1., 0.]),
        ([0., 0., 1.], [1., 0., 0.], [0., 1., 0.]),
        ([0., 0., 0.], [0., 1., 0.], [0., 0., 1.]),
        ([1., 0., 0.], [0., 1., 0.], [0., 0., 1.]),
        ([0., 0., 0.], [0., 0., 1.], [1., 0., 0.]),
        ([0., 1., 0.], [0., 0., 1.], [1., 0., 0.]),
    ] {
        builder = builder.quad(corner, u, v, wall);
    }
    let scene = builder.build();
    let size = [16, 16];
    let view = Scene::look_at([0.4, 0.5, 0.9], [0.5, 0.5, 0.0], [0., 1., 0.], 1.0, size);
    for bounces in [1, 2, 7] {
        let task = TileTask { view, max_bounces: bounces, ..whole_task(&scene, size, 256, 1) };
        let found = traced(&scene, &task)[0];
        let expected = f64::from(RADIANCE) * f64::from(bounces + 1);
        assert!((found - expected).abs() < 5e-3 * expected, "{bounces}: {found} for {expected}");
    }
}

/// A camera that looks along −z at a quad before an even sky of radiance 1.
fn seen_against_sky(quad: Material) -> f64 {
    let scene = SceneBuilder::new()
        .quad([-9., -9., 0.], [18., 0., 0.], [0., 18., 0.], quad)
        .environment(EnvironmentSource::uniform([1.0; 3]))
        .build();
    let view = Scene::look_at([0., 0., 5.], [0.; 3], [0., 1., 0.], 0.1, [8, 8]);
    traced(&scene, &TileTask { view, ..whole_task(&scene, [8, 8], 256, 1) })[0]
}

#[test]
fn transparency_follows_its_mode() {
    // Black metal reflects nothing head on.
    let black = |alpha: f32, alpha_mode: AlphaMode| Material {
        base_color: [0.0, 0.0, 0.0, alpha],
        alpha_mode,
        ..material(0.0, 1.0, 0.2)
    };
    for (name, quad, expected, tolerance) in [
        ("opaque", black(0.25, AlphaMode::Opaque), 0.0, 1e-3),
        ("blend", black(0.25, AlphaMode::Blend), 0.75, 0.02),
        ("cut away", black(0.25, AlphaMode::Mask { cutoff: 0.5 }), 1.0, 1e-3),
        ("kept", black(0.75, AlphaMode::Mask { cutoff: 0.5 }), 0.0, 1e-3),
    ] {
        let found = seen_against_sky(quad);
        assert!((found - expected).abs() < tolerance, "{name}: {found} for {expected}");
    }
}

#[test]
fn back_faces_show_only_where_the_material_says_so() {
    let black = material(0.0, 1.0, 0.2);
    let scene = |is_double_sided: bool| {
        SceneBuilder::new()
            .quad(
                [-9., -9., 0.],
                [0., 18., 0.],
                [18., 0., 0.],
                Material { is_double_sided, emissive: [3.0; 3], ..black },
            )
            .environment(EnvironmentSource::uniform([1.0; 3]))
            .build()
    };
    let seen = |scene: &Arc<Scene>| {
        let view = Scene::look_at([0., 0., 5.], [0.; 3], [0., 1., 0.], 0.1, [4, 4]);
        traced(scene, &TileTask { view, ..whole_task(scene, [4, 4], 64, 1) })[0]
    };
    assert!((seen(&scene(false)) - 1.0).abs() < 1e-3, "the sky behind shows");
    assert!((seen(&scene(true)) - 3.0).abs() < 5e-3, "the back emits");
}

/// A floor under one light, seen from above.
fn floor_under(light: Option<PunctualLight>, lamp: Option<(f32, f32)>) -> f64 {
    let mut builder = SceneBuilder::new().quad(
        [-2., 0., 2.],
        [4., 0., 0.],
        [0., 0., -4.],
        material(0.6, 0.0, 0.7),
    );
    if let Some(light) = light {
        builder = builder.light(light);
    }
    if let Some((side, radiance)) = lamp {
        let half = 0.5 * side;
        // Faces down.
        builder =
            builder.quad([-half, 2., -half], [side, 0., 0.], [0., 0., side], emitter(radiance));
    }
    let scene = builder.environment(EnvironmentSource::uniform([1e-6; 3])).build();
    let view = Scene::look_at([1.5, 1.2, 1.5], [0.; 3], [0., 1., 0.], 0.1, [16, 16]);
    traced(&scene, &TileTask { view, max_bounces: 1, ..whole_task(&scene, [16, 16], 256, 1) })[0]
}

fn point_light(kind: LightKind, intensity: f32) -> PunctualLight {
    PunctualLight {
        kind,
        position: [0., 2., 0.],
        direction: [0., -1., 0.],
        intensity: [intensity; 3],
        range_m: f32::INFINITY,
    }
}

#[test]
fn punctual_lights_are_the_limit_of_small_lamps() {
    // A small lamp of radiance L and area A has intensity L·A below it; the view is within 10° of that.
    let side = 0.05f32;
    let lamp = floor_under(None, Some((side, 400.0)));
    let point = floor_under(Some(point_light(LightKind::Point, 400.0 * side * side)), None);
    assert!((lamp - point).abs() < 0.02 * point, "{lamp} and {point}");

    let wide = LightKind::Spot { cos_inner: 0.5, cos_outer: 0.4 };
    let spot = floor_under(Some(point_light(wide, 1.0)), None);
    let point = floor_under(Some(point_light(LightKind::Point, 1.0)), None);
    assert!((spot - point).abs() < 1e-3 * point, "{spot} and {point}");
    let narrow = LightKind::Spot { cos_inner: 0.9999, cos_outer: 0.9998 };
    assert!(floor_under(Some(point_light(narrow, 1.0)), None) < 0.1 * point);
    let short = PunctualLight { range_m: 1.0, ..point_light(LightKind::Point, 1.0) };
    assert!(floor_under(Some(short), None) < 1e-3 * point);

    // Two metres above, intensity 4 is irradiance 1 straight below; further out it is less.
    let sun = floor_under(Some(point_light(LightKind::Directional, 1.0)), None);
    let point = floor_under(Some(point_light(LightKind::Point, 4.0)), None);
    assert!(point < sun && point > 0.95 * sun, "{point} and {sun}");
}

/// Eleven lights, more than are weighed at once, must add up.
#[test]
fn many_punctual_lights_add_up() {
    let light = |index: u32| PunctualLight {
        position: [0.3 * index as f32 - 1.5, 2.0, 0.1 * index as f32],
        ..point_light(LightKind::Point, 0.5 + 0.1 * index as f32)
    };
    let floor = |lights: &mut dyn Iterator<Item = PunctualLight>| {
        let floor = material(0.6, 0.0, 0.7);
        let mut builder =
            SceneBuilder::new().quad([-2., 0., 2.], [4., 0., 0.], [0., 0., -4.], floor);
        for light in lights {
            builder = builder.light(light);
        }
        let scene = builder.build();
        let view = Scene::look_at([1.5, 1.2, 1.5], [0.; 3], [0., 1., 0.], 0.3, [16, 16]);
        let task = TileTask { view, max_bounces: 1, ..whole_task(&scene, [16, 16], 256, 1) };
        traced(&scene, &task)[0]
    };
    let together = floor(&mut (0..11).map(light));
    let apart: f64 = (0..11).map(|index| floor(&mut std::iter::once(light(index)))).sum();
    assert!((together - apart).abs() < 0.01 * apart, "{together} and {apart}");
}
