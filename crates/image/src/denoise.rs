//! Takes the noise off a merged picture, for eyes: the film itself stays exact.
//!
//! What is known exactly, emission, albedo and what smooth surfaces mirror, is taken off the radiance; the
//! light that is left is joined with that of earlier pictures and smoothed by a variance-guided à-trous
//! wavelet (Schied et al. 2017, "Spatiotemporal variance-guided filtering"); then all is put together again.
//! The whole picture is filtered at once, never a tile, so there are no seams.

mod guide;
mod history;
mod job;
mod light;
mod pixels;
mod variance;
mod wavelet;

use std::ops::Deref;
use std::sync::Arc;

use p2c2r_frame::Aovs;
use thiserror::Error;

use crate::MAX_FILM_PIXELS;
use guide::GuideScales;
use history::History;
pub use job::DenoiseJob;

/// Levels of the wavelet: taps reach 2 · (1 + 2 + 4 + 8) pixels.
const LEVELS: u32 = 4;

/// Standard deviations of light that count as alike at the first level.
const STRENGTH: f32 = 8.0;

/// What is left of that at each further level: the light is smoother there, and its taps further away.
const STRENGTH_KEPT: f32 = 0.7;

/// How surfaces are told apart when their light is smoothed.
const SCALES: GuideScales = GuideScales { normal: 8.0, albedo: 10.0, emission: 10.0, depth: 0.5 };

/// Standard deviations of mirrored light that count as alike: its variance is known, not guessed.
const MIRRORED_STRENGTH: f32 = 3.0;

/// How surfaces are told apart when what they mirror is smoothed: paint does not matter to a mirror.
const MIRRORED_SCALES: GuideScales = GuideScales { albedo: 0.0, ..SCALES };

/// Picture and surfaces do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{pixels} pixels of radiance and {surfaces} of surfaces for {width_px}x{height_px}")]
pub struct DenoiseError {
    /// Pixels of the radiance.
    pub pixels: usize,
    /// Pixels of the surfaces.
    pub surfaces: usize,
    /// Width of the surfaces' rectangle.
    pub width_px: u32,
    /// Height of the surfaces' rectangle.
    pub height_px: u32,
}

/// Denoises the pictures of a view, or of one that moves.
///
/// Each picture is joined with the ones before it, each pixel of them by its samples. A film that grows is
/// denoised more than once: say [`Self::again`] before all times but the first, or its own samples would count
/// twice.
#[derive(Debug, Clone, Default)]
pub struct Denoiser {
    /// What the last picture was joined with.
    earlier: Option<Arc<History>>,
    /// With the last picture.
    latest: Option<Arc<History>>,
    is_again: bool,
}

impl Denoiser {
    /// A denoiser that knows no picture yet.
    pub const fn new() -> Self {
        Self { earlier: None, latest: None, is_again: false }
    }

    /// Forgets earlier pictures: before another scene.
    pub fn forget(&mut self) {
        *self = Self::new();
    }

    /// The next picture is the last one with more samples: those before it count, it does not itself.
    pub const fn again(&mut self) {
        self.is_again = true;
    }

    /// The picture without noise. `radiance` holds the means of the film, row by row, of so many samples a
    /// pixel, `aovs` the whole of the same view; `motion_px` leads to the picture that came before.
    pub fn denoise(
        &mut self,
        radiance: &[[f32; 3]],
        samples: u32,
        aovs: &Aovs,
    ) -> Result<Vec<[f32; 3]>, DenoiseError> {
        let job = self.begin(radiance.to_vec(), samples, aovs)?;
        Ok(self.finish(job))
    }

    /// The same in steps, for workers that must look at their messages in between. A job that is dropped
    /// leaves nothing, and what was said of it before does not hold for the next.
    pub fn begin<A: Deref<Target = Aovs>>(
        &mut self,
        radiance: Vec<[f32; 3]>,
        samples: u32,
        aovs: A,
    ) -> Result<DenoiseJob<A>, DenoiseError> {
        let is_again = std::mem::take(&mut self.is_again);
        check(&radiance, &aovs)?;
        let earlier = if is_again { &self.earlier } else { &self.latest };
        Ok(DenoiseJob::new(radiance, samples, aovs, earlier.clone()))
    }

    /// The picture of a job; what is left of its work is done first.
    pub fn finish<A: Deref<Target = Aovs>>(&mut self, mut job: DenoiseJob<A>) -> Vec<[f32; 3]> {
        while !job.step(u64::MAX) {}
        let (picture, earlier, history) = job.into_results();
        self.earlier = earlier;
        self.latest = Some(Arc::new(history));
        picture
    }
}

fn check(radiance: &[[f32; 3]], aovs: &Aovs) -> Result<(), DenoiseError> {
    let area = aovs.rect.area();
    let is_whole = radiance.len() as u64 == area && aovs.pixels.len() as u64 == area;
    if is_whole && area > 0 && area <= MAX_FILM_PIXELS {
        return Ok(());
    }
    Err(DenoiseError {
        pixels: radiance.len(),
        surfaces: aovs.pixels.len(),
        width_px: aovs.rect.width,
        height_px: aovs.rect.height,
    })
}

#[cfg(test)]
#[path = "denoise_tests.rs"]
mod tests;
