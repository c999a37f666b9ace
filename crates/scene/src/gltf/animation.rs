//! Animations of a file into channels that move its nodes.

use std::collections::BTreeMap;

use super::container::File;
use super::error::{ImportError, at};
use super::schema::{self, AnimationChannel};
use crate::source::warn;
use crate::{Channel, Clip, Interpolation, Property};

/// What moves the nodes of a file.
#[derive(Default)]
pub(super) struct Clips {
    /// For people; one for each animation of which something can be used.
    pub(super) clips: Vec<Clip>,
    /// By node of the file and property; their node is not set yet.
    pub(super) channels: BTreeMap<(usize, Property), Channel>,
}

impl Clips {
    /// The channels of a node of the file.
    pub(super) fn of_node(&self, node: usize) -> impl Iterator<Item = &Channel> {
        let ends = (node, Property::Translation)..=(node, Property::Scale);
        self.channels.range(ends).map(|(_, channel)| channel)
    }
}

/// Reads all animations; what cannot be played is left out with a word.
pub(super) fn import_clips(file: &mut File<'_>) -> Result<Clips, ImportError> {
    let animations = std::mem::take(&mut file.document.animations);
    let mut imported = Clips::default();
    let mut warnings = std::mem::take(&mut file.warnings);
    let mut keys_left = file.limits.content.max_animation_keys;
    for (index, animation) in animations.iter().enumerate() {
        let mut end_s: Option<f32> = None;
        for (number, channel) in animation.channels.iter().enumerate() {
            let place = || format!("animation {index}, channel {number}");
            let Some((node, property)) = target(file, channel, index, &mut warnings)? else {
                continue;
            };
            let channel = read_channel(file, animation, channel, property, &mut keys_left, &place)?;
            if let Some(fault) = channel.fault() {
                warn(&mut warnings, format!("{}: {fault}, left out", place()));
                continue;
            }
            if imported.channels.contains_key(&(node, property)) {
                let taken = "moves what an earlier one moves, left out";
                warn(&mut warnings, format!("animation {index}: {taken}"));
                continue;
            }
            let end = channel.end_s();
            end_s = Some(end_s.filter(|&longest| longest > end).unwrap_or(end));
            imported.channels.insert((node, property), channel);
        }
        if let Some(duration_s) = end_s {
            let name = animation.name.clone().unwrap_or_else(|| format!("animation-{index}"));
            imported.clips.push(Clip { name, duration_s });
        }
    }
    file.warnings = warnings;
    Ok(imported)
}

/// Node and property that a channel moves; none if it moves something else.
fn target(
    file: &File<'_>,
    channel: &AnimationChannel,
    index: usize,
    warnings: &mut Vec<String>,
) -> Result<Option<(usize, Property)>, ImportError> {
    let property = match channel.target.path.as_str() {
        "translation" => Property::Translation,
        "rotation" => Property::Rotation,
        "scale" => Property::Scale,
        "weights" => {
            warn(warnings, format!("animation {index}: morph weights are ignored"));
            return Ok(None);
        }
        "pointer" => {
            warn(warnings, format!("animation {index}: KHR_animation_pointer is ignored"));
            return Ok(None);
        }
        _ => return Ok(None),
    };
    let Some(node) = channel.target.node else { return Ok(None) };
    let record = at(&file.document.nodes, node, "node", || format!("animation {index}"))?;
    if record.matrix.is_some() {
        warn(warnings, format!("animation {index}: node {node} has a matrix and stays"));
        return Ok(None);
    }
    Ok(Some((node, property)))
}

fn read_channel(
    file: &File<'_>,
    animation: &schema::Animation,
    channel: &AnimationChannel,
    property: Property,
    keys_left: &mut u64,
    place: &dyn Fn() -> String,
) -> Result<Channel, ImportError> {
    let sampler = at(&animation.samplers, channel.sampler, "sampler", place)?;
    let interpolation = match sampler.interpolation.as_str() {
        "LINEAR" => Interpolation::Linear,
        "STEP" => Interpolation::Step,
        "CUBICSPLINE" => Interpolation::CubicSpline,
        other => return Err(ImportError::form(place(), format!("interpolation {other:?}"))),
    };
    // Accessors can be shared, so their keys are counted each time, before they are read.
    for (accessor, values_per_key) in
        [(sampler.input, 1), (sampler.output, interpolation.values_per_key() as u64)]
    {
        let found = at(&file.document.accessors, accessor, "accessor", place)?.count;
        if found > keys_left.saturating_mul(values_per_key) {
            let limit = file.limits.content.max_animation_keys;
            return Err(ImportError::TooMuch { what: "animation keys", found, limit });
        }
    }
    let times = file.read_vectors::<1>(sampler.input, place)?;
    *keys_left = keys_left.saturating_sub(times.len() as u64);
    let values = match property {
        Property::Rotation => file.read_vectors::<4>(sampler.output, place)?.into_flattened(),
        Property::Translation | Property::Scale => {
            file.read_vectors::<3>(sampler.output, place)?.into_flattened()
        }
    };
    Ok(Channel { node: 0, property, interpolation, times_s: times.into_flattened(), values })
}
