//! What the requester's own tracer saw first, on a small film: where a view's costs lie in the world.

use p2c2r_frame::{AovPixel, Aovs, NO_SURFACE, View};

use crate::camera::Camera;
use crate::low_film::LowFilm;

/// Depths that differ by less than this share are of one surface.
const SAME_DEPTH: f64 = 0.1;

/// First surfaces of a view, pixel by pixel of its [`LowFilm`].
#[derive(Debug, Clone, PartialEq)]
pub struct Surfaces {
    view: View,
    low: LowFilm,
    camera: Camera,
    pixels: Vec<Sight>,
}

/// What one pixel of a small film shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sight {
    /// Distance from the camera's plane; 0 where there is no surface.
    pub(crate) depth: f32,
    pub(crate) normal: [f32; 3],
    /// Luminances: what is reflected, sent, and mirrored.
    pub(crate) albedo: f32,
    pub(crate) emission: f32,
    pub(crate) mirrored: f32,
    pub(crate) instance: u32,
    pub(crate) material: u32,
}

impl Surfaces {
    /// Takes what was seen of a view through its small film; `None` if these are other pixels.
    pub fn new(view: &View, aovs: &Aovs) -> Option<Self> {
        let low = LowFilm::of(view);
        let is_whole = aovs.rect == low.rect() && aovs.pixels.len() as u64 == low.rect().area();
        let pixels = || aovs.pixels.iter().map(Sight::new).collect();
        is_whole.then(|| Self { view: *view, low, camera: Camera::new(view), pixels: pixels() })
    }

    /// The view that was looked at.
    pub const fn view(&self) -> &View {
        &self.view
    }

    pub(crate) const fn low(&self) -> &LowFilm {
        &self.low
    }

    pub(crate) const fn camera(&self) -> &Camera {
        &self.camera
    }

    pub(crate) fn at(&self, [x, y]: [u32; 2]) -> &Sight {
        &self.pixels[(y * self.low.view().width_px + x) as usize]
    }

    /// The unit vector from the camera through the middle of a pixel.
    pub(crate) fn direction_of(&self, pixel: [u32; 2]) -> [f64; 3] {
        let along = self.camera.direction(self.low.middle(pixel));
        let length = along.iter().map(|part| part * part).sum::<f64>().sqrt();
        along.map(|part| part / length)
    }

    /// Where on this view's film something is that another view sees at this point, or in this
    /// direction if it sees no surface; `None` if this view did not see it.
    pub(crate) fn find(&self, seen: Seen) -> Option<[f64; 2]> {
        let (film, depth) = match seen {
            Seen::Point(point) => self.camera.film_of_point(point)?,
            Seen::Direction(direction) => (self.camera.film_of_direction(direction)?, 0.0),
        };
        // Half a pixel of parallax must not hide an edge: any neighbour that shows it will do.
        let [x, y] = self.low.pixel_at(film);
        let size = [self.low.view().width_px, self.low.view().height_px];
        let (columns, rows) = (x.saturating_sub(1)..=x + 1, y.saturating_sub(1)..=y + 1);
        let mut near = None;
        for row in rows.filter(|&row| row < size[1]) {
            for column in columns.clone().filter(|&column| column < size[0]) {
                if self.at([column, row]).is_at(depth) {
                    if [column, row] == [x, y] {
                        return Some(film);
                    }
                    near = Some(self.low.middle([column, row]));
                }
            }
        }
        near
    }
}

/// What a place on a film shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Seen {
    Point([f64; 3]),
    Direction([f64; 3]),
}

impl Sight {
    fn new(pixel: &AovPixel) -> Self {
        // What is not a number says nothing.
        let sound = |value: f32| if value.is_finite() { value } else { 0.0 };
        let luminance = |[red, green, blue]: [f32; 3]| {
            let value = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
            if value > 0.0 { sound(value) } else { 0.0 }
        };
        let has_surface = pixel.instance != NO_SURFACE && pixel.depth > 0.0;
        Self {
            depth: if has_surface { sound(pixel.depth) } else { 0.0 },
            normal: pixel.normal.map(sound),
            albedo: luminance(pixel.albedo),
            emission: luminance(pixel.emission),
            mirrored: luminance(pixel.mirrored),
            instance: pixel.instance,
            material: pixel.material,
        }
    }

    /// Whether there is a surface.
    pub(crate) const fn has_surface(&self) -> bool {
        self.depth > 0.0
    }

    /// Whether this is what was sought at a depth, 0 for no surface.
    fn is_at(&self, depth: f64) -> bool {
        if depth <= 0.0 || !self.has_surface() {
            return depth <= 0.0 && !self.has_surface();
        }
        let ratio = depth / f64::from(self.depth);
        (1.0 - SAME_DEPTH..=1.0 + SAME_DEPTH).contains(&ratio)
    }
}
