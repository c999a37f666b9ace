//! Where slices were cut before, so that tiles do not move for nothing.

use crate::Slice;

/// Most cuts of a generation; two are kept. A pass over 3840 × 2160 pixels in tiles of 64 × 64 has 2,000, and each
/// pass of other samples has its own: a frame of more cuts than are kept finds none of them.
const MAX_CUTS: usize = 4096;

/// How long the first parts of slices were. Cuts that were not used while [`MAX_CUTS`] others were are forgotten.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeptCuts {
    /// Sorted by slice, as `old` is.
    young: Vec<(Slice, u32)>,
    old: Vec<(Slice, u32)>,
}

impl KeptCuts {
    pub(crate) const fn new() -> Self {
        Self { young: Vec::new(), old: Vec::new() }
    }

    /// How long the first part of this slice was when it was cut last.
    pub(crate) fn find(&self, slice: Slice) -> Option<u32> {
        let find = |cuts: &[(Slice, u32)]| place(cuts, slice).ok().map(|index| cuts[index].1);
        find(&self.young).or_else(|| find(&self.old))
    }

    /// Notes how long the first part of a slice is.
    pub(crate) fn note(&mut self, slice: Slice, length: u32) {
        match place(&self.young, slice) {
            Ok(index) => self.young[index].1 = length,
            Err(index) if self.young.len() < MAX_CUTS => self.young.insert(index, (slice, length)),
            Err(_) => self.old = std::mem::replace(&mut self.young, vec![(slice, length)]),
        }
    }
}

fn place(cuts: &[(Slice, u32)], slice: Slice) -> Result<usize, usize> {
    cuts.binary_search_by(|(known, _)| known.cmp(&slice))
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{PixelRect, SampleRange};

    use super::*;

    #[test]
    fn cuts_that_are_not_used_are_forgotten_and_there_is_a_limit() {
        let slice = |index: usize| Slice {
            rect: PixelRect { x: index as u32 * 7919 % 10_007, y: 0, width: 2, height: 1 },
            samples: SampleRange::new(0, 1),
        };
        let mut kept = KeptCuts::new();
        for index in 0..2 * MAX_CUTS {
            kept.note(slice(index), index as u32);
            // One is used again and again.
            kept.note(slice(0), kept.find(slice(0)).unwrap());
            assert!(kept.young.len() <= MAX_CUTS && kept.old.len() <= MAX_CUTS);
        }
        let recent = MAX_CUTS + 2..2 * MAX_CUTS;
        assert!(recent.into_iter().all(|index| kept.find(slice(index)) == Some(index as u32)));
        assert_eq!(kept.find(slice(0)), Some(0));
        assert_eq!(kept.find(slice(1)), None);
    }
}
