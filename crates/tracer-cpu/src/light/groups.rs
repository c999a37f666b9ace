//! The choice between kinds of lights: by what they may send to the point, as far as that is known.

use fearless_simd::Simd;
use p2c2r_scene::Scene;
use p2c2r_scene::math::{larger, smaller};

use super::tree::{Receiver, WHOLE, root_importance};
use crate::prepared::Prepared;

/// Each kind gets at least this share of what two share.
const LEAST_SHARE: f32 = 0.1;

/// A kind of lights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Triangles that emit.
    Emissive,
    /// Point, spot and directional lights.
    Punctual,
    /// Light from infinity.
    Environment,
}

/// Which groups a scene has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LightGroups {
    has_emissive: bool,
    has_environment: bool,
    /// Share of the punctual lights in 1/65,536 where nothing emits: as if all groups were equal.
    punctual: u32,
    /// What punctual lights send on average, counted as the next.
    punctual_importance: f32,
    /// What the environment's table stands for, over the power of the emissive triangles, in 1/m².
    environment_importance: f32,
}

/// Shares of the three groups in 1/65,536; the environment has the rest.
struct Shares {
    emissive: u32,
    punctual: u32,
}

impl LightGroups {
    /// Looks at what can be sampled.
    pub(crate) fn new(scene: &Scene) -> Self {
        // An even environment has no table: scattered rays find its light without noise.
        let environment = scene.environment.as_ref().filter(|light| !light.alias.is_empty());
        let has_emissive = !scene.light_tree.nodes.is_empty();
        let count = u32::from(has_emissive)
            + u32::from(environment.is_some())
            + u32::from(!scene.lights.is_empty());
        let punctual = if scene.lights.is_empty() { 0 } else { WHOLE / count };
        Self {
            has_emissive,
            has_environment: environment.is_some(),
            punctual,
            punctual_importance: scene.punctual_importance(),
            environment_importance: scene.environment_importance(),
        }
    }

    #[inline(always)]
    fn shares<S: Simd>(&self, simd: S, prepared: &Prepared, receiver: &Receiver) -> Shares {
        if !self.has_emissive {
            return Shares { emissive: 0, punctual: self.punctual };
        }
        let has_punctual = self.punctual > 0;
        if !has_punctual && !self.has_environment {
            return Shares { emissive: WHOLE, punctual: 0 };
        }
        let ours = root_importance(simd, &prepared.scene.light_tree, receiver);
        let others = ours + self.environment_importance;
        let share = self.punctual_importance / (self.punctual_importance + others);
        let punctual = if has_punctual { share_of(WHOLE, share) } else { 0 };
        let rest = WHOLE - punctual;
        let emissive = if self.has_environment { share_of(rest, ours / others) } else { rest };
        Shares { emissive, punctual }
    }
}

/// This share of a number; neither all nor nothing of it.
#[inline(always)]
fn share_of(whole: u32, share: f32) -> u32 {
    (smaller(larger(share, LEAST_SHARE), 1.0 - LEAST_SHARE) * whole as f32) as u32
}

/// Chooses a group; `None` if the scene has none.
#[inline(always)]
pub(super) fn choose<S: Simd>(
    simd: S,
    prepared: &Prepared,
    receiver: &Receiver,
    word: u32,
) -> Option<(Group, f32)> {
    let groups = &prepared.light_groups;
    let Shares { emissive, punctual } = groups.shares(simd, prepared, receiver);
    let word = word >> 16;
    let (group, share) = if word < emissive {
        (Group::Emissive, emissive)
    } else if word < emissive + punctual {
        (Group::Punctual, punctual)
    } else if groups.has_environment {
        (Group::Environment, WHOLE - emissive - punctual)
    } else {
        return None;
    };
    Some((group, share as f32 / WHOLE as f32))
}

/// Probability with which [`choose`] gives the emissive triangles.
#[inline(always)]
pub(super) fn emissive_probability<S: Simd>(
    simd: S,
    prepared: &Prepared,
    receiver: &Receiver,
) -> f32 {
    prepared.light_groups.shares(simd, prepared, receiver).emissive as f32 / WHOLE as f32
}

/// Probability with which [`choose`] gives the environment.
#[inline(always)]
pub(super) fn environment_probability<S: Simd>(
    simd: S,
    prepared: &Prepared,
    receiver: &Receiver,
) -> f32 {
    let Shares { emissive, punctual } = prepared.light_groups.shares(simd, prepared, receiver);
    (WHOLE - emissive - punctual) as f32 / WHOLE as f32
}
