//! Rotations as quaternions `[x, y, z, w]`.

use super::{acos, sin_cos};

/// Above this cosine the arc is as good as straight, and its sine too small to divide by.
const NEARLY_EQUAL: f32 = 0.9995;

/// The quaternion at length one; the identity where it has no usable length.
pub fn unit_quaternion([x, y, z, w]: [f32; 4]) -> [f32; 4] {
    let length = (x * x + y * y + z * z + w * w).sqrt();
    if length > 0.0 && length.is_finite() {
        [x / length, y / length, z / length, w / length]
    } else {
        [0.0, 0.0, 0.0, 1.0]
    }
}

/// From one unit quaternion to another along the shorter arc, at constant speed (Shoemake 1985).
pub fn slerp(from: [f32; 4], to: [f32; 4], share: f32) -> [f32; 4] {
    let dot = from[0] * to[0] + from[1] * to[1] + from[2] * to[2] + from[3] * to[3];
    let cos = dot.abs();
    let (kept, taken) = if cos > NEARLY_EQUAL {
        (1.0 - share, share)
    } else {
        let angle = acos(cos);
        let sin = (1.0 - cos * cos).sqrt();
        (sin_cos((1.0 - share) * angle).0 / sin, sin_cos(share * angle).0 / sin)
    };
    // A quaternion and its negative are the same rotation.
    let taken = if dot < 0.0 { -taken } else { taken };
    unit_quaternion([0, 1, 2, 3].map(|axis| from[axis] * kept + to[axis] * taken))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A rotation about an axis; oracle in f64.
    fn about(axis: [f64; 3], angle: f64) -> [f32; 4] {
        let (sin, cos) = (0.5 * angle).sin_cos();
        [axis[0] * sin, axis[1] * sin, axis[2] * sin, cos].map(|value| value as f32)
    }

    proptest! {
        #[test]
        fn arc_is_short_and_its_speed_constant(
            axis in prop::array::uniform3(-1.0f64..1.0),
            start in -3.0f64..3.0,
            turn in -3.1f64..3.1,
            share in 0.0f32..1.0,
            is_flipped: bool,
        ) {
            let length = axis.iter().map(|x| x * x).sum::<f64>().sqrt();
            prop_assume!(length > 0.1);
            let axis = axis.map(|x| x / length);
            let to = about(axis, start + turn).map(|x| if is_flipped { -x } else { x });
            let found = slerp(about(axis, start), to, share);
            let expected = about(axis, start + turn * f64::from(share));
            let same: f32 = (0..4).map(|k| found[k] * expected[k]).sum();
            prop_assert!((same.abs() - 1.0).abs() < 1e-5, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn no_rotation_stands_for_nothing_usable() {
        for bad in [[0.0; 4], [f32::NAN; 4], [f32::INFINITY, 0.0, 0.0, 0.0]] {
            assert_eq!(unit_quaternion(bad), [0.0, 0.0, 0.0, 1.0]);
        }
    }
}
