//! Flat-shaded meshes from quads and boxes.

use crate::math::{Affine, Vec3, basis_from_normal};
use crate::{Camera, InstanceSource, Material, MeshSource, SceneSource};

/// Collects quads of one material.
#[derive(Debug, Default)]
pub(super) struct MeshBuilder {
    mesh: MeshSource,
}

impl MeshBuilder {
    pub(super) fn new(material: u32) -> Self {
        Self { mesh: MeshSource { material, ..MeshSource::default() } }
    }

    /// A flat polygon of three or four corners, counter-clockwise seen from the front.
    pub(super) fn polygon(&mut self, corners: &[Vec3], uvs: &[[f32; 2]]) -> &mut Self {
        let first = self.mesh.positions.len() as u32;
        let (Some(&a), Some(&b), Some(&last)) = (corners.first(), corners.get(1), corners.last())
        else {
            return self;
        };
        let normal = (b - a).cross(last - a).normalized_or(Vec3::new(0.0, 1.0, 0.0));
        for (corner, uv) in corners.iter().zip(uvs) {
            self.mesh.positions.push(corner.to_array());
            self.mesh.normals.push(normal.to_array());
            self.mesh.uvs.push(*uv);
        }
        let fan = (2..corners.len() as u32).map(|k| [first, first + k - 1, first + k]);
        self.mesh.triangles.extend(fan);
        self
    }

    /// A parallelogram from a corner along two edges; its front is where `u × v` points.
    pub(super) fn quad(&mut self, corner: Vec3, u: Vec3, v: Vec3) -> &mut Self {
        self.quad_uv(corner, u, v, [[0.0, 0.0], [1.0, 1.0]])
    }

    /// As `quad`; texture coordinates run from the first to the second pair, v upwards in the image.
    pub(super) fn quad_uv(
        &mut self,
        corner: Vec3,
        u: Vec3,
        v: Vec3,
        [[u0, v0], [u1, v1]]: [[f32; 2]; 2],
    ) -> &mut Self {
        let corners = [corner, corner + u, corner + u + v, corner + v];
        self.polygon(&corners, &[[u0, v1], [u1, v1], [u1, v0], [u0, v0]])
    }

    /// A closed box around a centre; `x` and `z` are horizontal half edges, `y` the upward one.
    pub(super) fn block(&mut self, center: Vec3, x: Vec3, y: Vec3, z: Vec3) -> &mut Self {
        self.block_uv(center, [x, y, z], [0.0; 2])
    }

    /// As `block`, all of it at one place of the texture.
    pub(super) fn block_uv(
        &mut self,
        center: Vec3,
        [x, y, z]: [Vec3; 3],
        uv: [f32; 2],
    ) -> &mut Self {
        for (out, u, v) in [(x, -z, y), (-x, z, y), (y, x, -z), (-y, x, z), (z, x, y), (-z, -x, y)]
        {
            self.quad_uv(center + out - u - v, u * 2.0, v * 2.0, [uv; 2]);
        }
        self
    }

    /// A faceted tube between two points; its ends stay open.
    pub(super) fn tube(&mut self, from: Vec3, to: Vec3, radius_m: f32, sides: u32) -> &mut Self {
        let along = (to - from).normalized_or(Vec3::new(0.0, 1.0, 0.0));
        let (a, b) = basis_from_normal(along);
        let at = |side: u32| {
            let (sin, cos) = crate::math::sin_cos_turns(side as f32 / sides as f32);
            (a * cos + b * sin) * radius_m
        };
        for side in 0..sides {
            let (near, far) = (at(side), at(side + 1));
            self.quad(from + near, far - near, to - from);
        }
        self
    }

    pub(super) fn finish(self) -> MeshSource {
        self.mesh
    }
}

/// A white dielectric of this roughness.
pub(super) fn plain_material(base_color: [f32; 3], roughness: f32) -> Material {
    let [red, green, blue] = base_color;
    Material {
        base_color: [red, green, blue, 1.0],
        metallic: 0.0,
        roughness,
        ..Material::default()
    }
}

/// A surface that emits this radiance.
pub(super) fn emitter(radiance: [f32; 3]) -> Material {
    Material { emissive: radiance, ..plain_material([0.05; 3], 1.0) }
}

/// Adds a mesh placed once where it was built.
pub(super) fn add_in_place(scene: &mut SceneSource, mesh: MeshSource) {
    let mesh_index = scene.meshes.len() as u32;
    scene.meshes.push(mesh);
    scene
        .instances
        .push(InstanceSource { world_from_object: Affine::IDENTITY.rows, mesh: mesh_index });
}

/// Adds a mesh to place later; gives its index.
pub(super) fn add_mesh(scene: &mut SceneSource, mesh: MeshSource) -> u32 {
    scene.meshes.push(mesh);
    scene.meshes.len() as u32 - 1
}

/// Adds a material; gives its index.
pub(super) fn add_material(scene: &mut SceneSource, material: Material) -> u32 {
    scene.materials.push(material);
    scene.materials.len() as u32 - 1
}

/// A camera that stands at `eye` and looks at `target`.
pub(super) fn camera(name: &str, eye: Vec3, target: Vec3, tan_half_fov_y: f32) -> Camera {
    let world_from_camera = crate::view::camera_at(eye, target, Vec3::new(0.0, 1.0, 0.0)).rows;
    Camera { name: name.to_owned(), world_from_camera, tan_half_fov_y }
}
