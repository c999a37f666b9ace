//! How wide the beam is that a ray stands for, by which textures are looked up in smaller copies.
//!
//! A cone per path after Akenine-Möller et al. 2021, "Improved Shader and Texture Level of Detail Using Ray
//! Cones". The camera's spreads by a pixel; where a path scatters it spreads by a share of the angle
//! that the lobe fills, told by the density of the direction that was drawn (as path differentials are widened:
//! Suykens and Willems 2001). Curved mirrors and lenses do not change it.

use p2c2r_frame::View;
use p2c2r_scene::math::{Vec3, smaller};

/// Share of a lobe's angle by which it widens a cone: light from a diffuse surface is looked up finely
/// enough that a texel is small as seen from where it falls.
const LOBE_SHARE: f32 = 0.25;

/// Widest spread, in radians.
const MAX_SPREAD: f32 = 2.0;

/// Larger footprints count as this: all textures have fewer texels, and products with it are finite.
const LARGEST_FOOTPRINT: f32 = 1.0e15;

/// Width and spread of a beam: the upper halves of two floats in a word, so that a path stays small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RayCone(u32);

impl RayCone {
    /// No beam: textures are looked up in their images.
    pub(crate) const NONE: Self = Self(0);

    fn new(width: f32, spread: f32) -> Self {
        Self((width.to_bits() & 0xffff_0000) | (spread.to_bits() >> 16))
    }

    /// The cone of a pixel in a direction; its square has the pixel's solid angle.
    pub(crate) fn from_camera(view: &View, direction: Vec3) -> Self {
        let pixel = 2.0 * view.tan_half_fov_y / view.height_px as f32;
        let [x, y, z] = view.world_from_camera;
        let cos = Vec3::new(x[2], y[2], z[2]).dot(direction).abs();
        Self::new(0.0, smaller(pixel * cos * cos.sqrt(), MAX_SPREAD))
    }

    /// The cone from the end of a ray on.
    pub(crate) fn advanced(self, distance_m: f32) -> Self {
        let width = self.width() + self.spread() * distance_m;
        Self((width.to_bits() & 0xffff_0000) | (self.0 & 0xffff))
    }

    /// The cone after a direction of this density per steradian was drawn.
    pub(crate) fn scattered(self, pdf: f32) -> Self {
        if self == Self::NONE {
            return self;
        }
        let spread = self.spread() + LOBE_SHARE / pdf.sqrt();
        Self::new(self.width(), smaller(spread, MAX_SPREAD))
    }

    /// Width in metres where the ray begins.
    pub(crate) fn width(self) -> f32 {
        f32::from_bits(self.0 & 0xffff_0000)
    }

    /// Growth of the width in metres per metre.
    fn spread(self) -> f32 {
        f32::from_bits(self.0 << 16)
    }
}

/// Area of a beam in texture coordinates: its section's as a share of the triangle's, which the beam sees
/// as a parallelogram of the area `projected` in square metres.
///
/// The area, not the longer axis, is what a texel is held to: the samples of a pixel average along that one.
pub(crate) fn footprint(width: f32, uvs: [[f32; 2]; 3], projected: f32) -> f32 {
    let [a, b, c] = uvs;
    let (b, c) = ([b[0] - a[0], b[1] - a[1]], [c[0] - a[0], c[1] - a[1]]);
    let area = width * width * (b[0] * c[1] - b[1] * c[0]).abs();
    let is_area = area > 0.0;
    if !is_area {
        return 0.0;
    }
    let is_small = area < LARGEST_FOOTPRINT * projected;
    if is_small { area / projected } else { LARGEST_FOOTPRINT }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::Lens;

    use super::*;

    const VIEW: View = View {
        world_from_camera: [[1., 0., 0., 5.], [0., 1., 0., 6.], [0., 0., 1., 7.]],
        tan_half_fov_y: 1.0,
        width_px: 400,
        height_px: 200,
        lens: Lens::PINHOLE,
        time_us: 0,
    };

    #[test]
    fn camera_cone_has_the_solid_angle_of_its_pixel() {
        for slope in [0.0f32, 0.5, 2.0] {
            let direction = Vec3::new(slope, 0.0, -1.0).normalized().unwrap();
            let at_one_metre = RayCone::from_camera(&VIEW, direction).advanced(1.0).width();
            // A pixel of 0.01 × 0.01 at depth 1, seen aslant from farther away.
            let cos = direction.z.abs();
            let exact = (0.01f32 * 0.01 * cos * cos * cos).sqrt();
            // Two roundings down of at most 2⁻⁷ each.
            assert!((0.98..=1.0).contains(&(at_one_metre / exact)), "{slope}: {at_one_metre}");
        }
    }

    #[test]
    fn mirrors_keep_a_cone_and_diffuse_surfaces_widen_it() {
        let cone = RayCone::from_camera(&VIEW, Vec3::new(0.0, 0.0, -1.0)).advanced(3.0);
        let mirrored = cone.scattered(1.0e6).advanced(1.0).width() / cone.width();
        assert!((1.0..1.4).contains(&mirrored), "{mirrored}");
        let diffuse = cone.scattered(0.3).advanced(1.0).width();
        assert!((0.4..0.6).contains(&diffuse), "{diffuse}");
        assert_eq!(cone.scattered(0.0).spread(), MAX_SPREAD);
    }

    #[test]
    fn no_cone_stays_none() {
        assert_eq!(RayCone::NONE.advanced(10.0).scattered(0.1).advanced(1.0).width(), 0.0);
    }
}
