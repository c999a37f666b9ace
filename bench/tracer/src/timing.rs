//! Two sides in turns, so that a busy machine slows both.

use std::hint::black_box;
use std::time::Instant;

use p2c2r_tracer_cpu::RayQuery;

/// Rounds that are not counted, and those that are.
pub struct Repetitions {
    warm_ups: usize,
    counted: usize,
}

impl Repetitions {
    /// So many that count, after up to three that do not.
    pub fn new(counted: usize) -> Self {
        Self { warm_ups: counted.min(3), counted }
    }

    /// Millions of rays a second of both sides, round by round.
    pub fn race(
        &self,
        rays: &[RayQuery],
        mut ours: impl FnMut(&RayQuery) -> bool,
        mut theirs: impl FnMut(&RayQuery) -> bool,
    ) -> [Vec<f64>; 2] {
        let mut speeds = [Vec::new(), Vec::new()];
        for round in 0..self.warm_ups + self.counted {
            let found = [speed(rays, &mut ours), speed(rays, &mut theirs)];
            if round >= self.warm_ups {
                speeds.iter_mut().zip(found).for_each(|(speeds, speed)| speeds.push(speed));
            }
        }
        speeds
    }
}

fn speed(rays: &[RayQuery], trace: &mut impl FnMut(&RayQuery) -> bool) -> f64 {
    let started = Instant::now();
    let hits = rays.iter().filter(|ray| trace(ray)).count();
    black_box(hits);
    rays.len() as f64 / started.elapsed().as_secs_f64() / 1e6
}
