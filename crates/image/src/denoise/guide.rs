//! What tells surfaces apart: the first surface's depth, normal and ids, cleaned of hostile numbers.

use p2c2r_frame::{AovPixel, NO_SURFACE};
use p2c2r_scene::math::{Vec3, larger, luminance, smaller, unit_clamped};

/// Depths are cut here, so that no difference of two is infinite.
const MAX_DEPTH: f32 = 1e12;

/// Share of the depth by which a flat surface may seem to change without a slope: rounding and jitter.
const DEPTH_SLACK: f32 = 3e-3;

/// One pixel's surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Guide {
    /// Mean shading normal, at most of length 1; zero where nothing is seen.
    pub(super) normal: Vec3,
    /// Albedo, 0 to 1.
    pub(super) albedo: Vec3,
    /// Luminance of what the pixel itself emits, at most 1: light differs around a lamp's edge.
    pub(super) emission: f32,
    /// Distance from the camera's plane; 0 where nothing is seen.
    pub(super) depth: f32,
    /// Change of depth from a pixel to the next along x and y: the smaller of both sides.
    pub(super) slope: [f32; 2],
    /// Material and instance, for history.
    pub(super) ids: [u32; 2],
}

/// How strictly surfaces are told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct GuideScales {
    /// Weight of the squared distance of two normals.
    pub(super) normal: f32,
    /// Weight of the squared distance of two albedos.
    pub(super) albedo: f32,
    /// Weight of the squared difference of two emissions.
    pub(super) emission: f32,
    /// Weight of a difference of depth, in the surface's own slope.
    pub(super) depth: f32,
}

/// The guide of one pixel of a whole picture.
pub(super) fn guide_at(pixels: &[AovPixel], width: usize, index: usize) -> Guide {
    let height = pixels.len() / width;
    let (x, y) = (index % width, index / width);
    let left = index - usize::from(x > 0);
    let right = index + usize::from(x + 1 < width);
    let up = index - if y > 0 { width } else { 0 };
    let down = index + if y + 1 < height { width } else { 0 };
    let depth = |there: usize| depth_of(&pixels[there]);
    let guide = cleaned(&pixels[index]);
    let slope = [
        least_step(depth(left), guide.depth, depth(right)),
        least_step(depth(up), guide.depth, depth(down)),
    ];
    Guide { slope, ..guide }
}

/// The smaller of the steps to both neighbours. At the border one of them is the pixel itself: 0.
fn least_step(before: f32, here: f32, after: f32) -> f32 {
    smaller((here - before).abs(), (after - here).abs())
}

fn depth_of(pixel: &AovPixel) -> f32 {
    smaller(larger(pixel.depth, 0.0), MAX_DEPTH)
}

/// A guide without slopes.
fn cleaned(pixel: &AovPixel) -> Guide {
    let depth = depth_of(pixel);
    let normal = Vec3::from(pixel.normal.map(|part| smaller(larger(part, -1.0), 1.0)));
    let is_seen = pixel.instance != NO_SURFACE;
    let ids = if is_seen { [pixel.material, pixel.instance] } else { [NO_SURFACE; 2] };
    let albedo = Vec3::from(pixel.albedo.map(unit_clamped));
    let emission = unit_clamped(luminance(Vec3::from(pixel.emission)));
    Guide { normal, albedo, emission, depth, slope: [0.0; 2], ids }
}

impl Guide {
    /// How different the surfaces of two pixels are, this many pixels apart; `None` where only one of
    /// them shows a surface.
    pub(super) fn distance(
        &self,
        other: &Self,
        [dx, dy]: [f32; 2],
        scales: &GuideScales,
    ) -> Option<f32> {
        let is_surface = self.depth > 0.0;
        if is_surface != (other.depth > 0.0) {
            return None;
        }
        let turned = self.normal - other.normal;
        let painted = self.albedo - other.albedo;
        let lit = self.emission - other.emission;
        let slope = self.slope[0] * dx.abs() + self.slope[1] * dy.abs();
        let slack = DEPTH_SLACK * smaller(self.depth, other.depth);
        let steps = (self.depth - other.depth).abs() / (slope + slack + f32::MIN_POSITIVE);
        let of_material = scales.normal * turned.dot(turned)
            + scales.albedo * painted.dot(painted)
            + scales.emission * (lit * lit);
        Some(of_material + scales.depth * steps)
    }
}
