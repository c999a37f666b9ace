//! The files that the page and the native program load.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use p2c2r_bench_common::{Mesh, Ours, Rays, import};
use p2c2r_bench_web::rays_to_bytes;
use p2c2r_scene::{
    EnvironmentSource, Material, SceneSource, UnpackLimits, generate, pack, unpack, write_glb,
};
use p2c2r_testkit::material;
use serde_json::{Value, json};

/// Radiance 1 as a texel of Radiance files.
const WHITE: [u8; 4] = [128, 128, 128, 129];

/// Writes meshes and incoherent rays; gives the scenes' names.
pub(crate) fn export_rays(folder: &Path, scenes: &Path) -> Result<Vec<&'static str>> {
    fs::create_dir_all(folder)?;
    let mut names = Vec::new();
    for mesh in Mesh::all(scenes)? {
        let package = write_package(folder, mesh.name, &Ours::source(&mesh).into_source())?;
        let rays = Rays::of(&mesh, &Ours::unpacked(&mesh, &package)?);
        fs::write(folder.join(format!("{}.rays", mesh.name)), rays_to_bytes(&rays.incoherent))?;
        eprintln!("{}: {} triangles", mesh.name, mesh.triangles.len());
        names.push(mesh.name);
    }
    Ok(names)
}

/// Writes each scene as we and as others read it; gives their names, cameras and skies.
pub(crate) fn export_pictures(folder: &Path, scenes: &Path) -> Result<Vec<Value>> {
    fs::create_dir_all(folder)?;
    let mut pictures = vec![export_picture(folder, "cornell", &generate(&"cornell".parse()?))?];
    let helmet = scenes.join("flight-helmet/FlightHelmet.gltf");
    if helmet.is_file() {
        let source = in_clay(import(&helmet)?).with_environment(white_sky());
        pictures.push(export_picture(folder, "flight-helmet", &source)?);
    } else {
        eprintln!("flight-helmet is left out: no {}", helmet.display());
    }
    Ok(pictures)
}

/// All surfaces matte grey: what two renderers define alike.
fn in_clay(mut source: SceneSource) -> SceneSource {
    let clay = || Material { is_double_sided: true, ..material(0.5, 0.0, 1.0) };
    source.materials.iter_mut().for_each(|material| *material = clay());
    source.textures.clear();
    source.images.clear();
    source
}

fn white_sky() -> EnvironmentSource {
    let (width, height) = (8, 4);
    EnvironmentSource { width, height, rgbe: vec![WHITE; (width * height) as usize] }
}

fn export_picture(folder: &Path, name: &str, source: &SceneSource) -> Result<Value> {
    let package = write_package(folder, name, source)?;
    let view = unpack(&package, &UnpackLimits::default())?.default_view(1, 1);
    fs::write(folder.join(format!("{name}.glb")), write_glb(source))?;
    Ok(json!({
        "name": name,
        "worldFromCamera": view.world_from_camera,
        "tanHalfFovY": view.tan_half_fov_y,
        "hasSky": source.environment.is_some(),
    }))
}

fn write_package(folder: &Path, name: &str, source: &SceneSource) -> Result<Vec<u8>> {
    let package = pack(source)?.bytes;
    let path = folder.join(format!("{name}.package"));
    fs::write(&path, &package).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(package)
}
