//! Stored bytes into a scene: hostile bytes give an error, never a panic or unbounded memory.

use p2c2r_frame::SceneId;
use thiserror::Error;

use super::columns::{ColumnReader, delta_decode};
use super::layout::{
    AnimationRecord, ChannelRecord, Header, MAGIC, MAX_HEADER_BYTES, MeshRecord, PREFIX_BYTES,
    VERSION,
};
use crate::assemble::{Parts, assemble};
use crate::bvh::TopologyError;
use crate::image::ImageError;
use crate::limits::{ContentLimits, UnpackLimits};
use crate::{
    Animation, Channel, EnvironmentSource, ImageSource, InstanceSource, InvalidScene, MeshSource,
    Scene, SceneSource,
};

/// Why bytes are not a scene package that can be traced.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum UnpackError {
    /// The first bytes are not a package's.
    #[error("not a scene package")]
    NotAPackage,
    /// A package of another version.
    #[error("a scene package of version {found}; this build reads version {VERSION}")]
    Version {
        /// The version found.
        found: u16,
    },
    /// The bytes end early.
    #[error("the package ends inside its {0}")]
    Truncated(&'static str),
    /// There are bytes after the end.
    #[error("{0} bytes follow the end of the package")]
    Trailing(usize),
    /// A part is larger than its limit.
    #[error("{what} of {found} bytes; at most {limit} are allowed")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The body does not inflate to its stated length.
    #[error("the deflated arrays are damaged")]
    Deflate,
    /// The header does not decode.
    #[error("the header is damaged: {0}")]
    Header(String),
    /// The order of instances is not a permutation.
    #[error("instance {0} has no place of its own in the authored order")]
    SourceIndex(usize),
    /// A tree does not fit its primitives.
    #[error("{tree}: {error}")]
    Topology {
        /// Which tree.
        tree: String,
        /// What is wrong with it.
        error: TopologyError,
    },
    /// An image does not decode.
    #[error("image {index}: {error}")]
    Image {
        /// Which image.
        index: usize,
        /// What is wrong with it.
        error: ImageError,
    },
    /// The content breaks a rule that every scene keeps.
    #[error(transparent)]
    Invalid(#[from] InvalidScene),
}

/// Reads a package, checking all of it.
pub fn unpack(bytes: &[u8], limits: &UnpackLimits) -> Result<Scene, UnpackError> {
    at_most("a package", bytes.len(), limits.max_package_bytes)?;
    let mut reader = ColumnReader::new(bytes);
    let prefix = reader.take(PREFIX_BYTES).ok_or(UnpackError::NotAPackage)?;
    if prefix[..6] != MAGIC {
        return Err(UnpackError::NotAPackage);
    }
    let found = u16::from_le_bytes([prefix[6], prefix[7]]);
    if found != VERSION {
        return Err(UnpackError::Version { found });
    }
    let length = |at: usize| {
        u32::from_le_bytes([prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]]) as usize
    };
    let body_bytes = length(8);
    at_most("arrays", body_bytes, limits.max_body_bytes)?;
    let deflated = reader.take(length(12)).ok_or(UnpackError::Truncated("arrays"))?;
    let body = miniz_oxide::inflate::decompress_to_vec_with_limit(deflated, body_bytes)
        .ok()
        .filter(|body| body.len() == body_bytes)
        .ok_or(UnpackError::Deflate)?;
    let parts = read_body(&body, reader, &limits.content)?;
    drop(body);
    parts.scene.check(&limits.content)?;
    let id = SceneId(*blake3::hash(bytes).as_bytes());
    assemble(parts, id, &limits.content)
}

fn read_body(
    body: &[u8],
    mut images: ColumnReader<'_>,
    limits: &ContentLimits,
) -> Result<Parts, UnpackError> {
    let mut reader = ColumnReader::new(body);
    let (header, animation) = read_header(&mut reader)?;
    check_counts(&header, limits)?;
    let truncated = || UnpackError::Truncated("arrays");
    let mut scene = SceneSource::default();
    for record in &header.meshes {
        scene.meshes.push(read_mesh(&mut reader, record).ok_or_else(truncated)?);
    }
    let count = header.instance_count as usize;
    let matrices: Vec<[[f32; 4]; 3]> = reader.words::<_, 12>(count).ok_or_else(truncated)?;
    let meshes: Vec<u32> = reader.words::<_, 1>(count).ok_or_else(truncated)?;
    let source_indices: Vec<u32> = reader.words::<_, 1>(count).ok_or_else(truncated)?;
    check_permutation(&source_indices)?;
    scene.instances = matrices
        .into_iter()
        .zip(meshes)
        .map(|(world_from_object, mesh)| InstanceSource { world_from_object, mesh })
        .collect();
    if let Some(record) = animation {
        let keys = record.channels.iter().map(|channel| u64::from(channel.key_count)).sum();
        let limit = limits.max_animation_keys;
        if keys > limit {
            let what = "animation keys";
            return Err(InvalidScene::TooMany { what, found: keys, limit }.into());
        }
        scene.animation = Some(read_animation(&mut reader, record).ok_or_else(truncated)?);
    }
    if let Some([width, height]) = header.environment {
        let texels = (width as usize).checked_mul(height as usize);
        let texels: Vec<u32> =
            texels.and_then(|count| reader.words::<_, 1>(count)).ok_or_else(truncated)?;
        let rgbe = texels.into_iter().map(u32::to_le_bytes).collect();
        scene.environment = Some(EnvironmentSource { width, height, rgbe });
    }
    for record in &header.images {
        let bytes = images.take(record.byte_count as usize);
        let bytes = bytes.ok_or(UnpackError::Truncated("images"))?.to_vec();
        scene.images.push(ImageSource { format: record.format, bytes });
    }
    let trailing = images.rest().len();
    if trailing > 0 {
        return Err(UnpackError::Trailing(trailing));
    }
    scene.materials = header.materials;
    scene.textures = header.textures;
    scene.lights = header.lights;
    scene.cameras = header.cameras;
    Ok(Parts { scene, source_indices, topology: reader.rest().to_vec() })
}

fn read_header(
    reader: &mut ColumnReader<'_>,
) -> Result<(Header, Option<AnimationRecord>), UnpackError> {
    let truncated = UnpackError::Truncated("header");
    let Some(&[a, b, c, d]) = reader.take(4) else {
        return Err(truncated);
    };
    let header_bytes = u32::from_le_bytes([a, b, c, d]) as usize;
    at_most("a header", header_bytes, MAX_HEADER_BYTES)?;
    let header = reader.take(header_bytes).ok_or(truncated)?;
    let damaged = |error: postcard::Error| UnpackError::Header(error.to_string());
    let (header, rest) = postcard::take_from_bytes(header).map_err(damaged)?;
    let animation = match rest {
        [] => None,
        rest => Some(postcard::from_bytes(rest).map_err(damaged)?),
    };
    Ok((header, animation))
}

fn read_animation(reader: &mut ColumnReader<'_>, record: AnimationRecord) -> Option<Animation> {
    let AnimationRecord { nodes, channels, instances, cameras, lights, clips } = record;
    let channels = channels.into_iter().map(|channel| {
        let times_s = reader.words::<_, 1>(channel.key_count as usize)?;
        let values = match channel.property.width() {
            4 => reader.words::<[f32; 4], 4>(channel.value_count() / 4)?.into_flattened(),
            _ => reader.words::<[f32; 3], 3>(channel.value_count() / 3)?.into_flattened(),
        };
        let ChannelRecord { node, property, interpolation, .. } = channel;
        Some(Channel { node, property, interpolation, times_s, values })
    });
    let channels = channels.collect::<Option<Vec<_>>>()?;
    Some(Animation { nodes, channels, instances, cameras, lights, clips })
}

/// Fails on totals over their limit before any column is read.
fn check_counts(header: &Header, limits: &ContentLimits) -> Result<(), UnpackError> {
    let sum = |count: fn(&MeshRecord) -> u32| -> u64 {
        header.meshes.iter().map(|mesh| u64::from(count(mesh))).sum()
    };
    for (what, found, limit) in [
        ("vertices", sum(|mesh| mesh.vertex_count), limits.max_vertices),
        ("triangles", sum(|mesh| mesh.triangle_count), limits.max_triangles),
        ("instances", u64::from(header.instance_count), limits.max_instances),
    ] {
        if found > limit {
            return Err(InvalidScene::TooMany { what, found, limit }.into());
        }
    }
    Ok(())
}

fn read_mesh(reader: &mut ColumnReader<'_>, record: &MeshRecord) -> Option<MeshSource> {
    let vertices = record.vertex_count as usize;
    let count_if = |is_there: bool| if is_there { vertices } else { 0 };
    let positions = reader.words::<_, 3>(vertices)?;
    let normals = reader.words::<_, 3>(vertices)?;
    let tangents = reader.words::<_, 4>(count_if(record.has_tangents))?;
    let uvs = reader.words::<_, 2>(count_if(record.has_uvs))?;
    let mut indices: Vec<u32> =
        reader.words::<_, 1>((record.triangle_count as usize).checked_mul(3)?)?;
    delta_decode(&mut indices);
    let triangles = indices.as_chunks::<3>().0.to_vec();
    Some(MeshSource { positions, normals, tangents, uvs, triangles, material: record.material })
}

fn check_permutation(source_indices: &[u32]) -> Result<(), UnpackError> {
    let mut is_taken = vec![false; source_indices.len()];
    for (instance, &source_index) in source_indices.iter().enumerate() {
        match is_taken.get_mut(source_index as usize) {
            Some(taken) if !*taken => *taken = true,
            _ => return Err(UnpackError::SourceIndex(instance)),
        }
    }
    Ok(())
}

fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), UnpackError> {
    if found > limit { Err(UnpackError::TooLarge { what, found, limit }) } else { Ok(()) }
}
