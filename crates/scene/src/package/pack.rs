//! A scene as authored into its stored bytes.

use p2c2r_frame::SceneId;
use thiserror::Error;

use super::clean::clean;
use super::columns::{ColumnWriter, delta_encode};
use super::layout::{AnimationRecord, DEFLATE_LEVEL, Header, MAGIC, MAX_HEADER_BYTES, VERSION};
use crate::bvh::{Bounds, build_mesh_tree, build_tree};
use crate::check::mesh_bounds;
use crate::limits::{ContentLimits, UnpackLimits};
use crate::{InvalidScene, MeshSource, SceneSource};

/// A scene in its stored form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedScene {
    /// What is stored and sent.
    pub bytes: Vec<u8>,
    /// The blake3 hash of `bytes`.
    pub id: SceneId,
    /// What was left out or changed since the file, for a person to read.
    pub warnings: Vec<String>,
}

/// Why a scene cannot be packed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PackError {
    /// No tracer could trace it.
    #[error(transparent)]
    Invalid(#[from] InvalidScene),
    /// It would not be unpacked again.
    #[error("{what} of {found} bytes; at most {limit} are allowed")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The header cannot be written.
    #[error("the header cannot be encoded: {0}")]
    Header(String),
}

/// Packs a scene; the same scene gives the same bytes on every target.
pub fn pack(source: &SceneSource) -> Result<PackedScene, PackError> {
    let mut scene = clean(source);
    scene.check(&ContentLimits::default())?;
    let mut topology = Vec::new();
    let source_indices = order_instances(&mut scene, &mut topology);
    for mesh in &mut scene.meshes {
        order_triangles(mesh, &mut topology);
    }
    let body = encode_body(&scene, &source_indices, &topology)?;
    let limits = UnpackLimits::default();
    at_most("arrays", body.len(), limits.max_body_bytes)?;
    let deflated = miniz_oxide::deflate::compress_to_vec(&body, DEFLATE_LEVEL);
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend((deflated.len() as u32).to_le_bytes());
    bytes.extend(deflated);
    for image in &scene.images {
        bytes.extend(&image.bytes);
    }
    at_most("a package", bytes.len(), limits.max_package_bytes)?;
    let id = SceneId(*blake3::hash(&bytes).as_bytes());
    Ok(PackedScene { bytes, id, warnings: scene.warnings })
}

/// Puts instances in leaf order of the top level; gives the authored position of each.
fn order_instances(scene: &mut SceneSource, topology: &mut Vec<u8>) -> Vec<u32> {
    let object_bounds: Vec<Bounds> = scene.meshes.iter().map(mesh_bounds).collect();
    let world_bounds: Vec<Bounds> = scene
        .instances
        .iter()
        .map(|i| object_bounds[i.mesh as usize].transformed(&i.world_from_object))
        .collect();
    let tree = build_tree(&world_bounds, 1);
    scene.instances = tree.order.iter().map(|&index| scene.instances[index as usize]).collect();
    if let Some(animation) = &mut scene.animation {
        let mut new_index = vec![0; tree.order.len()];
        for (place, &index) in tree.order.iter().enumerate() {
            new_index[index as usize] = place as u32;
        }
        for attachment in &mut animation.instances {
            attachment.item = new_index[attachment.item as usize];
        }
        animation.instances.sort_unstable_by_key(|attachment| attachment.item);
    }
    topology.extend(tree.topology);
    tree.order
}

/// Puts triangles in leaf order and vertices in the order of their first use.
fn order_triangles(mesh: &mut MeshSource, topology: &mut Vec<u8>) {
    let (order, stored) = build_mesh_tree(&mesh.positions, &mesh.triangles);
    topology.extend(stored);
    let mut new_index = vec![u32::MAX; mesh.positions.len()];
    let mut used = Vec::new();
    let triangles = order.iter().map(|&triangle| {
        mesh.triangles[triangle as usize].map(|vertex| {
            let slot = &mut new_index[vertex as usize];
            if *slot == u32::MAX {
                *slot = used.len() as u32;
                used.push(vertex as usize);
            }
            *slot
        })
    });
    mesh.triangles = triangles.collect();
    mesh.positions = used.iter().map(|&vertex| mesh.positions[vertex]).collect();
    mesh.normals = used.iter().map(|&vertex| mesh.normals[vertex]).collect();
    if !mesh.tangents.is_empty() {
        mesh.tangents = used.iter().map(|&vertex| mesh.tangents[vertex]).collect();
    }
    if !mesh.uvs.is_empty() {
        mesh.uvs = used.iter().map(|&vertex| mesh.uvs[vertex]).collect();
    }
}

fn encode_body(
    scene: &SceneSource,
    source_indices: &[u32],
    topology: &[u8],
) -> Result<Vec<u8>, PackError> {
    let failed = |error: postcard::Error| PackError::Header(error.to_string());
    let mut header = postcard::to_allocvec(&Header::of(scene)).map_err(failed)?;
    if let Some(animation) = &scene.animation {
        header = postcard::to_extend(&AnimationRecord::of(animation), header).map_err(failed)?;
    }
    at_most("a header", header.len(), MAX_HEADER_BYTES)?;
    let mut writer = ColumnWriter::default();
    writer.bytes(&(header.len() as u32).to_le_bytes());
    writer.bytes(&header);
    for mesh in &scene.meshes {
        writer.words::<_, 3>(&mesh.positions);
        writer.words::<_, 3>(&mesh.normals);
        writer.words::<_, 4>(&mesh.tangents);
        writer.words::<_, 2>(&mesh.uvs);
        let mut indices = mesh.triangles.as_flattened().to_vec();
        delta_encode(&mut indices);
        writer.words::<u32, 1>(&indices);
    }
    let matrices: Vec<[[f32; 4]; 3]> =
        scene.instances.iter().map(|instance| instance.world_from_object).collect();
    let meshes: Vec<u32> = scene.instances.iter().map(|instance| instance.mesh).collect();
    writer.words::<_, 12>(&matrices);
    writer.words::<_, 1>(&meshes);
    writer.words::<_, 1>(source_indices);
    for channel in scene.animation.iter().flat_map(|animation| &animation.channels) {
        writer.words::<_, 1>(&channel.times_s);
        match channel.property.width() {
            4 => writer.words::<_, 4>(channel.values.as_chunks::<4>().0),
            _ => writer.words::<_, 3>(channel.values.as_chunks::<3>().0),
        }
    }
    if let Some(environment) = &scene.environment {
        let texels: Vec<u32> = environment.rgbe.iter().map(|&t| u32::from_le_bytes(t)).collect();
        writer.words::<_, 1>(&texels);
    }
    writer.bytes(topology);
    Ok(writer.bytes)
}

fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), PackError> {
    if found > limit { Err(PackError::TooLarge { what, found, limit }) } else { Ok(()) }
}
