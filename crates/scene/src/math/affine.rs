//! Affine maps as three rows of four: what `target_from_source` fields hold.

use super::Vec3;

/// A 3×4 matrix by rows; the last column is the translation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// Rows.
    pub rows: [[f32; 4]; 3],
}

impl Affine {
    /// Maps everything to itself.
    pub const IDENTITY: Self =
        Self { rows: [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]] };

    /// The map of these rows.
    #[inline]
    pub const fn from_rows(rows: [[f32; 4]; 3]) -> Self {
        Self { rows }
    }

    /// The map that takes the unit axes to these vectors and 0 to `origin`.
    #[inline]
    pub const fn from_axes(x: Vec3, y: Vec3, z: Vec3, origin: Vec3) -> Self {
        Self {
            rows: [[x.x, y.x, z.x, origin.x], [x.y, y.y, z.y, origin.y], [x.z, y.z, z.z, origin.z]],
        }
    }

    /// Moves by a vector.
    #[inline]
    pub const fn translation(by: Vec3) -> Self {
        Self { rows: [[1., 0., 0., by.x], [0., 1., 0., by.y], [0., 0., 1., by.z]] }
    }

    /// Scales each axis.
    #[inline]
    pub const fn scaling(by: Vec3) -> Self {
        Self { rows: [[by.x, 0., 0., 0.], [0., by.y, 0., 0.], [0., 0., by.z, 0.]] }
    }

    /// Rotates by a quaternion `[x, y, z, w]` of unit length.
    pub fn rotation([x, y, z, w]: [f32; 4]) -> Self {
        let row = |a: f32, b: f32, c: f32| [a, b, c, 0.0];
        Self {
            rows: [
                row(1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)),
                row(2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)),
                row(2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)),
            ],
        }
    }

    /// Maps a point.
    #[inline]
    pub fn point(&self, p: Vec3) -> Vec3 {
        let map = |row: &[f32; 4]| row[0] * p.x + row[1] * p.y + row[2] * p.z + row[3];
        Vec3::new(map(&self.rows[0]), map(&self.rows[1]), map(&self.rows[2]))
    }

    /// Maps a difference of points: no translation, length not kept.
    #[inline]
    pub fn vector(&self, v: Vec3) -> Vec3 {
        let map = |row: &[f32; 4]| row[0] * v.x + row[1] * v.y + row[2] * v.z;
        Vec3::new(map(&self.rows[0]), map(&self.rows[1]), map(&self.rows[2]))
    }

    /// Multiplies by the transposed linear part: called on `object_from_world`, it takes an object
    /// normal to the world. The length is not kept.
    #[inline]
    pub fn transposed_vector(&self, n: Vec3) -> Vec3 {
        let [a, b, c] = &self.rows;
        let map = |i: usize| a[i] * n.x + b[i] * n.y + c[i] * n.z;
        Vec3::new(map(0), map(1), map(2))
    }

    /// First `inner`, then this map.
    #[inline]
    pub fn after(&self, inner: &Self) -> Self {
        let mut rows = [[0.0; 4]; 3];
        for (row, out) in self.rows.iter().zip(&mut rows) {
            for (column, value) in out.iter_mut().enumerate() {
                *value = row[0] * inner.rows[0][column]
                    + row[1] * inner.rows[1][column]
                    + row[2] * inner.rows[2][column];
            }
            out[3] += row[3];
        }
        Self { rows }
    }

    /// Image of the source's `axis` (0, 1, 2) or, for 3, of its origin.
    #[inline]
    pub const fn column(&self, axis: usize) -> Vec3 {
        Vec3::new(self.rows[0][axis], self.rows[1][axis], self.rows[2][axis])
    }

    /// Determinant of the linear part; negative where the map mirrors.
    #[inline]
    pub fn determinant(&self) -> f32 {
        self.column(0).cross(self.column(1)).dot(self.column(2))
    }

    /// The inverse, or `None` if the map flattens space or the inverse is not finite.
    pub fn inverse(&self) -> Option<Self> {
        let (x, y, z, origin) = (self.column(0), self.column(1), self.column(2), self.column(3));
        let determinant = self.determinant();
        let is_invertible = determinant.abs() > 0.0 && determinant.is_finite();
        if !is_invertible {
            return None;
        }
        let row = |cofactor: Vec3| {
            let scaled = cofactor / determinant;
            [scaled.x, scaled.y, scaled.z, -scaled.dot(origin)]
        };
        let inverse = Self { rows: [row(y.cross(z)), row(z.cross(x)), row(x.cross(y))] };
        inverse.is_finite().then_some(inverse)
    }

    /// Whether no element is NaN or infinite.
    #[inline]
    pub fn is_finite(&self) -> bool {
        self.rows.iter().flatten().all(|value| value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Affine {
        let rotated = Affine::rotation([0.5, -0.5, 0.5, 0.5]);
        let scaled = Affine::scaling(Vec3::new(2.0, -3.0, 0.25));
        Affine::translation(Vec3::new(1.0, 2.0, 3.0)).after(&rotated.after(&scaled))
    }

    #[test]
    fn inverse_undoes_the_map() {
        let map = sample();
        let inverse = map.inverse().unwrap();
        let p = Vec3::new(0.3, -7.0, 2.5);
        assert!((inverse.point(map.point(p)) - p).length() < 1e-4);
        let v = inverse.vector(map.vector(p));
        assert!((v - p).length() < 1e-4);
        assert_eq!(Affine::scaling(Vec3::new(1.0, 0.0, 1.0)).inverse(), None);
    }

    #[test]
    fn normals_stay_perpendicular_to_their_surface() {
        let map = sample();
        let inverse = map.inverse().unwrap();
        let (a, b) = (Vec3::new(1.0, 0.5, 0.0), Vec3::new(0.0, 1.0, -2.0));
        let normal = inverse.transposed_vector(a.cross(b));
        assert!(normal.dot(map.vector(a)).abs() < 1e-4);
        assert!(normal.dot(map.vector(b)).abs() < 1e-4);
    }

    #[test]
    fn composition_is_application_in_turn() {
        let (outer, inner) = (sample(), Affine::rotation([0.0, 0.6, 0.0, 0.8]));
        let p = Vec3::new(1.0, -2.0, 0.5);
        let direct = outer.point(inner.point(p));
        assert!((outer.after(&inner).point(p) - direct).length() < 1e-5);
    }
}
