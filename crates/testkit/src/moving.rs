//! A small scene in which everything moves: boxes, a lamp, a point light and the camera.

use std::sync::Arc;

use p2c2r_scene::{
    Animation, Attachment, Camera, Channel, Clip, InstanceSource, Interpolation, LightKind,
    MeshSource, MovingNode, NodePlace, Property, PunctualLight, Scene, SceneSource, UnpackLimits,
    math::Affine, pack, unpack,
};

use crate::{emitter, material, words_of_seed};

/// Boxes that move.
const BOXES: u32 = 24;
/// Seconds until it begins again.
const LENGTH_S: f32 = 4.0;

/// The scene as a peer would unpack it.
///
/// # Panics
/// If the scene is not valid.
pub fn moving_scene() -> Arc<Scene> {
    let packed = pack(&moving_source()).expect("the scene is valid");
    let scene = unpack(&packed.bytes, &UnpackLimits::default());
    Arc::new(scene.expect("a package that was just made can be read"))
}

/// The scene as authored. One box is flat at time 0, one is flat in the middle.
pub fn moving_source() -> SceneSource {
    let mut source = SceneSource {
        materials: vec![material(0.6, 0.0, 0.8), material(0.5, 1.0, 0.3), emitter(12.0)],
        meshes: vec![floor(), cube(1), lamp()],
        lights: vec![PunctualLight {
            kind: LightKind::Point,
            position: [0.0; 3],
            direction: [0.0, 0.0, -1.0],
            intensity: [30.0, 20.0, 10.0],
            range_m: f32::INFINITY,
        }],
        cameras: vec![Camera {
            name: "moving".to_owned(),
            world_from_camera: Affine::IDENTITY.rows,
            tan_half_fov_y: 0.4,
        }],
        ..SceneSource::default()
    };
    let mut animation = Animation::default();
    let mut words = words_of_seed(11);
    let mut unit = || (words() >> 8) as f32 / (1u32 << 24) as f32;
    place(&mut source, 0, Affine::IDENTITY);
    for index in 0..BOXES {
        let node = node(&mut animation);
        let from = [unit() * 8.0 - 4.0, unit() * 3.0, unit() * 8.0 - 4.0];
        // Far from where they begin, so that the first tree is no good in the middle.
        let to = [4.0 - unit() * 8.0, 0.5 + unit() * 3.0, 4.0 - unit() * 8.0];
        let values = [from, to, from].concat();
        animation.channels.push(channel(
            node,
            Property::Translation,
            Interpolation::Linear,
            values,
        ));
        let turn = [unit(), unit(), unit(), 0.4];
        let values = [[0.0, 0.0, 0.0, 1.0], turn, [0.0, 0.0, 0.0, 1.0]].concat();
        animation.channels.push(channel(node, Property::Rotation, Interpolation::Linear, values));
        if index < 2 {
            let (first, middle) = if index == 0 { (0.0, 1.0) } else { (1.0, 0.0) };
            let values = [[first; 3], [middle; 3], [first; 3]].concat();
            animation.channels.push(channel(node, Property::Scale, Interpolation::Linear, values));
        }
        hang(&mut source, &mut animation, 1, node);
    }
    let lamp_node = node(&mut animation);
    let values = [[-3.0, 4.0, 0.0], [3.0, 4.5, 1.0], [-3.0, 4.0, 0.0]];
    let tangents = values.map(|value| [[0.0; 3], value, [0.5, 0.0, 0.0]]);
    let values = tangents.as_flattened().concat();
    let spline = Interpolation::CubicSpline;
    animation.channels.push(channel(lamp_node, Property::Translation, spline, values));
    hang(&mut source, &mut animation, 2, lamp_node);
    let rig = node(&mut animation);
    let values = [[0.0, 2.5, 12.0], [1.5, 3.0, 11.0], [0.0, 2.5, 12.0]].concat();
    animation.channels.push(channel(rig, Property::Translation, Interpolation::Linear, values));
    animation.cameras.push(Attachment { item: 0, node: rig });
    animation.lights.push(Attachment { item: 0, node: lamp_node });
    animation.clips.push(Clip { name: "all".to_owned(), duration_s: LENGTH_S });
    let worlds = animation.world_from_nodes(0);
    for attachment in &animation.instances {
        let world = worlds[attachment.node as usize].rows;
        source.instances[attachment.item as usize].world_from_object = world;
    }
    source.cameras[0].world_from_camera = worlds[rig as usize].rows;
    source.lights[0].position = worlds[lamp_node as usize].column(3).to_array();
    source.animation = Some(animation);
    source
}

fn node(animation: &mut Animation) -> u32 {
    let rest =
        NodePlace::Free { translation: [0.0; 3], rotation: [0.0, 0.0, 0.0, 1.0], scale: [1.0; 3] };
    animation.nodes.push(MovingNode { parent: None, rest });
    animation.nodes.len() as u32 - 1
}

/// Three keys: begin, middle, end.
fn channel(
    node: u32,
    property: Property,
    interpolation: Interpolation,
    values: Vec<f32>,
) -> Channel {
    let times_s = vec![0.0, 0.5 * LENGTH_S, LENGTH_S];
    Channel { node, property, interpolation, times_s, values }
}

fn place(source: &mut SceneSource, mesh: u32, world_from_object: Affine) {
    source.instances.push(InstanceSource { world_from_object: world_from_object.rows, mesh });
}

fn hang(source: &mut SceneSource, animation: &mut Animation, mesh: u32, node: u32) {
    animation.instances.push(Attachment { item: source.instances.len() as u32, node });
    place(source, mesh, Affine::IDENTITY);
}

fn floor() -> MeshSource {
    let corner = |x: f32, z: f32| [x, -0.5, z];
    MeshSource {
        positions: vec![corner(-8., 8.), corner(8., 8.), corner(8., -8.), corner(-8., -8.)],
        normals: vec![[0.0, 1.0, 0.0]; 4],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
        material: 0,
        ..MeshSource::default()
    }
}

fn lamp() -> MeshSource {
    let corner = |x: f32, z: f32| [x, -0.2, z];
    MeshSource {
        positions: vec![corner(-1., -1.), corner(1., -1.), corner(1., 1.), corner(-1., 1.)],
        normals: vec![[0.0, -1.0, 0.0]; 4],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
        material: 2,
        ..MeshSource::default()
    }
}

/// A cube of side 1 around the origin.
fn cube(material: u32) -> MeshSource {
    let mut mesh = MeshSource { material, ..MeshSource::default() };
    for axis in 0..3 {
        for side in [-0.5f32, 0.5] {
            let first = mesh.positions.len() as u32;
            for (s, t) in [(-0.5f32, -0.5f32), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)] {
                let mut corner = [0.0; 3];
                corner[axis] = side;
                // Seen from outside, the corners turn counter-clockwise.
                corner[(axis + 1) % 3] = if side > 0.0 { s } else { -s };
                corner[(axis + 2) % 3] = t;
                mesh.positions.push(corner);
                let mut normal = [0.0; 3];
                normal[axis] = 2.0 * side;
                mesh.normals.push(normal);
            }
            mesh.triangles.push([first, first + 1, first + 2]);
            mesh.triangles.push([first, first + 2, first + 3]);
        }
    }
    mesh
}
