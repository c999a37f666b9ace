//! Gathers the nodes that move while the tree of nodes is walked, and what hangs on them.

use super::animation::Clips;
use crate::math::Affine;
use crate::{Animation, Attachment, MovingNode, NodePlace};

/// An animation that grows node by node.
pub(super) struct Moving {
    clips: Clips,
    animation: Animation,
}

impl Moving {
    pub(super) fn new(clips: Clips) -> Self {
        Self { clips, animation: Animation::default() }
    }

    /// Takes up a node of the file if it moves, or its parent does; gives its index here.
    ///
    /// `place` becomes the one at time 0.
    pub(super) fn visit(
        &mut self,
        node: usize,
        place: &mut NodePlace,
        parent: Option<u32>,
        world_from_parent: &Affine,
    ) -> Option<u32> {
        let animation = &mut self.animation;
        let mut channels = self.clips.of_node(node).peekable();
        if parent.is_none() && channels.peek().is_none() {
            return None;
        }
        let mut parent = parent;
        if parent.is_none() && *world_from_parent != Affine::IDENTITY {
            parent = Some(animation.nodes.len() as u32);
            let rest = NodePlace::Fixed(world_from_parent.rows);
            animation.nodes.push(MovingNode { parent: None, rest });
        }
        let index = animation.nodes.len() as u32;
        animation.nodes.push(MovingNode { parent, rest: *place });
        for channel in channels {
            channel.apply(0.0, place);
            let mut channel = channel.clone();
            channel.node = index;
            animation.channels.push(channel);
        }
        Some(index)
    }

    /// Hangs instances on a node.
    pub(super) fn attach_instances(&mut self, node: Option<u32>, items: std::ops::Range<usize>) {
        attach(&mut self.animation.instances, node, items);
    }

    /// Hangs cameras on a node.
    pub(super) fn attach_cameras(&mut self, node: Option<u32>, items: std::ops::Range<usize>) {
        attach(&mut self.animation.cameras, node, items);
    }

    /// Hangs lights on a node.
    pub(super) fn attach_lights(&mut self, node: Option<u32>, items: std::ops::Range<usize>) {
        attach(&mut self.animation.lights, node, items);
    }

    /// The animation, without what nothing hangs on; none if nothing is left.
    pub(super) fn finish(self) -> Option<Animation> {
        let Animation { nodes, channels, mut instances, mut cameras, mut lights, .. } =
            self.animation;
        let mut is_needed = vec![false; nodes.len()];
        for attachment in instances.iter().chain(&cameras).chain(&lights) {
            is_needed[attachment.node as usize] = true;
        }
        // Children come after their parents.
        for (index, node) in nodes.iter().enumerate().rev() {
            if let Some(parent) = node.parent.filter(|_| is_needed[index]) {
                is_needed[parent as usize] = true;
            }
        }
        let mut kept = Vec::new();
        let mut new_index = vec![0; nodes.len()];
        for (index, node) in nodes.iter().enumerate().filter(|&(index, _)| is_needed[index]) {
            new_index[index] = kept.len() as u32;
            let parent = node.parent.map(|parent| new_index[parent as usize]);
            kept.push(MovingNode { parent, ..*node });
        }
        for attachment in instances.iter_mut().chain(&mut cameras).chain(&mut lights) {
            attachment.node = new_index[attachment.node as usize];
        }
        let mut channels = channels;
        channels.retain(|channel| is_needed[channel.node as usize]);
        for channel in &mut channels {
            channel.node = new_index[channel.node as usize];
        }
        let clips = self.clips.clips;
        let animation = Animation { nodes: kept, channels, instances, cameras, lights, clips };
        (!animation.channels.is_empty()).then_some(animation)
    }
}

fn attach(attachments: &mut Vec<Attachment>, node: Option<u32>, items: std::ops::Range<usize>) {
    if let Some(node) = node {
        attachments.extend(items.map(|item| Attachment { item: item as u32, node }));
    }
}
