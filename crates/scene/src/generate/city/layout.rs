//! Where things stand: blocks of nine lots in a square grid, the main avenue along z at x = 0.

use crate::MAX_CITY_SIZE;
use crate::math::Vec3;

/// Side of a lot in metres.
pub(super) const LOT_M: f32 = 24.0;
/// Lots along a side of a block.
pub(super) const LOTS_PER_SIDE: i32 = 3;
/// Side of a block's built area in metres.
pub(super) const BLOCK_M: f32 = LOT_M * LOTS_PER_SIDE as f32;
/// Distance from one block to the next in metres.
pub(super) const PERIOD_M: f32 = BLOCK_M + 20.0;
/// Width of the pavement around a block in metres.
pub(super) const SIDEWALK_M: f32 = 3.0;
/// Where the tall buildings are; the avenue leads there.
pub(super) const DOWNTOWN: Vec3 = Vec3::new(0.0, 0.0, -430.0);
/// The place around which the city grows.
const HEART: Vec3 = Vec3::new(0.0, 0.0, -140.0);

/// A place for one building.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lot {
    /// Middle of the lot on the ground.
    pub(super) center: Vec3,
    /// Quarter turns from +z to the street that its front faces.
    pub(super) front: usize,
    /// Whether the front faces the main avenue.
    pub(super) is_on_avenue: bool,
}

/// The lots of a city of `size` buildings, nearest to the heart first.
pub(super) fn lots(size: u32) -> Vec<Lot> {
    let size = size.min(MAX_CITY_SIZE) as usize;
    // A square of this many blocks each way holds the disc that `size` lots fill, and its offset.
    let reach = ((size as f32 / 9.0).sqrt() * 0.75) as i32 + 4;
    let mut found = Vec::new();
    for block_z in -reach - 2..reach {
        for block_x in -reach..reach {
            for index in 0..LOTS_PER_SIDE * LOTS_PER_SIDE {
                let lot = lot(block_x, block_z, index % LOTS_PER_SIDE, index / LOTS_PER_SIDE);
                let away = lot.center - HEART;
                found.push((away.length_squared(), lot));
            }
        }
    }
    // A stable sort: lots of the same distance keep the order above.
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.truncate(size);
    found.into_iter().map(|(_, lot)| lot).collect()
}

/// Middle of a block.
pub(super) fn block_center(block_x: i32, block_z: i32) -> Vec3 {
    Vec3::new((block_x as f32 + 0.5) * PERIOD_M, 0.0, (block_z as f32 + 0.5) * PERIOD_M)
}

/// The block that a place lies in.
pub(super) fn block_of(place: Vec3) -> (i32, i32) {
    ((place.x / PERIOD_M).floor() as i32, (place.z / PERIOD_M).floor() as i32)
}

fn lot(block_x: i32, block_z: i32, column: i32, row: i32) -> Lot {
    let offset = |index: i32| (index - LOTS_PER_SIDE / 2) as f32 * LOT_M;
    let center = block_center(block_x, block_z) + Vec3::new(offset(column), 0.0, offset(row));
    let last = LOTS_PER_SIDE - 1;
    let is_on_avenue = block_x == 0 && column == 0 || block_x == -1 && column == last;
    let front = if column == 0 {
        3
    } else if column == last {
        1
    } else if row == 0 {
        2
    } else {
        0
    };
    Lot { center, front, is_on_avenue }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_gets_its_lots_and_no_lot_twice() {
        for size in [1, 9, 100, 1200, 10_000] {
            let mut lots = lots(size);
            assert_eq!(lots.len(), size as usize);
            lots.sort_by(|a, b| {
                a.center.x.total_cmp(&b.center.x).then(a.center.z.total_cmp(&b.center.z))
            });
            assert!(lots.windows(2).all(|pair| pair[0].center != pair[1].center));
        }
    }

    #[test]
    fn lots_leave_the_avenue_free() {
        assert!(lots(1200).iter().all(|lot| lot.center.x.abs() > LOT_M * 0.5 + 9.9));
    }
}
