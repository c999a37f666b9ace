//! glTF 2.0 import: .glb, or .gltf with files beside it or data in its URIs; export as .glb.
//!
//! Everything in a file is a guess until checked: each index, range, size and number that is used is
//! checked where it is used, and what is wrong is told with its place.

mod accessor;
mod animation;
mod container;
mod draco;
mod error;
mod export;
mod export_layers;
#[cfg(not(target_arch = "wasm32"))]
mod folder;
mod layers;
mod material;
mod material_schema;
mod mesh;
mod meshopt;
mod moving;
mod nodes;
mod resolver;
mod schema;
mod tangents;

use self::animation::import_clips;
use self::container::File;
use self::material::import_materials;
use self::mesh::import_meshes;
use self::nodes::import_nodes;
use crate::source::warn;
use crate::{ImportLimits, InvalidScene, SceneSource};

pub use self::error::ImportError;
pub use self::export::write_glb;
#[cfg(not(target_arch = "wasm32"))]
pub use self::folder::FolderResolver;
pub use self::resolver::{MapResolver, ResourceError, ResourceResolver};

/// Imports a .glb or .gltf file; other files that it names are read through the resolver.
pub fn load_gltf(
    root: &[u8],
    resolver: &dyn ResourceResolver,
    limits: &ImportLimits,
) -> Result<SceneSource, ImportError> {
    let mut file = File::open(root, resolver, limits)?;
    if !file.document.skins.is_empty() {
        file.warnings.push("skins are ignored".to_owned());
    }
    let mut scene = SceneSource::default();
    let materials = import_materials(&mut file, &mut scene)?;
    let mesh_ranges = import_meshes(&mut file, &materials, &mut scene)?;
    let clips = import_clips(&mut file)?;
    let has_clips = !clips.clips.is_empty();
    import_nodes(&mut file, &mesh_ranges, clips, &mut scene)?;
    if has_clips && scene.animation.is_none() {
        warn(&mut file.warnings, "animations move nothing that can be seen to move");
    }
    if scene.instances.is_empty() {
        return Err(InvalidScene::NoTriangles.into());
    }
    scene.warnings = file.warnings;
    Ok(scene)
}
