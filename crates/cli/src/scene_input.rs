//! From what the user named to a packed scene.

use std::fs;
use std::path::Path;

use anyhow::Context;
use p2c2r_scene::{
    FolderResolver, GeneratedScene, ImportLimits, PackedScene, Scene, SceneSource, UnpackLimits,
    generate, load_gltf, pack, parse_hdr, unpack,
};

use crate::failure::{Failure, OrFail, fail};

/// A scene in both forms: as stored and ready for tracing.
pub(crate) struct LoadedScene {
    /// The package.
    pub(crate) packed: PackedScene,
    /// Its arrays.
    pub(crate) scene: Scene,
}

/// Reads or generates a scene and packs it; warnings go to standard error.
pub(crate) fn load(name: &str, environment: Option<&Path>) -> anyhow::Result<LoadedScene> {
    let packed = packed_scene(name, environment)?;
    for warning in &packed.warnings {
        eprintln!("warning: {name}: {warning}");
    }
    let scene = unpack(&packed.bytes, &UnpackLimits::default())
        .or_fail(Failure::Input)
        .with_context(|| name.to_owned())?;
    Ok(LoadedScene { packed, scene })
}

fn packed_scene(name: &str, environment: Option<&Path>) -> anyhow::Result<PackedScene> {
    if has_extension(name, "p2c2r") {
        if environment.is_some() {
            let why =
                "a packed scene has its environment already; give --environment to `scene pack`";
            return Err(fail(Failure::Usage, why));
        }
        return stored_package(name);
    }
    let mut source = source(name)?;
    if let Some(path) = environment {
        source = source.with_environment(read_environment(path)?);
    }
    pack(&source).or_fail(Failure::Input).with_context(|| name.to_owned())
}

/// A scene as authored, from a file or from its name.
fn source(name: &str) -> anyhow::Result<SceneSource> {
    if has_extension(name, "glb") || has_extension(name, "gltf") {
        let path = Path::new(name);
        let root = read(path)?;
        let resolver = FolderResolver::beside(path);
        return load_gltf(&root, &resolver, &ImportLimits::default())
            .or_fail(Failure::Input)
            .with_context(|| name.to_owned());
    }
    let scene: GeneratedScene = name.parse().map_err(|error| {
        let files = "a scene is a .glb, .gltf or .p2c2r file, or a generated one";
        fail(Failure::Input, format!("`{name}`: {error}; {files}"))
    })?;
    Ok(generate(&scene))
}

fn stored_package(name: &str) -> anyhow::Result<PackedScene> {
    let bytes = read(Path::new(name))?;
    let scene = unpack(&bytes, &UnpackLimits::default())
        .or_fail(Failure::Input)
        .with_context(|| name.to_owned())?;
    Ok(PackedScene { bytes, id: scene.id, warnings: Vec::new() })
}

fn read_environment(path: &Path) -> anyhow::Result<p2c2r_scene::EnvironmentSource> {
    parse_hdr(&read(path)?)
        .or_fail(Failure::Input)
        .with_context(|| format!("environment {}", path.display()))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path)
        .or_fail(Failure::Input)
        .with_context(|| format!("cannot read {}", path.display()))
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}
