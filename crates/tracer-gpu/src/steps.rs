//! One submit after the other: which paths, and which of their vertices.

use std::ops::Range;
use std::time::Duration;

use crate::choice::KernelForm;
use crate::slices::{Slice, SliceCursor, SlicePacer};
use crate::wave_pacer::WavePacer;

/// What one submit does: some vertices of some paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The paths.
    pub(crate) slice: Slice,
    /// The vertices; the megakernel takes all at once.
    pub(crate) vertices: Range<u32>,
    /// Vertices of a path at most.
    pub(crate) vertex_count: u32,
}

impl Step {
    /// Whether the paths begin here.
    pub(crate) const fn is_first(&self) -> bool {
        self.vertices.start == 0
    }

    /// Whether the paths end here.
    pub(crate) const fn is_last(&self) -> bool {
        self.vertices.end == self.vertex_count
    }
}

/// Chooses the size of steps by how long the last ones took.
#[derive(Debug, Clone)]
pub(crate) enum Pacer {
    /// Whole paths, more or fewer of them.
    Slices(SlicePacer),
    /// Batches of paths, some vertices at a time.
    Waves(Box<WavePacer>),
}

impl Pacer {
    /// Knows nothing yet, so starts small.
    pub(crate) fn new(form: KernelForm) -> Self {
        match form {
            KernelForm::Megakernel => Self::Slices(SlicePacer::new()),
            KernelForm::Wavefront => Self::Waves(Box::new(WavePacer::new())),
        }
    }

    /// Paths of the next slice.
    fn paths(&self) -> u32 {
        match self {
            Self::Slices(pacer) => pacer.paths(),
            Self::Waves(pacer) => pacer.paths(),
        }
    }

    /// Where the step from `first` on ends.
    fn end(&self, paths: u32, first: u32, vertex_count: u32) -> u32 {
        match self {
            Self::Slices(_) => vertex_count,
            Self::Waves(pacer) => pacer.end(paths, first, vertex_count),
        }
    }

    /// Learns from a step that took `elapsed`.
    pub(crate) fn observe(&mut self, step: &Step, elapsed: Duration) {
        match self {
            Self::Slices(pacer) => pacer.observe(step.slice.path_count, elapsed),
            Self::Waves(pacer) => pacer.observe(step, elapsed),
        }
    }

    /// Half the size, after a device was lost.
    pub(crate) fn halve(&mut self) {
        match self {
            Self::Slices(pacer) => pacer.halve(),
            Self::Waves(pacer) => pacer.halve(),
        }
    }
}

/// Hands out the steps of a region, one after the other.
#[derive(Debug)]
pub(crate) struct StepCursor {
    slices: SliceCursor,
    vertex_count: u32,
    /// A slice on its way, and its next vertex.
    started: Option<(Slice, u32)>,
}

impl StepCursor {
    /// Begins at the first slice.
    pub(crate) const fn new(slices: SliceCursor, vertex_count: u32) -> Self {
        Self { slices, vertex_count, started: None }
    }

    /// The next step, or `None` at the end.
    pub(crate) fn next(&mut self, pacer: &Pacer) -> Option<Step> {
        let (slice, first) = match self.started.take() {
            Some(started) => started,
            None => (self.slices.next(pacer.paths())?, 0),
        };
        let end = pacer.end(slice.path_count, first, self.vertex_count);
        let step = Step { slice, vertices: first..end, vertex_count: self.vertex_count };
        if !step.is_last() {
            self.started = Some((slice, end));
        }
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{PixelRect, SampleRange};

    use super::*;

    #[test]
    fn steps_visit_every_vertex_of_every_path_once_and_in_order() {
        for form in [KernelForm::Megakernel, KernelForm::Wavefront] {
            let mut pacer = Pacer::new(form);
            let region = PixelRect::of_size(100, 50);
            let slices = SliceCursor::new(region, SampleRange::new(0, 3));
            let mut cursor = StepCursor::new(slices, 9);
            let (mut next_vertex, mut finished) = (0, 0);
            while let Some(step) = cursor.next(&pacer) {
                assert_eq!(step.vertices.start, next_vertex);
                assert!(!step.vertices.is_empty() && step.vertices.end <= 9);
                assert_eq!(step.is_first(), next_vertex == 0);
                next_vertex = step.vertices.end % 9;
                finished += if step.is_last() { step.slice.path_count } else { 0 };
                pacer.observe(&step, Duration::from_millis(5));
            }
            assert_eq!((next_vertex, finished), (0, 15_000), "{form:?}");
        }
    }
}
