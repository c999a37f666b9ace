//! From a hit to everything that shading needs: point, frames and material at that point.

use p2c2r_scene::math::{Affine, Vec3, basis_from_normal, larger};
use p2c2r_scene::{Material, Scene, TextureRef};

use crate::light::Receiver;
use crate::material::{PointMaterial, coverage, material_of, uv_at};
use crate::prepared::Prepared;
use crate::ray::{Hit, Ray, SurfacePoint};
use crate::ray_cone::footprint;
use crate::rng::{alpha_word, unit_from_word};
use crate::texture::{TexturePoint, sample_texture};

/// Smallest cosine between the shading normal and the viewer, and between the geometric normal and the
/// mirror direction.
const MIN_COSINE: f32 = 1e-3;

/// A point to be shaded, seen from the side to which all normals point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surface {
    /// Where it is.
    pub(crate) point: SurfacePoint,
    /// Whether the viewer is on the front side: outside, if the surface bounds a body.
    pub(crate) is_front: bool,
    /// Unit normal of the triangle's plane.
    pub(crate) geometric_normal: Vec3,
    /// Tangent, bitangent and normal for shading, orthonormal.
    pub(crate) frame: [Vec3; 3],
    /// Unit normal of the varnish.
    pub(crate) coat_normal: Vec3,
    /// What it is made of.
    pub(crate) material: PointMaterial,
}

impl Surface {
    /// Looks up what a ray has hit, as a beam of this width there sees it; 0 for a ray alone.
    pub(crate) fn at_hit(prepared: &Prepared, ray: &Ray, hit: &Hit, beam_width: f32) -> Self {
        let scene = &*prepared.scene;
        let instance = &scene.instances[hit.instance as usize];
        let material = material_of(scene, hit.instance);
        let world_from_object = Affine::from_rows(instance.world_from_object);
        let object_from_world = Affine::from_rows(instance.object_from_world);
        let corners = prepared.corners(hit.triangle).map(Vec3::from);
        let wo = -ray.direction;
        let side = if hit.is_front { 1.0 } else { -1.0 };

        let in_object = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
        let geometric_normal =
            object_from_world.transposed_vector(in_object).normalized_or(wo * side) * side;
        let edges = [corners[1] - corners[0], corners[2] - corners[0]];
        let edges = edges.map(|edge| world_from_object.vector(edge));
        let point = &texture_point(prepared, ray, hit, edges, beam_width);
        let maps = [&world_from_object, &object_from_world];
        let vertex = VertexFrame::at_hit(scene, hit, material, maps)
            .unwrap_or(VertexFrame { normal: geometric_normal * side, tangents: None });
        let usable = |normal: Vec3| usable_normal(normal * side, geometric_normal, wo);
        let base = material.normal_texture.as_ref();
        let normal = usable(vertex.bent(scene, base, material.normal_scale, point));
        let mut point_material = PointMaterial::at(scene, material, point);
        let mut coat_normal = normal;
        if point_material.coat > 0.0 {
            let coat = &material.clearcoat;
            let bent = vertex.bent(scene, coat.normal_texture.as_ref(), coat.normal_scale, point);
            coat_normal = usable(bent);
        }
        if !(hit.is_front || material.is_double_sided) {
            point_material.emission = Vec3::ZERO;
        }
        Self {
            point: SurfacePoint::on_triangle(
                corners,
                hit.weights,
                &world_from_object,
                &object_from_world,
            ),
            is_front: hit.is_front,
            geometric_normal,
            frame: shading_frame(normal, &vertex, &point_material),
            coat_normal,
            material: point_material,
        }
    }

    /// Makes all lobes at least this rough.
    pub(crate) fn blur(&mut self, roughness: f32) {
        self.material.roughness = larger(self.material.roughness, roughness);
        self.material.coat_roughness = larger(self.material.coat_roughness, roughness);
    }

    /// Whether a direction is on the same side of the plane as of the shading normal.
    pub(crate) fn is_consistent(&self, wi: Vec3, wi_in_frame: Vec3) -> bool {
        let height = wi.dot(self.geometric_normal);
        (height > 0.0 && wi_in_frame.z > 0.0) || (height < 0.0 && wi_in_frame.z < 0.0)
    }

    /// Cosine under which light from a direction arrives; 0 where the surface scatters none of it.
    pub(crate) fn facing(&self, wi: Vec3) -> f32 {
        let cos = wi.dot(self.geometric_normal);
        if self.material.is_transmissive() { cos.abs() } else { larger(cos, 0.0) }
    }

    /// What light samples are drawn for.
    pub(crate) fn receiver(&self) -> Receiver {
        Receiver {
            position: self.point.position,
            normal: self.geometric_normal,
            can_transmit: self.material.is_transmissive(),
        }
    }

    /// Takes a world direction into the shading frame, whose normal is +z.
    pub(crate) fn local_from_world(&self, direction: Vec3) -> Vec3 {
        let [tangent, bitangent, normal] = self.frame;
        Vec3::new(direction.dot(tangent), direction.dot(bitangent), direction.dot(normal))
    }

    /// Takes a direction of the shading frame into the world.
    pub(crate) fn world_from_local(&self, direction: Vec3) -> Vec3 {
        let [tangent, bitangent, normal] = self.frame;
        tangent * direction.x + bitangent * direction.y + normal * direction.z
    }
}

/// Where a beam looks textures up; `edges` are those of the triangle's first corner in world space.
fn texture_point(
    prepared: &Prepared,
    ray: &Ray,
    hit: &Hit,
    edges: [Vec3; 2],
    beam_width: f32,
) -> TexturePoint {
    let scene = &*prepared.scene;
    let sharp = TexturePoint::sharp(uv_at(scene, hit.triangle, hit.weights));
    let mesh = scene.instances[hit.instance as usize].mesh;
    if beam_width == 0.0 || !prepared.mesh_traits[mesh as usize].has_mips {
        return sharp;
    }
    let uvs = scene.triangles[hit.triangle as usize].map(|vertex| scene.uvs[vertex as usize]);
    let projected = edges[0].cross(edges[1]).dot(ray.direction).abs();
    // The key's last bits, which the lens and the alpha tests do not use.
    let draw = unit_from_word(ray.key.reverse_bits());
    TexturePoint { footprint: footprint(beam_width, uvs, projected), draw, ..sharp }
}

/// Decides whether a ray meets this triangle or passes: back faces, cut-outs, stochastic transparency.
pub(crate) fn is_surface_there(prepared: &Prepared, hit: &Hit, ray_key: u32) -> bool {
    let instance = &prepared.scene.instances[hit.instance as usize];
    let traits = prepared.mesh_traits[instance.mesh as usize];
    if traits.hides_back && !hit.is_front {
        return false;
    }
    if !traits.has_alpha {
        return true;
    }
    let coverage = coverage(prepared, hit.instance, hit.triangle, hit.weights);
    unit_from_word(alpha_word(ray_key, instance.source_index, hit.triangle)) < coverage
}

/// Interpolated directions of the front face in world space.
struct VertexFrame {
    normal: Vec3,
    /// Tangent and bitangent, where the material needs them and the mesh has them.
    tangents: Option<[Vec3; 2]>,
}

impl VertexFrame {
    fn at_hit(
        scene: &Scene,
        hit: &Hit,
        material: &Material,
        [world_from_object, object_from_world]: [&Affine; 2],
    ) -> Option<Self> {
        let vertices = scene.triangles[hit.triangle as usize].map(|vertex| vertex as usize);
        let [w1, w2] = hit.weights;
        let w0 = 1.0 - w1 - w2;
        let [a, b, c] = vertices.map(|vertex| Vec3::from(scene.normals[vertex]));
        let normal_in_object = a * w0 + b * w1 + c * w2;
        let normal = object_from_world.transposed_vector(normal_in_object).normalized()?;
        if !material.needs_tangents() {
            return Some(Self { normal, tangents: None });
        }
        let corners = vertices.map(|vertex| scene.tangents[vertex]);
        let [a, b, c] = corners.map(|[x, y, z, _]| Vec3::new(x, y, z));
        let tangent_in_object = a * w0 + b * w1 + c * w2;
        // The bitangent is made in object space, so that a mirroring instance mirrors it as well.
        let bitangent_in_object = normal_in_object.cross(tangent_in_object) * corners[0][3];
        let tangent = world_from_object.vector(tangent_in_object);
        let tangent = (tangent - normal * normal.dot(tangent)).normalized();
        let bitangent = world_from_object.vector(bitangent_in_object).normalized();
        let tangents = tangent.zip(bitangent).map(|(tangent, bitangent)| [tangent, bitangent]);
        Some(Self { normal, tangents })
    }

    /// The normal that a texture bends.
    fn bent(
        &self,
        scene: &Scene,
        texture: Option<&TextureRef>,
        scale: f32,
        point: &TexturePoint,
    ) -> Vec3 {
        let (Some(reference), Some([tangent, bitangent])) = (texture, self.tangents) else {
            return self.normal;
        };
        let texel = sample_texture(scene, reference, point);
        let x = (2.0 * texel[0] - 1.0) * scale;
        let y = (2.0 * texel[1] - 1.0) * scale;
        let z = 2.0 * texel[2] - 1.0;
        (tangent * x + bitangent * y + self.normal * z).normalized_or(self.normal)
    }
}

/// The frame around a normal: along the stretch of an anisotropic lobe, else anyhow.
fn shading_frame(normal: Vec3, vertex: &VertexFrame, material: &PointMaterial) -> [Vec3; 3] {
    if let (Some([tangent, bitangent]), true) = (vertex.tangents, material.anisotropy > 0.0) {
        let [cos, sin] = material.stretch;
        let along = tangent * cos + bitangent * sin;
        if let Some(along) = (along - normal * normal.dot(along)).normalized() {
            return [along, normal.cross(along), normal];
        }
    }
    let (tangent, bitangent) = basis_from_normal(normal);
    [tangent, bitangent, normal]
}

/// Bends a normal until it faces the viewer and mirrors him above the surface (Keller et al. 2017,
/// "The Iray light transport simulation and rendering system", appendix A.3).
fn usable_normal(shading: Vec3, geometric: Vec3, wo: Vec3) -> Vec3 {
    let shading = if shading.dot(geometric) < 0.0 { -shading } else { shading };
    let cos = shading.dot(wo);
    let facing = if cos < MIN_COSINE {
        (shading + wo * (MIN_COSINE - cos)).normalized_or(geometric)
    } else {
        shading
    };
    let mirrored = facing * (2.0 * facing.dot(wo)) - wo;
    let height = mirrored.dot(geometric);
    if height >= MIN_COSINE {
        return facing;
    }
    let lifted = (mirrored + geometric * (MIN_COSINE - height)).normalized_or(geometric);
    (wo + lifted).normalized_or(geometric)
}

#[cfg(test)]
#[path = "surface_tests.rs"]
mod tests;
