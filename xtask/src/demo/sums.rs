//! Films as the programs write them: exact radiance sums, three little-endian u64 a pixel.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Fractional bits of a sum; `p2c2r_frame::FRACTION_BITS`, which the file format fixes.
const FRACTION_BITS: u32 = 16;
const CHANNELS: usize = 3;

/// A complete film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Film {
    sums: Vec<u64>,
    spp: u32,
}

impl Film {
    /// Reads a film of a known size.
    pub(super) fn read(path: &Path, size: (u32, u32), spp: u32) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::from_bytes(&bytes, size, spp).with_context(|| path.display().to_string())
    }

    fn from_bytes(bytes: &[u8], (width, height): (u32, u32), spp: u32) -> Result<Self> {
        let expected = width as usize * height as usize * CHANNELS * size_of::<u64>();
        ensure!(bytes.len() == expected, "{} bytes instead of {expected}", bytes.len());
        let (words, _) = bytes.as_chunks();
        Ok(Self { sums: words.iter().map(|word| u64::from_le_bytes(*word)).collect(), spp })
    }

    /// Root of the mean square difference of mean radiance, over all pixels and channels.
    pub(super) fn rmse(&self, other: &Self) -> Result<f64> {
        ensure!(self.sums.len() == other.sums.len(), "films of different sizes do not compare");
        let unit = |film: &Self| f64::from(film.spp) * f64::from(1_u32 << FRACTION_BITS);
        let (unit_here, unit_there) = (unit(self), unit(other));
        let pairs = self.sums.iter().zip(&other.sums);
        let square = pairs.map(|(&here, &there)| {
            let difference = here as f64 / unit_here - there as f64 / unit_there;
            difference * difference
        });
        Ok((square.sum::<f64>() / self.sums.len() as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(sums: &[u64]) -> Film {
        let bytes: Vec<u8> = sums.iter().flat_map(|sum| sum.to_le_bytes()).collect();
        Film::from_bytes(&bytes, (1, 1), 2).unwrap()
    }

    #[test]
    fn equal_films_differ_by_nothing_and_one_unit_shows() {
        let one = film(&[1, u64::from(u32::MAX), 3]);
        assert_eq!(one.rmse(&one).unwrap(), 0.0);
        assert!(one.rmse(&film(&[1, u64::from(u32::MAX), 4])).unwrap() > 0.0);
    }

    #[test]
    fn difference_is_in_units_of_radiance() {
        // Two samples of radiance 1 in one channel against none.
        let lit = film(&[2 << 16, 0, 0]).rmse(&film(&[0; 3])).unwrap();
        assert!((lit - (1.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{lit}");
    }

    #[test]
    fn film_of_another_size_is_refused() {
        assert!(Film::from_bytes(&[0; 23], (1, 1), 1).is_err());
    }
}
