//! Textures seen from far are looked up in smaller copies: less noise, the same picture.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::{Effects, TileTask};
use p2c2r_scene::{
    AlphaMode, InstanceSource, Material, MeshSource, Scene, SceneSource, Texture, TextureRef,
    TextureWrap, UnpackLimits, pack, unpack,
};
use p2c2r_testkit::{radiances, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

const SIZE_PX: [u32; 2] = [48, 32];
/// Columns and rows of the texture.
const SIDE: u32 = 64;
/// Samples of a picture that is taken as exact.
const CONVERGED: u32 = 256;

/// A floor that shows its texture to every ray, from under the camera to the horizon.
fn floor(repeats: f32, material: Material, texel: impl Fn(u32, u32) -> u32) -> Arc<Scene> {
    let far = 40.0;
    let quad = MeshSource {
        positions: vec![[-far, 0., 1.], [far, 0., 1.], [far, 0., -far], [-far, 0., -far]],
        normals: vec![[0.0, 1.0, 0.0]; 4],
        uvs: vec![[0.0, 0.0], [repeats, 0.0], [repeats, 0.5 * repeats], [0.0, 0.5 * repeats]],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
        material: 0,
        ..MeshSource::default()
    };
    let identity = [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]];
    let source = SceneSource {
        meshes: vec![quad],
        instances: vec![InstanceSource { world_from_object: identity, mesh: 0 }],
        materials: vec![Material { is_unlit: true, ..material }],
        ..SceneSource::default()
    };
    let packed = pack(&source).expect("the scene is valid");
    let mut scene = unpack(&packed.bytes, &UnpackLimits::default()).expect("it was just packed");
    // Packages hold encoded images only, so the texture is put in afterwards.
    scene.textures.push(Texture {
        first_texel: 0,
        width: SIDE,
        height: SIDE,
        first_mip_texel: 0,
        level_count: 1,
        wrap_u: TextureWrap::Repeat,
        wrap_v: TextureWrap::Repeat,
        is_srgb: true,
        is_filtered: true,
    });
    scene.texels = (0..SIDE * SIDE).map(|index| texel(index % SIDE, index / SIDE)).collect();
    let uv_from_mesh_uv = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    scene.materials[0].base_color_texture = Some(TextureRef { texture: 0, uv_from_mesh_uv });
    scene.build_mips();
    Arc::new(scene)
}

fn checker(column: u32, row: u32) -> u32 {
    if (column / 8 + row / 8).is_multiple_of(2) { 0xffff_ffff } else { 0xff20_2020 }
}

fn task(scene: &Scene, samples: u32, seed: u32, effects: Effects) -> TileTask {
    let [width, height] = SIZE_PX;
    let (eye, target) = ([0.3, 1.0, 0.0], [0.0, 0.2, -4.0]);
    TileTask {
        view: Scene::look_at(eye, target, [0.0, 1.0, 0.0], 0.5, [width, height]),
        effects,
        ..whole_task(scene, SIZE_PX, samples, seed)
    }
}

fn picture(tracer: &CpuTracer, samples: u32, seed: u32, effects: Effects) -> Vec<f64> {
    let task = task(tracer.scene(), samples, seed, effects);
    let sums = tracer.trace(&task, &AtomicBool::new(false)).expect("the task is valid").sums;
    radiances(&sums).as_flattened().iter().map(|&value| f64::from(value)).collect()
}

fn rmse(a: &[f64], b: &[f64]) -> f64 {
    let squares: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    (squares / a.len() as f64).sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

const SHARP: Effects = Effects::PATH_TRACED.with(Effects::UNREGULARIZED);
const FILTERED: Effects = Effects::PATH_TRACED;

#[test]
fn far_checkers_have_less_noise_at_one_sample() {
    let tracer = CpuTracer::new(floor(400.0, Material::default(), checker));
    let exact = picture(&tracer, CONVERGED, 1, SHARP);
    let errors = [SHARP, FILTERED].map(|effects| rmse(&picture(&tracer, 1, 2, effects), &exact));
    println!("error at one sample: {:.4} sharp, {:.4} filtered", errors[0], errors[1]);
    assert!(errors[1] < 0.5 * errors[0], "{errors:?}");
}

#[test]
fn far_checkers_converge_to_nearly_the_same_picture() {
    for (repeats, tolerance) in [(400.0, 0.03), (60.0, 0.05)] {
        let tracer = CpuTracer::new(floor(repeats, Material::default(), checker));
        let [exact, filtered] = [SHARP, FILTERED].map(|effects| picture(&tracer, 512, 1, effects));
        let difference = rmse(&filtered, &exact) / mean(&exact);
        println!("{repeats} repeats: converged pictures differ by {difference:.4}");
        assert!((mean(&filtered) / mean(&exact) - 1.0).abs() < 0.01);
        assert!(difference < tolerance, "{repeats}: {difference}");
    }
}

#[test]
fn near_textures_keep_their_bits() {
    let tracer = CpuTracer::new(floor(0.1, Material::default(), checker));
    assert!(picture(&tracer, 4, 1, SHARP) == picture(&tracer, 4, 1, FILTERED));
}

#[test]
fn cut_outs_let_through_as_much_as_their_image() {
    let grid = |column: u32, row: u32| {
        if column.is_multiple_of(4) || row.is_multiple_of(4) { u32::MAX } else { 0x00ff_ffff }
    };
    let material = Material { alpha_mode: AlphaMode::Mask { cutoff: 0.5 }, ..Material::default() };
    let tracer = CpuTracer::new(floor(400.0, material, grid));
    let [exact, filtered] = [SHARP, FILTERED].map(|effects| picture(&tracer, 64, 1, effects));
    assert!((mean(&filtered) / mean(&exact) - 1.0).abs() < 0.005);
}
