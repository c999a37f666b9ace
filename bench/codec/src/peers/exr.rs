//! The `exr` crate: the sums as 32-bit integers or the means as floats, whichever is smaller, ZIP, in tiles.

use std::io::Cursor;

use anyhow::{Result, ensure};
use exr::prelude::*;
use p2c2r_frame::radiance_from_sum;

use crate::tiles::{Picture, TILE_PX};

/// A picture as one file of tiles.
pub struct Packed(Vec<u8>);

impl Packed {
    pub fn bytes(&self) -> f64 {
        self.0.len() as f64
    }

    pub fn unpack(&self) -> Result<FlatImage> {
        let reader = read().no_deep_data().largest_resolution_level().all_channels();
        let reader = reader.all_layers().all_attributes().non_parallel();
        Ok(reader.from_buffered(Cursor::new(&self.0))?)
    }
}

/// The sums as integers, or as means where floats hold them exactly and come out smaller.
pub fn packed(picture: &Picture) -> Result<Packed> {
    let planes = picture.planes();
    let most = planes.iter().flatten().copied().max().unwrap_or(0);
    ensure!(most <= u64::from(u32::MAX), "32 bits would cut these sums");
    let whole = |sums: &Vec<u64>| FlatSamples::U32(sums.iter().map(|&sum| sum as u32).collect());
    let integers = write_tiles(picture, planes.iter().map(whole).collect())?;
    let count = picture.samples().count;
    if most >= 1 << 24 || !count.is_power_of_two() {
        return Ok(integers);
    }
    let mean = |sums: &Vec<u64>| {
        FlatSamples::F32(sums.iter().map(|&sum| radiance_from_sum(sum, count)).collect())
    };
    let floats = write_tiles(picture, planes.iter().map(mean).collect())?;
    Ok(if floats.0.len() < integers.0.len() { floats } else { integers })
}

fn write_tiles(picture: &Picture, planes: Vec<FlatSamples>) -> Result<Packed> {
    let names = ["R", "G", "B"];
    let channels = names.into_iter().zip(planes).map(|(name, plane)| AnyChannel::new(name, plane));
    let encoding = Encoding {
        compression: Compression::ZIP16,
        blocks: Blocks::Tiles(Vec2(TILE_PX as usize, TILE_PX as usize)),
        line_order: LineOrder::Increasing,
    };
    let size = Vec2(picture.width_px as usize, picture.height_px as usize);
    let channels = AnyChannels::sort(channels.collect());
    let layer = Layer::new(size, LayerAttributes::default(), encoding, channels);
    let mut bytes = Cursor::new(Vec::new());
    Image::from_layer(layer).write().non_parallel().to_buffered(&mut bytes)?;
    Ok(Packed(bytes.into_inner()))
}
