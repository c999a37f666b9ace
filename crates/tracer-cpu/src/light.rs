//! Next-event estimation: one light sample per vertex, and the density that MIS needs for the other way.

mod emissive;
mod environment;
mod groups;
mod punctual;
mod tree;

use fearless_simd::Simd;
use p2c2r_scene::AliasEntry;
use p2c2r_scene::math::Vec3;

pub(crate) use emissive::emissive_pdf;
pub(crate) use environment::{environment_pdf, environment_radiance, radiance_at};
pub(crate) use groups::LightGroups;
pub(crate) use tree::Receiver;

use crate::prepared::Prepared;
use crate::rng::index_from_word;
use crate::surface::Surface;
use groups::{Group, choose};

/// Light that arrives at a point from one direction, if nothing is in between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LightSample {
    /// Unit direction to the light.
    pub(crate) wi: Vec3,
    /// Where the shadow ray goes: to this point, or to infinity.
    pub(crate) target: Option<Vec3>,
    /// Radiance over density per steradian; for punctual lights, irradiance over probability.
    pub(crate) weighted_radiance: Vec3,
    /// Density per steradian; `None` for lights that a scattered ray cannot meet.
    pub(crate) pdf: Option<f32>,
}

/// Draws one light sample from one of the groups that the scene has.
#[inline(always)]
pub(crate) fn sample_light<S: Simd>(
    simd: S,
    prepared: &Prepared,
    surface: &Surface,
    receiver: &Receiver,
    choice: [u32; 4],
    place: [u32; 2],
) -> Option<LightSample> {
    let pick = [choice[1], choice[2]];
    let (group, probability) = choose(simd, prepared, receiver, choice[0])?;
    let sample = match group {
        Group::Emissive => emissive::sample(simd, prepared, receiver, pick, place),
        Group::Punctual => punctual::sample(prepared, surface, pick),
        Group::Environment => environment::sample(prepared, pick, place),
    }?;
    sample.chosen_with(probability)
}

impl LightSample {
    /// The sample as one of all groups', its own having been chosen with this probability.
    fn chosen_with(self, probability: f32) -> Option<Self> {
        let pdf = self.pdf.map(|pdf| pdf * probability);
        let is_usable = pdf.is_none_or(|pdf| pdf > 0.0);
        let weighted_radiance = self.weighted_radiance / probability;
        is_usable.then_some(Self { weighted_radiance, pdf, ..self })
    }
}

/// Draws a column of an alias table; the decision is an integer comparison.
fn sample_alias(table: &[AliasEntry], [column_word, threshold_word]: [u32; 2]) -> u32 {
    let column = index_from_word(column_word, table.len() as u32);
    let entry = table[column as usize];
    if threshold_word < entry.threshold { column } else { entry.alias }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::pcg4d;

    #[test]
    fn alias_table_is_read_with_the_probabilities_it_holds() {
        // Columns 0 and 1: 1/4 kept, else 2. So 1/12, 1/12 and 10/12.
        let entry = |threshold, alias| AliasEntry { threshold, alias };
        let table = [entry(1 << 30, 2), entry(1 << 30, 2), entry(u32::MAX, 2)];
        let mut counts = [0u32; 3];
        const DRAWS: u32 = 120_000;
        for draw in 0..DRAWS {
            let words = pcg4d([draw, 0, 0, 0]);
            counts[sample_alias(&table, [words[0], words[1]]) as usize] += 1;
        }
        for (count, share) in counts.into_iter().zip([1.0 / 12.0, 1.0 / 12.0, 10.0 / 12.0]) {
            let found = f64::from(count) / f64::from(DRAWS);
            // Five deviations of a binomial count.
            let limit = 5.0 * (share * (1.0 - share) / f64::from(DRAWS)).sqrt();
            assert!((found - share).abs() < limit, "{found} for {share}");
        }
    }
}
