//! Which numbers a material may hold.

use crate::check::is_intensity;
use crate::limits::{MAX_DISPERSION, MAX_FILM_NM, MAX_IOR, MAX_UV};
use crate::{AlphaMode, Material, Volume};

/// Names the first number of a material that no tracer could use; NaN is in no range.
pub(crate) fn unusable_number(material: &Material) -> Option<&'static str> {
    surface_numbers(material)
        .into_iter()
        .chain(layer_numbers(material))
        .chain(volume_numbers(&material.volume.unwrap_or_default()))
        .find_map(|(what, is_usable)| (!is_usable).then_some(what))
}

fn is_unit(x: f32) -> bool {
    (0.0..=1.0).contains(&x)
}

fn is_ior(x: f32) -> bool {
    (1.0..=MAX_IOR).contains(&x)
}

fn surface_numbers(material: &Material) -> [(&'static str, bool); 6] {
    let cutoff = match material.alpha_mode {
        AlphaMode::Mask { cutoff } => cutoff,
        AlphaMode::Opaque | AlphaMode::Blend => 0.0,
    };
    [
        ("base colour", material.base_color.iter().all(|&x| is_unit(x))),
        ("metallic", is_unit(material.metallic)),
        ("roughness", is_unit(material.roughness)),
        ("normal scale", material.normal_scale.abs() <= MAX_UV),
        ("emission", material.emissive.iter().all(|&x| is_intensity(x))),
        ("alpha cut-off", cutoff.abs() <= MAX_UV),
    ]
}

fn layer_numbers(material: &Material) -> [(&'static str, bool); 14] {
    let Material { specular, transmission, clearcoat, sheen, anisotropy, iridescence, .. } =
        material;
    let [cos, sin] = anisotropy.direction;
    let is_film = |x: &f32| (0.0..=MAX_FILM_NM).contains(x);
    [
        ("index of refraction", is_ior(material.ior)),
        ("specular factor", is_unit(specular.factor)),
        ("specular colour", specular.color.iter().all(|x| (0.0..=MAX_IOR).contains(x))),
        ("transmission", is_unit(transmission.factor)),
        ("clearcoat", is_unit(clearcoat.factor)),
        ("clearcoat roughness", is_unit(clearcoat.roughness)),
        ("clearcoat normal scale", clearcoat.normal_scale.abs() <= MAX_UV),
        ("sheen colour", sheen.color.iter().all(|&x| is_unit(x))),
        ("sheen roughness", is_unit(sheen.roughness)),
        ("anisotropy", is_unit(anisotropy.strength)),
        ("anisotropy direction", (cos * cos + sin * sin - 1.0).abs() <= 1e-3),
        ("iridescence", is_unit(iridescence.factor)),
        ("iridescence index of refraction", is_ior(iridescence.ior)),
        ("iridescence thickness", iridescence.thickness_nm.iter().all(is_film)),
    ]
}

fn volume_numbers(volume: &Volume) -> [(&'static str, bool); 3] {
    let distance = volume.attenuation_distance_m;
    [
        ("attenuation colour", volume.attenuation_color.iter().all(|&x| is_unit(x))),
        ("attenuation distance", distance > 0.0 && distance <= f32::MAX),
        ("dispersion", (0.0..=MAX_DISPERSION).contains(&volume.dispersion)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_outside_its_range_is_named() {
        assert_eq!(unusable_number(&Material::default()), None);
        for (what, spoil) in [
            ("metallic", (|m, x| m.metallic = x) as fn(&mut Material, f32)),
            ("index of refraction", |m, x| m.ior = x),
            ("specular colour", |m, x| m.specular.color[2] = x),
            ("transmission", |m, x| m.transmission.factor = x),
            ("clearcoat roughness", |m, x| m.clearcoat.roughness = x),
            ("clearcoat normal scale", |m, x| m.clearcoat.normal_scale = x),
            ("sheen roughness", |m, x| m.sheen.roughness = x),
            ("anisotropy direction", |m, x| m.anisotropy.direction = [x, 0.0]),
            ("iridescence thickness", |m, x| m.iridescence.thickness_nm[1] = x),
            ("attenuation distance", |m, x| {
                m.volume = Some(Volume { attenuation_distance_m: x, ..Volume::default() });
            }),
            ("dispersion", |m, x| {
                m.volume = Some(Volume { dispersion: x, ..Volume::default() });
            }),
        ] {
            for number in [f32::NAN, f32::INFINITY, -1e9] {
                let mut material = Material::default();
                spoil(&mut material, number);
                assert_eq!(unusable_number(&material), Some(what), "{number}");
            }
        }
    }
}
