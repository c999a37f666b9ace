//! How large a batch of the wavefront is, and how many vertices of it go into one submit.

use std::time::Duration;

use p2c2r_frame::MAX_BOUNCES;

use crate::slices::SLICE_TARGET;
use crate::steps::Step;
use crate::wave_buffers::MOST_PATHS_IN_FLIGHT;

/// Paths of the first batch on a device: few, since nothing is known yet.
const FIRST_BATCH_PATHS: u32 = 1024;
/// Paths of the smallest batch.
const FEWEST_BATCH_PATHS: u32 = 64;
/// A batch is at most this many times as large as the last one.
const MOST_GROWTH: u32 = 2;
/// What is left of a vertex's longest time after another batch.
const MEMORY: f64 = 0.9;
/// Vertices of a path at most: the last bounce's ray ends at one more.
const MOST_VERTICES: usize = MAX_BOUNCES as usize + 1;

/// Learns what each vertex costs: the first ones much, the last ones little, since few paths get there.
#[derive(Debug, Clone)]
pub(crate) struct WavePacer {
    paths: u32,
    /// Seconds of each vertex per path of the batch; 0 where nothing is known.
    vertex_s: [f64; MOST_VERTICES],
}

impl WavePacer {
    /// Starts small.
    pub(crate) const fn new() -> Self {
        Self { paths: FIRST_BATCH_PATHS, vertex_s: [0.0; MOST_VERTICES] }
    }

    /// Paths of the next batch.
    pub(crate) const fn paths(&self) -> u32 {
        self.paths
    }

    /// Where a submit of a batch ends that begins at vertex `first`: what fits the target, one at least.
    pub(crate) fn end(&self, paths: u32, first: u32, vertex_count: u32) -> u32 {
        let cost_s = |vertex: u32| self.vertex_s[vertex as usize] * f64::from(paths);
        let mut end = first + 1;
        let mut spent_s = cost_s(first);
        // What is not known yet travels alone.
        let is_known = spent_s > 0.0;
        while is_known && end < vertex_count && cost_s(end) > 0.0 {
            spent_s += cost_s(end);
            if spent_s > SLICE_TARGET.as_secs_f64() {
                break;
            }
            end += 1;
        }
        end
    }

    /// Learns from a step that took `elapsed`.
    pub(crate) fn observe(&mut self, step: &Step, elapsed: Duration) {
        let paths = step.slice.path_count.max(1);
        let path_s = elapsed.as_secs_f64().max(1.0e-6) / f64::from(paths);
        let vertices = &mut self.vertex_s[step.vertices.start as usize..step.vertices.end as usize];
        let known_s: f64 = vertices.iter().sum();
        let even_share = 1.0 / vertices.len() as f64;
        // Far below the target the submit itself takes the time, whatever the paths do.
        let is_telling = elapsed > SLICE_TARGET / 4;
        for vertex_s in vertices {
            let share = if known_s > 0.0 { *vertex_s / known_s } else { even_share };
            let remembered_s = if is_telling { *vertex_s * MEMORY } else { 0.0 };
            *vertex_s = (path_s * share).max(remembered_s);
        }
        self.resize(step, paths);
    }

    /// The costliest vertex alone should take as long as the target.
    fn resize(&mut self, step: &Step, paths: u32) {
        let slowest_s = self.vertex_s.iter().copied().fold(0.0, f64::max);
        let wanted = (SLICE_TARGET.as_secs_f64() / slowest_s) as u32;
        // A batch says how far to grow once it has ended, and only if it was as large as allowed.
        let can_grow = step.is_last() && paths >= self.paths;
        let most = if can_grow { paths.saturating_mul(MOST_GROWTH) } else { self.paths };
        self.paths = wanted.min(most).clamp(FEWEST_BATCH_PATHS, MOST_PATHS_IN_FLIGHT);
    }

    /// Half the size, after a device was lost.
    pub(crate) fn halve(&mut self) {
        self.paths = (self.paths / 2).max(FEWEST_BATCH_PATHS);
    }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{PixelRect, SampleRange};

    use super::*;
    use crate::choice::KernelForm;
    use crate::slices::{LONGEST_SLICE, SliceCursor};
    use crate::steps::{Pacer, StepCursor};

    /// A device of so many rays a second, where a third of the paths ends at each vertex.
    fn took(step: &Step, rays_per_s: f64) -> Duration {
        let left = |vertex: u32| (0..vertex).fold(1.0, |share, _| share * (2.0 / 3.0));
        let rays: f64 = step
            .vertices
            .clone()
            .map(|vertex| left(vertex) * f64::from(step.slice.path_count))
            .sum();
        Duration::from_secs_f64(0.000_3 + rays / rays_per_s)
    }

    /// Steps of a long task on such a device.
    fn steps(rays_per_s: f64) -> Vec<(Step, Duration)> {
        let mut pacer = Pacer::new(KernelForm::Wavefront);
        let region = PixelRect::of_size(1024, 1024);
        let mut cursor = StepCursor::new(SliceCursor::new(region, SampleRange::new(0, 64)), 9);
        let mut steps = Vec::new();
        while steps.len() < 400
            && let Some(step) = cursor.next(&pacer)
        {
            let elapsed = took(&step, rays_per_s);
            pacer.observe(&step, elapsed);
            steps.push((step, elapsed));
        }
        steps
    }

    #[test]
    fn no_submit_is_too_long_on_slow_and_fast_devices() {
        for rays_per_s in [1.0e5, 1.0e6, 1.0e7, 1.0e8, 1.0e9] {
            for (step, elapsed) in steps(rays_per_s) {
                assert!(elapsed < LONGEST_SLICE, "{step:?} took {elapsed:?} at {rays_per_s}");
            }
        }
    }

    #[test]
    fn pace_settles_near_the_target() {
        for rays_per_s in [1.0e6, 1.0e7] {
            let steps = steps(rays_per_s);
            let settled = &steps[200..];
            let first = settled.iter().filter(|(step, _)| step.is_first());
            for (step, elapsed) in first {
                assert!(*elapsed > SLICE_TARGET / 2, "{step:?} took {elapsed:?}");
                assert!(*elapsed < SLICE_TARGET * 2, "{step:?} took {elapsed:?}");
            }
        }
    }

    #[test]
    fn fast_devices_get_all_vertices_of_the_largest_batch_at_once() {
        let steps = steps(1.0e9);
        // The task's last batch is what was left.
        let (last, _) = steps.iter().rev().nth(1).unwrap();
        assert_eq!(last.slice.path_count, MOST_PATHS_IN_FLIGHT);
        assert!(last.is_first() && last.is_last(), "{last:?}");
    }

    #[test]
    fn late_vertices_share_a_submit() {
        let steps = steps(1.0e6);
        let batches = steps[200..].iter().filter(|(step, _)| step.is_first()).count();
        assert!(steps.len() - 200 < 5 * batches, "{batches} batches took {} submits", steps.len());
    }
}
