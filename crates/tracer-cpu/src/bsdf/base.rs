//! glTF metallic-roughness: a GGX interface over a diffuse or clear inside.
//!
//! Appendix B of glTF 2.0 mixes a metal and a dielectric by `metallic`. Both share one lobe of facets, so
//! the mixture is a lobe of mixed reflectance. What the facets would scatter several times comes back by
//! the lobe of Kulla and Conty 2017 ("Revisiting physically based shading at Imageworks"), coloured after
//! Hill 2018 ("A multi-faceted exploration"); the diffuse inside gets exactly what both leave, in the
//! reciprocal form of Kelemen and Szirmay-Kalos 2001.

use p2c2r_scene::math::fresnel::{dielectric_weight, refracted, schlick_weight};
use p2c2r_scene::math::microfacet::{
    Alpha, ggx_distribution, ggx_reflection_pdf, ggx_visibility, sample_visible_normal,
    visible_normal_density,
};
use p2c2r_scene::math::{GgxAlbedo, LobeAlbedo, PI, Vec3, larger, luminance, thin_film_fresnel};

use super::BsdfValue;
use crate::material::PointMaterial;
use crate::surface::Surface;

/// Hemispherical shares below this cannot be divided by; what would be divided is then as small.
const LEAST_SHARE: f32 = 1e-4;

/// Indices this close to 1 bend nothing that could be seen, and their half vectors cannot be told.
const LEAST_BEND: f32 = 1e-3;

/// What is behind the facets.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Inside {
    /// Nothing that light could leave on the other side.
    Opaque,
    /// A wall so thin that light goes on as it came.
    ThinWall,
    /// A medium that refracts.
    Body,
}

/// A film above the facets.
#[derive(Debug, Clone, Copy)]
struct Film {
    coverage: f32,
    ior: f32,
    thickness_nm: f32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Base {
    alpha: Alpha,
    roughness: f32,
    /// Reflectance of the facets head on, without film.
    f0: Vec3,
    f90: f32,
    film: Option<Film>,
    /// Index of refraction behind the surface over the one before it.
    eta: f32,
    inside: Inside,
    /// Colour of what goes through.
    clear: Vec3,
    /// Light scattered by several facets, over π times what the facets miss, times what they miss
    /// towards the viewer.
    multiple: Vec3,
    /// Diffuse albedo over π times what the facets leave on average, times what they leave towards the
    /// viewer.
    diffuse: Vec3,
    dielectric: Dielectric,
    /// Luminance that the facets reflect or let through.
    pub(super) facet_share: f32,
    /// Luminance that both cosine lobes reflect.
    pub(super) cosine_share: f32,
    /// The same, averaged over the viewer's directions.
    pub(super) average_cosine_share: f32,
}

/// The dielectric part by its brightest channel: what it leaves to the diffuse inside.
#[derive(Debug, Clone, Copy)]
struct Dielectric {
    f0: f32,
    f90: f32,
    multiple: f32,
}

impl Dielectric {
    fn left(self, albedo: GgxAlbedo) -> f32 {
        let multiple = self.multiple * (1.0 - albedo.of_mirrors());
        larger(1.0 - albedo.of(self.f0, self.f90) - multiple, 0.0)
    }
}

impl Base {
    pub(super) fn new(surface: &Surface, wo: Vec3, ior: f32, tables: &LobeAlbedo) -> Self {
        let material = PointMaterial { ior, ..surface.material };
        let PointMaterial { metallic, roughness, base_color, transmission, .. } = material;
        let towards_viewer = tables.ggx(wo.z, roughness);
        let average = tables.ggx_average(roughness);
        let film = film_of(&material, surface.is_front);
        let (dielectric_f0, dielectric_f90) = material.dielectric_f0_f90();
        let metal_f0 = filmed(base_color, film);
        let seen_f0 = filmed(dielectric_f0, film);
        let dielectric_multiple = several_times(seen_f0, dielectric_f90, average);
        let multiple = mixed(dielectric_multiple, several_times(metal_f0, 1.0, average), metallic);
        let dielectric = Dielectric {
            f0: seen_f0.max_component(),
            f90: dielectric_f90,
            multiple: dielectric_multiple.max_component(),
        };

        let missed = 1.0 - towards_viewer.of_mirrors();
        let missed_on_average = 1.0 - average.of_mirrors();
        let left = dielectric.left(towards_viewer);
        let left_on_average = dielectric.left(average);
        let diffuse_albedo = base_color * ((1.0 - metallic) - transmission);
        let mut base = Self {
            alpha: Alpha::stretched(roughness, material.anisotropy),
            roughness,
            f0: mixed(dielectric_f0, base_color, metallic),
            f90: dielectric_f90 + (1.0 - dielectric_f90) * metallic,
            film,
            eta: if surface.is_front || !material.is_body { ior } else { 1.0 / ior },
            inside: inside_of(&material),
            clear: base_color * transmission,
            multiple: over_average(multiple, missed, missed_on_average),
            diffuse: over_average(diffuse_albedo, left, left_on_average),
            dielectric,
            facet_share: 0.0,
            cosine_share: luminance(multiple) * missed + luminance(diffuse_albedo) * left,
            average_cosine_share: luminance(multiple) * missed_on_average
                + luminance(diffuse_albedo) * left_on_average,
        };
        base.facet_share = if base.is_transmissive() {
            let reflected = luminance(base.fresnel(wo.z));
            reflected + (1.0 - reflected) * luminance(base.clear)
        } else {
            let f0 = mixed(seen_f0, metal_f0, metallic);
            luminance(f0) * towards_viewer.of_f0 + base.f90 * towards_viewer.of_f90
        };
        base
    }

    pub(super) fn is_transmissive(&self) -> bool {
        self.inside != Inside::Opaque
    }

    /// Squared index of the medium that a refracted path enters, relative to the one it leaves.
    pub(super) fn radiance_scale(&self) -> f32 {
        if self.inside == Inside::Body { self.eta * self.eta } else { 1.0 }
    }

    /// Leaves out what only the cosine would draw.
    pub(super) fn without_cosine_lobes(&mut self) {
        self.multiple = Vec3::ZERO;
        self.diffuse = Vec3::ZERO;
        self.cosine_share = 0.0;
    }

    /// Reflectance of a facet seen under this cosine.
    fn fresnel(&self, cos: f32) -> Vec3 {
        // Rays that go through must be told exactly; Schlick's curve serves the tables of the others.
        let weight = match self.inside {
            Inside::Opaque => schlick_weight(cos),
            Inside::ThinWall | Inside::Body => dielectric_weight(cos, self.eta),
        };
        let plain = self.f0 + (Vec3::splat(self.f90) - self.f0) * weight;
        match self.film {
            Some(film) => mixed(plain, film.fresnel(cos, self.f0), film.coverage),
            None => plain,
        }
    }

    /// Probability with which a facet of this reflectance reflects rather than lets through.
    fn reflection_chance(&self, fresnel: Vec3) -> f32 {
        if !self.is_transmissive() {
            return 1.0;
        }
        let reflected = luminance(fresnel);
        let through = (1.0 - reflected) * luminance(self.clear);
        reflected / (reflected + through)
    }

    /// Reflection times cosine, and the density of the facets' samples; `wi` is on the viewer's side.
    pub(super) fn reflected(&self, wo: Vec3, wi: Vec3, tables: &LobeAlbedo) -> BsdfValue {
        let Some(h) = (wo + wi).normalized() else { return BsdfValue::NONE };
        let fresnel = self.fresnel(wo.dot(h));
        let lobe = ggx_distribution(h, self.alpha) * ggx_visibility(wo, wi, self.alpha);
        let towards_light = tables.ggx(wi.z, self.roughness);
        let missed = 1.0 - towards_light.of_mirrors();
        let left = self.dielectric.left(towards_light);
        let value = fresnel * lobe + self.multiple * missed + self.diffuse * left;
        BsdfValue {
            weighted: value * wi.z,
            pdf: self.reflection_chance(fresnel) * ggx_reflection_pdf(wo, h, self.alpha),
        }
    }

    /// Transmission times cosine, and its density; `wi` is on the other side.
    pub(super) fn transmitted(&self, wo: Vec3, wi: Vec3) -> BsdfValue {
        if self.inside == Inside::Body {
            return self.refracted(wo, wi);
        }
        // A thin wall lets through what its facets would reflect, mirrored to the other side.
        let wi = Vec3::new(wi.x, wi.y, -wi.z);
        let Some(h) = (wo + wi).normalized() else { return BsdfValue::NONE };
        let fresnel = self.fresnel(wo.dot(h));
        let lobe = ggx_distribution(h, self.alpha) * ggx_visibility(wo, wi, self.alpha) * wi.z;
        let chance = 1.0 - self.reflection_chance(fresnel);
        BsdfValue {
            weighted: self.clear * (Vec3::ONE - fresnel) * lobe,
            pdf: chance * ggx_reflection_pdf(wo, h, self.alpha),
        }
    }

    /// Rough refraction (Walter et al. 2007, eq. 16, 17 and 21), of radiance: the medium's squared
    /// index divides it.
    fn refracted(&self, wo: Vec3, wi: Vec3) -> BsdfValue {
        let Some(h) = (wo + wi * self.eta).normalized() else { return BsdfValue::NONE };
        let h = if h.z < 0.0 { -h } else { h };
        let (cos_o, cos_i) = (wo.dot(h), wi.dot(h));
        let bend = cos_i + cos_o / self.eta;
        let is_refraction = cos_o > 0.0 && cos_i < 0.0 && bend != 0.0;
        if !is_refraction {
            return BsdfValue::NONE;
        }
        let fresnel = self.fresnel(cos_o);
        let jacobian = -cos_i / (bend * bend);
        // Four times the visibility is G2 over both cosines.
        let lobe = 4.0 * ggx_distribution(h, self.alpha) * ggx_visibility(wo, wi, self.alpha);
        let scale = lobe * cos_o * jacobian * -wi.z / (self.eta * self.eta);
        let density = visible_normal_density(wo, h, self.alpha) * cos_o * jacobian;
        BsdfValue {
            weighted: self.clear * (Vec3::ONE - fresnel) * scale,
            pdf: (1.0 - self.reflection_chance(fresnel)) * density,
        }
    }

    /// Draws a direction by the facets; no direction where it would leave on the wrong side.
    pub(super) fn sample(&self, wo: Vec3, u: f32, v: f32, side: f32) -> Vec3 {
        let h = sample_visible_normal(wo, self.alpha, u, v);
        let cos = wo.dot(h);
        let mirrored = h * (2.0 * cos) - wo;
        if self.inside == Inside::Opaque || side < self.reflection_chance(self.fresnel(cos)) {
            return if mirrored.z > 0.0 { mirrored } else { Vec3::ZERO };
        }
        let through = match self.inside {
            Inside::Body => refracted(wo, h, self.eta).unwrap_or(Vec3::ZERO),
            Inside::ThinWall | Inside::Opaque => Vec3::new(mirrored.x, mirrored.y, -mirrored.z),
        };
        if through.z < 0.0 { through } else { Vec3::ZERO }
    }
}

impl Film {
    fn fresnel(&self, cos: f32, base_f0: Vec3) -> Vec3 {
        thin_film_fresnel(cos, self.ior, self.thickness_nm, base_f0)
    }
}

/// The film; from inside a body none is seen.
fn film_of(material: &PointMaterial, is_front: bool) -> Option<Film> {
    let is_seen = material.film > 0.0 && (is_front || !material.is_body);
    let film =
        Film { coverage: material.film, ior: material.film_ior, thickness_nm: material.film_nm };
    is_seen.then_some(film)
}

fn inside_of(material: &PointMaterial) -> Inside {
    if !material.is_transmissive() {
        Inside::Opaque
    } else if material.is_body && (material.ior - 1.0).abs() > LEAST_BEND {
        Inside::Body
    } else {
        Inside::ThinWall
    }
}

/// Reflectance head on, as seen through the film.
fn filmed(f0: Vec3, film: Option<Film>) -> Vec3 {
    film.map_or(f0, |film| mixed(f0, film.fresnel(1.0, f0), film.coverage))
}

/// Share of the light that facets scatter at least twice and that leaves them at last, over what one
/// scattering misses.
fn several_times(f0: Vec3, f90: f32, average: GgxAlbedo) -> Vec3 {
    let seen = average.of_mirrors();
    let once = |f0: f32| {
        // The cosine-weighted mean of Schlick's weight is 1/21.
        let fresnel = f0 + (f90 - f0) * (1.0 / 21.0);
        fresnel * fresnel * seen / (1.0 - fresnel * (1.0 - seen))
    };
    Vec3::from(f0.to_array().map(once))
}

/// `color · towards_viewer / (π · average)`; black where the average is too small to divide by.
fn over_average(color: Vec3, towards_viewer: f32, average: f32) -> Vec3 {
    if average > LEAST_SHARE { color * (towards_viewer / (PI * average)) } else { Vec3::ZERO }
}

fn mixed(a: Vec3, b: Vec3, share_of_b: f32) -> Vec3 {
    a + (b - a) * share_of_b
}
