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

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};
    use p2c2r_scene::math::Vec3;
    use p2c2r_scene::{LightKind, PunctualLight};
    use p2c2r_testkit::{SceneBuilder, emitter, material};

    use super::*;

    const UP: Vec3 = Vec3::new(0.0, 1.0, 0.0);

    /// A floor with a small lamp above its middle, and some points of light.
    fn lamp_and_points(count: u32) -> Prepared {
        let floor = material(0.5, 0.0, 0.8);
        let mut builder = SceneBuilder::new()
            .quad([-20., 0., 20.], [40., 0., 0.], [0., 0., -40.], floor)
            .quad([-0.2, 2., -0.2], [0.4, 0., 0.], [0., 0., 0.4], emitter(10.0));
        for index in 0..count {
            builder = builder.light(PunctualLight {
                kind: LightKind::Point,
                position: [index as f32, 3.0, 0.0],
                direction: [0., -1., 0.],
                intensity: [1.0; 3],
                range_m: f32::INFINITY,
            });
        }
        Prepared::new(builder.build())
    }

    fn shares_at(prepared: &Prepared, x: f32) -> Shares {
        let position = Vec3::new(x, 0.0, 0.0);
        let receiver = Receiver { position, normal: UP, can_transmit: false };
        dispatch!(Level::new(), simd => prepared.light_groups.shares(simd, prepared, &receiver))
    }

    #[test]
    fn points_of_light_are_sampled_more_often_where_the_lamp_is_far() {
        let prepared = lamp_and_points(3);
        let shares = [0.0, 5.0, 15.0].map(|x| shares_at(&prepared, x));
        for Shares { emissive, punctual } in &shares {
            assert_eq!(emissive + punctual, WHOLE, "nothing is left for a sky that is not there");
        }
        let [near, middle, far] = shares.map(|shares| shares.punctual as f32 / WHOLE as f32);
        assert!(near < 0.5 * middle && middle < far, "{near} {middle} {far}");
        assert!(near > 0.099 && far < 0.901, "no kind is forgotten: {near} {far}");
    }

    #[test]
    fn only_kind_of_lights_gets_every_sample() {
        let prepared = lamp_and_points(0);
        let Shares { emissive, punctual } = shares_at(&prepared, 1.0);
        assert_eq!([emissive, punctual], [WHOLE, 0]);
    }
}
