//! The picture on screen: follows the film where tiles were merged.

use p2c2r_frame::PixelRect;
use p2c2r_image::{Display, Film, ToneMap};

use crate::messages::{RenderSettings, ToneMapping};

/// Pixels that are tone-mapped at once, some 10 ms: the worker has messages to look at.
const MAX_PAINT_PIXELS: u32 = 1 << 17;

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

    /// Follows the film, or the radiance that takes its place, for up to [`MAX_PAINT_PIXELS`]; gives size
    /// and pixels. A picture that takes the film's place is shown when all of it is there, without a seam.
    pub(crate) fn paint(
        &mut self,
        film: &Film,
        denoised: Option<&[[f32; 3]]>,
        display: &Display,
    ) -> Option<(u32, u32, Vec<u8>)> {
        let area: u64 = self.dirty.iter().map(|rect| rect.area()).sum();
        let whole = film.rect();
        if area >= whole.area() {
            self.dirty = vec![whole];
        }
        let mut left = MAX_PAINT_PIXELS;
        for rect in std::mem::take(&mut self.dirty) {
            let rows = (left / rect.width.max(1)).min(rect.height);
            left -= rows * rect.width;
            let (now, later) = split(rect, rows);
            if rows > 0 {
                self.copy(now, &rgba8(film, denoised, now, display));
            }
            if later.height > 0 {
                left = 0;
                self.dirty.push(later);
            }
        }
        let is_whole = denoised.is_none() || self.dirty.is_empty();
        is_whole.then(|| (self.width, self.height, self.rgba.clone()))
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

/// A rectangle's first rows, and the rest of it.
fn split(rect: PixelRect, rows: u32) -> (PixelRect, PixelRect) {
    let rest = PixelRect { y: rect.y + rows, height: rect.height - rows, ..rect };
    (PixelRect { height: rows, ..rect }, rest)
}

/// A part of the film, or of the radiance that takes its place, as RGBA.
fn rgba8(
    film: &Film,
    denoised: Option<&[[f32; 3]]>,
    rect: PixelRect,
    display: &Display,
) -> Vec<u8> {
    let Some(radiance) = denoised else { return film.rgba8(rect, display) };
    let (width, left) = (film.width_px() as usize, rect.x as usize);
    let rows = radiance.chunks(width).skip(rect.y as usize).take(rect.height as usize);
    let pixels = rows.flat_map(|row| &row[left..left + rect.width as usize]);
    display.rgba8(pixels.map(|&radiance| (radiance, true)))
}

/// The film, or the radiance that takes its place, as an opaque image.
pub(crate) fn opaque_rgba8(
    film: &Film,
    denoised: Option<&[[f32; 3]]>,
    display: &Display,
) -> Vec<u8> {
    let mut pixels = rgba8(film, denoised, film.rect(), display);
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
        picture.paint(&film_with(left), None, &Display::default());
        let right = PixelRect { x: 4, y: 1, width: 4, height: 3 };
        picture.resize(8, 4);
        picture.touch(PixelRect::of_size(8, 4));
        let painted = picture.paint(&film_with(right), None, &Display::default());
        let (_, _, pixels) = painted.expect("a film is shown as far as it goes");
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
        picture.paint(&film_with(left), None, &Display::default());
        picture.resize(3, 2);
        assert_eq!(picture.rgba.len(), 3 * 2 * 4);
        let lit: Vec<bool> = picture.rgba.chunks(4).map(|pixel| pixel[0] > 0).collect();
        assert_eq!(lit, [true, true, false, true, true, false]);
    }
    #[test]
    fn denoised_picture_takes_several_paints_and_shows_when_it_is_whole() {
        let (width, height) = (1 << 10, 1 << 8);
        let film = Film::new(width, height, 1).expect("a small film");
        let radiance = vec![[1.0; 3]; (width * height) as usize];
        let mut picture = Picture::default();
        picture.resize(width, height);
        picture.touch(film.rect());
        let display = Display::default();
        assert_eq!(picture.paint(&film, Some(&radiance), &display), None);
        assert!(picture.is_dirty());
        let (.., pixels) = picture.paint(&film, Some(&radiance), &display).expect("all of it");
        assert!(!picture.is_dirty());
        assert!(pixels.chunks(4).all(|pixel| pixel == &pixels[..4] && pixel[0] > 200));
        picture.touch(film.rect());
        assert!(picture.paint(&film, None, &display).is_some(), "a film is shown in parts");
    }
}
