//! A scene in a few numbers, for estimates of cost.

use p2c2r_frame::{MaterialSketch, SceneSketch};

use crate::math::unit_clamped;
use crate::{AlphaMode, Material, Scene};

impl Scene {
    /// The scene in a few numbers.
    pub fn sketch(&self) -> SceneSketch {
        let (_, radius_m) = self.bounding_sphere();
        let stats = self.stats();
        SceneSketch {
            radius_m,
            triangles: stats.instanced_triangles,
            lights: stats.lights + stats.emissive_triangles,
            has_environment: self.environment.is_some(),
            materials: self.materials.iter().map(Material::sketch).collect(),
        }
    }
}

impl Material {
    /// What the material does to paths.
    fn sketch(&self) -> MaterialSketch {
        let polish = 1.0 - unit_clamped(self.roughness);
        let coat = unit_clamped(self.clearcoat.factor);
        let mirror = unit_clamped(self.metallic) * polish;
        let flag = |holds: bool| f32::from(u8::from(holds));
        MaterialSketch {
            reflective: mirror + coat * (1.0 - mirror),
            refractive: unit_clamped(self.transmission.factor),
            transparent: flag(self.alpha_mode != AlphaMode::Opaque),
            unlit: flag(self.is_unlit),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{GeneratedScene, UnpackLimits, generate, pack, unpack};

    #[test]
    fn gallery_has_glass_mirrors_and_lamps() {
        let packed = pack(&generate(&GeneratedScene::Gallery { only: None })).unwrap();
        let sketch = unpack(&packed.bytes, &UnpackLimits::default()).unwrap().sketch();
        let most = |of: fn(&p2c2r_frame::MaterialSketch) -> f32| {
            sketch
                .materials
                .iter()
                .map(of)
                .fold(0.0, |most: f32, x| if x > most { x } else { most })
        };
        assert!(most(|material| material.refractive) > 0.9);
        assert!(most(|material| material.reflective) > 0.5);
        assert!(most(|material| material.unlit) > 0.9);
        assert!(sketch.lights > 0 && sketch.triangles > 1000 && sketch.radius_m > 1.0);
    }
}
