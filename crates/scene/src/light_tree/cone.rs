//! Cones around normals: exact ones for nodes, and the estimate by which splits are weighed.

use crate::math::{Vec3, larger, smaller};

/// Directions within a half angle of an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cone {
    pub(super) axis: Vec3,
    /// Sine of the half angle; 1 from 90 degrees on.
    pub(super) sin: f32,
}

/// How much wider than its normals a cone is made, so that rounding leaves none outside.
const SLACK: f32 = 2e-6;

impl Cone {
    /// The cone around the mean of some unit normals; all directions where they cancel out.
    pub(super) fn around(normals: impl Iterator<Item = Vec3> + Clone) -> Self {
        let mut sum = Vec3::ZERO;
        for normal in normals.clone() {
            sum += normal;
        }
        let everywhere = Self { axis: Vec3::new(0.0, 0.0, 1.0), sin: 1.0 };
        let Some(axis) = sum.normalized() else { return everywhere };
        let mut cos = 1.0;
        for normal in normals {
            cos = smaller(axis.dot(normal), cos);
        }
        let cos = larger(cos - SLACK, 0.0);
        Self { axis, sin: larger(1.0 - cos * cos, 0.0).sqrt() }
    }
}

/// Solid angle into which a set of normals shines, M_Ω of Conty Estevez and Kulla 2018 (eq. 1) over π.
///
/// `spread` is the length of the mean normal: (1 + cos θ) / 2 of a cap of half angle θ. A parabola
/// through the measure at θ = 0, π/2 and π stands for it, since only splits are compared by it.
pub(super) fn orientation_measure(spread: f32) -> f32 {
    let cos = 2.0 * spread - 1.0;
    3.57 - cos * (1.5 + 1.07 * cos)
}
