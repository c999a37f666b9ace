//! Pictures of one renderer, summed as they come: their mean, and how far one is from what all tend to.

/// Independent pictures of the same scene.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// How long each took.
    pub(super) seconds: Vec<f64>,
    sums: Vec<f64>,
    sums_of_squares: Vec<f64>,
}

impl Pictures {
    /// Adds a picture of little-endian floats.
    pub(super) fn add(&mut self, seconds: f64, bytes: &[u8]) {
        self.seconds.push(seconds);
        let values =
            bytes.as_chunks::<4>().0.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes)));
        self.sums.resize(bytes.len() / 4, 0.0);
        self.sums_of_squares.resize(bytes.len() / 4, 0.0);
        for ((sum, sum_of_squares), value) in
            self.sums.iter_mut().zip(&mut self.sums_of_squares).zip(values)
        {
            *sum += value;
            *sum_of_squares += value * value;
        }
    }

    /// Mean of all channels of all pixels.
    pub(super) fn mean(&self) -> f64 {
        self.sums.iter().sum::<f64>() / (self.sums.len() * self.seconds.len()) as f64
    }

    /// Root of the mean squared distance of one picture from the converged one, as a share of the mean.
    ///
    /// The sample variance of a pixel estimates that distance without the converged picture.
    pub(super) fn relative_error(&self) -> f64 {
        let count = self.seconds.len() as f64;
        let variance = |(sum, sum_of_squares): (&f64, &f64)| {
            (sum_of_squares - sum * sum / count) / (count - 1.0)
        };
        let total: f64 = self.sums.iter().zip(&self.sums_of_squares).map(variance).sum();
        (total / self.sums.len() as f64).sqrt() / self.mean()
    }

    /// The middle of the times.
    pub(super) fn median_seconds(&self) -> f64 {
        super::super::report::median(&self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_the_spread_over_the_mean() {
        let mut pictures = Pictures::default();
        // Two pixels; the first is 1 or 3 (variance 2), the second always 2.
        for values in [[1.0f32, 2.0], [3.0, 2.0]] {
            pictures.add(0.5, &values.map(f32::to_le_bytes).concat());
        }
        assert!((pictures.mean() - 2.0).abs() < 1e-12);
        assert!((pictures.relative_error() - 0.5).abs() < 1e-12, "{}", pictures.relative_error());
    }
}
