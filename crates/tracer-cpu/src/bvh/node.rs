//! A node of a wide tree: its children's boxes side by side, so that one instruction tests as many as a
//! vector holds. Nothing here decides what is hit.

/// Marks a reference to a leaf.
const LEAF: u32 = 1 << 31;
/// Bits of a leaf's first primitive; above them lies one less than the number of its primitives.
const FIRST_BITS: u32 = 29;

/// A child: a node, or consecutive primitives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference(pub(super) u32);

impl Reference {
    /// One to four primitives, of which there are at most 2²⁹.
    pub(super) const fn leaf(first: u32, count: u32) -> Self {
        Self(LEAF | (count - 1) << FIRST_BITS | first)
    }

    #[inline(always)]
    pub(super) const fn is_leaf(self) -> bool {
        self.0 & LEAF != 0
    }

    /// A leaf's first primitive.
    #[inline(always)]
    pub(super) const fn first(self) -> u32 {
        self.0 & ((1 << FIRST_BITS) - 1)
    }

    /// The number of a leaf's primitives.
    #[inline(always)]
    pub(super) const fn count(self) -> usize {
        (self.0 >> FIRST_BITS & 3) as usize + 1
    }
}

/// An axis-aligned box: low and high corner.
pub(super) type Corners = [[f32; 3]; 2];

/// Up to W children: their boxes by axis and side, low before high. Without a child a box is inverted.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(super) struct WideNode<const W: usize> {
    /// `planes[2 * axis + side][child]`.
    pub(super) planes: [[f32; W]; 6],
    /// [`Reference`]s.
    pub(super) children: [u32; W],
}

impl<const W: usize> WideNode<W> {
    /// Around some boxes; the references are still to be set.
    pub(super) fn around(boxes: &[Corners]) -> Self {
        let (low, high) = ([f32::INFINITY; W], [f32::NEG_INFINITY; W]);
        let mut node = Self { planes: [low, high, low, high, low, high], children: [0; W] };
        for (lane, corners) in boxes.iter().enumerate() {
            for (side, corner) in corners.iter().enumerate() {
                for (axis, &coordinate) in corner.iter().enumerate() {
                    node.planes[2 * axis + side][lane] = coordinate;
                }
            }
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_tell_what_they_are_made_of() {
        let leaf = Reference::leaf((1 << FIRST_BITS) - 1, 4);
        assert!(leaf.is_leaf());
        assert_eq!((leaf.first(), leaf.count()), ((1 << FIRST_BITS) - 1, 4));
        assert_eq!((Reference::leaf(7, 1).first(), Reference::leaf(7, 1).count()), (7, 1));
        assert!(!Reference(5).is_leaf());
    }
}
