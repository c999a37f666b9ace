//! What every scene must satisfy before a tracer sees it: no index leaves its array, every number is
//! usable, every total is within its limit.

use thiserror::Error;

use crate::bvh::Bounds;
use crate::check_material::unusable_number;
use crate::limits::{ContentLimits, MAX_COORDINATE_M, MAX_INTENSITY, MAX_MATRIX_ELEMENT, MAX_UV};
use crate::math::Vec3;
use crate::{LightKind, Material, MeshSource, PunctualLight, SceneSource, TextureRef};

/// How far a squared length may be from one for a vector to count as unit.
const UNIT_TOLERANCE: f32 = 0.01;

/// Why a scene cannot be traced.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum InvalidScene {
    /// Nothing to see.
    #[error("the scene holds no triangle")]
    NoTriangles,
    /// More of something than the limit.
    #[error("{found} {what}; at most {limit} are allowed")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many there may be.
        limit: u64,
    },
    /// An index leaves its array.
    #[error("{place} {index}: {what} {found} of {count}")]
    IndexOutOfRange {
        /// What holds the index.
        place: &'static str,
        /// Which one of them.
        index: usize,
        /// What it points to.
        what: &'static str,
        /// The index.
        found: u32,
        /// Length of the array.
        count: usize,
    },
    /// An array has another length than the vertices.
    #[error("mesh {mesh}: {found} {what} for {vertices} vertices")]
    WrongLength {
        /// Index of the mesh.
        mesh: usize,
        /// Which array.
        what: &'static str,
        /// Its length.
        found: usize,
        /// Number of vertices.
        vertices: usize,
    },
    /// A number is NaN, infinite or outside its range.
    #[error("{place} {index}: {what} is not a usable number")]
    BadNumber {
        /// What holds the number.
        place: &'static str,
        /// Which one of them.
        index: usize,
        /// Which field.
        what: &'static str,
    },
    /// A triangle without area.
    #[error("mesh {mesh}: triangle {triangle} has no area")]
    Degenerate {
        /// Index of the mesh.
        mesh: usize,
        /// Index of the triangle.
        triangle: usize,
    },
    /// An instance that flattens its mesh.
    #[error("instance {instance} has no inverse")]
    Singular {
        /// Index of the instance.
        instance: usize,
    },
}

impl SceneSource {
    /// Fails unless every tracer could trace the scene. Images are not decoded.
    pub fn check(&self, limits: &ContentLimits) -> Result<(), InvalidScene> {
        self.check_totals(limits)?;
        for (index, mesh) in self.meshes.iter().enumerate() {
            self.check_mesh(index, mesh)?;
        }
        self.check_instances()?;
        for (index, material) in self.materials.iter().enumerate() {
            self.check_material(index, material)?;
        }
        for (index, texture) in self.textures.iter().enumerate() {
            in_range("texture", index, "image", texture.image, self.images.len())?;
        }
        for (index, light) in self.lights.iter().enumerate() {
            check_light(index, light)?;
        }
        for (index, camera) in self.cameras.iter().enumerate() {
            let fov = camera.tan_half_fov_y;
            number(fov > 0.0 && fov < MAX_MATRIX_ELEMENT, "camera", index, "field of view")?;
            number(matrix_is_usable(&camera.world_from_camera), "camera", index, "matrix")?;
        }
        if let Some(animation) = &self.animation {
            animation.check(self, limits)?;
        }
        self.check_environment(limits)
    }

    fn check_totals(&self, limits: &ContentLimits) -> Result<(), InvalidScene> {
        let vertices: usize = self.meshes.iter().map(|mesh| mesh.positions.len()).sum();
        let triangles: usize = self.meshes.iter().map(|mesh| mesh.triangles.len()).sum();
        at_most("vertices", vertices, limits.max_vertices)?;
        at_most("triangles", triangles, limits.max_triangles)?;
        at_most("instances", self.instances.len(), limits.max_instances)?;
        for (what, found) in [
            ("meshes", self.meshes.len()),
            ("materials", self.materials.len()),
            ("textures", self.textures.len()),
            ("images", self.images.len()),
            ("lights", self.lights.len()),
            ("cameras", self.cameras.len()),
        ] {
            at_most(what, found, limits.max_records)?;
        }
        if triangles == 0 || self.instances.is_empty() {
            return Err(InvalidScene::NoTriangles);
        }
        Ok(())
    }

    fn check_mesh(&self, index: usize, mesh: &MeshSource) -> Result<(), InvalidScene> {
        let vertices = mesh.positions.len();
        in_range("mesh", index, "material", mesh.material, self.materials.len())?;
        for (what, found, may_be_absent) in [
            ("normals", mesh.normals.len(), false),
            ("tangents", mesh.tangents.len(), true),
            ("texture coordinates", mesh.uvs.len(), true),
        ] {
            if found != vertices && !(may_be_absent && found == 0) {
                return Err(InvalidScene::WrongLength { mesh: index, what, found, vertices });
            }
        }
        let all_coordinates = mesh.positions.iter().flatten().all(|&x| is_coordinate(x));
        number(all_coordinates, "mesh", index, "a position")?;
        number(mesh.normals.iter().all(|&n| is_unit(n)), "mesh", index, "a normal")?;
        let tangents_are_unit =
            mesh.tangents.iter().all(|&[x, y, z, w]| is_unit([x, y, z]) && w.abs() == 1.0);
        number(tangents_are_unit, "mesh", index, "a tangent")?;
        let uvs_are_usable = mesh.uvs.iter().flatten().all(|&x| x.abs() <= MAX_UV);
        number(uvs_are_usable, "mesh", index, "a texture coordinate")?;
        for (triangle, corners) in mesh.triangles.iter().enumerate() {
            for &corner in corners {
                in_range("mesh", index, "vertex", corner, vertices)?;
            }
            if is_degenerate(corners.map(|corner| mesh.positions[corner as usize])) {
                return Err(InvalidScene::Degenerate { mesh: index, triangle });
            }
        }
        if mesh.triangles.is_empty() {
            return Err(InvalidScene::NoTriangles);
        }
        Ok(())
    }

    fn check_instances(&self) -> Result<(), InvalidScene> {
        let bounds: Vec<Bounds> = self.meshes.iter().map(mesh_bounds).collect();
        for (index, instance) in self.instances.iter().enumerate() {
            in_range("instance", index, "mesh", instance.mesh, self.meshes.len())?;
            let usable = matrix_is_usable(&instance.world_from_object);
            number(usable, "instance", index, "matrix")?;
            // One that moves may be flat for a while, and is not seen then.
            if !self.does_move(index) && inverse_of(&instance.world_from_object).is_none() {
                return Err(InvalidScene::Singular { instance: index });
            }
            let world = bounds[instance.mesh as usize].transformed(&instance.world_from_object);
            number(is_coordinate(world.magnitude()), "instance", index, "place in the world")?;
        }
        Ok(())
    }

    fn check_material(&self, index: usize, material: &Material) -> Result<(), InvalidScene> {
        if let Some(what) = unusable_number(material) {
            return Err(InvalidScene::BadNumber { place: "material", index, what });
        }
        for TextureRef { texture, uv_from_mesh_uv } in material.textures().into_iter().flatten() {
            in_range("material", index, "texture", *texture, self.textures.len())?;
            let usable = uv_from_mesh_uv.iter().flatten().all(|&x| x.abs() <= MAX_UV);
            number(usable, "material", index, "texture transform")?;
        }
        Ok(())
    }

    fn check_environment(&self, limits: &ContentLimits) -> Result<(), InvalidScene> {
        let Some(environment) = &self.environment else {
            return Ok(());
        };
        let texels = u64::from(environment.width) * u64::from(environment.height);
        at_most("environment texels", texels as usize, limits.max_environment_texels)?;
        let fits = texels > 0 && texels == environment.rgbe.len() as u64;
        number(fits, "environment", 0, "size")?;
        // 2^(e − 136) · 255 stays below the intensity limit up to this exponent.
        let usable = environment.rgbe.iter().all(|texel| texel[3] <= 167);
        number(usable, "environment", 0, "a texel")
    }
}

/// Whether a triangle is too thin for its plane to be told in f32.
pub(crate) fn is_degenerate(corners: [[f32; 3]; 3]) -> bool {
    let [a, b, c] = corners.map(Vec3::from);
    let doubled_area = (b - a).cross(c - a).length_squared();
    // Positive, finite and not subnormal.
    !doubled_area.is_normal()
}

/// Box of a mesh in its own space.
pub(crate) fn mesh_bounds(mesh: &MeshSource) -> Bounds {
    Bounds::of_points(mesh.positions.iter().copied())
}

/// Inverse of a placement, computed in f64 and rounded once; `None` if it is not usable.
pub(crate) fn inverse_of(rows: &[[f32; 4]; 3]) -> Option<[[f32; 4]; 3]> {
    let [a, b, c] = rows.map(|row| row.map(f64::from));
    let cross = |p: [f64; 4], q: [f64; 4]| {
        [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]]
    };
    let dot = |p: [f64; 3], q: [f64; 3]| p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
    // Columns of the adjugate.
    let columns = [cross(b, c), cross(c, a), cross(a, b)];
    let determinant = dot(columns[0], [a[0], a[1], a[2]]);
    let translation = [a[3], b[3], c[3]];
    let inverse = [0, 1, 2].map(|axis| {
        let row = columns.map(|column| column[axis] / determinant);
        [row[0] as f32, row[1] as f32, row[2] as f32, -dot(row, translation) as f32]
    });
    matrix_is_usable(&inverse).then_some(inverse)
}

fn check_light(index: usize, light: &PunctualLight) -> Result<(), InvalidScene> {
    let cone_is_usable = match light.kind {
        LightKind::Spot { cos_inner, cos_outer } => {
            -1.0 <= cos_outer && cos_outer < cos_inner && cos_inner <= 1.0
        }
        LightKind::Point | LightKind::Directional => true,
    };
    number(cone_is_usable, "light", index, "cone")?;
    let position_is_usable = light.position.iter().all(|&x| is_coordinate(x));
    number(position_is_usable, "light", index, "position")?;
    number(is_unit(light.direction), "light", index, "direction")?;
    number(light.intensity.iter().all(|&x| is_intensity(x)), "light", index, "intensity")?;
    number(light.range_m > 0.0, "light", index, "range")
}

fn at_most(what: &'static str, found: usize, limit: u64) -> Result<(), InvalidScene> {
    let found = found as u64;
    if found > limit {
        return Err(InvalidScene::TooMany { what, found, limit });
    }
    Ok(())
}

pub(crate) fn in_range(
    place: &'static str,
    index: usize,
    what: &'static str,
    found: u32,
    count: usize,
) -> Result<(), InvalidScene> {
    if found as usize >= count {
        return Err(InvalidScene::IndexOutOfRange { place, index, what, found, count });
    }
    Ok(())
}

pub(crate) fn number(
    is_usable: bool,
    place: &'static str,
    index: usize,
    what: &'static str,
) -> Result<(), InvalidScene> {
    if is_usable { Ok(()) } else { Err(InvalidScene::BadNumber { place, index, what }) }
}

/// Whether a coordinate is within its limit.
///
/// A NaN is not below any limit, so it fails these comparisons as well.
pub(crate) fn is_coordinate(value: f32) -> bool {
    value.abs() <= MAX_COORDINATE_M
}

pub(crate) fn is_intensity(value: f32) -> bool {
    (0.0..=MAX_INTENSITY).contains(&value)
}

fn is_unit(vector: [f32; 3]) -> bool {
    (Vec3::from(vector).length_squared() - 1.0).abs() <= UNIT_TOLERANCE
}

pub(crate) fn matrix_is_usable(rows: &[[f32; 4]; 3]) -> bool {
    rows.iter().flatten().all(|element| element.abs() <= MAX_MATRIX_ELEMENT)
}
