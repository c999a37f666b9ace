//! Numbers by chance, the same for a seed on every machine, and views of scenes that are drawn by them.

use p2c2r_frame::View;
use p2c2r_scene::Scene;
use p2c2r_scene::math::sin_cos_turns;

/// PCG (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random
/// Number Generation").
#[derive(Debug, Clone)]
pub struct Chance(u32);

impl Chance {
    /// Another sequence for each seed.
    pub fn new(seed: u32) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995);
        chance.next();
        chance
    }

    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let word = ((self.0 >> ((self.0 >> 28) + 4)) ^ self.0).wrapping_mul(277_803_737);
        (word >> 22) ^ word
    }

    /// A whole number from 0, less than `count`.
    pub fn below(&mut self, count: u32) -> u32 {
        ((u64::from(self.next()) * u64::from(count)) >> 32) as u32
    }

    /// A number from a range.
    pub fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * (self.next() as f32 / u32::MAX as f32)
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f32) -> bool {
        self.between(0.0, 1.0) < probability
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize]
    }

    /// A view of a scene: of every three, two are near a camera of it, if it has any; the others stand
    /// anywhere around it.
    pub fn view(&mut self, scene: &Scene, index: u32) -> View {
        let size = [self.below(3), self.below(3)].map(|step| 128 + 64 * step);
        if !index.is_multiple_of(3) && !scene.cameras.is_empty() {
            return self.view_near_camera(scene, size);
        }
        let (middle, radius) = scene.bounding_sphere();
        let [min, max] = scene.bounds;
        let (sin, cos) = sin_cos_turns(self.between(0.0, 1.0));
        let far = radius * self.between(0.3, 2.0);
        let height = min[1] + (max[1] - min[1]) * self.between(0.05, 2.0);
        let eye = [middle[0] + cos * far, height, middle[2] + sin * far];
        let target = [0, 1, 2]
            .map(|axis: usize| middle[axis] + self.between(-0.3, 0.3) * (max[axis] - min[axis]));
        Scene::look_at(eye, target, [0.0, 1.0, 0.0], self.between(0.25, 0.6), size)
    }

    fn view_near_camera(&mut self, scene: &Scene, size: [u32; 2]) -> View {
        let (_, radius) = scene.bounding_sphere();
        let camera = &scene.cameras[self.below(scene.cameras.len() as u32) as usize];
        let eye = camera.world_from_camera.map(|row| row[3]);
        let target = camera.world_from_camera.map(|row| row[3] - row[2] * radius);
        let eye = eye.map(|part| part + self.between(-0.01, 0.01) * radius);
        let target = target.map(|part| part + self.between(-0.3, 0.3) * radius);
        Scene::look_at(eye, target, [0.0, 1.0, 0.0], self.between(0.3, 0.6), size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_over_their_range_and_differ_by_seed() {
        let mut chance = Chance::new(3);
        let numbers: Vec<u32> = (0..4000).map(|_| chance.below(8)).collect();
        for number in 0..8 {
            let count = numbers.iter().filter(|found| **found == number).count();
            assert!((400..600).contains(&count), "{number}: {count}");
        }
        let first = |seed| Chance::new(seed).below(1 << 20);
        assert!(first(1) != first(2) && first(1) == first(1));
    }
}
