//! How much an interface reflects: Schlick's curve, the exact one of dielectrics, and thin films.

use super::{Vec3, larger, unit_clamped};

/// Schlick's (1 − cos)^5.
#[inline]
pub fn schlick_weight(cos: f32) -> f32 {
    let m = unit_clamped(1.0 - cos);
    let m2 = m * m;
    m2 * m2 * m
}

/// Reflectance at normal incidence between media whose indices of refraction have this ratio.
#[inline]
pub fn f0_from_ior(ratio: f32) -> f32 {
    let root = (ratio - 1.0) / (ratio + 1.0);
    root * root
}

/// Reflectance of unpolarised light at a dielectric (Fresnel's equations); `eta` is the index behind
/// the interface over the one before it, `cos` that of the incident angle. 1 where all is reflected.
#[inline]
pub fn dielectric_fresnel(cos: f32, eta: f32) -> f32 {
    let cos = unit_clamped(cos);
    let sin2_t = (1.0 - cos * cos) / (eta * eta);
    if sin2_t >= 1.0 {
        return 1.0;
    }
    let cos_t = (1.0 - sin2_t).sqrt();
    let parallel = (eta * cos - cos_t) / (eta * cos + cos_t);
    let perpendicular = (cos - eta * cos_t) / (cos + eta * cos_t);
    0.5 * (parallel * parallel + perpendicular * perpendicular)
}

/// The weight of `f90` in `f0 + (f90 − f0) w` that makes Schlick's form exact at a dielectric; between
/// equal media, which reflect nothing at any angle, 0.
#[inline]
pub fn dielectric_weight(cos: f32, eta: f32) -> f32 {
    let f0 = f0_from_ior(eta);
    unit_clamped((dielectric_fresnel(cos, eta) - f0) / (1.0 - f0))
}

/// The direction behind an interface of normal `h` (Snell's law); `None` where all is reflected.
///
/// `wo` points away from the interface, on the side of `h`; `eta` as in [`dielectric_fresnel`].
#[inline]
pub fn refracted(wo: Vec3, h: Vec3, eta: f32) -> Option<Vec3> {
    let cos = wo.dot(h);
    let sin2_t = larger(1.0 - cos * cos, 0.0) / (eta * eta);
    if sin2_t >= 1.0 {
        return None;
    }
    let cos_t = (1.0 - sin2_t).sqrt();
    (h * (cos / eta - cos_t) - wo / eta).normalized()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_fresnel_meets_known_values() {
        // Glass of index 1.5: 4 % head on, nothing of p at Brewster's angle, all at grazing.
        assert!((dielectric_fresnel(1.0, 1.5) - 0.04).abs() < 1e-6);
        assert!((dielectric_fresnel(0.0, 1.5) - 1.0).abs() < 1e-6);
        let brewster = 1.0 / (1.0f32 + 1.5 * 1.5).sqrt();
        let root = (1.0f32 - 2.25) / (1.0 + 2.25);
        let perpendicular = 0.5 * root * root;
        assert!((dielectric_fresnel(brewster, 1.5) - perpendicular).abs() < 1e-5);
        // From inside: beyond the critical angle all is reflected.
        let critical = (1.0f32 - 1.0 / 2.25).sqrt();
        assert_eq!(dielectric_fresnel(critical - 0.01, 1.0 / 1.5), 1.0);
        assert!(dielectric_fresnel(critical + 0.01, 1.0 / 1.5) < 0.8);
    }

    #[test]
    fn weight_makes_schlicks_form_exact() {
        for eta in [1.1f32, 1.5, 2.4, 1.0 / 1.5] {
            for step in 0..=100 {
                let cos = step as f32 / 100.0;
                let f0 = f0_from_ior(eta);
                let found = f0 + (1.0 - f0) * dielectric_weight(cos, eta);
                assert!((found - dielectric_fresnel(cos, eta)).abs() < 1e-5, "{eta} at {cos}");
            }
        }
    }

    #[test]
    fn light_takes_the_same_way_back() {
        let h = Vec3::new(0.0, 0.0, 1.0);
        for cos in [0.99f32, 0.6, 0.2] {
            let wo = Vec3::new((1.0 - cos * cos).sqrt(), 0.0, cos);
            let inside = refracted(wo, h, 1.5).unwrap();
            assert!((inside.x.abs() * 1.5 - wo.x).abs() < 1e-6, "Snell's law");
            let back = refracted(inside, -h, 1.0 / 1.5).unwrap();
            assert!((back - wo).length() < 1e-5, "{back:?} for {wo:?}");
        }
        assert_eq!(refracted(Vec3::new(0.9, 0.0, 0.43589), h, 1.0 / 1.5), None);
    }
}
