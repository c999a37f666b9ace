//! The codecs of others, on the same tiles.

pub mod exr;

use anyhow::Result;
use half::f16;
use p2c2r_frame::radiance_from_sum;

use crate::tiles::{Picture, Tile};

/// The library's own standard level.
const ZSTD_LEVEL: i32 = 3;

/// Bytes of all tiles as half floats through zstd: as they are or by byte planes, whichever is less.
pub fn half_bytes(picture: &Picture) -> Result<f64> {
    let mut total = 0;
    for tile in &picture.tiles {
        let plain = halves(tile);
        let planes: Vec<u8> =
            (0..2).flat_map(|byte| plain.iter().skip(byte).step_by(2).copied()).collect();
        let sizes = [
            zstd::bulk::compress(&plain, ZSTD_LEVEL)?.len(),
            zstd::bulk::compress(&planes, ZSTD_LEVEL)?.len(),
        ];
        total += sizes[0].min(sizes[1]);
    }
    Ok(total as f64)
}

fn halves(tile: &Tile) -> Vec<u8> {
    let count = tile.whole.samples.count;
    let radiances = tile.whole.sums.iter().flatten().map(|&sum| radiance_from_sum(sum, count));
    radiances.flat_map(|radiance| f16::from_f32(radiance).to_le_bytes()).collect()
}
