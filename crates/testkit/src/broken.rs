//! Scenes that nobody would author: whatever packs must be traced to the end.

use std::sync::Arc;

use p2c2r_scene::{
    AlphaMode, Animation, Attachment, Channel, EnvironmentSource, InstanceSource, Interpolation,
    LightKind, Material, MeshSource, MovingNode, NodePlace, PackError, Property, PunctualLight,
    Scene, SceneSource, UnpackLimits, pack, unpack,
};

use crate::material;

/// Most meshes of a scene.
const MAX_MESHES: u32 = 5;
/// Most triangles of a mesh, but for a heap.
const MAX_TRIANGLES: u32 = 24;
/// Triangles of a heap: thousands, one over the other.
const HEAP_TRIANGLES: u32 = 2000;

/// Where the words of a scene come from: a generator, or a fuzzer's bytes.
pub type Words<'a> = dyn FnMut() -> u32 + 'a;

/// The words of a seed: SplitMix64 (Steele, Lea and Flood 2014).
pub fn words_of_seed(seed: u64) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits >> 32) as u32
    }
}

/// A scene of those words as a peer would unpack it; an error where packing refuses it.
///
/// # Panics
/// If a package that was just made cannot be read.
pub fn broken_scene(words: &mut Words<'_>) -> Result<Arc<Scene>, PackError> {
    let mut source = SceneSource::default();
    for _ in 0..=below(words, MAX_MESHES - 1) {
        let mesh = mesh(words, source.materials.len() as u32);
        source.materials.push(broken_material(words));
        for _ in 0..=below(words, 2) {
            let world_from_object = matrix(words);
            source
                .instances
                .push(InstanceSource { world_from_object, mesh: source.meshes.len() as u32 });
        }
        source.meshes.push(mesh);
    }
    source.lights.extend((0..below(words, 4)).map(|_| light(words)));
    source.environment = (below(words, 3) == 0).then(|| environment(words));
    source.animation = (below(words, 3) == 0).then(|| animation(words, &source));
    let packed = pack(&source)?;
    let scene = unpack(&packed.bytes, &UnpackLimits::default());
    Ok(Arc::new(scene.expect("a package that was just made can be read")))
}

/// A whole number below a limit, which may be zero.
fn below(words: &mut Words<'_>, limit: u32) -> u32 {
    words() % limit.max(1)
}

/// Uniform in 0..1.
fn unit(words: &mut Words<'_>) -> f32 {
    (words() >> 8) as f32 / (1u32 << 24) as f32
}

/// Mostly ordinary, sometimes tiny, huge, exact or no number at all.
fn wild(words: &mut Words<'_>) -> f32 {
    let value = unit(words) * 4.0 - 2.0;
    match below(words, 64) {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2..6 => value * 1e-30,
        6..10 => value * 1e6,
        10..13 => f32::from_bits(words()),
        13..17 => value * 1e-6,
        17..22 => 0.0,
        22..26 => 1.0,
        _ => value,
    }
}

fn wild_point(words: &mut Words<'_>) -> [f32; 3] {
    std::array::from_fn(|_| wild(words))
}

/// Numbers that are all as they should be, so that a scene is not refused for each of many.
fn point(words: &mut Words<'_>) -> [f32; 3] {
    std::array::from_fn(|_| unit(words) * 2.0 - 1.0)
}

/// Between the ends, or one of them.
fn share(words: &mut Words<'_>) -> f32 {
    match below(words, 4) {
        0 => 0.0,
        1 => 1.0,
        _ => unit(words),
    }
}

fn mesh(words: &mut Words<'_>, material: u32) -> MeshSource {
    let kind = below(words, 8);
    let triangle_count = match kind {
        0 => HEAP_TRIANGLES,
        _ => 1 + below(words, MAX_TRIANGLES),
    };
    let scale = [1.0, 1e-6, 1e-20, 1e5][below(words, 16).min(3) as usize];
    let mut positions: Vec<[f32; 3]> = (0..3 * triangle_count).map(|_| point(words)).collect();
    match kind {
        // All of a heap lie in one plane and share a corner.
        0 => positions.iter_mut().for_each(|position| position[1] = 0.25),
        // Needles: two corners of each are as good as one.
        1 => positions.as_chunks_mut::<3>().0.iter_mut().for_each(|[a, b, _]| {
            *b = a.map(|x| x * (1.0 + f32::EPSILON));
        }),
        // Some triangles are points or lines.
        2 => positions.as_chunks_mut::<3>().0.iter_mut().step_by(2).for_each(|[a, b, c]| {
            (*b, *c) = (*a, a.map(|x| x * 0.5));
        }),
        3 => {
            let place = below(words, positions.len() as u32) as usize;
            positions[place] = wild_point(words);
        }
        _ => {}
    }
    positions.as_flattened_mut().iter_mut().for_each(|x| *x *= scale);
    let normal = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]][below(words, 3) as usize];
    let uvs = positions.iter().map(|_| [unit(words) * 1e3, share(words)]).collect();
    MeshSource {
        normals: vec![normal; positions.len()],
        uvs,
        triangles: (0..triangle_count).map(|t| [3 * t, 3 * t + 1, 3 * t + 2]).collect(),
        positions,
        material,
        ..MeshSource::default()
    }
}

/// Sheared, flat or mirrored, and rarely no matrix at all.
fn matrix(words: &mut Words<'_>) -> [[f32; 4]; 3] {
    let mut rows = [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]];
    match below(words, 8) {
        0 => rows.iter_mut().for_each(|row| *row = std::array::from_fn(|_| wild(words))),
        1 => rows[1] = rows[0].map(|x| x * (1.0 + 1e-6)),
        2 => rows[2][2] = unit(words) * 1e-12,
        3 => rows[0][0] = -1.0,
        4 => rows.iter_mut().for_each(|row| row[3] = wild(words)),
        _ => {}
    }
    rows
}

/// Chains of nodes that grow, shrink to nothing and fly away, and rarely numbers that are none.
fn animation(words: &mut Words<'_>, source: &SceneSource) -> Animation {
    let mut animation = Animation::default();
    for index in 0..=below(words, 4) {
        let parent = (below(words, 2) == 0 && index > 0).then(|| below(words, index));
        let scale = [1.0, 1.0, 1e-3, 1e4][below(words, 4) as usize];
        let (translation, rotation) = (point(words), [0.0, 0.0, 0.0, 1.0]);
        let rest = NodePlace::Free { translation, rotation, scale: [scale; 3] };
        animation.nodes.push(MovingNode { parent, rest });
        for property in [Property::Translation, Property::Rotation, Property::Scale] {
            if below(words, 2) == 0 {
                animation.channels.push(channel(words, index, property));
            }
        }
    }
    let count = animation.nodes.len() as u32;
    let attach = |words: &mut Words<'_>, items: usize| -> Vec<Attachment> {
        let items = (0..items as u32).filter(|_| below(words, 3) > 0).collect::<Vec<_>>();
        let node = |item| Attachment { item, node: below(words, count) };
        items.into_iter().map(node).collect()
    };
    animation.instances = attach(words, source.instances.len());
    animation.lights = attach(words, source.lights.len());
    animation
}

fn channel(words: &mut Words<'_>, node: u32, property: Property) -> Channel {
    let kinds = [Interpolation::Step, Interpolation::Linear, Interpolation::CubicSpline];
    let interpolation = kinds[below(words, 3) as usize];
    let key_count = 1 + below(words, 4);
    // Some keys fall together.
    let mut times_s: Vec<f32> = (0..key_count).map(|_| below(words, 4) as f32 * 0.5).collect();
    times_s.sort_by(f32::total_cmp);
    let count = key_count as usize * property.width() * interpolation.values_per_key();
    let huge = [1.0, 1.0, 1.0, 1e8][below(words, 4) as usize];
    let mut values: Vec<f32> = (0..count).map(|_| (share(words) * 4.0 - 2.0) * huge).collect();
    match below(words, 64) {
        0 => values[0] = wild(words),
        1 => times_s[0] = wild(words),
        _ => {}
    }
    Channel { node, property, interpolation, times_s, values }
}

fn broken_material(words: &mut Words<'_>) -> Material {
    let alpha_mode = match below(words, 4) {
        0 => AlphaMode::Mask { cutoff: share(words) },
        1 => AlphaMode::Blend,
        _ => AlphaMode::Opaque,
    };
    let emissive = match below(words, 4) {
        0 => unit(words) * 1e4,
        _ => 0.0,
    };
    let (base, metallic, roughness) = (share(words), share(words), share(words));
    Material {
        base_color: [base, share(words), share(words), share(words)],
        emissive: [emissive, 0.0, emissive * 0.5],
        alpha_mode,
        is_double_sided: below(words, 2) == 0,
        ..material(base, metallic, roughness)
    }
}

/// Cones may be inverted, which is refused, or of no angle; ranges may be tiny.
fn light(words: &mut Words<'_>) -> PunctualLight {
    let kind = match below(words, 4) {
        0 => LightKind::Directional,
        1 => LightKind::Spot { cos_inner: share(words), cos_outer: unit(words) * 2.0 - 1.0 },
        2 => LightKind::Spot { cos_inner: 1.0, cos_outer: 1.0 - f32::EPSILON },
        _ => LightKind::Point,
    };
    let range_m = [f32::INFINITY, 1e-20, 1.0][below(words, 3) as usize];
    PunctualLight {
        kind,
        position: if below(words, 8) == 0 { wild_point(words) } else { point(words) },
        direction: [0.0, -1.0, 0.0],
        intensity: [unit(words) * 1e6, share(words), 0.0],
        range_m,
    }
}

/// One texel as bright as its form allows, or all of any brightness.
fn environment(words: &mut Words<'_>) -> EnvironmentSource {
    let (width, height) = (1 + below(words, 8), 1 + below(words, 8));
    let texel = |words: &mut Words<'_>| words().to_le_bytes().map(|byte| byte.min(140));
    let mut rgbe: Vec<[u8; 4]> = (0..width * height).map(|_| texel(words)).collect();
    if below(words, 2) == 0 {
        rgbe.fill([0; 4]);
        rgbe[0] = [255, 255, 255, 150];
    }
    EnvironmentSource { width, height, rgbe }
}

/// Names the seed if the run panics.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failing seed: {0}; again with P2C2R_SEEDS={0}..{1}", self.0, self.0 + 1);
        }
    }
}

/// Runs a check for every seed, or for those that the environment names; says how many, and which failed.
///
/// # Panics
/// If `P2C2R_SEEDS` is no range.
pub fn named_seeds(standard: std::ops::Range<u64>, mut check: impl FnMut(u64)) -> u64 {
    let seeds = std::env::var("P2C2R_SEEDS").map_or(standard, |text| {
        let ends = text
            .split_once("..")
            .and_then(|(first, last)| Some(first.parse().ok()?..last.parse().ok()?));
        ends.expect("P2C2R_SEEDS is first..last")
    });
    let count = seeds.end.saturating_sub(seeds.start);
    for seed in seeds {
        let _named = Named(seed);
        check(seed);
    }
    count
}
