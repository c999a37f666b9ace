//! A line through what was measured: what cells cost that were only seen, or by how much a trained model's
//! words are off in this very scene.
//!
//! Ridge regression (Hoerl and Kennard, "Ridge Regression", Technometrics 12, 1970) on standardised
//! features, solved by Cholesky's method.

use crate::features::{COST_FEATURES, CostRow, log_long_cost};

/// Weights: one for each feature, and the constant.
const WEIGHTS: usize = COST_FEATURES + 1;
/// Measured cells that a line needs.
const FEWEST_CELLS: usize = 2 * WEIGHTS;
/// Strength of the pull of weights towards 0, in cells: of a line that stands alone,
pub(crate) const ALONE: f64 = 4.0;
/// and of one that corrects a model.
pub(crate) const CORRECTING: f64 = 64.0;
/// No feature counts as farther from its mean than this many standard deviations: what was rare where it was
/// measured says little elsewhere.
const FARTHEST: f64 = 3.0;

/// A cell that was seen and measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example<'a> {
    pub(crate) row: &'a CostRow,
    /// Of a path, in camera rays.
    pub(crate) cost: f64,
    /// How much it counts.
    pub(crate) weight: f64,
    /// What somebody else says of it, as [`crate::COST_OUTPUT_NAMES`]; 0 where nobody does.
    pub(crate) said: f64,
}

/// Says from what is seen in a cell what is to be added to somebody else's word on its cost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    means: [f64; WEIGHTS],
    scales: [f64; WEIGHTS],
    weights: [f64; WEIGHTS],
    /// The least and the largest summand that was seen.
    range: [f64; 2],
}

impl Line {
    /// Fits a line whose weights are pulled towards 0; `None` where too little was measured.
    pub(crate) fn fit<'a>(examples: impl Iterator<Item = Example<'a>>, pull: f64) -> Option<Self> {
        let points: Vec<([f64; WEIGHTS], f64, f64)> = examples
            .filter_map(|Example { row, cost, weight, said }| {
                Some((inputs(row), log_long_cost(row, cost)? - said, weight))
            })
            .collect();
        if points.len() < FEWEST_CELLS {
            return None;
        }
        let total: f64 = points.iter().map(|(.., weight)| weight).sum();
        let mean = |of: &dyn Fn(&[f64; WEIGHTS]) -> f64| {
            points.iter().map(|(inputs, _, weight)| of(inputs) * weight).sum::<f64>() / total
        };
        let mut means: [f64; WEIGHTS] = std::array::from_fn(|at| mean(&|inputs| inputs[at]));
        let mut scales: [f64; WEIGHTS] = std::array::from_fn(|at| {
            let variance = mean(&|inputs| (inputs[at] - means[at]) * (inputs[at] - means[at]));
            // What never differs says nothing.
            if variance > 1e-9 { 1.0 / variance.sqrt() } else { 0.0 }
        });
        (means[0], scales[0]) = (0.0, 1.0);
        let logs = || points.iter().map(|(_, log, _)| *log);
        let range =
            [logs().fold(f64::INFINITY, f64::min), logs().fold(f64::NEG_INFINITY, f64::max)];
        let mut line = Self { means, scales, weights: [0.0; WEIGHTS], range };
        let mut matrix = [[0.0; WEIGHTS]; WEIGHTS];
        let mut right = [0.0; WEIGHTS];
        let share = points.len() as f64 / total;
        for (inputs, log, weight) in &points {
            let inputs = line.standard(inputs);
            let weight = weight * share;
            for row in 0..WEIGHTS {
                right[row] += weight * inputs[row] * log;
                for column in 0..=row {
                    matrix[row][column] += weight * inputs[row] * inputs[column];
                }
            }
        }
        for (at, row) in matrix.iter_mut().enumerate() {
            row[at] += if at == 0 { 1e-9 } else { pull };
        }
        line.weights = solved(matrix, right)?;
        Some(line)
    }

    /// What is to be added for a cell.
    pub(crate) fn summand(&self, row: &CostRow) -> f64 {
        let inputs = self.standard(&inputs(row));
        let log: f64 = inputs.iter().zip(&self.weights).map(|(input, weight)| input * weight).sum();
        log.max(self.range[0]).min(self.range[1])
    }

    fn standard(&self, inputs: &[f64; WEIGHTS]) -> [f64; WEIGHTS] {
        std::array::from_fn(|at| {
            ((inputs[at] - self.means[at]) * self.scales[at]).clamp(-FARTHEST, FARTHEST)
        })
    }
}

fn inputs(row: &CostRow) -> [f64; WEIGHTS] {
    std::array::from_fn(|at| if at == 0 { 1.0 } else { f64::from(row[at - 1]) })
}

/// Solves `matrix` × x = `right` for a positive definite matrix, of which the lower half is given.
fn solved(
    mut matrix: [[f64; WEIGHTS]; WEIGHTS],
    mut right: [f64; WEIGHTS],
) -> Option<[f64; WEIGHTS]> {
    for row in 0..WEIGHTS {
        for column in 0..=row {
            let product: f64 = (0..column).map(|at| matrix[row][at] * matrix[column][at]).sum();
            let rest = matrix[row][column] - product;
            if row != column {
                matrix[row][column] = rest / matrix[column][column];
            } else if rest > 0.0 {
                matrix[row][row] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    for row in 0..WEIGHTS {
        let product: f64 = (0..row).map(|at| matrix[row][at] * right[at]).sum();
        right[row] = (right[row] - product) / matrix[row][row];
    }
    for row in (0..WEIGHTS).rev() {
        let product: f64 = (row + 1..WEIGHTS).map(|at| matrix[at][row] * right[at]).sum();
        right[row] = (right[row] - product) / matrix[row][row];
    }
    right.iter().all(|weight| weight.is_finite()).then_some(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{SKY_SHARE, log_cost};

    /// Rows whose log cost is a line in two features, with some sky.
    fn rows() -> Vec<(CostRow, f64)> {
        let row = |index: u32| {
            let mut row = [0.0; COST_FEATURES];
            row[SKY_SHARE] = (index % 3) as f32 * 0.25;
            row[1] = (index % 7) as f32;
            row[8] = (index % 11) as f32 * 0.1;
            let log = 0.5 + 0.2 * f64::from(row[1]) + f64::from(row[8]);
            let sky = f64::from(row[SKY_SHARE]);
            (row, sky + (1.0 - sky) * log.exp())
        };
        (0..400).map(row).collect()
    }

    fn fit(rows: &[(CostRow, f64)], said: f64) -> Line {
        let example = |(row, cost)| Example { row, cost, weight: 1.0, said };
        Line::fit(rows.iter().map(|(row, cost)| example((row, *cost))), ALONE).unwrap()
    }

    #[test]
    fn a_line_finds_the_line_it_was_fitted_to() {
        let rows = rows();
        let line = fit(&rows[..200], 0.0);
        for (row, cost) in &rows[200..] {
            let error = log_cost(row, line.summand(row)) - cost.ln();
            assert!(error.abs() < 0.05, "{error}");
        }
    }

    #[test]
    fn a_line_says_what_a_word_lacks() {
        let rows = rows();
        let (alone, beside) = (fit(&rows[..200], 0.0), fit(&rows[..200], 0.75));
        for (row, _) in &rows[200..] {
            let error = 0.75 + beside.summand(row) - alone.summand(row);
            assert!(error.abs() < 1e-9, "{error}");
        }
    }

    #[test]
    fn too_few_or_odd_cells_give_no_line_or_a_finite_one() {
        let rows = rows();
        let of = |count: usize, cost: f64, weight: f64, said: f64| {
            let example = |(row, _)| Example { row, cost, weight, said };
            Line::fit(rows[..count].iter().map(|(row, cost)| example((row, cost))), ALONE)
        };
        assert_eq!(of(FEWEST_CELLS - 1, 3.0, 1.0, 0.0), None);
        assert_eq!(of(300, f64::NAN, 1.0, 0.0), None);
        assert_eq!(of(300, 3.0, f64::NAN, 0.0), None);
        assert_eq!(of(300, 3.0, 1.0, f64::NAN), None);
        let flat = of(300, 3.0, 1.0, 0.0).unwrap();
        assert!(rows.iter().all(|(row, _)| flat.summand(row).is_finite()));
    }
}
