//! What a picture shows beside light: depth, normal, colour, motion and ids of the first surface.
//!
//! Who denoises needs them, so the requester traces them by itself; they never travel.

use crate::task::check_samples;
use crate::{PixelRect, SampleRange, SceneId, TaskError, View};

/// The id of a pixel that shows no surface.
pub const NO_SURFACE: u32 = u32::MAX;

/// Motion, in pixels, of what the previous view did not see: it leads out of every film.
pub const LOST_MOTION_PX: f32 = 1e9;

/// Which pixels to look at, and through which camera samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AovTask {
    /// The scene package.
    pub scene: SceneId,
    /// The camera.
    pub view: View,
    /// The camera of the picture before, for motion; without it nothing moves.
    pub previous_view: Option<View>,
    /// The pixels.
    pub rect: PixelRect,
    /// The samples of the radiance; the same points of each pixel are looked at, then more.
    pub samples: SampleRange,
    /// Most camera samples of a pixel. Where the first few agree, fewer are taken.
    pub max_samples: u32,
    /// The seed of the radiance, so that both look through the same points of a pixel.
    pub seed: u32,
}

impl AovTask {
    /// Fails unless any tracer could trace it.
    pub fn check(&self) -> Result<(), TaskError> {
        self.view.check()?;
        if let Some(previous) = &self.previous_view {
            previous.check()?;
        }
        self.rect.check_inside(self.view.width_px, self.view.height_px)?;
        check_samples(self.samples)?;
        let first = self.samples.first;
        check_samples(SampleRange::new(first, self.max_samples))
    }
}

/// What one pixel shows: means over its camera samples, ids of the first that hits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AovPixel {
    /// Distance from the camera's plane in metres, over the samples that hit; 0 where none did.
    pub depth: f32,
    /// Shading normal in world space, towards the viewer; shorter than 1 where samples differ.
    pub normal: [f32; 3],
    /// Share of light that the first surface reflects, 0 to 1; black where there is none.
    pub albedo: [f32; 3],
    /// Radiance that comes straight from what is seen: emission, and the environment behind it all.
    pub emission: [f32; 3],
    /// `albedo` over the radiance's own samples.
    pub sampled_albedo: [f32; 3],
    /// `emission` over the radiance's own samples: exactly what the radiance holds of it.
    pub sampled_emission: [f32; 3],
    /// Radiance that smooth surfaces mirror from what emits; 0 on rough ones.
    pub mirrored: [f32; 3],
    /// Variance of the luminance of `mirrored`, as the mean that it is.
    pub mirrored_variance: f32,
    /// From here to the same place in the previous picture, in pixels, x right and y down.
    pub motion_px: [f32; 2],
    /// Place of the instance in the authored scene, or [`NO_SURFACE`].
    pub instance: u32,
    /// Index of the material, or [`NO_SURFACE`].
    pub material: u32,
}

impl AovPixel {
    /// A pixel without a surface.
    pub const EMPTY: Self = Self {
        depth: 0.0,
        normal: [0.0; 3],
        albedo: [0.0; 3],
        emission: [0.0; 3],
        sampled_albedo: [0.0; 3],
        sampled_emission: [0.0; 3],
        mirrored: [0.0; 3],
        mirrored_variance: 0.0,
        motion_px: [0.0; 2],
        instance: NO_SURFACE,
        material: NO_SURFACE,
    };
}

/// A rectangle of such pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Aovs {
    /// The pixels' place.
    pub rect: PixelRect,
    /// Row by row.
    pub pixels: Vec<AovPixel>,
}
