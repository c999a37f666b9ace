//! Which samples of which pixels have been merged: the proof that nothing counts twice.

use p2c2r_frame::{PixelRect, SampleRange};

/// Side of a cell in pixels.
const CELL_PX: u32 = 32;

/// A set of rectangle × sample range that refuses overlap.
///
/// The film is divided into cells; each keeps the pieces inside it and joins those that touch, so
/// that a cell that is done holds one piece however many tiles it was made of.
#[derive(Debug, Clone)]
pub(crate) struct Coverage {
    columns: u32,
    cells: Vec<Vec<Piece>>,
    paths: u64,
}

/// Samples of pixels inside one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) rect: PixelRect,
    pub(crate) samples: SampleRange,
}

impl Coverage {
    pub(crate) fn new(width_px: u32, height_px: u32) -> Self {
        let (columns, rows) = (width_px.div_ceil(CELL_PX), height_px.div_ceil(CELL_PX));
        Self { columns, cells: vec![Vec::new(); columns as usize * rows as usize], paths: 0 }
    }

    /// Pixels × samples in the set.
    pub(crate) const fn paths(&self) -> u64 {
        self.paths
    }

    /// Adds a region inside the film, or returns a piece that is there already.
    pub(crate) fn insert(&mut self, rect: PixelRect, samples: SampleRange) -> Result<(), Piece> {
        if let Some(piece) = self.overlap(rect, samples) {
            return Err(piece);
        }
        for (index, cell) in cells_of(rect, self.columns) {
            if let Some(rect) = rect.intersection(cell) {
                join(&mut self.cells[index], Piece { rect, samples });
            }
        }
        self.paths += rect.area() * u64::from(samples.count);
        Ok(())
    }

    /// Some piece that shares a sample with the region.
    pub(crate) fn overlap(&self, rect: PixelRect, samples: SampleRange) -> Option<Piece> {
        let is_shared = |piece: &&Piece| {
            piece.samples.overlaps(samples) && piece.rect.intersection(rect).is_some()
        };
        cells_of(rect, self.columns)
            .find_map(|(index, _)| self.cells[index].iter().find(is_shared))
            .copied()
    }
}

/// Index and rectangle of each cell that a rectangle touches.
fn cells_of(rect: PixelRect, columns: u32) -> impl Iterator<Item = (usize, PixelRect)> {
    let across = rect.x / CELL_PX..=((rect.right() - 1) / u64::from(CELL_PX)) as u32;
    let down = rect.y / CELL_PX..=((rect.bottom() - 1) / u64::from(CELL_PX)) as u32;
    down.flat_map(move |row| {
        across.clone().map(move |column| {
            let index = row as usize * columns as usize + column as usize;
            let (x, y) = (column * CELL_PX, row * CELL_PX);
            (index, PixelRect { x, y, width: CELL_PX, height: CELL_PX })
        })
    })
}

/// Adds a piece to a cell, joined with those that continue it.
fn join(cell: &mut Vec<Piece>, mut piece: Piece) {
    while let Some((index, joined)) =
        cell.iter().enumerate().find_map(|(index, other)| Some((index, joined(*other, piece)?)))
    {
        cell.swap_remove(index);
        piece = joined;
    }
    cell.push(piece);
}

/// Two disjoint pieces as one, if they make one.
fn joined(a: Piece, b: Piece) -> Option<Piece> {
    let (p, q) = (a.rect, b.rect);
    if p == q {
        let (first, second) = if a.samples.first < b.samples.first { (a, b) } else { (b, a) };
        let count = first.samples.count.checked_add(second.samples.count)?;
        let samples = SampleRange::new(first.samples.first, count);
        return (first.samples.end() == u64::from(second.samples.first))
            .then_some(Piece { rect: p, samples });
    }
    if a.samples != b.samples {
        return None;
    }
    let is_beside = p.y == q.y
        && p.height == q.height
        && (p.right() == u64::from(q.x) || q.right() == u64::from(p.x));
    let is_below = p.x == q.x
        && p.width == q.width
        && (p.bottom() == u64::from(q.y) || q.bottom() == u64::from(p.y));
    let (x, y) = (p.x.min(q.x), p.y.min(q.y));
    if is_beside {
        let rect = PixelRect { x, y, width: p.width + q.width, height: p.height };
        Some(Piece { rect, samples: a.samples })
    } else if is_below {
        let rect = PixelRect { x, y, width: p.width, height: p.height + q.height };
        Some(Piece { rect, samples: a.samples })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn film_made_of_many_tiles_ends_as_one_piece_per_cell() {
        let mut coverage = Coverage::new(64, 64);
        for first in 0..8 {
            for y in 0..8 {
                for x in 0..8 {
                    let rect = PixelRect { x: x * 8, y: y * 8, width: 8, height: 8 };
                    let samples = SampleRange::new(first * 4, 4);
                    assert_eq!(coverage.insert(rect, samples), Ok(()));
                    assert!(coverage.insert(rect, samples).is_err());
                }
            }
        }
        assert_eq!(coverage.paths(), 64 * 64 * 32);
        assert!(coverage.cells.iter().all(|cell| cell.len() == 1));
    }
}
