//! Our codec: each tile by itself, as it goes over the wire.

use anyhow::Result;
use p2c2r_frame::RadianceSums;
use p2c2r_image::{pack_sums, pack_sums_below_noise, unpack_sums};

use crate::tiles::{Picture, SEED};

/// A picture's tiles, packed.
pub struct Packed(Vec<Vec<u8>>);

impl Packed {
    pub fn exact(picture: &Picture) -> Result<Self> {
        let packed: Result<_, _> =
            picture.tiles.iter().map(|tile| pack_sums(&tile.whole)).collect();
        Ok(Self(packed?))
    }

    pub fn below_noise(picture: &Picture) -> Result<Self> {
        let pack = |tile: &crate::tiles::Tile| {
            let [first, second] = &tile.halves;
            pack_sums_below_noise(first, second, SEED).map_err(Into::into)
        };
        Ok(Self(picture.tiles.iter().map(pack).collect::<Result<_>>()?))
    }

    pub fn bytes(&self) -> f64 {
        self.0.iter().map(Vec::len).sum::<usize>() as f64
    }

    pub fn unpack(&self, picture: &Picture) -> Result<Vec<RadianceSums>> {
        let pairs = self.0.iter().zip(&picture.tiles);
        let unpack = |(bytes, tile): (&Vec<u8>, &crate::tiles::Tile)| {
            unpack_sums(bytes, tile.whole.rect, tile.whole.samples, Some(SEED)).map_err(Into::into)
        };
        pairs.map(unpack).collect()
    }
}
