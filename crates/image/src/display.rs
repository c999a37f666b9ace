//! From linear radiance to the bytes of a screen.

use p2c2r_frame::{PixelRect, radiance_from_sum};
use p2c2r_scene::math::{exp, larger, smaller, srgb_from_linear};

use crate::{Film, ToneMap};

/// Exposures are cut here: 2⁶⁴ times brighter or darker leaves nothing to see.
pub const MAX_EXPOSURE_EV: f32 = 64.0;

/// How radiance is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Display {
    /// Stops: each doubles the radiance before it is mapped. What is not a number counts as 0.
    pub exposure_ev: f32,
    /// What brings highlights into a screen's range.
    pub tone_map: ToneMap,
}

impl Display {
    /// The 8-bit sRGB colour of a linear radiance.
    pub fn srgb8(&self, radiance: [f32; 3]) -> [u8; 3] {
        self.ready().srgb8(radiance)
    }

    /// Linear light of a screen, 0 to 1, of a linear radiance.
    pub fn linear(&self, radiance: [f32; 3]) -> [f32; 3] {
        self.ready().linear(radiance)
    }

    /// The same with the exposure's factor at hand.
    fn ready(&self) -> Ready {
        Ready { scale: exposure_scale(self.exposure_ev), tone_map: self.tone_map }
    }

    /// Linear radiances as RGBA bytes, row by row; `is_opaque` says which pixels show.
    pub fn rgba8(&self, pixels: impl Iterator<Item = ([f32; 3], bool)>) -> Vec<u8> {
        let ready = self.ready();
        let bytes = pixels.flat_map(|(radiance, is_opaque)| {
            let [red, green, blue] = ready.srgb8(radiance);
            [red, green, blue, if is_opaque { 255 } else { 0 }]
        });
        bytes.collect()
    }
}

/// A display whose exposure is worked out.
struct Ready {
    scale: f32,
    tone_map: ToneMap,
}

impl Ready {
    fn linear(&self, radiance: [f32; 3]) -> [f32; 3] {
        self.tone_map.apply(radiance.map(|channel| channel * self.scale))
    }

    fn srgb8(&self, radiance: [f32; 3]) -> [u8; 3] {
        self.linear(radiance).map(srgb_from_linear)
    }
}

/// 2 to the power of an exposure; exact for whole stops.
pub fn exposure_scale(ev: f32) -> f32 {
    let ev = if ev.is_nan() { 0.0 } else { smaller(larger(ev, -MAX_EXPOSURE_EV), MAX_EXPOSURE_EV) };
    let whole = ev.floor();
    let power = f32::from_bits(((whole as i32 + 127) as u32) << 23);
    exp((ev - whole) * std::f32::consts::LN_2) * power
}

impl Film {
    /// A part of the film as RGBA bytes, row by row; pixels without a sample are transparent.
    /// What leaves the film is left out.
    pub fn rgba8(&self, rect: PixelRect, display: &Display) -> Vec<u8> {
        let Some(rect) = rect.intersection(self.rect()) else { return Vec::new() };
        let width = self.width_px() as usize;
        let pixels = (rect.y..rect.y + rect.height).flat_map(|y| {
            let start = y as usize * width + rect.x as usize;
            let row = start..start + rect.width as usize;
            self.sums()[row.clone()].iter().zip(&self.sample_counts()[row])
        });
        display.rgba8(
            pixels.map(|(sums, &count)| (sums.map(|sum| radiance_from_sum(sum, count)), count > 0)),
        )
    }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{RadianceSums, SampleRange};
    use p2c2r_scene::math::LINEAR_FROM_SRGB;

    use super::*;

    #[test]
    fn whole_stops_are_exact_and_parts_are_near() {
        for stops in -64..=64i32 {
            assert_eq!(exposure_scale(stops as f32), 2f64.powi(stops) as f32);
        }
        for step in -400..=400 {
            let ev = step as f32 / 37.0;
            let error = f64::from(exposure_scale(ev)) / f64::from(ev).exp2() - 1.0;
            assert!(error.abs() < 3e-7, "{ev}: {error:e}");
        }
        assert_eq!(exposure_scale(f32::NAN), 1.0);
        assert_eq!(exposure_scale(f32::INFINITY), exposure_scale(MAX_EXPOSURE_EV));
        assert_eq!(exposure_scale(f32::NEG_INFINITY), exposure_scale(-MAX_EXPOSURE_EV));
    }

    #[test]
    fn every_code_of_the_screen_survives_a_plain_display() {
        let plain = Display { exposure_ev: 0.0, tone_map: ToneMap::Clamp };
        let darker = Display { exposure_ev: -2.0, ..plain };
        for code in 0..=255u8 {
            let linear = LINEAR_FROM_SRGB[code as usize];
            assert_eq!(plain.srgb8([linear; 3]), [code; 3]);
            assert_eq!(darker.srgb8([4.0 * linear; 3]), [code; 3]);
        }
        assert_eq!(plain.srgb8([f32::NAN, f32::INFINITY, -1.0]), [0, 255, 0]);
    }

    #[test]
    fn a_part_of_the_film_shows_that_part() {
        let mut film = Film::new(4, 3, 1).unwrap();
        let rect = PixelRect { x: 1, y: 1, width: 2, height: 2 };
        let mut tile = RadianceSums::zeroed(rect, SampleRange::new(0, 1));
        tile.sums[3] = [1 << 20, 0, 0];
        film.merge(&tile).unwrap();
        let plain = Display { exposure_ev: 0.0, tone_map: ToneMap::Clamp };
        let beyond = PixelRect { x: 2, y: 2, width: 9, height: 9 };
        assert_eq!(film.rgba8(beyond, &plain), [255, 0, 0, 255, 0, 0, 0, 0]);
    }
}
