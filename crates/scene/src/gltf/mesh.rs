//! Primitives into triangle meshes, with normals and tangents where the file has none.

use super::container::File;
use super::draco::DracoMesh;
use super::error::{ImportError, at};
use super::material::ImportedMaterial;
use super::schema::Primitive;
use super::tangents::{flat_shaded, with_tangents};
use crate::check::is_coordinate;
use crate::math::{Vec3, larger};
use crate::source::warn;
use crate::{Material, MeshSource, SceneSource};

const TRIANGLES: u32 = 4;
const TRIANGLE_STRIP: u32 = 5;
const TRIANGLE_FAN: u32 = 6;

/// Adds a mesh for each primitive of triangles; for each mesh of the file, its place and number there.
pub(super) fn import_meshes(
    file: &mut File<'_>,
    materials: &[ImportedMaterial],
    scene: &mut SceneSource,
) -> Result<Vec<std::ops::Range<u32>>, ImportError> {
    let mut warnings = std::mem::take(&mut file.warnings);
    let mut ranges = Vec::new();
    let mut importer = MeshImporter {
        file,
        materials,
        default_material: None,
        warnings: &mut warnings,
        vertices_left: file.limits.content.max_vertices,
        triangles_left: file.limits.content.max_triangles,
    };
    for (mesh_index, mesh) in file.document.meshes.iter().enumerate() {
        let first = scene.meshes.len() as u32;
        for (index, primitive) in mesh.primitives.iter().enumerate() {
            let place = format!("mesh {mesh_index}, primitive {index}");
            importer.import(primitive, &place, scene)?;
        }
        ranges.push(first..scene.meshes.len() as u32);
    }
    file.warnings = warnings;
    Ok(ranges)
}

struct MeshImporter<'a> {
    file: &'a File<'a>,
    materials: &'a [ImportedMaterial],
    /// Index of the material for primitives without one, once it is needed.
    default_material: Option<u32>,
    warnings: &'a mut Vec<String>,
    vertices_left: u64,
    triangles_left: u64,
}

impl MeshImporter<'_> {
    fn import(
        &mut self,
        primitive: &Primitive,
        place: &str,
        scene: &mut SceneSource,
    ) -> Result<(), ImportError> {
        if !(TRIANGLES..=TRIANGLE_FAN).contains(&primitive.mode) {
            warn(self.warnings, format!("{place}: points and lines are left out"));
            return Ok(());
        }
        for (what, is_there) in [
            ("morph targets are", !primitive.targets.is_empty()),
            ("vertex colours are", primitive.attributes.contains_key("COLOR_0")),
            ("skinning is", primitive.attributes.contains_key("JOINTS_0")),
        ] {
            if is_there {
                warn(self.warnings, format!("{place}: {what} ignored"));
            }
        }
        let (material, traits) = self.material(primitive, place, scene)?;
        let draco = self.decompressed(primitive, place)?;
        let mut mesh = self.vertices(primitive, draco.as_ref(), place, traits.uv_set)?;
        mesh.material = material;
        mesh.triangles = self.triangles(primitive, draco.as_ref(), place, mesh.positions.len())?;
        if mesh.triangles.is_empty() {
            warn(self.warnings, format!("{place}: no triangles"));
            return Ok(());
        }
        if mesh.normals.is_empty() {
            mesh = flat_shaded(&mesh);
        }
        if traits.needs_tangents && mesh.tangents.is_empty() && !mesh.uvs.is_empty() {
            mesh = with_tangents(&mesh);
        }
        self.vertices_left = remaining("vertices", self.vertices_left, mesh.positions.len())?;
        self.triangles_left = remaining("triangles", self.triangles_left, mesh.triangles.len())?;
        scene.meshes.push(mesh);
        Ok(())
    }

    fn material(
        &mut self,
        primitive: &Primitive,
        place: &str,
        scene: &mut SceneSource,
    ) -> Result<(u32, ImportedMaterial), ImportError> {
        if let Some(index) = primitive.material {
            let traits = at(self.materials, index, "material", || place.to_owned())?;
            return Ok((index as u32, *traits));
        }
        let index = *self.default_material.get_or_insert_with(|| {
            scene.materials.push(Material::default());
            scene.materials.len() as u32 - 1
        });
        Ok((index, ImportedMaterial { uv_set: 0, needs_tangents: false }))
    }

    /// The Draco mesh of a primitive that is compressed so.
    fn decompressed<'p>(
        &self,
        primitive: &'p Primitive,
        place: &str,
    ) -> Result<Option<DracoMesh<'p>>, ImportError> {
        let Some(record) = &primitive.extensions.draco else { return Ok(None) };
        let bytes = self.file.view_bytes(record.buffer_view, 0, || place.to_owned())?;
        let (vertices, triangles) = (self.vertices_left, self.triangles_left);
        DracoMesh::decode(record, bytes, vertices, triangles, place).map(Some)
    }

    /// Vectors of an attribute, out of its accessor or out of the compressed primitive.
    fn vectors<const N: usize>(
        &self,
        primitive: &Primitive,
        draco: Option<&DracoMesh<'_>>,
        name: &str,
        place: &str,
    ) -> Result<Option<Vec<[f32; N]>>, ImportError> {
        let here = || place.to_owned();
        let Some(&accessor) = primitive.attributes.get(name) else { return Ok(None) };
        if let Some(mut vectors) = draco.map(|d| d.vectors::<N>(name, place)).transpose()?.flatten()
        {
            let one = self.file.normalization(accessor, here)?;
            if one != 1.0 {
                let values = vectors.as_flattened_mut().iter_mut();
                values.for_each(|value| *value = larger(*value / one, -1.0));
            }
            return Ok(Some(vectors));
        }
        self.file.read_vectors(accessor, here).map(Some)
    }

    fn vertices(
        &self,
        primitive: &Primitive,
        draco: Option<&DracoMesh<'_>>,
        place: &str,
        uv_set: u32,
    ) -> Result<MeshSource, ImportError> {
        let Some(positions) = self.vectors::<3>(primitive, draco, "POSITION", place)? else {
            return Err(ImportError::form(place, "has no POSITION"));
        };
        if let Some(vertex) =
            positions.iter().position(|position| !position.iter().all(|&x| is_coordinate(x)))
        {
            let reason = format!("position {vertex} is {:?}", positions[vertex]);
            return Err(ImportError::form(place, reason));
        }
        let count = positions.len();
        let normals = self.vectors::<3>(primitive, draco, "NORMAL", place)?.unwrap_or_default();
        let normals: Vec<[f32; 3]> = normals.into_iter().map(unit_normal).collect();
        let tangents = match normals.is_empty() {
            true => Vec::new(),
            false => self.vectors::<4>(primitive, draco, "TANGENT", place)?.unwrap_or_default(),
        };
        let tangents: Vec<[f32; 4]> = tangents.into_iter().map(unit_tangent).collect();
        let uvs = format!("TEXCOORD_{uv_set}");
        let uvs = self.vectors::<2>(primitive, draco, &uvs, place)?.unwrap_or_default();
        for (what, found) in
            [("NORMAL", normals.len()), ("TANGENT", tangents.len()), ("TEXCOORD", uvs.len())]
        {
            if found != 0 && found != count {
                let reason = format!("{found} of {what} for {count} positions");
                return Err(ImportError::form(place, reason));
            }
        }
        Ok(MeshSource { positions, normals, tangents, uvs, ..MeshSource::default() })
    }

    fn triangles(
        &self,
        primitive: &Primitive,
        draco: Option<&DracoMesh<'_>>,
        place: &str,
        vertex_count: usize,
    ) -> Result<Vec<[u32; 3]>, ImportError> {
        let indices = match (draco, primitive.indices) {
            (Some(draco), _) => draco.indices(),
            (None, Some(index)) => self.file.read_indices(index, || place.to_owned())?,
            (None, None) => (0..vertex_count as u32).collect(),
        };
        if let Some(&found) = indices.iter().find(|&&index| index as usize >= vertex_count) {
            return Err(ImportError::Index {
                place: place.to_owned(),
                what: "vertex",
                found: u64::from(found),
                count: vertex_count,
            });
        }
        // Draco knows triangles only: strips were taken apart when they were compressed.
        let mode = if draco.is_some() { TRIANGLES } else { primitive.mode };
        Ok(match mode {
            TRIANGLE_STRIP => indices
                .windows(3)
                .enumerate()
                // Every other triangle of a strip runs the other way round.
                .map(|(k, w)| if k % 2 == 0 { [w[0], w[1], w[2]] } else { [w[1], w[0], w[2]] })
                .collect(),
            TRIANGLE_FAN => indices
                .split_first()
                .map(|(&first, rest)| rest.windows(2).map(|w| [first, w[0], w[1]]).collect())
                .unwrap_or_default(),
            _ => indices.as_chunks::<3>().0.to_vec(),
        })
    }
}

/// Takes what a mesh uses from what is left of a limit.
fn remaining(what: &'static str, left: u64, used: usize) -> Result<u64, ImportError> {
    let found = used as u64;
    left.checked_sub(found).ok_or(ImportError::TooMuch { what, found, limit: left })
}

/// A normal that has no direction points up; it is better than no picture.
fn unit_normal(normal: [f32; 3]) -> [f32; 3] {
    Vec3::from(normal).normalized_or(Vec3::new(0.0, 1.0, 0.0)).to_array()
}

fn unit_tangent([x, y, z, w]: [f32; 4]) -> [f32; 4] {
    let unit = Vec3::new(x, y, z).normalized_or(Vec3::new(1.0, 0.0, 0.0));
    [unit.x, unit.y, unit.z, if w < 0.0 { -1.0 } else { 1.0 }]
}
