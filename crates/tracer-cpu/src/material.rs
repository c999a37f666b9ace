//! What a surface is made of at one point: factors times textures, of the base and of every layer.

use p2c2r_scene::math::fresnel::f0_from_ior;
use p2c2r_scene::math::{Vec3, larger, smaller, unit_clamped};
use p2c2r_scene::{AlphaMode, Iridescence, Material, Scene, Specular, TextureRef};

use crate::prepared::Prepared;
use crate::texture::{TexturePoint, sample_texture};

/// A material's values at one point, all within their ranges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PointMaterial {
    /// Linear base colour.
    pub(crate) base_color: Vec3,
    /// 0 dielectric to 1 metal.
    pub(crate) metallic: f32,
    /// Perceptual roughness.
    pub(crate) roughness: f32,
    /// Emitted radiance.
    pub(crate) emission: Vec3,
    /// Whether the surface shows its emission and reflects nothing.
    pub(crate) is_unlit: bool,
    /// Index of refraction of the dielectric.
    pub(crate) ior: f32,
    /// `KHR_materials_specular`: scales the dielectric's reflection at normal incidence.
    pub(crate) specular_color: Vec3,
    /// `KHR_materials_specular`: scales the dielectric's whole reflection.
    pub(crate) specular: f32,
    /// Share of the light that enters the dielectric and goes through it.
    pub(crate) transmission: f32,
    /// Whether that light is refracted into a body; else the surface is a thin wall.
    pub(crate) is_body: bool,
    /// Spread of the index of refraction over the channels.
    pub(crate) dispersion: f32,
    /// Absorption per metre inside the body.
    pub(crate) absorption: Vec3,
    /// Coverage of the varnish.
    pub(crate) coat: f32,
    /// Its perceptual roughness.
    pub(crate) coat_roughness: f32,
    /// Colour of the sheen.
    pub(crate) sheen: Vec3,
    /// Its perceptual roughness.
    pub(crate) sheen_roughness: f32,
    /// Strength of the anisotropy.
    pub(crate) anisotropy: f32,
    /// Its direction in the tangent plane, of unit length.
    pub(crate) stretch: [f32; 2],
    /// Coverage of the iridescent film.
    pub(crate) film: f32,
    /// Its index of refraction.
    pub(crate) film_ior: f32,
    /// Its thickness.
    pub(crate) film_nm: f32,
}

impl PointMaterial {
    /// Looks up a material at a point of a mesh.
    pub(crate) fn at(scene: &Scene, material: &Material, point: &TexturePoint) -> Self {
        let (metallic, roughness) = metallic_and_roughness(scene, material, point);
        let [red, green, blue, _] = base_color(scene, material, point);
        let base_color = Vec3::new(red, green, blue);
        let (specular, specular_color) = specular(scene, &material.specular, point);
        let is_body = material.is_body();
        let volume = material.volume.unwrap_or_default();
        let (coat, coat_roughness) = coat(scene, material, point);
        let (sheen, sheen_roughness) = sheen(scene, material, point);
        let (anisotropy, stretch) = anisotropy(scene, material, point);
        let (film, film_nm) = film(scene, &material.iridescence, point);
        let emission = emission(scene, material, point);
        let transmission = scaled(scene, material.transmission.factor, 0, point, {
            material.transmission.texture.as_ref()
        });
        Self {
            base_color,
            metallic,
            roughness,
            emission: if material.is_unlit { base_color } else { emission },
            is_unlit: material.is_unlit,
            ior: material.ior,
            specular_color,
            specular,
            transmission: transmission * (1.0 - metallic),
            is_body,
            dispersion: volume.dispersion,
            // Three logarithms, which only the insides of bodies need.
            absorption: if is_body { Vec3::from(volume.absorption()) } else { Vec3::ZERO },
            coat,
            coat_roughness,
            sheen,
            sheen_roughness,
            anisotropy,
            stretch,
            film,
            film_ior: material.iridescence.ior,
            film_nm,
        }
    }

    /// Reflectance of the dielectric at normal incidence and at grazing incidence.
    pub(crate) fn dielectric_f0_f90(&self) -> (Vec3, f32) {
        let f0 = (self.specular_color * f0_from_ior(self.ior)).to_array();
        (Vec3::from(f0.map(|f0| smaller(f0, 1.0))) * self.specular, self.specular)
    }

    /// Index of refraction of one channel; of green where all are carried.
    pub(crate) fn channel_ior(&self, channel: Option<usize>) -> f32 {
        // From the Abbe number 20 / dispersion: n_F − n_C = (n − 1) / V, half of it to either side.
        let half_spread = (self.ior - 1.0) * self.dispersion * 0.025;
        match channel {
            Some(0) => larger(self.ior - half_spread, 1.0),
            Some(2) => self.ior + half_spread,
            _ => self.ior,
        }
    }

    /// Whether light may arrive at one side and leave at the other.
    pub(crate) fn is_transmissive(&self) -> bool {
        self.transmission > 0.0
    }
}

/// Probability with which a ray meets the surface at a point of a triangle.
pub(crate) fn coverage(
    prepared: &Prepared,
    instance: u32,
    triangle: u32,
    weights: [f32; 2],
) -> f32 {
    let scene = &*prepared.scene;
    let material = material_of(scene, instance);
    // Cut-outs are those of the image: their copies would let more or less through.
    let point = TexturePoint::sharp(uv_at(scene, triangle, weights));
    let alpha = || base_color(scene, material, &point)[3];
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
    let point = TexturePoint::sharp(uv_at(scene, triangle, weights));
    emission(scene, material_of(scene, instance), &point)
}

/// The material of an instance's mesh.
pub(crate) fn material_of(scene: &Scene, instance: u32) -> &Material {
    let mesh = &scene.meshes[scene.instances[instance as usize].mesh as usize];
    &scene.materials[mesh.material as usize]
}

/// Texture coordinates at a point of a triangle.
pub(crate) fn uv_at(scene: &Scene, triangle: u32, [w1, w2]: [f32; 2]) -> [f32; 2] {
    let [a, b, c] = scene.triangles[triangle as usize].map(|vertex| scene.uvs[vertex as usize]);
    let w0 = 1.0 - w1 - w2;
    [a[0] * w0 + b[0] * w1 + c[0] * w2, a[1] * w0 + b[1] * w1 + c[1] * w2]
}

/// A texture's value, or white.
fn sampled(scene: &Scene, texture: Option<&TextureRef>, point: &TexturePoint) -> [f32; 4] {
    texture.map_or([1.0; 4], |reference| sample_texture(scene, reference, point))
}

/// A factor times a channel of its texture, which is not read where the factor is 0.
fn scaled(
    scene: &Scene,
    factor: f32,
    channel: usize,
    point: &TexturePoint,
    texture: Option<&TextureRef>,
) -> f32 {
    match texture {
        Some(reference) if factor > 0.0 => {
            unit_clamped(factor * sample_texture(scene, reference, point)[channel])
        }
        _ => factor,
    }
}

fn base_color(scene: &Scene, material: &Material, point: &TexturePoint) -> [f32; 4] {
    let texel = sampled(scene, material.base_color_texture.as_ref(), point);
    std::array::from_fn(|channel| unit_clamped(material.base_color[channel] * texel[channel]))
}

fn metallic_and_roughness(scene: &Scene, material: &Material, point: &TexturePoint) -> (f32, f32) {
    let texel = sampled(scene, material.metallic_roughness_texture.as_ref(), point);
    (unit_clamped(material.metallic * texel[2]), unit_clamped(material.roughness * texel[1]))
}

fn emission(scene: &Scene, material: &Material, point: &TexturePoint) -> Vec3 {
    let texel = sampled(scene, material.emissive_texture.as_ref(), point);
    Vec3::from(material.emissive) * Vec3::new(texel[0], texel[1], texel[2])
}

fn specular(scene: &Scene, specular: &Specular, point: &TexturePoint) -> (f32, Vec3) {
    let factor = scaled(scene, specular.factor, 3, point, specular.texture.as_ref());
    let texel = sampled(scene, specular.color_texture.as_ref(), point);
    (factor, Vec3::from(specular.color) * Vec3::new(texel[0], texel[1], texel[2]))
}

fn coat(scene: &Scene, material: &Material, point: &TexturePoint) -> (f32, f32) {
    let coat = &material.clearcoat;
    if coat.factor == 0.0 {
        return (0.0, 0.0);
    }
    (
        scaled(scene, coat.factor, 0, point, coat.texture.as_ref()),
        scaled(scene, coat.roughness, 1, point, coat.roughness_texture.as_ref()),
    )
}

fn sheen(scene: &Scene, material: &Material, point: &TexturePoint) -> (Vec3, f32) {
    let sheen = &material.sheen;
    let color = Vec3::from(sheen.color);
    if color.max_component() == 0.0 {
        return (Vec3::ZERO, 0.0);
    }
    let texel = sampled(scene, sheen.color_texture.as_ref(), point);
    (
        color * Vec3::new(texel[0], texel[1], texel[2]),
        scaled(scene, sheen.roughness, 3, point, sheen.roughness_texture.as_ref()),
    )
}

fn anisotropy(scene: &Scene, material: &Material, point: &TexturePoint) -> (f32, [f32; 2]) {
    let anisotropy = &material.anisotropy;
    let [cos, sin] = anisotropy.direction;
    let Some(reference) = anisotropy.texture.as_ref().filter(|_| anisotropy.strength > 0.0) else {
        return (anisotropy.strength, [cos, sin]);
    };
    let texel = sample_texture(scene, reference, point);
    let (x, y) = (2.0 * texel[0] - 1.0, 2.0 * texel[1] - 1.0);
    // The texture's direction turned by the material's.
    let turned = Vec3::new(x * cos - y * sin, x * sin + y * cos, 0.0);
    let unit = turned.normalized_or(Vec3::new(cos, sin, 0.0));
    (unit_clamped(anisotropy.strength * texel[2]), [unit.x, unit.y])
}

fn film(scene: &Scene, film: &Iridescence, point: &TexturePoint) -> (f32, f32) {
    if film.factor == 0.0 {
        return (0.0, 0.0);
    }
    let texel = sampled(scene, film.thickness_texture.as_ref(), point);
    let [least, most] = film.thickness_nm;
    (scaled(scene, film.factor, 0, point, film.texture.as_ref()), least + (most - least) * texel[1])
}
