//! How near a picture is to the converged one, as eyes see it.

use p2c2r_image::Display;

/// Pictures whose noise is independent of each other and of what they are compared with.
pub(crate) struct References {
    shown: [Vec<[f64; 3]>; 2],
}

impl References {
    /// Two radiances of the same view.
    pub(crate) fn new(radiances: [Vec<[f32; 3]>; 2]) -> Self {
        Self { shown: radiances.map(|radiance| radiance.into_iter().map(shown).collect()) }
    }

    /// The peak signal-to-noise ratio of a radiance in dB: of the picture as it is shown, tone-mapped by
    /// Khronos PBR Neutral at exposure 0 and encoded as sRGB, 0 to 1, before it is rounded to bytes.
    ///
    /// The squared error is the product of the differences to both references: their own noise is
    /// independent, so it does not count.
    pub(crate) fn psnr_db(&self, radiance: &[[f32; 3]]) -> f64 {
        let [first, second] = &self.shown;
        let pixels = radiance.iter().zip(first).zip(second);
        let sum: f64 = pixels
            .map(|((&radiance, first), second)| {
                let ours = shown(radiance);
                (0..3).map(|c| (ours[c] - first[c]) * (ours[c] - second[c])).sum::<f64>()
            })
            .sum();
        -10.0 * (sum / (3 * radiance.len()) as f64).log10()
    }
}

/// The encoded colour of a screen.
fn shown(radiance: [f32; 3]) -> [f64; 3] {
    Display::default().linear(radiance).map(|linear| {
        let linear = f64::from(linear);
        if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
    })
}

/// The samples at which a curve of (samples, dB) reaches this; between its points by the logarithm of
/// samples, and no further than its ends.
pub(crate) fn samples_at(curve: &[(u32, f64)], psnr_db: f64) -> f64 {
    let last = curve.len() - 1;
    if psnr_db <= curve[0].1 {
        return f64::from(curve[0].0);
    }
    for pair in curve.windows(2) {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        if psnr_db < high {
            let share = (psnr_db - low) / (high - low);
            return f64::from(from) * (f64::from(to) / f64::from(from)).powf(share);
        }
    }
    f64::from(curve[last].0)
}
