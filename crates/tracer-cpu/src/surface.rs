//! From a hit to everything that shading needs: point, frame and material at that point.

use p2c2r_scene::math::{Affine, Vec3, basis_from_normal, unit_clamped};
use p2c2r_scene::{AlphaMode, Material, TextureRef};

use crate::light::Receiver;
use crate::prepared::Prepared;
use crate::ray::{Hit, Ray, SurfacePoint};
use crate::rng::{alpha_word, unit_from_word};
use crate::texture::sample_texture;

/// Smallest cosine between the shading normal and the viewer, and between the geometric normal and the
/// mirror direction.
const MIN_COSINE: f32 = 1e-3;

/// A point to be shaded, seen from the side to which both normals point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surface {
    /// Where it is.
    pub(crate) point: SurfacePoint,
    /// Unit normal of the triangle's plane.
    pub(crate) geometric_normal: Vec3,
    /// Tangent, bitangent and normal for shading, orthonormal.
    pub(crate) frame: [Vec3; 3],
    /// Linear base colour.
    pub(crate) base_color: Vec3,
    /// 0 dielectric to 1 metal.
    pub(crate) metallic: f32,
    /// Perceptual roughness.
    pub(crate) roughness: f32,
    /// Emitted radiance.
    pub(crate) emission: Vec3,
}

impl Surface {
    /// Looks up what a ray has hit.
    pub(crate) fn at_hit(prepared: &Prepared, ray: &Ray, hit: &Hit) -> Self {
        let scene = &*prepared.scene;
        let instance = &scene.instances[hit.instance as usize];
        let material = &scene.materials[scene.meshes[instance.mesh as usize].material as usize];
        let world_from_object = Affine::from_rows(instance.world_from_object);
        let object_from_world = Affine::from_rows(instance.object_from_world);
        let corners = prepared.corners(hit.triangle).map(Vec3::from);
        let uv = uv_at(prepared, hit.triangle, hit.weights);
        let wo = -ray.direction;
        let side = if hit.is_front { 1.0 } else { -1.0 };

        let in_object = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
        let geometric_normal =
            object_from_world.transposed_vector(in_object).normalized_or(wo * side) * side;
        let shading_normal =
            shading_normal(prepared, hit, material, uv, [&world_from_object, &object_from_world]);
        let normal = usable_normal(
            shading_normal.unwrap_or(geometric_normal * side) * side,
            geometric_normal,
            wo,
        );
        let (tangent, bitangent) = basis_from_normal(normal);

        let (metallic, roughness) = metallic_and_roughness(prepared, material, uv);
        let base = base_color(prepared, material, uv);
        Self {
            point: SurfacePoint::on_triangle(
                corners,
                hit.weights,
                &world_from_object,
                &object_from_world,
            ),
            geometric_normal,
            frame: [tangent, bitangent, normal],
            base_color: Vec3::new(base[0], base[1], base[2]),
            metallic,
            roughness,
            emission: emission(prepared, material, uv),
        }
    }

    /// What light samples are drawn for.
    pub(crate) fn receiver(&self) -> Receiver {
        // No material lets light through yet: what comes from behind the plane is not reflected.
        let (position, normal) = (self.point.position, self.geometric_normal);
        Receiver { position, normal, can_transmit: false }
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

/// Decides whether a ray meets this triangle or passes: back faces, cut-outs, stochastic transparency.
pub(crate) fn is_surface_there(prepared: &Prepared, hit: &Hit, ray_key: u32) -> bool {
    let instance = &prepared.scene.instances[hit.instance as usize];
    let traits = prepared.mesh_traits[instance.mesh as usize];
    if traits.is_single_sided && !hit.is_front {
        return false;
    }
    if !traits.has_alpha {
        return true;
    }
    let coverage = coverage(prepared, hit.instance, hit.triangle, hit.weights);
    unit_from_word(alpha_word(ray_key, instance.source_index, hit.triangle)) < coverage
}

/// Probability with which a ray meets the surface at a point of a triangle.
pub(crate) fn coverage(
    prepared: &Prepared,
    instance: u32,
    triangle: u32,
    weights: [f32; 2],
) -> f32 {
    let scene = &*prepared.scene;
    let mesh = &scene.meshes[scene.instances[instance as usize].mesh as usize];
    let material = &scene.materials[mesh.material as usize];
    let alpha = || base_color(prepared, material, uv_at(prepared, triangle, weights))[3];
    match material.alpha_mode {
        AlphaMode::Opaque => 1.0,
        AlphaMode::Mask { cutoff } => {
            if alpha() >= cutoff {
                1.0
            } else {
                0.0
            }
        }
        AlphaMode::Blend => alpha(),
    }
}

/// Emitted radiance at a point of a triangle.
pub(crate) fn emission_at(
    prepared: &Prepared,
    instance: u32,
    triangle: u32,
    weights: [f32; 2],
) -> Vec3 {
    let scene = &*prepared.scene;
    let mesh = &scene.meshes[scene.instances[instance as usize].mesh as usize];
    let material = &scene.materials[mesh.material as usize];
    emission(prepared, material, uv_at(prepared, triangle, weights))
}

fn uv_at(prepared: &Prepared, triangle: u32, [w1, w2]: [f32; 2]) -> [f32; 2] {
    let [a, b, c] = prepared.scene.triangles[triangle as usize]
        .map(|vertex| prepared.scene.uvs[vertex as usize]);
    let w0 = 1.0 - w1 - w2;
    [a[0] * w0 + b[0] * w1 + c[0] * w2, a[1] * w0 + b[1] * w1 + c[1] * w2]
}

/// A texture's value, or white.
fn sampled(prepared: &Prepared, texture: Option<&TextureRef>, uv: [f32; 2]) -> [f32; 4] {
    texture.map_or([1.0; 4], |reference| sample_texture(&prepared.scene, reference, uv))
}

fn base_color(prepared: &Prepared, material: &Material, uv: [f32; 2]) -> [f32; 4] {
    let texel = sampled(prepared, material.base_color_texture.as_ref(), uv);
    std::array::from_fn(|channel| unit_clamped(material.base_color[channel] * texel[channel]))
}

fn metallic_and_roughness(prepared: &Prepared, material: &Material, uv: [f32; 2]) -> (f32, f32) {
    let texel = sampled(prepared, material.metallic_roughness_texture.as_ref(), uv);
    (unit_clamped(material.metallic * texel[2]), unit_clamped(material.roughness * texel[1]))
}

fn emission(prepared: &Prepared, material: &Material, uv: [f32; 2]) -> Vec3 {
    let texel = sampled(prepared, material.emissive_texture.as_ref(), uv);
    Vec3::from(material.emissive) * Vec3::new(texel[0], texel[1], texel[2])
}

/// Interpolated and textured normal of the front face in world space.
fn shading_normal(
    prepared: &Prepared,
    hit: &Hit,
    material: &Material,
    uv: [f32; 2],
    [world_from_object, object_from_world]: [&Affine; 2],
) -> Option<Vec3> {
    let scene = &*prepared.scene;
    let vertices = scene.triangles[hit.triangle as usize].map(|vertex| vertex as usize);
    let [w1, w2] = hit.weights;
    let w0 = 1.0 - w1 - w2;
    let [a, b, c] = vertices.map(|vertex| Vec3::from(scene.normals[vertex]));
    let normal_in_object = a * w0 + b * w1 + c * w2;
    let normal = object_from_world.transposed_vector(normal_in_object).normalized()?;
    let Some(reference) = material.normal_texture.as_ref() else { return Some(normal) };

    let corners = vertices.map(|vertex| scene.tangents[vertex]);
    let [a, b, c] = corners.map(|[x, y, z, _]| Vec3::new(x, y, z));
    let tangent_in_object = a * w0 + b * w1 + c * w2;
    // The bitangent is made in object space, so that a mirroring instance mirrors it as well.
    let bitangent_in_object = normal_in_object.cross(tangent_in_object) * corners[0][3];
    let tangent = world_from_object.vector(tangent_in_object);
    let tangent = (tangent - normal * normal.dot(tangent)).normalized();
    let bitangent = world_from_object.vector(bitangent_in_object).normalized();
    let (Some(tangent), Some(bitangent)) = (tangent, bitangent) else { return Some(normal) };
    let texel = sample_texture(scene, reference, uv);
    let x = (2.0 * texel[0] - 1.0) * material.normal_scale;
    let y = (2.0 * texel[1] - 1.0) * material.normal_scale;
    let z = 2.0 * texel[2] - 1.0;
    Some((tangent * x + bitangent * y + normal * z).normalized_or(normal))
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
