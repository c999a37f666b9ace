//! Takes the noise off a merged picture, for eyes: the film itself stays exact.
//!
//! What is known exactly, emission, albedo and what smooth surfaces mirror, is taken off the radiance; the
//! light that is left is joined with that of earlier pictures and smoothed by a variance-guided à-trous
//! wavelet (Schied et al. 2017, "Spatiotemporal variance-guided filtering"); then all is put together again.
//! The whole picture is filtered at once, never a tile, so there are no seams.

mod guide;
mod history;
mod light;
mod pixels;
mod variance;
mod wavelet;

use p2c2r_frame::{AovPixel, Aovs};
use p2c2r_scene::math::Vec3;
use thiserror::Error;

use crate::MAX_FILM_PIXELS;
use guide::{GuideScales, guides};
use history::History;
use light::{cleaned, light_of, radiance_of};
use pixels::Picture;
use wavelet::Noisy;

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
#[derive(Debug, Clone, Default)]
pub struct Denoiser {
    history: Option<History>,
}

impl Denoiser {
    /// A denoiser that knows no picture yet.
    pub const fn new() -> Self {
        Self { history: None }
    }

    /// Forgets earlier pictures: before another scene, or more samples of the same picture.
    pub fn forget(&mut self) {
        self.history = None;
    }

    /// The picture without noise. `radiance` holds the means of the film, row by row, `aovs` the whole of
    /// the same view; `motion_px` leads to the picture that came before.
    pub fn denoise(
        &mut self,
        radiance: &[[f32; 3]],
        aovs: &Aovs,
    ) -> Result<Vec<[f32; 3]>, DenoiseError> {
        check(radiance, aovs)?;
        let (width, height) = (aovs.rect.width as usize, aovs.rect.height as usize);
        let guides = guides(&aovs.pixels, width);
        let picture = Picture { width, height, guides: &guides };
        let mirrored = smoothed_mirrors(&picture, &aovs.pixels);
        let pixels = radiance.iter().zip(&mirrored).zip(&aovs.pixels);
        let light =
            pixels.map(|((&radiance, &mirrored), pixel)| light_of(radiance, mirrored, pixel));
        let history = self.followed_by(&picture, light.collect(), &aovs.pixels);
        let light = smoothed_light(&picture, &history.light);
        self.history = Some(history);
        let pixels = light.iter().zip(&mirrored).zip(&aovs.pixels);
        Ok(pixels.map(|((&light, &mirrored), pixel)| radiance_of(light, mirrored, pixel)).collect())
    }

    fn followed_by(&self, picture: &Picture<'_>, light: Vec<Vec3>, pixels: &[AovPixel]) -> History {
        match &self.history {
            Some(history) => history.followed_by(picture, &light, pixels),
            None => History::first(picture.width, light, picture.guides.to_vec()),
        }
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

/// What smooth surfaces mirror, without the noise of rougher ones.
fn smoothed_mirrors(picture: &Picture<'_>, pixels: &[AovPixel]) -> Vec<Vec3> {
    let light = pixels.iter().map(|pixel| Vec3::from(cleaned(pixel.mirrored))).collect();
    let variance = pixels.iter().map(|pixel| cleaned([pixel.mirrored_variance; 3])[0]).collect();
    let noisy = Noisy { light, variance };
    wavelet::level(picture, &noisy, 1, MIRRORED_STRENGTH, &MIRRORED_SCALES).light
}

/// All levels of the wavelet.
fn smoothed_light(picture: &Picture<'_>, light: &[Vec3]) -> Vec<Vec3> {
    let variance = variance::spatial(picture, light, &SCALES);
    let mut noisy = Noisy { light: light.to_vec(), variance };
    let mut strength = STRENGTH;
    for level in 0..LEVELS {
        noisy = wavelet::level(picture, &noisy, 1 << level, strength, &SCALES);
        strength *= STRENGTH_KEPT;
    }
    noisy.light
}

#[cfg(test)]
#[path = "denoise_tests.rs"]
mod tests;
