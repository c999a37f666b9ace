//! How fast a picture's error falls with its samples: with our numbers and with independent ones.

use p2c2r_frame::{RadianceSums, SampleRange, TileTask};

use crate::radiances;

/// Whose random numbers the samples of a pixel are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// The tracer's: the samples of one seed, which avoid each other.
    Stratified,
    /// Independent ones: the first sample of many seeds.
    Independent,
}

/// Root mean square error of a task's picture at each of `samples_per_pixel`, measured as the deviation
/// of `runs` pictures of different seeds from their mean.
pub fn rmse_by_samples(
    task: &TileTask,
    numbers: Numbers,
    samples_per_pixel: &[u32],
    runs: u32,
    trace: &mut dyn FnMut(&TileTask) -> RadianceSums,
) -> Vec<f64> {
    let mut first_seed = 1;
    let mut rmse_at = |&samples: &u32| {
        let mut pictures = Vec::new();
        for _ in 0..runs {
            pictures.push(picture(task, numbers, samples, &mut first_seed, trace));
        }
        deviation(&pictures)
    };
    samples_per_pixel.iter().map(&mut rmse_at).collect()
}

/// Mean radiances of one run, channel by channel; takes as many seeds as it needs.
fn picture(
    task: &TileTask,
    numbers: Numbers,
    samples: u32,
    next_seed: &mut u32,
    trace: &mut dyn FnMut(&TileTask) -> RadianceSums,
) -> Vec<f64> {
    let (seeds, samples) = match numbers {
        Numbers::Stratified => (1, samples),
        Numbers::Independent => (samples, 1),
    };
    let mut mean = Vec::new();
    for _ in 0..seeds {
        let seed = *next_seed;
        *next_seed += 1;
        let samples = SampleRange::new(0, samples);
        let values = radiances(&trace(&TileTask { seed, samples, ..*task }));
        mean.resize(3 * values.len(), 0.0);
        for (mean, value) in mean.iter_mut().zip(values.as_flattened()) {
            *mean += f64::from(*value) / f64::from(seeds);
        }
    }
    mean
}

/// Deviation of pictures from their mean, without bias for their small number.
fn deviation(pictures: &[Vec<f64>]) -> f64 {
    let count = pictures.len() as f64;
    let values = pictures[0].len();
    let variance_of = |index: usize| {
        let mean = pictures.iter().map(|picture| picture[index]).sum::<f64>() / count;
        let squares = pictures.iter().map(|picture| (picture[index] - mean).powi(2));
        squares.sum::<f64>() / (count - 1.0)
    };
    ((0..values).map(variance_of).sum::<f64>() / values as f64).sqrt()
}

/// Slope of the line of least squares through the logarithms of points.
pub fn log_log_slope(points: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let points: Vec<(f64, f64)> = points.into_iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let together: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    together / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_of_a_power_is_its_exponent() {
        let points = [1.0f64, 2.0, 8.0, 100.0].map(|x| (x, 3.0 * x.powf(-0.7)));
        assert!((log_log_slope(points) + 0.7).abs() < 1e-9);
    }

    #[test]
    fn deviation_is_that_of_the_values() {
        let pictures = [vec![1.0, 5.0], vec![3.0, 5.0]];
        assert!((deviation(&pictures) - 1.0).abs() < 1e-12);
    }
}
