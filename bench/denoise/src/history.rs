//! What earlier pictures of a camera that turns are worth to the next one.

use anyhow::Result;
use p2c2r_frame::{SampleRange, View};
use p2c2r_image::Denoiser;

use crate::NOISY_SAMPLES;
use crate::render::{Renderer, merged};

/// The row of this module.
pub(crate) const ROW: &str = "denoise-history-db";
/// Pictures before the one that counts, and by how much the camera turns from each to the next.
const EARLIER: u32 = 4;
const STEP_DEGREES: f32 = 0.5;

/// The denoised picture of a view that the camera has turned to, all pictures of as many samples and of one seed,
/// as a player renders them.
pub(crate) fn denoised(renderer: &Renderer, view: &View, seed: u32) -> Result<Vec<[f32; 3]>> {
    let mut denoiser = Denoiser::new();
    let mut previous = None;
    let mut picture = Vec::new();
    for back in (0..=EARLIER).rev() {
        let view = turned(view, STEP_DEGREES * back as f32);
        let samples = SampleRange::new(0, NOISY_SAMPLES);
        let film = merged(&[renderer.film(&view, seed, samples)?])?;
        let aovs = renderer.aovs((&view, previous), seed, samples)?;
        picture = denoiser.denoise(&film.radiances(), NOISY_SAMPLES, &aovs)?;
        previous = Some(view);
    }
    Ok(picture)
}

/// A camera turned about its own upright axis.
fn turned(view: &View, degrees: f32) -> View {
    let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
    let (sin, cos) = (sin as f32, cos as f32);
    let mut turned = *view;
    for (row, old) in turned.world_from_camera.iter_mut().zip(view.world_from_camera) {
        row[0] = old[0] * cos - old[2] * sin;
        row[2] = old[0] * sin + old[2] * cos;
    }
    turned
}
