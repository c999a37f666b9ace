//! What an animation must satisfy before a scene is posed by it.

use super::{Animation, Attachment, MAX_CLIP_S, NodePlace};
use crate::check::{in_range, matrix_is_usable, number};
use crate::limits::{ContentLimits, MAX_MATRIX_ELEMENT};
use crate::{InvalidScene, SceneSource};

impl Animation {
    /// Fails unless every index points somewhere and every number can be used.
    pub(crate) fn check(
        &self,
        scene: &SceneSource,
        limits: &ContentLimits,
    ) -> Result<(), InvalidScene> {
        let keys: usize = self.channels.iter().map(|channel| channel.times_s.len()).sum();
        for (what, found, limit) in [
            ("nodes that move", self.nodes.len(), limits.max_records),
            ("animations", self.clips.len(), limits.max_records),
            ("animation channels", self.channels.len(), limits.max_records),
            ("animation keys", keys, limits.max_animation_keys),
        ] {
            let found = found as u64;
            if found > limit {
                return Err(InvalidScene::TooMany { what, found, limit });
            }
        }
        self.check_nodes()?;
        self.check_channels()?;
        for (clip, index) in self.clips.iter().zip(0..) {
            number((0.0..=MAX_CLIP_S).contains(&clip.duration_s), "animation", index, "length")?;
        }
        for (what, attachments, count) in [
            ("instance", &self.instances, scene.instances.len()),
            ("camera", &self.cameras, scene.cameras.len()),
            ("light", &self.lights, scene.lights.len()),
        ] {
            self.check_attachments(what, attachments, count)?;
        }
        Ok(())
    }

    fn check_nodes(&self) -> Result<(), InvalidScene> {
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some(parent) = node.parent {
                // A parent comes before its children, so there are no cycles.
                in_range("node", index, "its parent", parent, index)?;
            }
            let is_usable = match &node.rest {
                NodePlace::Fixed(rows) => matrix_is_usable(rows),
                NodePlace::Free { translation, rotation, scale } => {
                    let numbers = translation.iter().chain(rotation).chain(scale);
                    numbers.into_iter().all(|number| number.abs() <= MAX_MATRIX_ELEMENT)
                }
            };
            number(is_usable, "node", index, "its place")?;
        }
        Ok(())
    }

    fn check_channels(&self) -> Result<(), InvalidScene> {
        let mut moved = std::collections::BTreeSet::new();
        for (index, channel) in self.channels.iter().enumerate() {
            in_range("animation channel", index, "node", channel.node, self.nodes.len())?;
            let is_free = matches!(self.nodes[channel.node as usize].rest, NodePlace::Free { .. });
            let is_first = moved.insert((channel.node, channel.property));
            if let Some(what) = channel.fault() {
                return Err(InvalidScene::BadNumber { place: "animation channel", index, what });
            }
            number(is_free && is_first, "animation channel", index, "its node")?;
        }
        Ok(())
    }

    fn check_attachments(
        &self,
        what: &'static str,
        attachments: &[Attachment],
        count: usize,
    ) -> Result<(), InvalidScene> {
        for (index, attachment) in attachments.iter().enumerate() {
            in_range("attachment", index, what, attachment.item, count)?;
            in_range("attachment", index, "node", attachment.node, self.nodes.len())?;
        }
        let is_ordered = attachments.windows(2).all(|pair| pair[0].item < pair[1].item);
        number(is_ordered, "attachment", 0, "the order")
    }
}
