//! `KHR_draco_mesh_compression`: a primitive's vertices and triangles out of a Draco stream.

use std::collections::BTreeMap;

use draco_core::{DecodeLimits, DecoderBuffer, Mesh, MeshDecoder};
use serde::Deserialize;

use super::error::ImportError;

/// Bytes of the attributes that a vertex may have: five vectors of four floats.
const MAX_VERTEX_BYTES: u64 = 80;

/// What a compressed primitive says of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompressedPrimitive {
    pub(super) buffer_view: usize,
    attributes: BTreeMap<String, u32>,
}

/// A decoded primitive.
pub(super) struct DracoMesh<'a> {
    mesh: Mesh,
    record: &'a CompressedPrimitive,
}

impl<'a> DracoMesh<'a> {
    /// Decodes a stream of at most so many vertices and triangles.
    pub(super) fn decode(
        record: &'a CompressedPrimitive,
        bytes: &[u8],
        max_vertices: u64,
        max_triangles: u64,
        place: &str,
    ) -> Result<Self, ImportError> {
        let limits = DecodeLimits::default()
            .with_max_points(max_vertices)
            .with_max_faces(max_triangles)
            .with_max_decoded_bytes(max_vertices.saturating_mul(MAX_VERTEX_BYTES));
        let mut mesh = Mesh::new();
        MeshDecoder::new()
            .decode(&mut DecoderBuffer::new(bytes).with_limits(limits), &mut mesh)
            .map_err(|error| ImportError::form(place, format!("Draco: {error}")))?;
        let found = mesh.num_points() as u64;
        if found > max_vertices {
            return Err(ImportError::TooMuch { what: "vertices", found, limit: max_vertices });
        }
        Ok(Self { mesh, record })
    }

    /// Vectors of an attribute, one for each vertex; `None` if the stream does not hold it.
    pub(super) fn vectors<const N: usize>(
        &self,
        name: &str,
        place: &str,
    ) -> Result<Option<Vec<[f32; N]>>, ImportError> {
        let Some(&id) = self.record.attributes.get(name) else { return Ok(None) };
        let missing = || ImportError::form(place, format!("Draco: no attribute {id} for {name}"));
        let attribute = self.mesh.attribute_by_unique_id(id).ok_or_else(missing)?;
        if usize::from(attribute.num_components()) != N {
            let found = attribute.num_components();
            let reason = format!("Draco: {name} of {found} components where {N} are needed");
            return Err(ImportError::form(place, reason));
        }
        let values = attribute.read_f32s(self.mesh.num_points(), N);
        Ok(Some(values.as_chunks::<N>().0.to_vec()))
    }

    /// The corners of the triangles, three for each.
    pub(super) fn indices(&self) -> Vec<u32> {
        let faces = self.mesh.faces().iter();
        faces.flat_map(|face| face.map(|point| point.0)).collect()
    }
}
