//! A scene that uses every feature of the kernel at once; made by hand, nice to nobody.

use std::sync::Arc;

use p2c2r_scene::{
    AlphaMode, EnvironmentSource, InstanceSource, LightKind, Material, MeshSource, PunctualLight,
    Scene, SceneSource, Texture, TextureRef, TextureWrap, UnpackLimits, pack, unpack,
};

/// Side of the textures in texels.
const TEXTURE_SIDE: u32 = 8;

/// Textures of all wraps and filters, alpha of both kinds, bent normals, mirrored and one-sided
/// instances, eleven punctual lights, emissive triangles and an uneven sky.
pub(crate) fn every_feature() -> Arc<Scene> {
    let source = SceneSource {
        meshes: (0..6).map(bumpy_sheet).collect(),
        instances: instances(),
        materials: (0..6).map(material).collect(),
        lights: (0..11).map(light).collect(),
        environment: Some(EnvironmentSource::from_radiance(16, 8, |column, row| {
            [0.1 + 0.2 * (column % 3) as f32, 0.2, if row == 2 { 2.0 } else { 0.3 }]
        })),
        ..SceneSource::default()
    };
    let package = pack(&source).unwrap();
    let mut scene = unpack(&package.bytes, &UnpackLimits::default()).unwrap();
    // Packages hold encoded images only, so the textures are put in afterwards.
    add_textures(&mut scene);
    Arc::new(scene)
}

/// A cheap repeatable number in 0..1.
fn number(seed: u32) -> f32 {
    let hashed = (seed ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b);
    ((hashed ^ (hashed >> 13)).wrapping_mul(0xc2b2_ae35) >> 8) as f32 / 16_777_216.0
}

/// A wavy 5×5 grid in the plane z = 0 with its own tangents.
fn bumpy_sheet(mesh: u32) -> MeshSource {
    const SIDE: u32 = 5;
    let mut sheet = MeshSource { material: mesh, ..MeshSource::default() };
    for row in 0..SIDE {
        for column in 0..SIDE {
            let (x, y) = (column as f32 / 2.0 - 1.0, row as f32 / 2.0 - 1.0);
            let seed = mesh * 100 + row * SIDE + column;
            sheet.positions.push([x, y, 0.2 * number(seed)]);
            let tilt = 0.3 * (number(seed + 7) - 0.5);
            sheet.normals.push([tilt, 0.0, (1.0 - tilt * tilt).sqrt()]);
            let handedness = if mesh.is_multiple_of(2) { 1.0 } else { -1.0 };
            sheet.tangents.push([1.0, 0.0, 0.0, handedness]);
            sheet.uvs.push([x * 1.7, y * 2.3]);
        }
    }
    for row in 0..SIDE - 1 {
        for column in 0..SIDE - 1 {
            let corner = row * SIDE + column;
            sheet.triangles.push([corner, corner + 1, corner + SIDE + 1]);
            sheet.triangles.push([corner, corner + SIDE + 1, corner + SIDE]);
        }
    }
    sheet
}

/// Two of each sheet, the second one mirrored, in a ring around the origin.
fn instances() -> Vec<InstanceSource> {
    let place = |index: u32| {
        let (mesh, is_second) = (index % 6, index >= 6);
        let (x, y) = ((mesh % 3) as f32 * 1.6 - 1.6, (mesh / 3) as f32 * 1.6 - 0.8);
        let mirror = if is_second { -0.8 } else { 1.0 };
        let z = if is_second { -1.2 } else { 0.3 * number(index) };
        InstanceSource {
            world_from_object: [[mirror, 0.1, 0.2, x], [-0.1, 0.9, 0.1, y], [0.15, -0.2, 1.1, z]],
            mesh,
        }
    };
    (0..12).map(place).collect()
}

fn material(index: u32) -> Material {
    Material {
        base_color: [0.9, 0.8, 0.7, 0.9],
        metallic: number(index + 50),
        roughness: 0.15 + 0.8 * number(index + 60),
        normal_scale: 0.7,
        emissive: if index == 4 { [2.0, 3.0, 1.0] } else { [0.0; 3] },
        alpha_mode: match index {
            1 => AlphaMode::Mask { cutoff: 0.5 },
            2 => AlphaMode::Blend,
            _ => AlphaMode::Opaque,
        },
        is_double_sided: index != 3,
        ..Material::default()
    }
}

fn light(index: u32) -> PunctualLight {
    let x = index as f32 * 0.5 - 2.5;
    PunctualLight {
        kind: match index % 3 {
            0 => LightKind::Point,
            1 => LightKind::Spot { cos_inner: 0.9, cos_outer: 0.6 },
            _ => LightKind::Directional,
        },
        position: [x, 1.0 + number(index), 2.5],
        direction: [0.0, -0.6, -0.8],
        intensity: [1.0 + number(index + 30), 1.5, 1.0],
        range_m: if index.is_multiple_of(2) { f32::INFINITY } else { 6.0 },
    }
}

/// One texture for each use, and materials that use them.
fn add_textures(scene: &mut Scene) {
    let wraps = [TextureWrap::Repeat, TextureWrap::Mirror, TextureWrap::Clamp];
    for index in 0..4u32 {
        Arc::make_mut(&mut scene.textures).push(Texture {
            first_texel: scene.texels.len() as u32,
            width: TEXTURE_SIDE,
            height: TEXTURE_SIDE,
            first_mip_texel: 0,
            level_count: 1,
            wrap_u: wraps[index as usize % 3],
            wrap_v: wraps[(index as usize + 1) % 3],
            is_srgb: index == 0 || index == 3,
            is_filtered: index != 3,
        });
        let texel = |place: u32| {
            let channel = |salt: u32| (number(index * 1000 + place * 4 + salt) * 255.0) as u32;
            // Normal maps point mostly outward.
            let blue = if index == 2 { 230 } else { channel(2) };
            channel(0) | channel(1) << 8 | blue << 16 | channel(3) << 24
        };
        Arc::make_mut(&mut scene.texels).extend((0..TEXTURE_SIDE * TEXTURE_SIDE).map(texel));
    }
    let uses = |texture: u32| {
        Some(TextureRef { texture, uv_from_mesh_uv: [[1.1, 0.2, 0.1], [-0.2, 0.8, 0.4]] })
    };
    for material in Arc::make_mut(&mut scene.materials) {
        material.base_color_texture = uses(0);
        material.metallic_roughness_texture = uses(1);
        material.normal_texture = uses(2);
        material.emissive_texture = uses(3);
    }
    scene.build_mips();
}
