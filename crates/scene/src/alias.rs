//! Alias tables: picking from many weighted things in constant time.

use crate::AliasEntry;

/// 2³²: thresholds are fixed-point probabilities with 32 fractional bits.
const THRESHOLD_ONE: f64 = 4_294_967_296.0;

/// An alias table and the probability of each of its columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AliasTable {
    /// The columns.
    pub(crate) entries: Vec<AliasEntry>,
    /// Weights over their sum.
    pub(crate) probabilities: Vec<f32>,
}

impl AliasTable {
    /// Builds a table by Vose's method (1991); `None` if no weight is positive.
    ///
    /// Weights must be finite and not negative. The order of all additions is fixed.
    pub(crate) fn new(weights: &[f32]) -> Option<Self> {
        let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        if total <= 0.0 || !total.is_finite() || u32::try_from(weights.len()).is_err() {
            return None;
        }
        let scale = weights.len() as f64 / total;
        let mut heights: Vec<f64> =
            weights.iter().map(|&weight| f64::from(weight) * scale).collect();
        Some(Self {
            entries: balance(&mut heights),
            probabilities: weights
                .iter()
                .map(|&weight| (f64::from(weight) / total) as f32)
                .collect(),
        })
    }
}

/// Moves what stands above one in tall columns into the short ones.
fn balance(heights: &mut [f64]) -> Vec<AliasEntry> {
    let mut entries: Vec<AliasEntry> = (0..heights.len() as u32)
        .map(|column| AliasEntry { threshold: u32::MAX, alias: column })
        .collect();
    let (mut short, mut tall): (Vec<u32>, Vec<u32>) =
        (0..heights.len() as u32).rev().partition(|&column| heights[column as usize] < 1.0);
    while let (Some(&low), Some(&high)) = (short.last(), tall.last()) {
        short.pop();
        let height = heights[low as usize];
        entries[low as usize] =
            AliasEntry { threshold: (height * THRESHOLD_ONE) as u32, alias: high };
        heights[high as usize] -= 1.0 - height;
        if heights[high as usize] < 1.0 {
            tall.pop();
            short.push(high);
        }
    }
    // Rounding leaves a few columns a hair below one; they keep themselves, as set above.
    entries
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn probability_of(table: &AliasTable, wanted: usize) -> f64 {
        let column = 1.0 / table.entries.len() as f64;
        let mut sum = 0.0;
        for (index, entry) in table.entries.iter().enumerate() {
            let keep = f64::from(entry.threshold) / THRESHOLD_ONE;
            if index == wanted {
                sum += column * keep;
            }
            if entry.alias as usize == wanted {
                sum += column * (1.0 - keep);
            }
        }
        sum
    }

    proptest! {
        #[test]
        fn table_picks_by_weight(weights in prop::collection::vec(0.0f32..10.0, 1..40)) {
            let Some(table) = AliasTable::new(&weights) else {
                prop_assert!(weights.iter().all(|&weight| weight == 0.0));
                return Ok(());
            };
            for index in 0..weights.len() {
                let expected = f64::from(table.probabilities[index]);
                prop_assert!((probability_of(&table, index) - expected).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn nothing_to_pick_gives_no_table() {
        assert_eq!(AliasTable::new(&[]), None);
        assert_eq!(AliasTable::new(&[0.0, 0.0]), None);
    }
}
