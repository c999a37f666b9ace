//! Animations of glTF files: what moves, what is left out with a word, what is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p2c2r_scene::{
    ImportError, ImportLimits, Interpolation, MapResolver, NodePlace, PackError, Scene,
    SceneSource, UnpackLimits, load_gltf, pack, unpack,
};
use serde_json::{Value, json};

/// Bytes of one buffer with an accessor for each array.
#[derive(Default)]
struct Binary {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

impl Binary {
    fn array(&mut self, shape: &str, component: u32, count: usize, bytes: &[u8]) -> usize {
        let offset = self.bytes.len();
        self.views.push(json!({"buffer": 0, "byteOffset": offset, "byteLength": bytes.len()}));
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.accessors.push(json!({
            "bufferView": self.views.len() - 1, "componentType": component, "count": count,
            "type": shape, "normalized": component != 5126,
        }));
        self.accessors.len() - 1
    }

    fn floats(&mut self, shape: &str, values: &[f32]) -> usize {
        let width = ["SCALAR", "VEC2", "VEC3", "VEC4"].iter().position(|s| *s == shape).unwrap();
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(shape, 5126, values.len() / (width + 1), &bytes)
    }
}

/// Accessors of the test file.
const TIMES: usize = 1;
const PLACES: usize = 2;
const TURNS: usize = 3;
const SIZES: usize = 4;
const ZIGZAG: usize = 5;
const NO_TIMES: usize = 6;

/// A triangle on a moving node under a still one; beside it a lamp and a camera on a turning node, and
/// a joint on which nothing hangs.
fn document() -> Value {
    let mut binary = Binary::default();
    binary.floats("VEC3", &[0., 0., 0., 1., 0., 0., 0., 1., 0.]);
    assert_eq!(binary.floats("SCALAR", &[0.0, 1.0, 3.0]), TIMES);
    assert_eq!(binary.floats("VEC3", &[0., 0., 0., 2., 0., 0., 2., 4., 0.]), PLACES);
    // A quarter turn about y as normalized 16-bit numbers: 0.7071 and 0.7071.
    let turn = [0i16, 0, 0, 32_767, 0, 23_170, 0, 23_170, 0, 0, 0, 32_767];
    let turn: Vec<u8> = turn.iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(binary.array("VEC4", 5122, 3, &turn), TURNS);
    assert_eq!(binary.floats("VEC3", &[0., 0., 0., 1., 1., 1., 1., 1., 1.]), SIZES);
    assert_eq!(binary.floats("SCALAR", &[0.0, 3.0, 1.0]), ZIGZAG);
    assert_eq!(binary.floats("SCALAR", &[0.0, f32::NAN, 1.0]), NO_TIMES);
    let channel = |sampler: usize, node: usize, path: &str| json!({"sampler": sampler, "target": {"node": node, "path": path}});
    json!({
        "asset": {"version": "2.0"},
        "extensionsUsed": ["KHR_lights_punctual"],
        "extensions": {"KHR_lights_punctual": {"lights": [{"type": "spot", "spot": {}}]}},
        "buffers": [{"byteLength": binary.bytes.len(), "uri": format!(
            "data:application/octet-stream;base64,{}", STANDARD.encode(&binary.bytes))}],
        "bufferViews": binary.views,
        "accessors": binary.accessors,
        "cameras": [{"type": "perspective", "perspective": {"yfov": 0.8, "znear": 0.1}}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "nodes": [
            {"translation": [0, 10, 0], "children": [1, 2, 4]},
            {"mesh": 0, "translation": [5, 5, 5]},
            {"children": [3]},
            {"camera": 0, "translation": [0, 0, 2], "extensions": {"KHR_lights_punctual": {"light": 0}}},
            {"mesh": 0},
            {"name": "joint"},
        ],
        "scenes": [{"nodes": [0, 5]}],
        "animations": [{
            "name": "walk",
            "samplers": [
                {"input": TIMES, "output": PLACES},
                {"input": TIMES, "output": TURNS, "interpolation": "LINEAR"},
                {"input": TIMES, "output": PLACES, "interpolation": "STEP"},
            ],
            "channels": [channel(0, 1, "translation"), channel(1, 2, "rotation"), channel(2, 5, "translation")],
        }],
    })
}

fn load(document: &Value) -> Result<SceneSource, ImportError> {
    let text = serde_json::to_vec(document).unwrap();
    load_gltf(&text, &MapResolver::new(), &ImportLimits::default())
}

fn packed(source: &SceneSource) -> Scene {
    unpack(&pack(source).unwrap().bytes, &UnpackLimits::default()).unwrap()
}

/// The file with a change: the scene, and what was said about it.
fn changed(change: impl FnOnce(&mut Value)) -> (SceneSource, String) {
    let mut document = document();
    change(&mut document);
    let source = load(&document).unwrap();
    packed(&source);
    let warnings = source.warnings.join("; ");
    (source, warnings)
}

fn refused(change: impl FnOnce(&mut Value), expected: &str) {
    let mut document = document();
    change(&mut document);
    let message = load(&document).unwrap_err().to_string();
    assert!(message.contains(expected), "{message:?} does not contain {expected:?}");
}

/// Where the instance of this authored place is.
fn place(scene: &Scene, source_index: u32) -> [f32; 3] {
    let instance = scene.instances.iter().find(|i| i.source_index == source_index).unwrap();
    instance.world_from_object.map(|row| row[3])
}

#[test]
fn what_hangs_on_nodes_moves_with_them() {
    let (source, warnings) = changed(|_| ());
    assert_eq!(warnings, "");
    let animation = source.animation.as_ref().unwrap();
    // The node that moves, the one that turns, each with its still parent, and a child; no joint.
    assert_eq!((animation.nodes.len(), animation.channels.len()), (5, 2));
    assert!(matches!(animation.nodes[0].rest, NodePlace::Fixed(_)));
    assert_eq!((animation.clips[0].name.as_str(), animation.clips[0].duration_s), ("walk", 3.0));
    let stored = packed(&source);
    assert_eq!(place(&stored, 0), [0.0, 10.0, 0.0], "time 0 is the first key, not the rest");
    let posed = stored.posed(2_000_000);
    assert_eq!(place(&posed, 0), [2.0, 12.0, 0.0]);
    assert_eq!(place(&posed, 1), [0.0, 10.0, 0.0], "what does not move stays");
    // After a quarter turn about y, +z has become +x.
    let turned = stored.posed(1_000_000);
    let near = |a: [f32; 3], b: [f32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(near(turned.lights[0].position, [2.0, 10.0, 0.0]), "{:?}", turned.lights[0]);
    assert!(near(turned.lights[0].direction, [-1.0, 0.0, 0.0]), "{:?}", turned.lights[0]);
    let view = stored.default_view_at(1_000_000, 4, 3);
    assert!(near(view.world_from_camera.map(|row| row[3]), [2.0, 10.0, 0.0]), "{view:?}");
    assert!(near(view.world_from_camera.map(|row| row[2]), [1.0, 0.0, 0.0]), "{view:?}");
    assert_eq!(view.time_us, 1_000_000);
}

#[test]
fn package_holds_every_key_and_scenes_without_animation_nothing() {
    let (source, _) = changed(|_| ());
    let stored = packed(&source);
    let animation = stored.motion.as_ref().unwrap().animation();
    let given = source.animation.as_ref().unwrap();
    assert_eq!((&animation.nodes, &animation.channels), (&given.nodes, &given.channels));
    assert_eq!(animation.clips, given.clips);
    let still = SceneSource { animation: None, ..source.clone() };
    let with_nothing = changed(|document| document["animations"] = json!([])).0;
    assert!(packed(&still).motion.is_none() && with_nothing.animation.is_none());
    assert!(pack(&still).unwrap().bytes.len() < pack(&source).unwrap().bytes.len());
}

#[test]
fn damaged_animation_packages_end_in_an_error() {
    let bytes = pack(&changed(|_| ()).0).unwrap().bytes;
    for end in 0..bytes.len() {
        assert!(unpack(&bytes[..end], &UnpackLimits::default()).is_err());
    }
}

#[test]
fn what_is_flat_at_first_comes_back() {
    let grow = |document: &mut Value| {
        document["animations"][0]["samplers"][0]["output"] = json!(SIZES);
        document["animations"][0]["channels"][0]["target"]["path"] = json!("scale");
    };
    let (source, warnings) = changed(grow);
    assert_eq!(warnings, "");
    let stored = packed(&source);
    let flat = stored.instances.iter().find(|i| i.source_index == 0).unwrap();
    assert_eq!(flat.object_from_world, [[0.0; 4]; 3]);
    assert!(stored.bounds[1][0] <= 2.0, "what is flat is not there: {:?}", stored.bounds);
    let later = stored.posed(2_000_000);
    let grown = later.instances.iter().find(|i| i.source_index == 0).unwrap();
    assert_eq!(grown.world_from_object[0], [1.0, 0.0, 0.0, 5.0]);
    for (found, expected) in later.bounds[1].into_iter().zip([6.0, 16.0, 5.0]) {
        assert!((found - expected).abs() < 1e-3, "{:?}", later.bounds);
    }
}

#[test]
fn clips_play_together_and_splines_need_their_tangents() {
    let (source, warnings) = changed(|document| {
        document["animations"][0]["samplers"][2] =
            json!({"input": TIMES, "output": PLACES, "interpolation": "CUBICSPLINE"});
        document["animations"][0]["channels"][2]["target"]["node"] = json!(3);
        let second = json!({
            "samplers": [{"input": TIMES, "output": SIZES}, {"input": TIMES, "output": PLACES}],
            "channels": [
                {"sampler": 0, "target": {"node": 1, "path": "scale"}},
                {"sampler": 1, "target": {"node": 1, "path": "translation"}},
            ],
        });
        document["animations"].as_array_mut().unwrap().push(second);
    });
    assert!(warnings.contains("animation 0, channel 2: it has another number"), "{warnings}");
    assert!(warnings.contains("animation 1: moves what an earlier one moves"), "{warnings}");
    let animation = source.animation.unwrap();
    assert_eq!(animation.channels.len(), 3);
    assert_eq!(animation.clips[1].name, "animation-1");
    assert!(animation.channels.iter().all(|c| c.interpolation == Interpolation::Linear));
}

#[test]
fn what_cannot_be_played_is_named() {
    let sampler = |field: &'static str, accessor: usize| {
        move |document: &mut Value| {
            document["animations"][0]["samplers"][0][field] = json!(accessor);
        }
    };
    let said = |change: &dyn Fn(&mut Value)| changed(|document| change(document)).1;
    assert!(said(&sampler("input", ZIGZAG)).contains("channel 0: its keys are not in the order"));
    assert!(said(&sampler("input", NO_TIMES)).contains("channel 0: a key has no usable time"));
    let target = |path: &'static str| {
        move |document: &mut Value| {
            document["animations"][0]["channels"][0]["target"]["path"] = json!(path);
        }
    };
    assert!(said(&target("weights")).contains("animation 0: morph weights are ignored"));
    assert!(said(&target("pointer")).contains("KHR_animation_pointer is ignored"));
    let matrix = |document: &mut Value| {
        document["nodes"][1] =
            json!({"mesh": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]});
    };
    assert!(said(&matrix).contains("node 1 has a matrix and stays"));
    let joints_only = |document: &mut Value| {
        document["animations"][0]["channels"].as_array_mut().unwrap().drain(..2);
    };
    assert!(said(&joints_only).contains("animations move nothing that can be seen"));
}

#[test]
fn broken_animations_are_refused_with_the_place() {
    let animation = |pointer: &'static str, value: Value| {
        move |document: &mut Value| *document["animations"][0].pointer_mut(pointer).unwrap() = value
    };
    refused(animation("/channels/0/sampler", json!(9)), "sampler 9 does not exist");
    refused(animation("/samplers/0/input", json!(99)), "accessor 99 does not exist");
    refused(animation("/samplers/0/output", json!(99)), "accessor 99 does not exist");
    refused(animation("/samplers/0/output", json!(TURNS)), "VEC4 where VEC3 is needed");
    refused(animation("/channels/0/target/node", json!(77)), "node 77 does not exist");
    let odd = |document: &mut Value| {
        document["animations"][0]["samplers"][0]["interpolation"] = json!("BOUNCE");
    };
    refused(odd, "interpolation \"BOUNCE\"");
    refused(|document| document["nodes"][3]["children"] = json!([2]), "is a child of two nodes");
    let mut limits = ImportLimits::default();
    limits.content.max_animation_keys = 8;
    let text = serde_json::to_vec(&document()).unwrap();
    let error = load_gltf(&text, &MapResolver::new(), &limits).unwrap_err();
    assert!(error.to_string().contains("animation keys: 3, at most 8"), "{error}");
}

#[test]
fn hostile_animations_are_refused_when_packed() {
    let check = |change: fn(&mut p2c2r_scene::Animation), expected: &str| {
        let (mut source, _) = changed(|_| ());
        change(source.animation.as_mut().unwrap());
        let PackError::Invalid(error) = pack(&source).unwrap_err() else { panic!() };
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(|a| a.nodes[1].parent = Some(1), "node 1: its parent 1 of 1");
    check(|a| a.nodes[1].parent = Some(4), "node 1: its parent 4 of 1");
    check(|a| a.channels[0].node = 5, "animation channel 0: node 5 of 5");
    check(|a| a.channels[0].node = 0, "animation channel 0: its node");
    check(|a| a.channels[0].times_s[2] = f32::NAN, "a key has no usable time");
    check(|a| a.channels[0].values[0] = f32::INFINITY, "a value is not a usable number");
    check(|a| a.channels[0].times_s.reverse(), "not in the order of time");
    check(|a| a.channels.push(a.channels[0].clone()), "animation channel 2: its node");
    check(|a| a.instances[0].item = 2, "attachment 0: instance 2 of 2");
    check(|a| a.cameras[0].node = 9, "attachment 0: node 9 of 5");
    check(|a| a.lights.push(a.lights[0]), "the order");
    check(|a| a.clips[0].duration_s = f32::NAN, "animation 0: length");
    check(|a| a.nodes[0].rest = NodePlace::Fixed([[f32::NAN; 4]; 3]), "node 0: its place");
}

#[test]
fn tracks_that_fly_away_leave_a_finite_world() {
    let (mut source, _) = changed(|_| ());
    let animation = source.animation.as_mut().unwrap();
    animation.channels[0].values[3..6].fill(9e8);
    let stored = packed(&source);
    for time_us in (0..3_000_000).step_by(100_000) {
        let posed = stored.posed(time_us);
        let numbers = posed.bounds.as_flattened().iter();
        assert!(numbers.clone().all(|x| x.is_finite()), "{:?}", posed.bounds);
        let placed = posed.instances.iter().flat_map(|i| i.world_from_object);
        assert!(placed.flatten().all(f32::is_finite));
    }
}
