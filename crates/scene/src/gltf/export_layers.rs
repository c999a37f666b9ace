//! A material's extensions as JSON: the inverse of `layers.rs`.

use serde_json::{Map, Value, json};

use super::export::texture_info;
use crate::math::atan2;
use crate::{Material, NO_ATTENUATION_M, TextureRef, Volume};

/// Every extension of which the material has something to say.
pub(super) fn extensions_of(material: &Material) -> Map<String, Value> {
    let mut found = Map::new();
    let plain = Material::default();
    let mut add = |name: &str, is_needed: bool, record: Value| {
        if is_needed {
            found.insert(format!("KHR_materials_{name}"), record);
        }
    };
    add("unlit", material.is_unlit, json!({}));
    add("ior", material.ior != plain.ior, json!({"ior": material.ior}));
    add("specular", material.specular != plain.specular, specular(material));
    add("transmission", material.transmission != plain.transmission, transmission(material));
    let body = material.volume.unwrap_or_default();
    add("volume", material.volume.is_some(), volume(&body));
    add("dispersion", body.dispersion > 0.0, json!({"dispersion": body.dispersion}));
    add("clearcoat", material.clearcoat != plain.clearcoat, clearcoat(material));
    add("sheen", material.sheen != plain.sheen, sheen(material));
    add("anisotropy", material.anisotropy != plain.anisotropy, anisotropy(material));
    add("iridescence", material.iridescence != plain.iridescence, iridescence(material));
    found
}

/// Adds the textures that are there to a record.
fn with_textures<const N: usize>(
    mut record: Value,
    textures: [(&str, Option<&TextureRef>); N],
) -> Value {
    for (name, reference) in textures {
        if let Some(reference) = reference {
            record[name] = texture_info(reference);
        }
    }
    record
}

fn specular(material: &Material) -> Value {
    let specular = &material.specular;
    with_textures(
        json!({"specularFactor": specular.factor, "specularColorFactor": specular.color}),
        [
            ("specularTexture", specular.texture.as_ref()),
            ("specularColorTexture", specular.color_texture.as_ref()),
        ],
    )
}

fn transmission(material: &Material) -> Value {
    let transmission = &material.transmission;
    with_textures(
        json!({"transmissionFactor": transmission.factor}),
        [("transmissionTexture", transmission.texture.as_ref())],
    )
}

/// The thickness serves rasterisers; rays only ask whether it is more than 0.
fn volume(volume: &Volume) -> Value {
    let mut record = json!({"thicknessFactor": 1.0, "attenuationColor": volume.attenuation_color});
    if volume.attenuation_distance_m < NO_ATTENUATION_M {
        record["attenuationDistance"] = json!(volume.attenuation_distance_m);
    }
    record
}

fn clearcoat(material: &Material) -> Value {
    let coat = &material.clearcoat;
    let mut record = with_textures(
        json!({"clearcoatFactor": coat.factor, "clearcoatRoughnessFactor": coat.roughness}),
        [
            ("clearcoatTexture", coat.texture.as_ref()),
            ("clearcoatRoughnessTexture", coat.roughness_texture.as_ref()),
            ("clearcoatNormalTexture", coat.normal_texture.as_ref()),
        ],
    );
    if coat.normal_texture.is_some() {
        record["clearcoatNormalTexture"]["scale"] = json!(coat.normal_scale);
    }
    record
}

fn sheen(material: &Material) -> Value {
    let sheen = &material.sheen;
    with_textures(
        json!({"sheenColorFactor": sheen.color, "sheenRoughnessFactor": sheen.roughness}),
        [
            ("sheenColorTexture", sheen.color_texture.as_ref()),
            ("sheenRoughnessTexture", sheen.roughness_texture.as_ref()),
        ],
    )
}

fn anisotropy(material: &Material) -> Value {
    let anisotropy = &material.anisotropy;
    let [cos, sin] = anisotropy.direction;
    let rotation = atan2(sin, cos);
    with_textures(
        json!({"anisotropyStrength": anisotropy.strength, "anisotropyRotation": rotation}),
        [("anisotropyTexture", anisotropy.texture.as_ref())],
    )
}

fn iridescence(material: &Material) -> Value {
    let film = &material.iridescence;
    let [least, most] = film.thickness_nm;
    with_textures(
        json!({
            "iridescenceFactor": film.factor,
            "iridescenceIor": film.ior,
            "iridescenceThicknessMinimum": least,
            "iridescenceThicknessMaximum": most,
        }),
        [
            ("iridescenceTexture", film.texture.as_ref()),
            ("iridescenceThicknessTexture", film.thickness_texture.as_ref()),
        ],
    )
}
