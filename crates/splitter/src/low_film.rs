//! A small film that sees what a view sees: what is looked at and probed before a frame is cut.

use p2c2r_frame::{PixelRect, View};

/// Longest side of a small film.
pub const LOW_FILM_SIDE_PX: u32 = 128;

/// A view's small film, and how its pixels lie on the large one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LowFilm {
    view: View,
    full: [u32; 2],
    /// Pixels of the film along a side of a pixel of this one.
    step_px: u32,
}

impl LowFilm {
    /// The small film of a view. Both look along the same axis; the small one may see a little more at
    /// the edges, so that its pixels are squares.
    pub fn of(view: &View) -> Self {
        let (width, height) = (view.width_px.max(1), view.height_px.max(1));
        let step_px = width.max(height).div_ceil(LOW_FILM_SIDE_PX);
        let (width_px, height_px) = (width.div_ceil(step_px), height.div_ceil(step_px));
        let taller = (f64::from(height_px) * f64::from(step_px) / f64::from(height)) as f32;
        let tan_half_fov_y = view.tan_half_fov_y * taller;
        let low = View { tan_half_fov_y, width_px, height_px, ..*view };
        Self { view: low, full: [width, height], step_px }
    }

    /// What the small film sees.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// All of its pixels.
    pub const fn rect(&self) -> PixelRect {
        PixelRect::of_size(self.view.width_px, self.view.height_px)
    }

    /// The pixels of the large film that lie under a rectangle of this one, to the nearest pixel.
    pub fn footprint(&self, rect: PixelRect) -> Option<PixelRect> {
        let [left, top] = self.origin_px();
        let step = i64::from(self.step_px);
        let span = |origin: i64, from: u32, count: u32, side: u32| {
            let edge = |at: u64| (origin + at as i64 * step).clamp(0, i64::from(side));
            let first = edge(u64::from(from));
            (first as u32, (edge(u64::from(from) + u64::from(count)) - first) as u32)
        };
        let (x, width) = span(left, rect.x, rect.width, self.full[0]);
        let (y, height) = span(top, rect.y, rect.height, self.full[1]);
        (width > 0 && height > 0).then_some(PixelRect { x, y, width, height })
    }

    /// The pixel of this film over a place on the large one.
    pub(crate) fn pixel_at(&self, film: [f64; 2]) -> [u32; 2] {
        let origin = self.origin_px();
        let size = [self.view.width_px, self.view.height_px];
        std::array::from_fn(|axis| {
            let scaled = (film[axis] - origin[axis] as f64) / f64::from(self.step_px);
            // The cast takes NaN and what is below 0 to 0.
            (scaled as u32).min(size[axis] - 1)
        })
    }

    /// Where the middle of a pixel lies on the large film.
    pub(crate) fn middle(&self, [x, y]: [u32; 2]) -> [f64; 2] {
        let origin = self.origin_px();
        let step = f64::from(self.step_px);
        [(x, origin[0]), (y, origin[1])]
            .map(|(at, from)| from as f64 + (f64::from(at) + 0.5) * step)
    }

    /// Where the small film begins on the large one: at its edge or a little outside.
    fn origin_px(&self) -> [i64; 2] {
        let sides = [self.view.width_px, self.view.height_px];
        std::array::from_fn(|axis| {
            let over =
                i64::from(sides[axis]) * i64::from(self.step_px) - i64::from(self.full[axis]);
            -(over / 2)
        })
    }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::Lens;
    use proptest::prelude::*;

    use super::*;

    fn view(width_px: u32, height_px: u32) -> View {
        View {
            world_from_camera: [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]],
            tan_half_fov_y: 0.5,
            width_px,
            height_px,
            lens: Lens::PINHOLE,
            time_us: 0,
        }
    }

    proptest! {
        #[test]
        fn pixels_lie_over_all_of_the_film_and_over_each_place_once(
            width in 1u32..700, height in 1u32..700,
        ) {
            let low = LowFilm::of(&view(width, height));
            prop_assert_eq!(low.view().check(), Ok(()));
            prop_assert!(low.view().width_px.max(low.view().height_px) <= LOW_FILM_SIDE_PX);
            let film = PixelRect::of_size(width, height);
            prop_assert_eq!(low.footprint(low.rect()), Some(film));
            let row = (0..low.view().width_px).filter_map(|x| {
                low.footprint(PixelRect { x, y: 0, width: 1, height: low.view().height_px })
            });
            prop_assert_eq!(row.map(|rect| rect.area()).sum::<u64>(), film.area());
            let place = low.middle([low.view().width_px / 2, low.view().height_px / 2]);
            prop_assert_eq!(
                low.pixel_at(place), [low.view().width_px / 2, low.view().height_px / 2]
            );
        }
    }

    #[test]
    fn long_films_have_small_ones_too() {
        for (width, height) in [(1, 1), (16_384, 1), (1, 16_384), (16_384, 16_384)] {
            let low = LowFilm::of(&view(width, height));
            assert_eq!(low.view().check(), Ok(()));
            assert_eq!(low.footprint(low.rect()), Some(PixelRect::of_size(width, height)));
        }
    }
}
