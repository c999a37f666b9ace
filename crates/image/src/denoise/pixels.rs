//! Light on its way through the filter, and windows of it.

use p2c2r_scene::math::{Vec3, exp, luminance};

use super::guide::{Guide, GuideScales};

/// The guides of a whole picture, row by row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture<'a> {
    /// Width in pixels.
    pub(super) width: usize,
    /// Height in pixels.
    pub(super) height: usize,
    /// What tells surfaces apart.
    pub(super) guides: &'a [Guide],
}

impl Picture<'_> {
    /// Visits the pixels of a square window of `2 · radius + 1` taps, `stride` apart, that lie in the
    /// picture; the visitor gets the index and the offset in taps.
    #[inline]
    pub(super) fn window(
        &self,
        index: usize,
        radius: i32,
        stride: i32,
        mut visit: impl FnMut(usize, [i32; 2]),
    ) {
        let (x, y) = ((index % self.width) as i32, (index / self.width) as i32);
        for down in -radius..=radius {
            let row = y + down * stride;
            if row < 0 || row >= self.height as i32 {
                continue;
            }
            for across in -radius..=radius {
                let column = x + across * stride;
                if column >= 0 && column < self.width as i32 {
                    visit(row as usize * self.width + column as usize, [across, down]);
                }
            }
        }
    }

    /// How far apart two surfaces are; `None` where they must not mix.
    #[inline]
    pub(super) fn surface_distance(
        &self,
        here: usize,
        there: usize,
        offset_px: [i32; 2],
        scales: &GuideScales,
    ) -> Option<f32> {
        let offset = offset_px.map(|step| step as f32);
        self.guides[here].distance(&self.guides[there], offset, scales)
    }

    /// The weight of another pixel by its surface alone, 0 to 1.
    #[inline]
    pub(super) fn surface_weight(
        &self,
        here: usize,
        there: usize,
        offset_px: [i32; 2],
        scales: &GuideScales,
    ) -> f32 {
        self.surface_distance(here, there, offset_px, scales).map_or(0.0, |apart| exp(-apart))
    }
}

/// Brightness of light.
#[inline]
pub(super) fn brightness(light: Vec3) -> f32 {
    luminance(light)
}
