//! The tree of nodes into placed meshes, cameras and lights.

use std::ops::Range;

use super::container::File;
use super::error::{ImportError, at};
use super::schema::{self, Node};
use crate::math::{Affine, Vec3, larger, sin_cos, tan};
use crate::source::warn;
use crate::{Camera, InstanceSource, LightKind, PunctualLight, SceneSource};

/// Least difference of a spot light's cosines, so that its fall-off has a width.
const LEAST_CONE_WIDTH: f32 = 1e-4;

/// Places all that the default scene holds.
pub(super) fn import_nodes(
    file: &mut File<'_>,
    mesh_ranges: &[Range<u32>],
    scene: &mut SceneSource,
) -> Result<(), ImportError> {
    let mut is_visited = vec![false; file.document.nodes.len()];
    let mut pending: Vec<(usize, Affine, usize)> =
        roots(file)?.into_iter().rev().map(|node| (node, Affine::IDENTITY, 1)).collect();
    let mut warnings = std::mem::take(&mut file.warnings);
    while let Some((index, world_from_parent, depth)) = pending.pop() {
        let place = || format!("node {index}");
        let node = at(&file.document.nodes, index, "node", || "the tree of nodes".to_owned())?;
        // A node has one parent at most; this also finds cycles and bounds the work.
        if std::mem::replace(&mut is_visited[index], true) {
            return Err(ImportError::form(place(), "is a child of two nodes, or of itself"));
        }
        if depth > file.limits.max_node_depth {
            let (found, limit) = (depth as u64, file.limits.max_node_depth as u64);
            return Err(ImportError::TooMuch { what: "levels of nodes", found, limit });
        }
        let world_from_node = world_from_parent.after(&parent_from_node(node));
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
            match import_camera(record, node, &world_from_node, scene.cameras.len()) {
                Some(camera) => scene.cameras.push(camera),
                None => {
                    warn(
                        &mut warnings,
                        format!("camera {camera}: no usable perspective, left out"),
                    );
                }
            }
        }
        if let Some(light) = &node.extensions.light {
            let lights = file.document.extensions.lights.as_ref();
            let lights = lights.map_or(&[][..], |lights| &lights.lights);
            let record = at(lights, light.light, "light", place)?;
            match import_light(record, &world_from_node) {
                Some(light) => scene.lights.push(light),
                None => warn(&mut warnings, format!("light {}: not usable, left out", light.light)),
            }
        }
        let children = node.children.iter().rev();
        pending.extend(children.map(|&child| (child, world_from_node, depth + 1)));
    }
    file.warnings = warnings;
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

fn parent_from_node(node: &Node) -> Affine {
    if let Some(m) = node.matrix {
        // By columns in the file; its last row is 0 0 0 1.
        let row = |r: usize| [m[r], m[4 + r], m[8 + r], m[12 + r]];
        return Affine::from_rows([row(0), row(1), row(2)]);
    }
    let translation = node.translation.unwrap_or([0.0; 3]);
    let [x, y, z, w] = node.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0]);
    let length = (x * x + y * y + z * z + w * w).sqrt();
    let quaternion = if length > 0.0 && length.is_finite() {
        [x / length, y / length, z / length, w / length]
    } else {
        [0.0, 0.0, 0.0, 1.0]
    };
    let scale = node.scale.unwrap_or([1.0; 3]);
    let turned = Affine::rotation(quaternion).after(&Affine::scaling(scale.into()));
    Affine::translation(translation.into()).after(&turned)
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
    let back = world_from_node.column(2).normalized()?;
    let up = world_from_node.column(1);
    let right = up.cross(back).normalized()?;
    let rigid = Affine::from_axes(right, back.cross(right), back, world_from_node.column(3));
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
    let down = Vec3::new(0.0, 0.0, -1.0);
    Some(PunctualLight {
        kind,
        position: world_from_node.column(3).to_array(),
        direction: world_from_node.vector(down).normalized_or(down).to_array(),
        intensity: (Vec3::from(record.color) * record.intensity).to_array(),
        range_m: record.range.filter(|&range| range > 0.0).unwrap_or(f32::INFINITY),
    })
}
