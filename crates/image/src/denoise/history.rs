//! Light of earlier pictures, brought to where it is seen now.
//!
//! A pixel's history is taken from where its surface was, if it was the same surface there, and clamped to
//! what its surroundings look like now, so that light that has changed does not linger (Karis 2014, "High
//! quality temporal supersampling").

use p2c2r_scene::math::{Vec3, larger, smaller};

use super::guide::Guide;
use super::pixels::Picture;

/// A pixel's history counts for at most so many samples: older light fades, and a film that has many of its own
/// owes nothing to places where light hangs on the view, or to the blur of having been brought along.
const MOST_SAMPLES: f32 = 64.0;

/// Normals of the same surface have at least this cosine.
const LEAST_COSINE: f32 = 0.9;

/// Depths of the same surface differ by less than this share.
const DEPTH_TOLERANCE: f32 = 0.05;

/// History is clamped to this many standard deviations around the mean of the surroundings.
const CLAMP_DEVIATIONS: f32 = 2.0;

/// Taps on each side of those surroundings.
const RADIUS: i32 = 3;

/// What a picture leaves to the next.
#[derive(Debug, Clone)]
pub(super) struct History {
    /// Width in pixels.
    pub(super) width: usize,
    /// Light before the wavelet, over all pictures so far.
    pub(super) light: Vec<Vec3>,
    /// How many samples each pixel holds.
    pub(super) length: Vec<f32>,
    /// Whose light it is.
    pub(super) surfaces: Vec<Surface>,
}

/// What must be the same of a pixel for its light to be the same surface's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surface {
    normal: Vec3,
    depth: f32,
    ids: [u32; 2],
}

impl From<&Guide> for Surface {
    fn from(guide: &Guide) -> Self {
        let &Guide { normal, depth, ids, .. } = guide;
        Self { normal, depth, ids }
    }
}

impl History {
    /// One pixel's light, of so many samples, joined with what is known of it from before, and of how many it
    /// is then.
    pub(super) fn followed_by(
        &self,
        picture: &Picture<'_>,
        (light, samples): (&[Vec3], f32),
        index: usize,
        motion_px: [f32; 2],
    ) -> (Vec3, f32) {
        let new = light[index];
        let Some((old, length)) = self.at_origin_of(picture, index, motion_px) else {
            return (new, samples);
        };
        let length = smaller(length, MOST_SAMPLES) + samples;
        let old = clamped(picture, light, index, old);
        (old + (new - old) * (samples / length), length)
    }

    /// Light and length where this pixel's surface was: bilinear, over the taps that show it.
    fn at_origin_of(
        &self,
        picture: &Picture<'_>,
        index: usize,
        motion_px: [f32; 2],
    ) -> Option<(Vec3, f32)> {
        let height = self.light.len() / self.width;
        let x = (index % picture.width) as f32 + motion_px[0];
        let y = (index / picture.width) as f32 + motion_px[1];
        // A comparison with NaN is false.
        let is_inside = x > -1.0 && y > -1.0 && x < self.width as f32 && y < height as f32;
        if !is_inside {
            return None;
        }
        let (left, top) = (x.floor(), y.floor());
        let surface = Surface::from(&picture.guides[index]);
        let (mut light, mut length, mut weights) = (Vec3::ZERO, 0.0, 0.0);
        for (across, down) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
            let (column, row) = (left + across, top + down);
            let is_pixel =
                column >= 0.0 && row >= 0.0 && column < self.width as f32 && row < height as f32;
            if !is_pixel {
                continue;
            }
            let there = row as usize * self.width + column as usize;
            if !is_same_surface(&surface, &self.surfaces[there]) {
                continue;
            }
            let weight = (1.0 - (x - column).abs()) * (1.0 - (y - row).abs());
            light += self.light[there] * weight;
            length += self.length[there] * weight;
            weights += weight;
        }
        (weights > 0.01).then(|| (light / weights, length / weights))
    }
}

fn is_same_surface(now: &Surface, before: &Surface) -> bool {
    let difference = (now.depth - before.depth).abs();
    let lengths = now.normal.length() * before.normal.length();
    now.ids == before.ids
        && difference <= DEPTH_TOLERANCE * larger(now.depth, before.depth)
        && now.normal.dot(before.normal) >= LEAST_COSINE * lengths
}

/// Old light within what the surroundings make likely now.
fn clamped(picture: &Picture<'_>, light: &[Vec3], index: usize, old: Vec3) -> Vec3 {
    let (mut first, mut second, mut count) = (Vec3::ZERO, Vec3::ZERO, 0.0);
    picture.window(index, RADIUS, 1, |there, _| {
        first += light[there];
        second += light[there] * light[there];
        count += 1.0;
    });
    let mean = first / count;
    let within = |old: f32, mean: f32, square: f32| {
        let reach = CLAMP_DEVIATIONS * larger(square / count - mean * mean, 0.0).sqrt();
        smaller(larger(old, mean - reach), mean + reach)
    };
    Vec3::new(
        within(old.x, mean.x, second.x),
        within(old.y, mean.y, second.y),
        within(old.z, mean.z, second.z),
    )
}
