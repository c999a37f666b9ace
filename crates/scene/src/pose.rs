//! A scene at another time: what moves is placed anew, the rest is shared.
//!
//! Every peer poses by itself from the same package and the same whole number of microseconds, so all of
//! this gives the same bits on every target, whatever pose came before.

use crate::assemble::{FLAT, world_bounds};
use crate::bvh::{Bounds, BuiltTree, TopologyReader, build_tree, cut_empty, empty_node, refit};
use crate::check::{inverse_of, is_coordinate, matrix_is_usable};
use crate::emissive::{MeshEmission, collect_emissive};
use crate::math::{Affine, Vec3};
use crate::{Animation, BvhNode, Camera, Instance, NO_INDEX, PunctualLight, Scene};

/// A top level whose rays are expected to visit so many times as many boxes as in the stored one is
/// built anew.
const REBUILD_FACTOR: f32 = 1.3;

/// What a scene keeps so that it can be posed.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    animation: Animation,
    /// Box of each mesh in its own space.
    mesh_bounds: Vec<Bounds>,
    /// What each mesh emits; empty unless something that moves emits.
    emissions: Vec<MeshEmission>,
    /// The top level as stored, with a place for what is flat at time 0.
    stored_top: Vec<BvhNode>,
    /// Its expected cost at time 0.
    stored_cost: f32,
}

impl Motion {
    /// Of a scene as stored.
    pub(crate) fn new(
        animation: Animation,
        scene: &Scene,
        stored_top: Vec<BvhNode>,
        mesh_bounds: Vec<Bounds>,
        emissions: Vec<MeshEmission>,
    ) -> Self {
        let does_emit = animation.instances.iter().any(|attachment| {
            let mesh = scene.instances[attachment.item as usize].mesh;
            !emissions[mesh as usize].is_dark()
        });
        let emissions = if does_emit { emissions } else { Vec::new() };
        let stored_cost = relative_cost(&scene.nodes);
        Self { animation, mesh_bounds, emissions, stored_top, stored_cost }
    }

    /// What moves.
    pub const fn animation(&self) -> &Animation {
        &self.animation
    }

    /// Bytes of the keys and of what posing needs.
    pub(crate) fn array_bytes(&self) -> usize {
        let keys = |channel: &crate::Channel| {
            size_of_val(channel.times_s.as_slice()) + size_of_val(channel.values.as_slice())
        };
        self.animation.channels.iter().map(keys).sum::<usize>()
            + size_of_val(self.animation.nodes.as_slice())
            + size_of_val(self.mesh_bounds.as_slice())
            + size_of_val(self.stored_top.as_slice())
    }
}

impl Scene {
    /// Seconds after which the animation begins again; 0 where nothing moves.
    pub fn duration_s(&self) -> f32 {
        self.motion.as_ref().map_or(0.0, |motion| motion.animation.duration_s())
    }

    /// The scene at a time. Call it on the scene as it was unpacked, which is the pose at time 0.
    ///
    /// Meshes, textures and materials are shared with this one; so are the lights, unless they move.
    pub fn posed(&self, time_us: u64) -> Self {
        let mut posed = self.clone();
        let Some(motion) = &self.motion else { return posed };
        let worlds = motion.animation.world_from_nodes(time_us);
        for attachment in &motion.animation.instances {
            let instance = &mut posed.instances[attachment.item as usize];
            place_instance(instance, &worlds[attachment.node as usize], &motion.mesh_bounds);
        }
        for attachment in &motion.animation.cameras {
            let camera = &mut posed.cameras[attachment.item as usize];
            place_camera(camera, &worlds[attachment.node as usize]);
        }
        for attachment in &motion.animation.lights {
            let light = &mut posed.lights[attachment.item as usize];
            place_light(light, &worlds[attachment.node as usize]);
        }
        pose_top_level(&mut posed, motion);
        if !motion.emissions.is_empty() {
            // There are no more of them than in the scene as stored, which has been checked.
            let _ = collect_emissive(&mut posed, &motion.emissions, u64::MAX);
        }
        posed
    }

    /// The cameras at a time.
    pub fn cameras_at(&self, time_us: u64) -> Vec<Camera> {
        let mut cameras = self.cameras.clone();
        if let Some(motion) = &self.motion
            && !motion.animation.cameras.is_empty()
        {
            let worlds = motion.animation.world_from_nodes(time_us);
            for attachment in &motion.animation.cameras {
                let camera = &mut cameras[attachment.item as usize];
                place_camera(camera, &worlds[attachment.node as usize]);
            }
        }
        cameras
    }

    /// The maps from objects to the world at a time, of the instances that move: index and map.
    pub fn moving_places(&self, time_us: u64) -> Vec<(u32, Affine)> {
        let Some(motion) = &self.motion else { return Vec::new() };
        let worlds = motion.animation.world_from_nodes(time_us);
        let attachments = &motion.animation.instances;
        attachments.iter().map(|a| (a.item, worlds[a.node as usize])).collect()
    }
}

/// Places an instance; one that is flat, or out of the world, is met by no ray.
fn place_instance(instance: &mut Instance, world_from_object: &Affine, mesh_bounds: &[Bounds]) {
    let rows = world_from_object.rows;
    let bounds = mesh_bounds[instance.mesh as usize];
    let is_in_world =
        matrix_is_usable(&rows) && is_coordinate(bounds.transformed(&rows).magnitude());
    let inverse = if is_in_world { inverse_of(&rows) } else { None };
    instance.world_from_object = if is_in_world { rows } else { Affine::IDENTITY.rows };
    instance.object_from_world = inverse.unwrap_or(FLAT);
}

/// Places a camera; one without a direction stays where it was.
fn place_camera(camera: &mut Camera, world_from_node: &Affine) {
    if let Some(map) = rigid(world_from_node).filter(|map| matrix_is_usable(&map.rows)) {
        camera.world_from_camera = map.rows;
    }
}

/// Places a light; one that leaves the world, or has no direction, stays where it was.
fn place_light(light: &mut PunctualLight, world_from_node: &Affine) {
    let (position, direction) = light_place(world_from_node);
    let is_unit = (direction.length_squared() - 1.0).abs() < 1e-3;
    if position.to_array().iter().all(|&x| is_coordinate(x)) && is_unit {
        (light.position, light.direction) = (position.to_array(), direction.to_array());
    }
}

/// The map of a camera on a node, without the node's scale; none without a direction to look in.
pub(crate) fn rigid(world_from_node: &Affine) -> Option<Affine> {
    let back = world_from_node.column(2).normalized()?;
    let up = world_from_node.column(1);
    let right = up.cross(back).normalized()?;
    Some(Affine::from_axes(right, back.cross(right), back, world_from_node.column(3)))
}

/// Where a light on a node is, and whither it shines.
pub(crate) fn light_place(world_from_node: &Affine) -> (Vec3, Vec3) {
    let down = Vec3::new(0.0, 0.0, -1.0);
    (world_from_node.column(3), world_from_node.vector(down).normalized_or(down))
}

/// Fits the stored tree to the instances, or builds another where that would be a bad one.
fn pose_top_level(posed: &mut Scene, motion: &Motion) {
    let boxes: Vec<Bounds> = posed
        .instances
        .iter()
        .map(|instance| world_bounds(instance, &motion.mesh_bounds))
        .collect();
    let mut nodes = motion.stored_top.clone();
    let whole = refit(&mut nodes, 0, |instance| boxes[instance as usize]);
    cut_empty(&mut nodes);
    if relative_cost(&nodes) > motion.stored_cost * REBUILD_FACTOR {
        nodes = rebuilt(&boxes, nodes.len());
    }
    if whole.is_inhabited() {
        posed.bounds = [whole.min.to_array(), whole.max.to_array()];
    }
    posed.nodes = nodes;
}

/// A new top level over all that can be met, in as many nodes as the stored one has.
fn rebuilt(boxes: &[Bounds], top_count: usize) -> Vec<BvhNode> {
    let there: Vec<u32> =
        (0..boxes.len() as u32).filter(|&i| boxes[i as usize].is_inhabited()).collect();
    let there_boxes: Vec<Bounds> = there.iter().map(|&i| boxes[i as usize]).collect();
    let BuiltTree { order, topology } = build_tree(&there_boxes, 1);
    let mut nodes = Vec::with_capacity(top_count);
    TopologyReader::new(&topology)
        .read_tree(0, there.len() as u32, 1, &mut nodes)
        .expect("a tree that was just built can be read");
    refit(&mut nodes, 0, |place| there_boxes[order[place as usize] as usize]);
    // Leaves counted on the tree's own order; instances stay where they are.
    let instance_at = |place: u32| there[order[place as usize] as usize];
    for node in &mut nodes {
        if node.left_count > 0 {
            node.left_child = instance_at(node.left_child);
        }
        if node.right_count > 0 {
            node.right_child = instance_at(node.right_child);
        }
    }
    nodes.resize(top_count, empty_node());
    nodes
}

/// Boxes that a ray through the root is expected to visit (MacDonald and Booth 1990).
fn relative_cost(nodes: &[BvhNode]) -> f32 {
    let boxes = |node: &BvhNode| {
        let left = Bounds { min: node.left_min.into(), max: node.left_max.into() };
        let right = Bounds { min: node.right_min.into(), max: node.right_max.into() };
        [(left, node.left_child), (right, node.right_child)]
    };
    let Some(root) = nodes.first() else { return 0.0 };
    let [(left, _), (right, _)] = boxes(root);
    let mut reached = vec![false; nodes.len()];
    reached[0] = true;
    let mut sum = 0.0;
    // Children come after their parents.
    for (index, node) in nodes.iter().enumerate() {
        if !reached[index] {
            continue;
        }
        let counts = [node.left_count, node.right_count];
        for ((bounds, child), count) in boxes(node).into_iter().zip(counts) {
            if child != NO_INDEX {
                sum += bounds.half_area();
                if count == 0 {
                    reached[child as usize] = true;
                }
            }
        }
    }
    let root_area = left.union(right).half_area();
    if root_area > 0.0 { sum / root_area } else { 0.0 }
}
