//! OpenEXR files: colours, and layers as channels named `layer.component`, which compositors know.

use std::path::Path;

use exr::prelude::{AnyChannel, AnyChannels, FlatSamples, Image, SmallVec, Text, WritableImage};
use p2c2r_frame::{AovPixel, Aovs};

use crate::surfaces::AovLayer;

/// A channel's name and its samples.
type Channel = AnyChannel<FlatSamples>;

/// Red, green and blue, and the channels of each layer once.
pub(crate) fn channels(
    radiances: &[[f32; 3]],
    layers: Option<(&Aovs, &[AovLayer])>,
) -> Vec<Channel> {
    let color = |index: usize| radiances.iter().map(|pixel| pixel[index]).collect();
    let mut channels = vec![floats("R", color(0)), floats("G", color(1)), floats("B", color(2))];
    if let Some((aovs, layers)) = layers {
        let mut seen = Vec::new();
        for layer in layers {
            if !seen.contains(layer) {
                seen.push(*layer);
                channels.extend(of_layer(&aovs.pixels, *layer));
            }
        }
    }
    channels
}

/// Writes the channels as one image.
pub(crate) fn write(
    path: &Path,
    size: (usize, usize),
    channels: Vec<Channel>,
) -> anyhow::Result<()> {
    let channels = AnyChannels::sort(SmallVec::from_vec(channels));
    Image::from_channels(size, channels).write().to_file(path)?;
    Ok(())
}

fn of_layer(pixels: &[AovPixel], layer: AovLayer) -> Vec<Channel> {
    let parts = |name: &str, letters: [&str; 3], part: fn(&AovPixel) -> [f32; 3]| {
        let channel = |(index, letter): (usize, &str)| {
            let values = pixels.iter().map(|pixel| part(pixel)[index]).collect();
            floats(&format!("{name}.{letter}"), values)
        };
        letters.into_iter().enumerate().map(channel).collect()
    };
    const RGB: [&str; 3] = ["R", "G", "B"];
    match layer {
        AovLayer::Depth => {
            vec![floats("depth.Z", pixels.iter().map(|pixel| pixel.depth).collect())]
        }
        AovLayer::Normal => parts("normal", ["X", "Y", "Z"], |pixel| pixel.normal),
        AovLayer::Albedo => parts("albedo", RGB, |pixel| pixel.albedo),
        AovLayer::Emission => parts("emission", RGB, |pixel| pixel.emission),
        AovLayer::Mirrored => parts("mirrored", RGB, |pixel| pixel.mirrored),
        AovLayer::Motion => {
            let axis = |index: usize| pixels.iter().map(|pixel| pixel.motion_px[index]).collect();
            vec![floats("motion.X", axis(0)), floats("motion.Y", axis(1))]
        }
        AovLayer::Ids => vec![
            words("ids.instance", pixels.iter().map(|pixel| pixel.instance).collect()),
            words("ids.material", pixels.iter().map(|pixel| pixel.material).collect()),
        ],
    }
}

fn floats(name: &str, values: Vec<f32>) -> Channel {
    AnyChannel::new(Text::new_or_panic(name), FlatSamples::F32(values))
}

fn words(name: &str, values: Vec<u32>) -> Channel {
    AnyChannel::new(Text::new_or_panic(name), FlatSamples::U32(values))
}
