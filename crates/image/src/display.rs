//! From linear radiance to the bytes of a screen.

use p2c2r_frame::{PixelRect, radiance_from_sum};

use crate::Film;

/// How radiance is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Display {
    /// Radiance is multiplied by this first.
    pub exposure: f32,
    /// Whether highlights are compressed by [`tone_map`] or cut at 1.
    pub is_tone_mapped: bool,
}

impl Default for Display {
    fn default() -> Self {
        Self { exposure: 1.0, is_tone_mapped: true }
    }
}

impl Display {
    /// The 8-bit sRGB colour of a linear radiance.
    pub fn srgb8(&self, radiance: [f32; 3]) -> [u8; 3] {
        let exposed = radiance.map(|channel| channel * self.exposure);
        let mapped = if self.is_tone_mapped { tone_map(exposed) } else { exposed };
        mapped.map(srgb8_from_linear)
    }
}

impl Film {
    /// A part of the film as RGBA bytes, row by row; pixels without a sample are transparent.
    /// What leaves the film is left out.
    pub fn rgba8(&self, rect: PixelRect, display: &Display) -> Vec<u8> {
        let Some(rect) = rect.intersection(self.rect()) else { return Vec::new() };
        let mut bytes = Vec::with_capacity(rect.area() as usize * 4);
        let (left, width) = (rect.x as usize, rect.width as usize);
        for y in rect.y..rect.y + rect.height {
            let start = y as usize * self.width_px() as usize + left;
            let row = self.sums()[start..start + width].iter();
            for (sums, &count) in row.zip(&self.sample_counts()[start..start + width]) {
                let radiance = sums.map(|sum| radiance_from_sum(sum, count));
                let [red, green, blue] = display.srgb8(radiance);
                bytes.extend([red, green, blue, if count > 0 { 255 } else { 0 }]);
            }
        }
        bytes
    }
}

/// Khronos PBR Neutral: keeps base colours as they are and compresses highlights
/// (<https://github.com/KhronosGroup/ToneMapping/tree/main/PBR_Neutral>).
pub fn tone_map(radiance: [f32; 3]) -> [f32; 3] {
    const START: f32 = 0.8 - 0.04;
    const DESATURATION: f32 = 0.15;
    let [red, green, blue] = radiance;
    let least = red.min(green).min(blue);
    let offset = if least < 0.08 { least - 6.25 * least * least } else { 0.04 };
    let colour = radiance.map(|channel| channel - offset);
    let peak = colour[0].max(colour[1]).max(colour[2]);
    if peak < START {
        return colour;
    }
    let room = 1.0 - START;
    let new_peak = 1.0 - room * room / (peak + room - START);
    let white = 1.0 - 1.0 / (DESATURATION * (peak - new_peak) + 1.0);
    colour.map(|channel| {
        let scaled = channel * (new_peak / peak);
        scaled + (new_peak - scaled) * white
    })
}

/// The nearest 8-bit sRGB code of a linear value; NaN gives 0.
pub fn srgb8_from_linear(linear: f32) -> u8 {
    // A comparison with NaN is false.
    let clamped = if linear > 0.0 { if linear < 1.0 { linear } else { 1.0 } } else { 0.0 };
    let mut code = FIRST_CODE[(clamped * (FIRST_CODE.len() - 1) as f32) as usize];
    while code < 255 && clamped >= CODE_STARTS[code as usize] {
        code += 1;
    }
    code
}

/// The linear value at which code `index + 1` begins: half way between two codes.
const CODE_STARTS: [f32; 255] = {
    let mut starts = [0.0; 255];
    let mut code = 0;
    while code < 255 {
        starts[code] = linear_from_srgb((code as f64 + 0.5) / 255.0) as f32;
        code += 1;
    }
    starts
};

/// The code of the smallest value of each of 4096 steps, which saves most of the search.
static FIRST_CODE: [u8; 4097] = {
    let mut codes = [0; 4097];
    let (mut step, mut code) = (0, 0);
    while step < codes.len() {
        while code < 255 && step as f32 / 4096.0 >= CODE_STARTS[code] {
            code += 1;
        }
        codes[step] = code as u8;
        step += 1;
    }
    codes
};

/// The sRGB transfer function (IEC 61966-2-1) in plain arithmetic: x^2.4 is x² times the fifth
/// root of x², and the root is found by Newton's method.
const fn linear_from_srgb(encoded: f64) -> f64 {
    if encoded <= 0.04045 {
        return encoded / 12.92;
    }
    let base = (encoded + 0.055) / 1.055;
    let square = base * base;
    let mut root = 1.0;
    let mut step = 0;
    while step < 64 {
        root -= (root - square / (root * root * root * root)) / 5.0;
        step += 1;
    }
    square * root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_its_own_linear_value() {
        for code in 0..=255u8 {
            let linear = linear_from_srgb(f64::from(code) / 255.0) as f32;
            assert_eq!(srgb8_from_linear(linear), code);
        }
        // Known values of the standard: mid grey and the end of the linear part.
        assert!((linear_from_srgb(0.5) - 0.214_041_14).abs() < 1e-7);
        assert_eq!(srgb8_from_linear(0.003_130_8), 10);
    }

    #[test]
    fn values_beyond_the_screen_are_clamped() {
        assert_eq!(srgb8_from_linear(f32::NAN), 0);
        assert_eq!(srgb8_from_linear(-1.0), 0);
        assert_eq!(srgb8_from_linear(f32::INFINITY), 255);
    }

    #[test]
    fn tone_map_keeps_colours_and_compresses_highlights() {
        // Below the start of compression only the 4 % of Fresnel reflection are taken off.
        let [red, green, blue] = tone_map([0.5, 0.3, 0.2]);
        assert!((red - 0.46).abs() < 1e-6 && (green - 0.26).abs() < 1e-6);
        assert!((blue - 0.16).abs() < 1e-6);
        let bright = tone_map([10.0, 1.0, 1.0]);
        assert!(bright.iter().all(|&channel| (0.0..1.0).contains(&channel)), "{bright:?}");
        assert!(bright[0] > bright[1]);
        assert_eq!(tone_map([0.0; 3]), [0.0; 3]);
    }
}
