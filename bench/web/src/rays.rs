//! A scene and the rays that are traced through it, on whichever side.

use std::sync::Arc;

use p2c2r_scene::Scene;
use p2c2r_tracer_cpu::{CpuTracer, RayHit, RayQuery};
use thiserror::Error;

/// Bytes of a ray in a file: origin and direction, six little-endian floats.
const RAY_BYTES: usize = 24;
/// Offset and factor of FNV-1a for 64 bits (Fowler, Noll and Vo 1991).
const FNV: [u64; 2] = [0xcbf2_9ce4_8422_2325, 0x0000_0100_0000_01b3];

/// The file of rays is cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0} bytes are no whole number of rays")]
pub struct RaysError(usize);

/// A scene and rays.
#[derive(Debug, Clone)]
pub struct RayRace {
    tracer: CpuTracer,
    rays: Arc<[RayQuery]>,
}

impl RayRace {
    /// For the best vectors of this machine.
    pub fn new(scene: Arc<Scene>, rays: &[u8]) -> Result<Self, RaysError> {
        Ok(Self { tracer: CpuTracer::new(scene), rays: rays_from_bytes(rays)? })
    }

    /// The same rays through trees of four children a node, as browsers have them.
    #[must_use]
    pub fn four_wide(&self) -> Self {
        let tracer = CpuTracer::four_wide(Arc::clone(self.tracer.scene()));
        Self { tracer, rays: Arc::clone(&self.rays) }
    }

    /// How many rays there are.
    pub fn ray_count(&self) -> usize {
        self.rays.len()
    }

    /// Traces every ray; gives how many hit.
    pub fn trace(&self) -> usize {
        self.rays.iter().filter(|ray| self.tracer.nearest_hit(ray).is_some()).count()
    }

    /// Every bit of every hit, as one number.
    pub fn digest(&self) -> u64 {
        self.rays.iter().fold(FNV[0], |digest, ray| {
            words(self.tracer.nearest_hit(ray))
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .fold(digest, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(FNV[1]))
        })
    }
}

fn words(hit: Option<RayHit>) -> [u32; 6] {
    hit.map_or([u32::MAX; 6], |hit| {
        let RayHit { t, instance, triangle, weights, is_front } = hit;
        let weights = weights.map(f32::to_bits);
        [t.to_bits(), instance, triangle, weights[0], weights[1], u32::from(is_front)]
    })
}

/// The form of rays in a file.
pub fn rays_to_bytes(rays: &[RayQuery]) -> Vec<u8> {
    let numbers = rays.iter().flat_map(|ray| ray.origin.into_iter().chain(ray.direction));
    numbers.flat_map(f32::to_le_bytes).collect()
}

fn rays_from_bytes(bytes: &[u8]) -> Result<Arc<[RayQuery]>, RaysError> {
    let (rays, rest) = bytes.as_chunks::<RAY_BYTES>();
    if !rest.is_empty() {
        return Err(RaysError(bytes.len()));
    }
    let number = |ray: &[u8; RAY_BYTES], place: usize| {
        f32::from_le_bytes(std::array::from_fn(|byte| ray[place * 4 + byte]))
    };
    let ray = |ray: &[u8; RAY_BYTES]| RayQuery {
        origin: [0, 1, 2].map(|place| number(ray, place)),
        direction: [3, 4, 5].map(|place| number(ray, place)),
        t_max: f32::MAX,
        key: 0,
    };
    Ok(rays.iter().map(ray).collect())
}

#[cfg(test)]
mod tests {
    use p2c2r_testkit::{SceneBuilder, material};

    use super::*;

    fn rays() -> Vec<RayQuery> {
        let ray = |x: f32| RayQuery {
            origin: [x, 0.0, 3.0],
            direction: [0.1 * x, 0.05, -1.0],
            t_max: f32::MAX,
            key: 0,
        };
        (-40..40).map(|step| ray(step as f32 * 0.05)).collect()
    }

    fn race() -> RayRace {
        let quad = |z| ([-1.0, -1.0, z], [2.0, 0.0, 0.0], [0.0, 2.0, 0.5]);
        let scene = (0..9)
            .map(|place| quad(-0.3 * place as f32))
            .fold(SceneBuilder::new(), |scene, (corner, u, v)| {
                scene.quad(corner, u, v, material(0.5, 0.0, 1.0))
            });
        RayRace::new(scene.build(), &rays_to_bytes(&rays())).unwrap()
    }

    #[test]
    fn rays_survive_their_file() {
        assert_eq!(*rays_from_bytes(&rays_to_bytes(&rays())).unwrap(), *rays());
        assert_eq!(rays_from_bytes(&[0; 25]), Err(RaysError(25)));
    }

    #[test]
    fn trees_of_either_width_find_the_same_bits() {
        let race = race();
        assert_eq!(race.ray_count(), 80);
        let hits = race.trace();
        assert!(hits > 10 && hits < 80, "{hits}");
        assert_eq!(race.four_wide().trace(), hits);
        assert_eq!(race.four_wide().digest(), race.digest());
    }

    #[test]
    fn digest_sees_the_last_bit_of_one_ray() {
        let mut rays = rays();
        let race = race();
        rays[40].origin[2] = f32::from_bits(rays[40].origin[2].to_bits() + 1);
        let moved = RayRace::new(Arc::clone(race.tracer.scene()), &rays_to_bytes(&rays)).unwrap();
        assert_ne!(moved.digest(), race.digest());
    }
}
