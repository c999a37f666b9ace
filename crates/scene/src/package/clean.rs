//! Leaves out what cannot be seen, before a scene is packed.

use crate::check::{inverse_of, is_coordinate, is_degenerate};
use crate::source::warn;
use crate::{EnvironmentSource, InstanceSource, Material, MeshSource, SceneSource, TextureRef};

/// Drops triangles without area, instances without inverse and whatever nothing uses; adds the neutral
/// environment where there is no light. What is wrong otherwise stays for `check` to find.
pub(super) fn clean(source: &SceneSource) -> SceneSource {
    let mut scene = source.clone();
    drop_degenerate_triangles(&mut scene);
    drop_singular_instances(&mut scene);
    drop_unused_meshes(&mut scene);
    drop_unused_materials(&mut scene);
    drop_unused_images(&mut scene);
    if !has_light(&scene) {
        scene.environment = Some(EnvironmentSource::neutral());
        let warning = "no light in the scene: a neutral environment was added";
        warn(&mut scene.warnings, warning);
    }
    scene
}

fn drop_degenerate_triangles(scene: &mut SceneSource) {
    for (index, mesh) in scene.meshes.iter_mut().enumerate() {
        let before = mesh.triangles.len();
        let positions = &mesh.positions;
        mesh.triangles.retain(|corners| {
            let corner = |k: usize| positions.get(corners[k] as usize).copied();
            let (Some(a), Some(b), Some(c)) = (corner(0), corner(1), corner(2)) else {
                return true;
            };
            let is_usable = [a, b, c].as_flattened().iter().all(|&x| is_coordinate(x));
            !(is_usable && is_degenerate([a, b, c]))
        });
        let dropped = before - mesh.triangles.len();
        if dropped > 0 {
            warn(
                &mut scene.warnings,
                format!("mesh {index}: {dropped} triangles without area left out"),
            );
        }
    }
}

fn drop_singular_instances(scene: &mut SceneSource) {
    let is_kept = |index: usize, instance: &InstanceSource| {
        let is_finite = instance.world_from_object.iter().flatten().all(|x| x.is_finite());
        // One that moves may have a size at another time.
        !is_finite || inverse_of(&instance.world_from_object).is_some() || scene.does_move(index)
    };
    let is_kept: Vec<bool> =
        scene.instances.iter().enumerate().map(|(index, i)| is_kept(index, i)).collect();
    let dropped = keep_instances(scene, &is_kept);
    if dropped > 0 {
        warn(&mut scene.warnings, format!("{dropped} instances of no or excessive size left out"));
    }
}

/// Keeps some of the instances, and what hangs them on nodes; gives the number of the others.
fn keep_instances(scene: &mut SceneSource, is_kept: &[bool]) -> usize {
    let mut new_index = Vec::with_capacity(is_kept.len());
    let mut kept = 0;
    for &is_kept in is_kept {
        new_index.push(kept);
        kept += u32::from(is_kept);
    }
    if kept as usize == is_kept.len() {
        return 0;
    }
    let mut flags = is_kept.iter();
    scene.instances.retain(|_| flags.next() == Some(&true));
    if let Some(animation) = &mut scene.animation {
        // One that points nowhere is left for `check` to find.
        animation.instances.retain_mut(|attachment| {
            let index = attachment.item as usize;
            attachment.item = new_index.get(index).copied().unwrap_or(attachment.item);
            is_kept.get(index).is_none_or(|&is_kept| is_kept)
        });
    }
    is_kept.len() - kept as usize
}

fn drop_unused_meshes(scene: &mut SceneSource) {
    let meshes = &scene.meshes;
    // An instance of an empty mesh shows nothing; one of a missing mesh is an error for `check`.
    let is_kept = |instance: &InstanceSource| {
        meshes.get(instance.mesh as usize).is_none_or(|mesh| !mesh.triangles.is_empty())
    };
    let is_kept: Vec<bool> = scene.instances.iter().map(is_kept).collect();
    keep_instances(scene, &is_kept);
    let used = scene.instances.iter().map(|instance| instance.mesh);
    let new_index = keep_used(&mut scene.meshes, used);
    for instance in &mut scene.instances {
        renumber(&mut instance.mesh, &new_index);
    }
}

fn drop_unused_materials(scene: &mut SceneSource) {
    let used = scene.meshes.iter().map(|mesh: &MeshSource| mesh.material);
    let new_index = keep_used(&mut scene.materials, used);
    for mesh in &mut scene.meshes {
        renumber(&mut mesh.material, &new_index);
    }
}

fn drop_unused_images(scene: &mut SceneSource) {
    let used: Vec<u32> = scene
        .materials
        .iter_mut()
        .flat_map(texture_references)
        .map(|reference| reference.texture)
        .collect();
    let new_index = keep_used(&mut scene.textures, used.into_iter());
    for reference in scene.materials.iter_mut().flat_map(texture_references) {
        renumber(&mut reference.texture, &new_index);
    }
    let used = scene.textures.iter().map(|texture| texture.image);
    let new_index = keep_used(&mut scene.images, used);
    for texture in &mut scene.textures {
        renumber(&mut texture.image, &new_index);
    }
}

fn texture_references(material: &mut Material) -> impl Iterator<Item = &mut TextureRef> {
    material.textures_mut().into_iter().flatten()
}

/// Keeps the items that are used, in their order; gives the new index of each old one.
///
/// An index that points nowhere keeps everything as it is, for `check` to find.
fn keep_used<T>(items: &mut Vec<T>, used: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut is_used = vec![false; items.len()];
    for index in used {
        match is_used.get_mut(index as usize) {
            Some(flag) => *flag = true,
            None => return (0..items.len() as u32).collect(),
        }
    }
    let mut kept = 0;
    let new_index = is_used
        .iter()
        .map(|&is_used| {
            kept += u32::from(is_used);
            kept.saturating_sub(1)
        })
        .collect();
    let mut flags = is_used.iter();
    items.retain(|_| flags.next() == Some(&true));
    new_index
}

/// An index that pointed nowhere stays as it is.
fn renumber(index: &mut u32, new_index: &[u32]) {
    *index = new_index.get(*index as usize).copied().unwrap_or(*index);
}

fn has_light(scene: &SceneSource) -> bool {
    scene.environment.is_some()
        || !scene.lights.is_empty()
        || scene.materials.iter().any(|material| material.emissive != [0.0; 3])
}
