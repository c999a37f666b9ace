//! What a point of a surface scatters, in its shading frame (normal +z): the layers and their sum.
//!
//! From below: a base of glTF metallic-roughness (`bsdf/base.rs`), cloth fibres (`bsdf/sheen.rs`), a
//! varnish (`bsdf/coat.rs`). A layer leaves to those below it what it does not reflect towards either
//! direction, the smaller of the two: that is reciprocal, and no sum exceeds what arrives.

mod base;
mod coat;
mod sheen;

use p2c2r_scene::math::{LobeAlbedo, PI, Vec3, larger, sin_cos_turns, smaller};

use self::base::Base;
use self::coat::Coat;
use self::sheen::Sheen;
use crate::rng::unit_from_word;
use crate::surface::Surface;

/// Every lobe that scatters anything is sampled at least this often.
const MIN_LOBE_PROBABILITY: f32 = 0.01;

/// Cosine lobes that reflect less than this on average are left out, with their light.
const LEAST_COSINE_SHARE: f32 = 1e-4;

/// The scattering of one surface point towards one viewer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bsdf<'a> {
    wo: Vec3,
    base: Base,
    sheen: Option<Sheen>,
    coat: Option<Coat>,
    chance: LobeChance,
    tables: &'a LobeAlbedo,
}

/// Value and density for one pair of directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BsdfValue {
    /// BSDF times cosine.
    pub(crate) weighted: Vec3,
    /// Density per steradian with which [`Bsdf::sample`] draws the direction.
    pub(crate) pdf: f32,
}

impl BsdfValue {
    const NONE: Self = Self { weighted: Vec3::ZERO, pdf: 0.0 };
}

/// With which probability each way to draw a direction is chosen; what is left is the cosine's.
#[derive(Debug, Clone, Copy)]
struct LobeChance {
    facets: f32,
    coat: f32,
}

/// Numbers that draw a direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BsdfWords {
    /// Azimuth.
    pub(crate) u: u32,
    /// Elevation, and which lobe.
    pub(crate) v: u32,
    /// Whether to go through.
    pub(crate) side: u32,
}

impl<'a> Bsdf<'a> {
    /// `wo` points to the viewer in the shading frame, its z is positive; `ior` is the dielectric's
    /// index of refraction for the channel that the path carries.
    pub(crate) fn new(surface: &Surface, wo: Vec3, ior: f32, tables: &'a LobeAlbedo) -> Self {
        let mut base = Base::new(surface, wo, ior, tables);
        let coat = Coat::new(surface, wo, tables);
        let sheen = Sheen::new(&surface.material, wo, tables);
        if sheen.is_none() && base.average_cosine_share < LEAST_COSINE_SHARE {
            base.without_cosine_lobes();
        }
        let below_coat = coat.as_ref().map_or(1.0, |coat| coat.left_towards_viewer);
        let below_sheen = sheen.as_ref().map_or(1.0, |sheen| sheen.left_towards_viewer);
        let facets = base.facet_share * (below_coat * below_sheen);
        let cosine = base.cosine_share * (below_coat * below_sheen)
            + sheen.as_ref().map_or(0.0, |sheen| sheen.share * below_coat);
        let chance = LobeChance::new(facets, cosine, 1.0 - below_coat);
        Self { wo, base, sheen, coat, chance, tables }
    }

    /// BSDF times cosine, and density; `wi` is on either side of the surface.
    pub(crate) fn evaluate(&self, wi: Vec3) -> BsdfValue {
        let through = wi.z < 0.0;
        if wi.z == 0.0 || (through && !self.base.is_transmissive()) {
            return BsdfValue::NONE;
        }
        let base = if through {
            self.base.transmitted(self.wo, wi)
        } else {
            self.base.reflected(self.wo, wi, self.tables)
        };
        let mut weighted = base.weighted;
        let mut pdf = self.chance.facets * base.pdf;
        if let Some(sheen) = &self.sheen {
            weighted = weighted * sheen.left(wi, self.tables);
            if !through {
                weighted += sheen.value(self.wo, wi);
            }
        }
        if let Some(coat) = &self.coat {
            weighted = weighted * coat.left(wi, self.tables);
            if !through {
                let value = coat.value(wi);
                weighted += value.weighted;
                pdf += self.chance.coat * value.pdf;
            }
        }
        if !through {
            pdf += self.chance.cosine() * (wi.z / PI);
        }
        BsdfValue { weighted, pdf }
    }

    /// What to multiply refracted radiance with to undo the medium's squared index.
    pub(crate) fn radiance_scale(&self) -> f32 {
        self.base.radiance_scale()
    }

    /// Draws a direction; [`Self::evaluate`] may give 0 for it.
    ///
    /// The second number picks the lobe and is stretched again, so that the pair's strata reach all.
    pub(crate) fn sample(&self, words: BsdfWords) -> Vec3 {
        let (u, v) = (unit_from_word(words.u), unit_from_word(words.v));
        let LobeChance { facets, coat } = self.chance;
        if v < facets {
            return self.base.sample(self.wo, u, v / facets, unit_from_word(words.side));
        }
        let v = v - facets;
        if let Some(lobe) = self.coat.as_ref().filter(|_| v < coat) {
            return lobe.sample(u, v / coat);
        }
        let v = smaller(larger((v - coat) / self.chance.cosine(), 0.0), 1.0);
        let (sin, cos) = sin_cos_turns(u);
        let radius = v.sqrt();
        Vec3::new(radius * cos, radius * sin, (1.0 - v).sqrt())
    }
}

impl LobeChance {
    /// In proportion to what the lobes reflect; lobes of 0 get 0.
    fn new(facets: f32, cosine: f32, coat: f32) -> Self {
        let total = facets + cosine + coat;
        let is_some = |share: f32| if share > 0.0 { 1.0 } else { 0.0 };
        let lobes = is_some(facets) + is_some(cosine) + is_some(coat);
        let spread = 1.0 - lobes * MIN_LOBE_PROBABILITY;
        let chance = |share: f32| {
            if share > 0.0 { share / total * spread + MIN_LOBE_PROBABILITY } else { 0.0 }
        };
        if cosine == 0.0 && coat == 0.0 {
            return Self { facets: 1.0, coat: 0.0 };
        }
        // Whatever rounding leaves must not fall to a lobe that is not there.
        let coat = if cosine > 0.0 { chance(coat) } else { 1.0 - chance(facets) };
        Self { facets: chance(facets), coat }
    }

    fn cosine(self) -> f32 {
        (1.0 - self.facets) - self.coat
    }
}

#[cfg(test)]
#[path = "bsdf_tests.rs"]
mod tests;
