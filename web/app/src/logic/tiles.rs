//! The outlines over the picture: which peer rendered which rectangle last.

use std::collections::VecDeque;

/// Outlines kept; the oldest go first.
pub const MAX_OUTLINES: usize = 600;
/// Outlines that stand out, since their tiles have just arrived.
pub const NEWEST_OUTLINES: usize = 32;
/// An outline goes when a newer tile covers one part in this many of it.
const TAKEN_SHARE: u64 = 4;
/// Colours that tell peers apart; they repeat beyond.
pub const PEER_COLOURS: usize = 8;

/// A rectangle of the film in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Rect {
    /// Number of pixels.
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Pixels that both have.
    fn common_area(self, other: Self) -> u64 {
        let common = |start: u32, length: u32, other_start: u32, other_length: u32| {
            let end = (u64::from(start) + u64::from(length))
                .min(u64::from(other_start) + u64::from(other_length));
            end.saturating_sub(u64::from(start.max(other_start)))
        };
        let across = common(self.x, self.width, other.x, other.width);
        across.saturating_mul(common(self.y, self.height, other.y, other.height))
    }
}

/// One outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// Rises with every tile; identifies the outline on the page.
    pub serial: u64,
    /// Where.
    pub rect: Rect,
    /// Row of the peer in the ledger.
    pub peer_index: usize,
}

/// The newest outlines, oldest first. Later passes are cut elsewhere: an outline goes when a newer tile takes a good
/// part of it, so that few lines cross.
#[derive(Debug, Clone, Default)]
pub struct TileBoard {
    outlines: VecDeque<Outline>,
    next_serial: u64,
}

impl TileBoard {
    /// Adds a merged tile.
    pub fn add(&mut self, rect: Rect, peer_index: usize) {
        self.outlines.retain(|outline| {
            rect.common_area(outline.rect).saturating_mul(TAKEN_SHARE) < outline.rect.area()
        });
        if self.outlines.len() == MAX_OUTLINES {
            self.outlines.pop_front();
        }
        self.outlines.push_back(Outline { serial: self.next_serial, rect, peer_index });
        self.next_serial += 1;
    }

    /// The outlines of the tiles that arrived last, oldest first.
    pub fn newest(&self) -> Vec<Outline> {
        self.outlines.iter().skip(self.older_count()).copied().collect()
    }

    /// All other outlines, oldest first.
    pub fn older(&self) -> Vec<Outline> {
        self.outlines.iter().take(self.older_count()).copied().collect()
    }

    fn older_count(&self) -> usize {
        self.outlines.len().saturating_sub(NEWEST_OUTLINES)
    }

    /// Forgets everything, as for a new view.
    pub fn clear(&mut self) {
        self.outlines.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn a_newer_tile_replaces_what_it_takes_a_part_of() {
        let mut board = TileBoard::default();
        board.add(rect(0, 0, 10, 10), 0);
        board.add(rect(10, 0, 10, 10), 1);
        board.add(rect(0, 5, 12, 5), 2);
        let owners: Vec<usize> = board.newest().iter().map(|outline| outline.peer_index).collect();
        assert_eq!(owners, [1, 2]);
    }

    #[test]
    fn outlines_are_bounded() {
        let mut board = TileBoard::default();
        for x in 0..1000 {
            board.add(rect(x, 0, 1, 1), 0);
        }
        assert_eq!(board.older().len() + board.newest().len(), MAX_OUTLINES);
        assert_eq!(
            board.older().first().map(|outline| outline.rect.x),
            Some(1000 - MAX_OUTLINES as u32)
        );
    }

    #[test]
    fn what_arrived_last_stands_out() {
        let mut board = TileBoard::default();
        for x in 0..40 {
            board.add(rect(x, 0, 1, 1), 0);
        }
        assert_eq!(board.older().last().map(|outline| outline.rect.x), Some(7));
        assert_eq!(board.newest().first().map(|outline| outline.rect.x), Some(8));
    }

    #[test]
    fn serials_go_on_after_a_new_view() {
        let mut board = TileBoard::default();
        board.add(rect(0, 0, 1, 1), 0);
        board.clear();
        board.add(rect(0, 0, 1, 1), 0);
        assert_eq!(board.newest().first().map(|outline| outline.serial), Some(1));
    }

    #[test]
    fn rectangles_at_the_number_range_end_do_not_wrap() {
        let mut board = TileBoard::default();
        board.add(rect(u32::MAX, u32::MAX, u32::MAX, u32::MAX), 0);
        board.add(rect(0, 0, 1, 1), 0);
        assert_eq!(board.newest().len(), 2);
    }
}
