//! The one definition of how an equirectangular picture wraps the world: y up, as in three.js.

use super::{PI, Vec3, acos, atan2, sin_cos_turns};

/// Where a unit direction lies: u, v in 0..1 from the top left corner of the picture.
///
/// v is 0 at +y and 1 at −y. The middle column looks along +x, and u grows towards +z.
#[inline]
pub fn equirect_from_direction(direction_in_world: Vec3) -> [f32; 2] {
    let turns = atan2(direction_in_world.z, direction_in_world.x) / (2.0 * PI) + 0.5;
    let u = if turns < 1.0 { turns } else { 0.0 };
    let v = acos(direction_in_world.y) / PI;
    [u, v]
}

/// Unit direction of a place in the picture.
#[inline]
pub fn direction_from_equirect([u, v]: [f32; 2]) -> Vec3 {
    let (sin_azimuth, cos_azimuth) = sin_cos_turns(u - 0.5);
    let (sin_polar, cos_polar) = sin_cos_turns(0.5 * v);
    Vec3::new(sin_polar * cos_azimuth, cos_polar, sin_polar * sin_azimuth)
}

/// Solid angle in steradians of a texel in `row` of a picture of this size.
pub fn texel_solid_angle(row: u32, width: u32, height: u32) -> f32 {
    let half_texel = 0.5 / height as f32;
    let centre = (row as f32 + 0.5) / height as f32;
    // cos a − cos b = 2 sin((a+b)/2) sin((b−a)/2), which does not cancel near the poles.
    let (sin_centre, _) = sin_cos_turns(0.5 * centre);
    let (sin_half, _) = sin_cos_turns(0.5 * half_texel);
    2.0 * sin_centre * sin_half * (2.0 * PI / width as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_survive_the_round_trip() {
        for row in 0..32 {
            for column in 0..64 {
                let uv = [(column as f32 + 0.5) / 64.0, (row as f32 + 0.5) / 32.0];
                let direction = direction_from_equirect(uv);
                assert!((direction.length() - 1.0).abs() < 1e-6);
                let back = equirect_from_direction(direction);
                assert!((back[0] - uv[0]).abs() < 1e-5, "{uv:?} -> {back:?}");
                assert!((back[1] - uv[1]).abs() < 1e-5, "{uv:?} -> {back:?}");
            }
        }
    }

    #[test]
    fn axes_lie_where_the_definition_says() {
        assert_eq!(equirect_from_direction(Vec3::new(0.0, 1.0, 0.0))[1], 0.0);
        assert_eq!(equirect_from_direction(Vec3::new(0.0, -1.0, 0.0))[1], 1.0);
        assert_eq!(equirect_from_direction(Vec3::new(1.0, 0.0, 0.0)), [0.5, 0.5]);
        let towards_z = equirect_from_direction(Vec3::new(0.0, 0.0, 1.0));
        assert!((towards_z[0] - 0.75).abs() < 1e-6);
        assert!(equirect_from_direction(Vec3::new(-1.0, 0.0, 0.0))[0] < 1.0);
    }

    #[test]
    fn solid_angles_sum_to_the_sphere() {
        let total: f32 = (0..64).map(|row| 128.0 * texel_solid_angle(row, 128, 64)).sum();
        assert!((total - 4.0 * PI).abs() < 1e-4, "{total}");
    }
}
