//! The same numbers in every run: SplitMix64 (Steele, Lea and Flood 2014).

use p2c2r_scene::math::{Vec3, basis_from_normal, sin_cos_turns};

/// A stream of numbers.
pub struct Random(u64);

impl Random {
    /// Begins a stream.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform in 0..1.
    pub fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in the unit cube.
    pub fn point(&mut self) -> Vec3 {
        Vec3::new(self.unit(), self.unit(), self.unit())
    }

    /// Around a normal, with density cos / π.
    pub fn around(&mut self, normal: Vec3) -> Vec3 {
        let (tangent, bitangent) = basis_from_normal(normal);
        let (sin, cos) = sin_cos_turns(self.unit());
        let height = self.unit();
        let radius = height.sqrt();
        tangent * (cos * radius) + bitangent * (sin * radius) + normal * (1.0 - height).sqrt()
    }
}
