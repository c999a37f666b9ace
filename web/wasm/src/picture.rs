//! The picture on screen: follows the film where tiles were merged.

use p2c2r_frame::PixelRect;
use p2c2r_image::{Display, Film, ToneMap};

use crate::messages::{RenderSettings, ToneMapping};

/// Tone-mapped pixels. A new view paints over the old one tile by tile, so that nothing flashes.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
    dirty: Vec<PixelRect>,
}

impl Picture {
    /// Takes the size of a film; the old picture is stretched until the film replaces it.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        self.dirty.clear();
        if (self.width, self.height) == (width, height) {
            return;
        }
        let (old, _) = self.rgba.as_chunks::<4>();
        let column = |x: u32| (u64::from(x) * u64::from(self.width) / u64::from(width)) as usize;
        let row = |y: u32| (u64::from(y) * u64::from(self.height) / u64::from(height)) as usize;
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let stretched = pixels.flat_map(|(x, y)| {
            let index = row(y) * self.width as usize + column(x);
            old.get(index).copied().unwrap_or([0, 0, 0, 255])
        });
        self.rgba = stretched.collect();
        (self.width, self.height) = (width, height);
    }

    /// Notes that the film has changed there.
    pub(crate) fn touch(&mut self, rect: PixelRect) {
        self.dirty.push(rect);
    }

    /// Whether the film is ahead of the picture.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Follows the film and gives size and pixels.
    pub(crate) fn paint(&mut self, film: &Film, display: &Display) -> (u32, u32, Vec<u8>) {
        let area: u64 = self.dirty.iter().map(|rect| rect.area()).sum();
        let whole = film.rect();
        if area >= whole.area() {
            self.dirty = vec![whole];
        }
        for rect in std::mem::take(&mut self.dirty) {
            self.copy(rect, &film.rgba8(rect, display));
        }
        (self.width, self.height, self.rgba.clone())
    }

    /// Copies the pixels that have a sample.
    fn copy(&mut self, rect: PixelRect, pixels: &[u8]) {
        let (sources, _) = pixels.as_chunks::<4>();
        let (targets, _) = self.rgba.as_chunks_mut::<4>();
        for (row, source) in sources.chunks_exact(rect.width as usize).enumerate() {
            let start = (rect.y as usize + row) * self.width as usize + rect.x as usize;
            for (target, pixel) in targets[start..].iter_mut().zip(source) {
                if pixel[3] > 0 {
                    *target = *pixel;
                }
            }
        }
    }
}

/// The film as an opaque image.
pub(crate) fn opaque_rgba8(film: &Film, display: &Display) -> Vec<u8> {
    let mut pixels = film.rgba8(film.rect(), display);
    for alpha in pixels.iter_mut().skip(3).step_by(4) {
        *alpha = 255;
    }
    pixels
}

/// How the settings show radiance.
pub(crate) fn display(settings: &RenderSettings) -> Display {
    let tone_map = match settings.tone_mapping {
        ToneMapping::Neutral => ToneMap::Neutral,
        ToneMapping::Agx => ToneMap::Agx,
        ToneMapping::Aces => ToneMap::Aces,
        ToneMapping::None => ToneMap::Clamp,
    };
    Display { exposure_ev: settings.exposure, tone_map }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{RadianceSums, SampleRange};

    use super::*;

    fn film_with(rect: PixelRect) -> Film {
        let mut film = Film::new(8, 4, 1).expect("a small film");
        let mut tile = RadianceSums::zeroed(rect, SampleRange::new(0, 1));
        tile.sums.fill([1 << 16; 3]);
        film.merge(&tile).expect("the film is empty");
        film
    }

    #[test]
    fn new_view_keeps_the_old_picture_where_it_has_no_sample_yet() {
        let mut picture = Picture::default();
        picture.resize(8, 4);
        let left = PixelRect { x: 0, y: 0, width: 4, height: 4 };
        picture.touch(left);
        picture.paint(&film_with(left), &Display::default());
        let right = PixelRect { x: 4, y: 1, width: 4, height: 3 };
        picture.resize(8, 4);
        picture.touch(PixelRect::of_size(8, 4));
        let (_, _, pixels) = picture.paint(&film_with(right), &Display::default());
        let is_lit = |x: usize, y: usize| pixels[(y * 8 + x) * 4] > 0;
        assert!(is_lit(0, 0) && is_lit(3, 3) && is_lit(4, 1) && is_lit(7, 3));
        assert!(!is_lit(4, 0) && !is_lit(7, 0));
    }

    #[test]
    fn new_size_begins_with_the_old_picture_stretched() {
        let mut picture = Picture::default();
        picture.resize(8, 4);
        let left = PixelRect { x: 0, y: 0, width: 4, height: 4 };
        picture.touch(left);
        picture.paint(&film_with(left), &Display::default());
        picture.resize(3, 2);
        assert_eq!(picture.rgba.len(), 3 * 2 * 4);
        let lit: Vec<bool> = picture.rgba.chunks(4).map(|pixel| pixel[0] > 0).collect();
        assert_eq!(lit, [true, true, false, true, true, false]);
    }
}
