//! The tree of nodes into placed meshes, cameras and lights.

use std::ops::Range;

use super::animation::Clips;
use super::container::File;
use super::error::{ImportError, at};
use super::moving::Moving;
use super::schema::{self, Node};
use crate::math::{Affine, Vec3, larger, sin_cos, tan};
use crate::pose::{light_place, rigid};
use crate::source::warn;
use crate::{Camera, InstanceSource, LightKind, NodePlace, PunctualLight, SceneSource};

/// Least difference of a spot light's cosines, so that its fall-off has a width.
const LEAST_CONE_WIDTH: f32 = 1e-4;

/// A node that waits for its turn.
struct Pending {
    node: usize,
    world_from_parent: Affine,
    /// Its parent among the nodes that move.
    moving_parent: Option<u32>,
    depth: usize,
}

/// Places all that the default scene holds, as it is at time 0.
pub(super) fn import_nodes(
    file: &mut File<'_>,
    mesh_ranges: &[Range<u32>],
    clips: Clips,
    scene: &mut SceneSource,
) -> Result<(), ImportError> {
    let mut is_visited = vec![false; file.document.nodes.len()];
    let root =
        |node| Pending { node, world_from_parent: Affine::IDENTITY, moving_parent: None, depth: 1 };
    let mut pending: Vec<Pending> = roots(file)?.into_iter().rev().map(root).collect();
    let mut warnings = std::mem::take(&mut file.warnings);
    let mut moving = Moving::new(clips);
    while let Some(Pending { node: index, world_from_parent, moving_parent, depth }) = pending.pop()
    {
        let node = at(&file.document.nodes, index, "node", || "the tree of nodes".to_owned())?;
        // A node has one parent at most; this also finds cycles and bounds the work.
        if std::mem::replace(&mut is_visited[index], true) {
            let place = format!("node {index}");
            return Err(ImportError::form(place, "is a child of two nodes, or of itself"));
        }
        if depth > file.limits.max_node_depth {
            let (found, limit) = (depth as u64, file.limits.max_node_depth as u64);
            return Err(ImportError::TooMuch { what: "levels of nodes", found, limit });
        }
        let mut place = node_place(node);
        let moving_node = moving.visit(index, &mut place, moving_parent, &world_from_parent);
        let world_from_node = world_from_parent.after(&place.parent_from_node());
        let counts = [scene.instances.len(), scene.cameras.len(), scene.lights.len()];
        let hangs_on = (index, node, &world_from_node);
        place_contents(file, mesh_ranges, hangs_on, scene, &mut warnings)?;
        moving.attach_instances(moving_node, counts[0]..scene.instances.len());
        moving.attach_cameras(moving_node, counts[1]..scene.cameras.len());
        moving.attach_lights(moving_node, counts[2]..scene.lights.len());
        let child = |&node: &usize| Pending {
            node,
            world_from_parent: world_from_node,
            moving_parent: moving_node,
            depth: depth + 1,
        };
        pending.extend(node.children.iter().rev().map(child));
    }
    scene.animation = moving.finish();
    file.warnings = warnings;
    Ok(())
}

/// Places what hangs on a node: mesh, camera, light.
fn place_contents(
    file: &File<'_>,
    mesh_ranges: &[Range<u32>],
    (index, node, world_from_node): (usize, &Node, &Affine),
    scene: &mut SceneSource,
    warnings: &mut Vec<String>,
) -> Result<(), ImportError> {
    let place = || format!("node {index}");
    if let Some(mesh) = node.mesh {
        let range = at(mesh_ranges, mesh, "mesh", place)?.clone();
        let world_from_object = world_from_node.rows;
        let placed = range.map(|mesh| InstanceSource { world_from_object, mesh });
        scene.instances.extend(placed);
        let (found, limit) = (scene.instances.len() as u64, file.limits.content.max_instances);
        if found > limit {
            return Err(ImportError::TooMuch { what: "instances", found, limit });
        }
    }
    if let Some(camera) = node.camera {
        let record = at(&file.document.cameras, camera, "camera", place)?;
        match import_camera(record, node, world_from_node, scene.cameras.len()) {
            Some(camera) => scene.cameras.push(camera),
            None => warn(warnings, format!("camera {camera}: no usable perspective, left out")),
        }
    }
    if let Some(light) = &node.extensions.light {
        let lights = file.document.extensions.lights.as_ref();
        let lights = lights.map_or(&[][..], |lights| &lights.lights);
        let record = at(lights, light.light, "light", place)?;
        match import_light(record, world_from_node) {
            Some(light) => scene.lights.push(light),
            None => warn(warnings, format!("light {}: not usable, left out", light.light)),
        }
    }
    Ok(())
}

/// Roots of the default scene; of the first where none is default; all nodes without parent where
/// there are no scenes.
fn roots(file: &File<'_>) -> Result<Vec<usize>, ImportError> {
    let document = &file.document;
    if document.scene.is_none() && document.scenes.is_empty() {
        let mut is_child = vec![false; document.nodes.len()];
        for &child in document.nodes.iter().flat_map(|node| &node.children) {
            if let Some(is_child) = is_child.get_mut(child) {
                *is_child = true;
            }
        }
        return Ok((0..is_child.len()).filter(|&index| !is_child[index]).collect());
    }
    let index = document.scene.unwrap_or(0);
    Ok(at(&document.scenes, index, "scene", || "the document".to_owned())?.nodes.clone())
}

fn node_place(node: &Node) -> NodePlace {
    if let Some(m) = node.matrix {
        // By columns in the file; its last row is 0 0 0 1.
        let row = |r: usize| [m[r], m[4 + r], m[8 + r], m[12 + r]];
        return NodePlace::Fixed([row(0), row(1), row(2)]);
    }
    NodePlace::Free {
        translation: node.translation.unwrap_or([0.0; 3]),
        rotation: node.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0]),
        scale: node.scale.unwrap_or([1.0; 3]),
    }
}

/// A camera without the scale of its node; `None` if it is not perspective or has no direction.
fn import_camera(
    record: &schema::Camera,
    node: &Node,
    world_from_node: &Affine,
    position: usize,
) -> Option<Camera> {
    let yfov = record.perspective.as_ref()?.yfov;
    if !(yfov > 0.0 && yfov < crate::math::PI) {
        return None;
    }
    let rigid = rigid(world_from_node)?;
    let name = record.name.clone().or_else(|| node.name.clone());
    Some(Camera {
        name: name.unwrap_or_else(|| format!("camera-{position}")),
        world_from_camera: rigid.rows,
        tan_half_fov_y: tan(0.5 * yfov),
    })
}

fn import_light(record: &schema::Light, world_from_node: &Affine) -> Option<PunctualLight> {
    let kind = match record.kind.as_str() {
        "point" => LightKind::Point,
        "directional" => LightKind::Directional,
        "spot" => {
            let spot = record.spot.as_ref()?;
            let cos_outer = sin_cos(spot.outer_cone_angle).1;
            let cos_inner = larger(sin_cos(spot.inner_cone_angle).1, cos_outer + LEAST_CONE_WIDTH);
            let cos_inner = if cos_inner > 1.0 { 1.0 } else { cos_inner };
            let cos_outer = if cos_outer < cos_inner { cos_outer } else { 1.0 - LEAST_CONE_WIDTH };
            LightKind::Spot { cos_inner, cos_outer }
        }
        _ => return None,
    };
    let (position, direction) = light_place(world_from_node);
    Some(PunctualLight {
        kind,
        position: position.to_array(),
        direction: direction.to_array(),
        intensity: (Vec3::from(record.color) * record.intensity).to_array(),
        range_m: record.range.filter(|&range| range > 0.0).unwrap_or(f32::INFINITY),
    })
}
