//! A plain vector of three f32; every operation in a fixed order.

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

use super::{larger, smaller};

/// Squared lengths between these bounds lose no digits, so that such vectors need not be scaled first.
const LEAST_PLAIN_SQUARE: f32 = 1e-20;
/// See [`LEAST_PLAIN_SQUARE`].
const MOST_PLAIN_SQUARE: f32 = 1e20;

/// A point, direction or colour; which one, and in which space, is said by its name.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Vec3 {
    /// First component.
    pub x: f32,
    /// Second component; up, in world space.
    pub y: f32,
    /// Third component.
    pub z: f32,
}

impl Vec3 {
    /// All components 0.
    pub const ZERO: Self = Self::splat(0.0);
    /// All components 1.
    pub const ONE: Self = Self::splat(1.0);

    /// The vector of these components.
    #[inline]
    pub const fn new(x: f32, y: f32, z: f32) -> Self {
        Self { x, y, z }
    }

    /// The same value three times.
    #[inline]
    pub const fn splat(value: f32) -> Self {
        Self { x: value, y: value, z: value }
    }

    /// The components as an array.
    #[inline]
    pub const fn to_array(self) -> [f32; 3] {
        [self.x, self.y, self.z]
    }

    /// Component 0, 1 or 2; any other index gives the last.
    #[inline]
    pub const fn axis(self, axis: u32) -> f32 {
        match axis {
            0 => self.x,
            1 => self.y,
            _ => self.z,
        }
    }

    /// Dot product, summed x, y, z in this order.
    #[inline]
    pub fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    /// Cross product.
    #[inline]
    pub fn cross(self, other: Self) -> Self {
        Self {
            x: self.y * other.z - self.z * other.y,
            y: self.z * other.x - self.x * other.z,
            z: self.x * other.y - self.y * other.x,
        }
    }

    /// Squared Euclidean length.
    #[inline]
    pub fn length_squared(self) -> f32 {
        self.dot(self)
    }

    /// Euclidean length.
    #[inline]
    pub fn length(self) -> f32 {
        self.length_squared().sqrt()
    }

    /// Unit vector of the same direction, or `None` if the length is zero, tiny or not finite.
    #[inline]
    pub fn normalized(self) -> Option<Self> {
        let squared = self.length_squared();
        if squared > LEAST_PLAIN_SQUARE && squared < MOST_PLAIN_SQUARE {
            return Some(self * (1.0 / squared.sqrt()));
        }
        // Scaled first, so that neither small nor large vectors leave the range of f32 when squared.
        let largest = self.abs().max_component();
        let has_direction = largest > 0.0 && self.is_finite();
        if !has_direction {
            return None;
        }
        let scaled = Self::new(self.x / largest, self.y / largest, self.z / largest);
        Some(scaled / scaled.length())
    }

    /// Unit vector of the same direction, or `fallback` where there is none.
    #[inline]
    pub fn normalized_or(self, fallback: Self) -> Self {
        self.normalized().unwrap_or(fallback)
    }

    /// Absolute value of each component.
    #[inline]
    pub const fn abs(self) -> Self {
        Self { x: self.x.abs(), y: self.y.abs(), z: self.z.abs() }
    }

    /// The smaller of each component; where one is NaN, that of `other`.
    #[inline]
    pub fn min(self, other: Self) -> Self {
        Self {
            x: smaller(self.x, other.x),
            y: smaller(self.y, other.y),
            z: smaller(self.z, other.z),
        }
    }

    /// The larger of each component; where one is NaN, that of `other`.
    #[inline]
    pub fn max(self, other: Self) -> Self {
        Self { x: larger(self.x, other.x), y: larger(self.y, other.y), z: larger(self.z, other.z) }
    }

    /// The largest component.
    #[inline]
    pub fn max_component(self) -> f32 {
        larger(larger(self.x, self.y), self.z)
    }

    /// Whether no component is NaN or infinite.
    #[inline]
    pub const fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite() && self.z.is_finite()
    }
}

impl From<[f32; 3]> for Vec3 {
    #[inline]
    fn from([x, y, z]: [f32; 3]) -> Self {
        Self { x, y, z }
    }
}

impl From<Vec3> for [f32; 3] {
    #[inline]
    fn from(vector: Vec3) -> Self {
        vector.to_array()
    }
}

impl Add for Vec3 {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y, z: self.z + other.z }
    }
}

impl AddAssign for Vec3 {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Vec3 {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y, z: self.z - other.z }
    }
}

impl Mul for Vec3 {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        Self { x: self.x * other.x, y: self.y * other.y, z: self.z * other.z }
    }
}

impl MulAssign for Vec3 {
    #[inline]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    #[inline]
    fn mul(self, scale: f32) -> Self {
        Self { x: self.x * scale, y: self.y * scale, z: self.z * scale }
    }
}

impl Div<f32> for Vec3 {
    type Output = Self;
    #[inline]
    fn div(self, divisor: f32) -> Self {
        Self { x: self.x / divisor, y: self.y / divisor, z: self.z / divisor }
    }
}

impl Neg for Vec3 {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { x: -self.x, y: -self.y, z: -self.z }
    }
}

/// Tangent and bitangent that make a right-handed frame with the unit normal (Duff et al. 2017).
#[inline]
pub fn basis_from_normal(normal: Vec3) -> (Vec3, Vec3) {
    let sign = if normal.z >= 0.0 { 1.0 } else { -1.0 };
    let a = -1.0 / (sign + normal.z);
    let b = normal.x * normal.y * a;
    let tangent = Vec3::new(1.0 + sign * (normal.x * normal.x * a), sign * b, -(sign * normal.x));
    let bitangent = Vec3::new(b, sign + normal.y * normal.y * a, -normal.y);
    (tangent, bitangent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basis_is_orthonormal_and_right_handed_all_around() {
        for i in 0..1000 {
            let t = i as f32 / 1000.0;
            let (sin, cos) = super::super::sin_cos_turns(t * 31.0);
            let z = 1.0 - 2.0 * t;
            let radius = (1.0 - z * z).sqrt();
            let normal = Vec3::new(radius * cos, radius * sin, z).normalized().unwrap();
            let (tangent, bitangent) = basis_from_normal(normal);
            for (value, expected) in [
                (tangent.dot(normal), 0.0),
                (bitangent.dot(normal), 0.0),
                (tangent.dot(bitangent), 0.0),
                (tangent.length(), 1.0),
                (bitangent.length(), 1.0),
                (tangent.cross(bitangent).dot(normal), 1.0),
            ] {
                assert!((value - expected).abs() < 1e-5, "{normal:?}: {value} != {expected}");
            }
        }
    }

    #[test]
    fn vectors_without_direction_have_no_unit_vector() {
        assert_eq!(Vec3::ZERO.normalized(), None);
        assert_eq!(Vec3::new(f32::NAN, 1.0, 0.0).normalized(), None);
        assert_eq!(Vec3::new(f32::INFINITY, 0.0, 0.0).normalized(), None);
        for length in [1e-40, 1e-30, 0.5e-10, 1e-10, 1.0, 0.5e10, 1e10, 1e30] {
            let unit = Vec3::new(length, -length, 0.0).normalized().unwrap();
            assert!((unit.length() - 1.0).abs() < 1e-6, "{length}");
        }
    }
}
