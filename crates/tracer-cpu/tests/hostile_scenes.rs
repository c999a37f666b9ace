//! Whatever `unpack` lets through can be traced: no panic, no hang, no impossible sum.

use std::sync::atomic::AtomicBool;

use p2c2r_frame::TileTask;
use p2c2r_scene::{AlphaMode, LightKind, Material, PunctualLight, Scene};
use p2c2r_testkit::{SceneBuilder, material, whole_task};
use p2c2r_tracer_cpu::CpuTracer;
use proptest::prelude::*;

/// Zero, tiny, ordinary and huge numbers of both signs.
fn wild() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0f32), -1e-30f32..1e-30, -2.0f32..2.0, -1e5f32..1e5]
}

fn wild_point() -> impl Strategy<Value = [f32; 3]> {
    prop::array::uniform3(wild())
}

fn unit() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0f32), Just(1.0f32), 0.0f32..1.0]
}

fn wild_material() -> impl Strategy<Value = Material> {
    (unit(), unit(), unit(), unit(), 0..3u8, prop::bool::ANY, 0.0f32..1e4).prop_map(
        |(base, metallic, roughness, alpha, mode, is_double_sided, emission)| Material {
            base_color: [base, 1.0 - base, base, alpha],
            emissive: [emission, 0.0, emission * 0.5],
            alpha_mode: [AlphaMode::Opaque, AlphaMode::Mask { cutoff: 0.5 }, AlphaMode::Blend]
                [usize::from(mode)],
            is_double_sided,
            ..material(base, metallic, roughness)
        },
    )
}

fn wild_light() -> impl Strategy<Value = PunctualLight> {
    (wild_point(), 0..3u8, 0.0f32..1e6, unit()).prop_map(|(position, kind, intensity, cos)| {
        let kind = match kind {
            0 => LightKind::Point,
            1 => LightKind::Spot { cos_inner: cos, cos_outer: cos - 0.01 },
            _ => LightKind::Directional,
        };
        PunctualLight {
            kind,
            position,
            direction: [0.0, -1.0, 0.0],
            intensity: [intensity; 3],
            range_m: f32::INFINITY,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn wild_scenes_are_traced_to_the_end(
        quads in prop::collection::vec((wild_point(), wild_point(), wild_point(), wild_material()), 1..6),
        lights in prop::collection::vec(wild_light(), 0..4),
        eye in wild_point(),
        target in wild_point(),
    ) {
        // One sound quad: a scene of degenerate triangles only is refused.
        let mut builder = SceneBuilder::new()
            .quad([-1., 0., 1.], [2., 0., 0.], [0., 0., -2.], material(0.5, 0.5, 0.1));
        for (corner, u, v, material) in quads {
            builder = builder.quad(corner, u, v, material);
        }
        for light in lights {
            builder = builder.light(light);
        }
        let scene = builder.build();
        let view = Scene::look_at(eye, target, [0., 1., 0.], 0.7, [8, 6]);
        let task = TileTask { view, max_bounces: 16, ..whole_task(&scene, [8, 6], 4, 9) };
        let tile = CpuTracer::new(scene).trace(&task, &AtomicBool::new(false)).expect("the task is valid");
        prop_assert_eq!(tile.sums.check(), Ok(()));
        prop_assert!(tile.counters.rays <= 8 * 6 * 4 * 17);
    }
}
