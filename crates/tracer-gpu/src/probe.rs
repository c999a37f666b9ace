//! A tiny picture that tells whether a device renders correctly.
//!
//! The kernel itself draws a scene of one textured floor, a glossy wall, a lamp and an uneven sky; the
//! means of 16 blocks are compared with those of the CPU tracer, which a test keeps up to date.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::{
    Effects, PixelRect, RadianceSums, SampleRange, SceneId, TileTask, radiance_from_sum,
};
use p2c2r_scene::{
    EnvironmentSource, InstanceSource, Material, MeshSource, Scene, SceneSource, Texture,
    TextureRef, TextureWrap, UnpackLimits, pack, unpack,
};

use crate::{GpuContext, GpuError, GpuTracer};

/// Side of the film in pixels.
const SIDE_PX: u32 = 16;
/// Blocks along a side.
const BLOCKS: u32 = 4;
/// Samples of each pixel.
const SPP: u32 = 4;
/// A block may be off by this share of its radiance plus of 1: one path that goes another way shows.
const TOLERANCE: f32 = 0.02;

/// Mean radiance of each block, row by row, as the CPU tracer gives it.
const EXPECTED: [[f32; 3]; (BLOCKS * BLOCKS) as usize] = [
    [0.19921875, 0.30078125, 0.5],
    [0.2869141, 0.36004853, 0.516145],
    [0.5334499, 0.5403204, 0.63246775],
    [0.19894075, 0.29560375, 0.48387527],
    [0.19755387, 0.29266238, 0.47679067],
    [0.2360642, 0.20167851, 0.1507585],
    [0.54138565, 0.36985493, 0.21374726],
    [0.19938922, 0.25071478, 0.34146452],
    [0.1597209, 0.20872831, 0.2119062],
    [0.14675164, 0.15982914, 0.11440086],
    [0.17051029, 0.24296498, 0.07110047],
    [0.16166306, 0.17876291, 0.19433737],
    [0.111925125, 0.12866116, 0.14832592],
    [0.11673808, 0.12251282, 0.15096521],
    [0.2404759, 0.16616344, 0.060440302],
    [0.19907069, 0.13028073, 0.099051714],
];

/// Fails if the device renders the probe wrongly.
pub(crate) async fn check(context: &GpuContext) -> Result<(), GpuError> {
    context.reports.check()?;
    let wrong =
        |reason: String| GpuError::WrongPicture { name: context.adapter_name().to_owned(), reason };
    let scene = Arc::new(scene().ok_or_else(|| wrong("there is no probe scene".to_owned()))?);
    let task = task(&scene);
    let mut tracer = GpuTracer::untuned(context, scene).await?;
    let (sums, counters) = tracer.trace_once(&task, &AtomicBool::new(false), &mut |_| {}).await?;
    if counters.rays < u64::from(SIDE_PX * SIDE_PX * SPP) {
        return Err(wrong(format!("only {} rays were traced", counters.rays)));
    }
    first_wrong_block(&block_means(&sums)).map_or(Ok(()), |reason| Err(wrong(reason)))
}

/// The first block that is off by more than the tolerance, if there is one.
fn first_wrong_block(means: &[[f32; 3]]) -> Option<String> {
    means.iter().zip(&EXPECTED).enumerate().find_map(|(index, (found, expected))| {
        // NaN is not close to anything.
        let is_close = |i: usize| (found[i] - expected[i]).abs() <= TOLERANCE * (1.0 + expected[i]);
        let is_right = (0..3).all(is_close);
        (!is_right).then(|| format!("block {index} is {found:?} instead of {expected:?}"))
    })
}

/// Means of the blocks of the probe's sums.
fn block_means(sums: &RadianceSums) -> Vec<[f32; 3]> {
    let block_px = SIDE_PX / BLOCKS;
    let mut totals = vec![[0u64; 3]; (BLOCKS * BLOCKS) as usize];
    for (index, pixel) in sums.sums.iter().enumerate() {
        let (x, y) = (index as u32 % SIDE_PX, index as u32 / SIDE_PX);
        let total = &mut totals[(y / block_px * BLOCKS + x / block_px) as usize];
        for (total, value) in total.iter_mut().zip(pixel) {
            *total += value;
        }
    }
    let mean = |sum: u64| radiance_from_sum(sum, block_px * block_px * SPP);
    totals.into_iter().map(|total| total.map(mean)).collect()
}

/// The whole film of the probe.
pub(crate) fn task(scene: &Scene) -> TileTask {
    let (eye, target) = ([0.3, 1.4, 3.6], [0.0, 0.7, 0.0]);
    TileTask {
        scene: scene.id,
        view: Scene::look_at(eye, target, [0.0, 1.0, 0.0], 0.5, [SIDE_PX; 2]),
        rect: PixelRect::of_size(SIDE_PX, SIDE_PX),
        samples: SampleRange::new(0, SPP),
        seed: 20,
        effects: Effects::PATH_TRACED,
        max_bounces: 4,
    }
}

/// The scene; `None` only if the scene crate refuses it, which the test below rules out.
fn scene() -> Option<Scene> {
    let quad = |corners: [[f32; 3]; 4], normal: [f32; 3], material: u32| MeshSource {
        positions: corners.to_vec(),
        normals: vec![normal; 4],
        tangents: Vec::new(),
        uvs: vec![[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
        material,
    };
    let floor = [[-2., 0., 2.], [2., 0., 2.], [2., 0., -2.], [-2., 0., -2.]];
    let wall = [[-1.5, 0., -1.], [1.5, 0., -1.], [1.5, 1.8, -1.3], [-1.5, 1.8, -1.3]];
    let lamp = [[-0.4, 1.9, -0.4], [0.4, 1.9, -0.4], [0.4, 1.9, 0.4], [-0.4, 1.9, 0.4]];
    let source = SceneSource {
        meshes: vec![
            quad(floor, [0., 1., 0.], 0),
            quad(wall, [0., 0.1643, 0.9864], 1),
            quad(lamp, [0., -1., 0.], 2),
        ],
        instances: (0..3).map(placed).collect(),
        materials: vec![
            material([0.8, 0.7, 0.6, 1.0], 0.0, 0.9, [0.0; 3]),
            material([0.9, 0.6, 0.3, 1.0], 1.0, 0.4, [0.0; 3]),
            material([0.2, 0.2, 0.2, 1.0], 0.0, 1.0, [6.0, 5.0, 4.0]),
        ],
        environment: Some(EnvironmentSource::from_radiance(8, 4, |column, row| {
            let bright = if (column, row) == (2, 0) { 4.0 } else { 0.2 };
            [bright, 0.3, 0.5]
        })),
        ..SceneSource::default()
    };
    let package = pack(&source).ok()?;
    let mut scene = unpack(&package.bytes, &UnpackLimits::default()).ok()?;
    // A checkered texture, put in after unpacking: packages hold only encoded images.
    scene.id = SceneId([1; 32]);
    scene.textures = Arc::new(vec![Texture {
        first_texel: 0,
        width: 2,
        height: 2,
        first_mip_texel: 0,
        level_count: 1,
        wrap_u: TextureWrap::Repeat,
        wrap_v: TextureWrap::Mirror,
        is_srgb: true,
        is_filtered: true,
    }]);
    scene.texels = Arc::new(vec![0xff40_60ff, 0xffff_c020, 0xff20_ff80, 0xff80_8080]);
    let uv_from_mesh_uv = [[0.9, 0.1, 0.05], [-0.1, 0.9, 0.3]];
    let materials = Arc::make_mut(&mut scene.materials);
    for material in materials.iter_mut().filter(|material| material.roughness == 0.9) {
        material.base_color_texture = Some(TextureRef { texture: 0, uv_from_mesh_uv });
    }
    scene.build_mips();
    Some(scene)
}

fn placed(mesh: u32) -> InstanceSource {
    let shift = 0.1 * mesh as f32;
    InstanceSource {
        world_from_object: [[1., 0., 0., shift], [0., 1., 0., 0.], [0., 0., 1., -shift]],
        mesh,
    }
}

fn material(base_color: [f32; 4], metallic: f32, roughness: f32, emissive: [f32; 3]) -> Material {
    Material {
        base_color,
        metallic,
        roughness,
        emissive,
        is_double_sided: true,
        ..Material::default()
    }
}

#[cfg(test)]
mod tests {
    use p2c2r_tracer_cpu::CpuTracer;

    use super::*;

    #[test]
    fn pictures_that_are_a_little_off_in_one_channel_are_wrong() {
        assert_eq!(first_wrong_block(&EXPECTED), None);
        let mut means = EXPECTED;
        means[5][1] += 0.05;
        assert!(first_wrong_block(&means).is_some_and(|reason| reason.starts_with("block 5")));
        means = EXPECTED;
        means[15][2] = f32::NAN;
        assert!(first_wrong_block(&means).is_some());
        assert!(first_wrong_block(&[[0.0; 3]; 16]).is_some(), "a black picture is wrong");
    }

    #[test]
    fn expected_probe_is_the_cpu_tracers() {
        let scene = Arc::new(scene().unwrap());
        let task = task(&scene);
        let tile = CpuTracer::new(scene).trace(&task, &AtomicBool::new(false)).unwrap();
        let means = block_means(&tile.sums);
        for (found, expected) in means.iter().zip(&EXPECTED) {
            for channel in 0..3 {
                // Far below the tolerance of a device, so that the constants cannot grow stale.
                let is_same = (found[channel] - expected[channel]).abs() < 0.1 * TOLERANCE;
                assert!(is_same, "bless after looking why: {means:?}");
            }
        }
        assert!(means.iter().flatten().any(|&mean| mean > 0.3), "the probe is dark");
    }
}
