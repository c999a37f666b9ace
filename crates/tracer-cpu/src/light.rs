//! Next-event estimation: one light sample per vertex, and the density that MIS needs for the other way.

mod emissive;
mod environment;
mod punctual;

use p2c2r_scene::AliasEntry;
use p2c2r_scene::math::Vec3;

pub(crate) use emissive::emissive_pdf;
pub(crate) use environment::{environment_pdf, environment_radiance};

use crate::prepared::{LightGroup, Prepared};
use crate::rng::index_from_word;
use crate::surface::Surface;

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
pub(crate) fn sample_light(
    prepared: &Prepared,
    surface: &Surface,
    choice: [u32; 4],
    place: [u32; 2],
) -> Option<LightSample> {
    let groups = &prepared.light_groups;
    if groups.is_empty() {
        return None;
    }
    match groups[index_from_word(choice[0], groups.len() as u32) as usize] {
        LightGroup::Emissive => {
            emissive::sample(prepared, surface.point.position, [choice[1], choice[2]], place)
        }
        LightGroup::Punctual => punctual::sample(prepared, surface, [choice[1], choice[2]]),
        LightGroup::Environment => environment::sample(prepared, [choice[1], choice[2]], place),
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
