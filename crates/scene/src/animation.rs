//! How nodes move: key frames of glTF 2.0 and the tree of nodes that they move.
//!
//! All clips of a file play together from time 0, and begin again after the longest; a shorter one holds
//! its last key meanwhile. The scene as stored is the pose at time 0.

mod channel;
mod check;

use serde::{Deserialize, Serialize};

use crate::math::{Affine, unit_quaternion};

pub use channel::{Channel, Interpolation, Property};

/// Latest key of a clip in seconds.
pub const MAX_CLIP_S: f32 = 86_400.0;

/// The nodes that move, what moves them, and what hangs on them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Animation {
    /// Nodes that move, and those that hold them; parents come before their children.
    pub nodes: Vec<MovingNode>,
    /// What moves the nodes; at most one channel for each property of a node.
    pub channels: Vec<Channel>,
    /// Instances, ordered by their index.
    pub instances: Vec<Attachment>,
    /// Cameras, ordered by their index.
    pub cameras: Vec<Attachment>,
    /// Punctual lights, ordered by their index.
    pub lights: Vec<Attachment>,
    /// The clips of the file, for people.
    pub clips: Vec<Clip>,
}

/// A node of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MovingNode {
    /// Index of the node that holds it, if any; smaller than its own.
    pub parent: Option<u32>,
    /// Where it is while no channel says otherwise.
    pub rest: NodePlace,
}

/// Where a node is in its parent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum NodePlace {
    /// Rows of a matrix that nothing changes.
    Fixed([[f32; 4]; 3]),
    /// Scaled, then turned, then moved.
    Free {
        /// Metres.
        translation: [f32; 3],
        /// A quaternion, x y z w.
        rotation: [f32; 4],
        /// Factor of each axis.
        scale: [f32; 3],
    },
}

/// Something that hangs on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Index of the thing.
    pub item: u32,
    /// Index in [`Animation::nodes`].
    pub node: u32,
}

/// A named animation of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// Its name, or `animation-N`.
    pub name: String,
    /// Time of its last key in seconds.
    pub duration_s: f32,
}

impl NodePlace {
    /// The map from the node to its parent.
    pub fn parent_from_node(&self) -> Affine {
        match *self {
            Self::Fixed(rows) => Affine::from_rows(rows),
            Self::Free { translation, rotation, scale } => {
                let turned = Affine::rotation(unit_quaternion(rotation))
                    .after(&Affine::scaling(scale.into()));
                Affine::translation(translation.into()).after(&turned)
            }
        }
    }
}

impl Animation {
    /// Seconds after which everything begins again.
    pub fn duration_s(&self) -> f32 {
        self.channels.iter().fold(0.0, |longest, channel| {
            let end = channel.end_s();
            if end > longest { end } else { longest }
        })
    }

    /// Keys of all channels.
    pub fn key_count(&self) -> u64 {
        self.channels.iter().map(|channel| channel.times_s.len() as u64).sum()
    }

    /// Where the clips are at a time: seconds since their first key could be.
    pub fn looped_s(&self, time_us: u64) -> f32 {
        let duration_us = f64::from(self.duration_s()) * 1e6;
        if duration_us > 0.0 { ((time_us as f64 % duration_us) / 1e6) as f32 } else { 0.0 }
    }

    /// The map from each node to the world at a time.
    ///
    /// Numbers may be infinite or not a number where a file holds huge ones.
    pub fn world_from_nodes(&self, time_us: u64) -> Vec<Affine> {
        let seconds = self.looped_s(time_us);
        let mut places: Vec<NodePlace> = self.nodes.iter().map(|node| node.rest).collect();
        for channel in &self.channels {
            channel.apply(seconds, &mut places[channel.node as usize]);
        }
        let mut worlds: Vec<Affine> = Vec::with_capacity(places.len());
        for (node, place) in self.nodes.iter().zip(&places) {
            let parent_from_node = place.parent_from_node();
            worlds.push(match (node.parent, place) {
                (Some(parent), _) => worlds[parent as usize].after(&parent_from_node),
                (None, NodePlace::Fixed(_)) => parent_from_node,
                // As for every node of a file, so that all bits are those of the import.
                (None, NodePlace::Free { .. }) => Affine::IDENTITY.after(&parent_from_node),
            });
        }
        worlds
    }

    /// The node on which an item of a list hangs.
    pub(crate) fn node_of(attachments: &[Attachment], item: u32) -> Option<u32> {
        let place = attachments.binary_search_by_key(&item, |attachment| attachment.item);
        place.ok().map(|place| attachments[place].node)
    }
}

#[cfg(test)]
mod tests;
