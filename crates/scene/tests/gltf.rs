//! glTF import: what the format says, what is ignored with a word, and what is refused with a reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p2c2r_scene::{
    AlphaMode, ImportError, ImportLimits, InvalidScene, LightKind, MapResolver, SceneSource,
    TextureWrap, UnpackLimits, load_gltf, pack, unpack,
};
use serde_json::{Value, json};

/// A red PNG of one texel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// Binary content with a buffer view for each part.
#[derive(Default)]
struct Binary {
    bytes: Vec<u8>,
    views: Vec<Value>,
}

impl Binary {
    fn view(&mut self, bytes: &[u8]) -> usize {
        let offset = self.bytes.len();
        self.views.push(json!({"buffer": 0, "byteOffset": offset, "byteLength": bytes.len()}));
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.views.len() - 1
    }

    fn floats(&mut self, values: &[f32]) -> usize {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.view(&bytes)
    }
}

/// A quad of two triangles in the xy plane, with texture coordinates, normals and 16-bit indices.
fn quad() -> Value {
    let mut binary = Binary::default();
    binary.floats(&[0., 0., 0., 1., 0., 0., 1., 1., 0., 0., 1., 0.]);
    binary.floats(&[0., 0., 1., 0., 0., 1., 0., 0., 1., 0., 0., 1.]);
    binary.floats(&[0., 1., 1., 1., 1., 0., 0., 0.]);
    binary.view(&[0, 0, 1, 0, 2, 0, 0, 0, 2, 0, 3, 0]);
    json!({
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": binary.bytes.len(), "uri": data_uri(&binary.bytes)}],
        "bufferViews": binary.views,
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]},
            {"bufferView": 1, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 2, "componentType": 5126, "count": 4, "type": "VEC2"},
            {"bufferView": 3, "componentType": 5123, "count": 6, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{
            "attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0,
        }]}],
        "materials": [{}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    })
}

fn data_uri(bytes: &[u8]) -> String {
    format!("data:application/octet-stream;base64,{}", STANDARD.encode(bytes))
}

fn load(document: &Value) -> Result<SceneSource, ImportError> {
    let text = serde_json::to_vec(document).unwrap();
    load_gltf(&text, &MapResolver::new(), &ImportLimits::default())
}

/// The quad with a change; it must load, pack and unpack.
fn loaded(change: impl FnOnce(&mut Value)) -> SceneSource {
    let mut document = quad();
    change(&mut document);
    let scene = load(&document).unwrap();
    let packed = pack(&scene).unwrap();
    unpack(&packed.bytes, &UnpackLimits::default()).unwrap();
    scene
}

fn refused(change: impl FnOnce(&mut Value), expected: &str) {
    let mut document = quad();
    change(&mut document);
    let message = load(&document).unwrap_err().to_string();
    assert!(message.contains(expected), "{message:?} does not contain {expected:?}");
}

fn with_texture(document: &mut Value) {
    document["images"] = json!([{"uri": format!("data:image/png;base64,{PNG}")}]);
    document["textures"] = json!([{"source": 0}]);
}

#[test]
fn quad_comes_out_as_it_is() {
    let scene = loaded(|_| ());
    assert_eq!(scene.meshes[0].triangles, [[0, 1, 2], [0, 2, 3]]);
    assert_eq!(scene.meshes[0].positions[2], [1.0, 1.0, 0.0]);
    assert_eq!(scene.meshes[0].uvs[3], [0.0, 0.0]);
    assert!(scene.warnings.is_empty(), "{:?}", scene.warnings);
}

#[test]
fn strips_and_fans_keep_their_winding() {
    let triangles = |mode: u32| {
        loaded(|document| {
            let primitive = &mut document["meshes"][0]["primitives"][0];
            primitive["mode"] = json!(mode);
            primitive.as_object_mut().unwrap().remove("indices");
        })
        .meshes[0]
            .triangles
            .clone()
    };
    assert_eq!(triangles(5), [[0, 1, 2], [2, 1, 3]]);
    assert_eq!(triangles(6), [[0, 1, 2], [0, 2, 3]]);
}

#[test]
fn bytes_and_words_serve_as_indices() {
    for (component_type, bytes) in [
        (5121, vec![0, 1, 2, 0, 2, 3]),
        (5125, [0u32, 1, 2, 0, 2, 3].iter().flat_map(|i| i.to_le_bytes()).collect()),
    ] {
        let scene = loaded(|document| {
            document["buffers"]
                .as_array_mut()
                .unwrap()
                .push(json!({"byteLength": bytes.len(), "uri": data_uri(&bytes)}));
            document["bufferViews"][3] = json!({"buffer": 1, "byteLength": bytes.len()});
            document["accessors"][3]["componentType"] = json!(component_type);
        });
        assert_eq!(scene.meshes[0].triangles, [[0, 1, 2], [0, 2, 3]]);
    }
}

#[test]
fn missing_normals_are_flat_and_missing_tangents_follow_the_texture() {
    let scene = loaded(|document| {
        with_texture(document);
        document["materials"] = json!([{"normalTexture": {"index": 0, "scale": 0.5}}]);
        let attributes = &mut document["meshes"][0]["primitives"][0]["attributes"];
        attributes.as_object_mut().unwrap().remove("NORMAL");
    });
    let mesh = &scene.meshes[0];
    assert_eq!(mesh.positions.len(), 6);
    assert!(mesh.normals.iter().all(|&normal| normal == [0.0, 0.0, 1.0]));
    assert!(mesh.tangents.iter().all(|&tangent| tangent == [1.0, 0.0, 0.0, -1.0]));
    assert_eq!(scene.materials[0].normal_scale, 0.5);
}

#[test]
fn one_mesh_in_many_nodes_is_many_instances() {
    let scene = loaded(|document| {
        document["nodes"] = json!([
            {"children": [1, 2], "translation": [0, 5, 0], "scale": [2, 2, 2]},
            {"mesh": 0, "translation": [1, 0, 0]},
            {"mesh": 0, "scale": [-1, 1, 1], "rotation": [0, 0, 1, 1]},
        ]);
    });
    assert_eq!((scene.meshes.len(), scene.instances.len()), (1, 2));
    let first = scene.instances[0].world_from_object;
    assert_eq!(first[0], [2.0, 0.0, 0.0, 2.0]);
    assert_eq!(first[1], [0.0, 2.0, 0.0, 5.0]);
    let mirrored = scene.instances[1].world_from_object;
    assert!((mirrored[1][0] - -2.0).abs() < 1e-5, "{mirrored:?}");
}

#[test]
fn matrix_nodes_are_by_columns() {
    let scene = loaded(|document| {
        document["nodes"] = json!([
            {"mesh": 0, "matrix": [1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 7, 8, 9, 1]},
        ]);
    });
    let rows = scene.instances[0].world_from_object;
    assert_eq!(rows, [[1., 0., 0., 7.], [0., 0., 1., 8.], [0., -1., 0., 9.]]);
}

#[test]
fn material_fields_arrive() {
    let scene = loaded(|document| {
        with_texture(document);
        document["samplers"] = json!([{"magFilter": 9728, "wrapS": 33071, "wrapT": 33648}]);
        document["textures"][0]["sampler"] = json!(0);
        document["extensionsUsed"] =
            json!(["KHR_materials_emissive_strength", "KHR_texture_transform"]);
        document["extensionsRequired"] = json!(["KHR_texture_transform"]);
        document["materials"] = json!([{
            "pbrMetallicRoughness": {
                "baseColorFactor": [0.5, 0.25, 1, 0.75],
                "metallicFactor": 0.1,
                "roughnessFactor": 0.2,
                "baseColorTexture": {"index": 0, "extensions": {
                    "KHR_texture_transform": {"offset": [0.5, 0], "scale": [2, 3]}
                }},
                "metallicRoughnessTexture": {"index": 0},
            },
            "emissiveFactor": [1, 0.5, 0],
            "emissiveTexture": {"index": 0},
            "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": 10}},
            "alphaMode": "MASK", "alphaCutoff": 0.25, "doubleSided": true,
        }]);
    });
    let material = scene.materials[0];
    assert_eq!(material.base_color, [0.5, 0.25, 1.0, 0.75]);
    assert_eq!((material.metallic, material.roughness), (0.1, 0.2));
    assert_eq!(material.emissive, [10.0, 5.0, 0.0]);
    assert_eq!(material.alpha_mode, AlphaMode::Mask { cutoff: 0.25 });
    assert!(material.is_double_sided);
    let reference = material.base_color_texture.unwrap();
    assert_eq!(reference.uv_from_mesh_uv, [[2.0, 0.0, 0.5], [0.0, 3.0, 0.0]]);
    let texture = scene.textures[reference.texture as usize];
    assert_eq!((texture.wrap_u, texture.wrap_v), (TextureWrap::Clamp, TextureWrap::Mirror));
    assert!(texture.is_srgb && !texture.is_filtered);
    let data = material.metallic_roughness_texture.unwrap().texture;
    assert!(!scene.textures[data as usize].is_srgb);
    // One image, twice as colour (once each way it is used) and once as data.
    assert_eq!((scene.images.len(), scene.textures.len()), (1, 2));
}

#[test]
fn images_in_the_file_itself_are_read() {
    let png = STANDARD.decode(PNG).unwrap();
    let scene = loaded(|document| {
        with_texture(document);
        let buffer = json!({"byteLength": png.len(), "uri": data_uri(&png)});
        document["buffers"].as_array_mut().unwrap().push(buffer);
        let view = json!({"buffer": 1, "byteLength": png.len()});
        document["bufferViews"].as_array_mut().unwrap().push(view);
        document["images"] = json!([{"bufferView": 4, "mimeType": "image/png"}]);
        let reference = json!({"baseColorTexture": {"index": 0}});
        document["materials"] = json!([{"pbrMetallicRoughness": reference}]);
    });
    assert_eq!(scene.images[0].bytes, png);
    assert!(scene.materials[0].base_color_texture.is_some());
}

#[test]
fn lights_and_cameras_stand_where_their_nodes_are() {
    let scene = loaded(|document| {
        document["extensionsUsed"] = json!(["KHR_lights_punctual"]);
        document["extensions"] = json!({"KHR_lights_punctual": {"lights": [
            {"type": "point", "intensity": 3, "color": [1, 0.5, 0], "range": 8},
            {"type": "spot", "spot": {"innerConeAngle": 0.2, "outerConeAngle": 0.4}},
            {"type": "directional"},
        ]}});
        document["cameras"] = json!([
            {"type": "perspective", "perspective": {"yfov": 1.0, "znear": 0.1}, "name": "main"},
            {"type": "orthographic", "orthographic": {"xmag": 1, "ymag": 1, "zfar": 9, "znear": 0}},
        ]);
        let light = |index: u32| json!({"KHR_lights_punctual": {"light": index}});
        document["nodes"] = json!([
            {"mesh": 0},
            {"extensions": light(0), "translation": [1, 2, 3]},
            {"extensions": light(1)},
            {"extensions": light(2), "rotation": [-1, 0, 0, 1]},
            {"camera": 0, "translation": [0, 0, 5], "scale": [3, 3, 3]},
            {"camera": 1},
        ]);
        document["scenes"][0]["nodes"] = json!([0, 1, 2, 3, 4, 5]);
    });
    let [point, spot, sun] = scene.lights.as_slice() else { panic!("{:?}", scene.lights) };
    assert_eq!((point.position, point.intensity), ([1.0, 2.0, 3.0], [3.0, 1.5, 0.0]));
    assert_eq!(point.range_m, 8.0);
    let LightKind::Spot { cos_inner, cos_outer } = spot.kind else { panic!("{spot:?}") };
    assert!((cos_inner - 0.980_067).abs() < 1e-6 && (cos_outer - 0.921_061).abs() < 1e-6);
    assert_eq!((spot.direction, spot.range_m), ([0.0, 0.0, -1.0], f32::INFINITY));
    assert!((sun.direction[1] - -1.0).abs() < 1e-5, "{sun:?}");
    assert_eq!((scene.cameras.len(), scene.cameras[0].name.as_str()), (1, "main"));
    assert_eq!(scene.cameras[0].world_from_camera[2], [0.0, 0.0, 1.0, 5.0]);
    assert!((scene.cameras[0].tan_half_fov_y - 0.546_302).abs() < 1e-6);
    assert!(scene.warnings.iter().any(|warning| warning.contains("camera 1")));
}

#[test]
fn sparse_normalized_and_interleaved_accessors_are_read() {
    let mut binary = Binary::default();
    // Positions as 16-bit and texture coordinates as normalized bytes, interleaved at a stride of 12.
    let mut vertices = Vec::new();
    for (position, uv) in [
        ([0i16, 0, 0], [0u8, 255]),
        ([9, 0, 0], [255, 255]),
        ([9, 9, 0], [255, 0]),
        ([0, 9, 0], [0, 0]),
    ] {
        vertices.extend(position.iter().flat_map(|x| x.to_le_bytes()));
        vertices.extend([0, 0]);
        vertices.extend(uv);
        vertices.extend([0, 0]);
    }
    binary.view(&vertices);
    binary.view(&[1, 3]);
    binary.view(&[0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 9, 0]);
    let scene = loaded(|document| {
        let mut views = binary.views.clone();
        views[0]["byteStride"] = json!(12);
        document["buffers"] =
            json!([{"byteLength": binary.bytes.len(), "uri": data_uri(&binary.bytes)}]);
        document["bufferViews"] = json!(views);
        document["extensionsRequired"] = json!(["KHR_mesh_quantization"]);
        document["accessors"] = json!([
            {"bufferView": 0, "componentType": 5122, "count": 4, "type": "VEC3", "sparse": {
                "count": 2,
                "indices": {"bufferView": 1, "componentType": 5121},
                "values": {"bufferView": 2},
            }},
            {"bufferView": 0, "byteOffset": 8, "componentType": 5121, "normalized": true, "count": 4, "type": "VEC2"},
        ]);
        document["meshes"][0]["primitives"][0] =
            json!({"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "mode": 6});
    });
    let mesh = &scene.meshes[0];
    // Vertex 1 moved to the origin, vertex 3 to (0, 9, 9); the fan is now flat-shaded.
    assert_eq!(mesh.positions[..3], [[0., 0., 0.], [0., 0., 0.], [9., 9., 0.]]);
    assert_eq!(mesh.positions[5], [0.0, 9.0, 9.0]);
    assert_eq!(mesh.uvs[1], [1.0, 1.0]);
}

#[test]
fn layers_of_materials_arrive() {
    let scene = loaded(|document| {
        document["images"] = json!([{"uri": format!("data:image/png;base64,{PNG}")}]);
        document["textures"] = json!([{"source": 0}]);
        document["materials"] = json!([{"extensions": {
            "KHR_materials_ior": {"ior": 0},
            "KHR_materials_specular": {"specularFactor": 0.5, "specularColorFactor": [2, 1, 0]},
            "KHR_materials_transmission": {"transmissionFactor": 0.75, "transmissionTexture": {"index": 0}},
            "KHR_materials_volume": {"thicknessFactor": 1, "attenuationColor": [0.5, 1, 0.25], "attenuationDistance": 2},
            "KHR_materials_dispersion": {"dispersion": 0.1},
            "KHR_materials_clearcoat": {"clearcoatFactor": 0.5, "clearcoatNormalTexture": {"index": 0, "scale": 2}},
            "KHR_materials_sheen": {"sheenColorFactor": [1, 0.5, 0], "sheenRoughnessFactor": 0.25},
            "KHR_materials_anisotropy": {"anisotropyStrength": 7, "anisotropyRotation": 1.5707964},
            "KHR_materials_iridescence": {"iridescenceFactor": 1, "iridescenceThicknessMaximum": 600},
        }}]);
    });
    let material = scene.materials[0];
    assert!(material.ior > 100.0, "an index of 0 stands for infinity");
    assert_eq!((material.specular.factor, material.specular.color), (0.5, [2.0, 1.0, 0.0]));
    assert_eq!(material.transmission.factor, 0.75);
    assert!(material.transmission.texture.is_some());
    let volume = material.volume.unwrap();
    assert_eq!((volume.attenuation_distance_m, volume.dispersion), (2.0, 0.1));
    // Half of red is left after two metres: e^(−2σ) = 1/2.
    let expected = std::f32::consts::LN_2 / 2.0;
    assert!((volume.absorption()[0] - expected).abs() < 1e-5, "{:?}", volume.absorption());
    assert_eq!(volume.absorption()[1], 0.0);
    let coat = material.clearcoat;
    assert_eq!((coat.factor, coat.roughness, coat.normal_scale), (0.5, 0.0, 2.0));
    assert_eq!((material.sheen.color, material.sheen.roughness), ([1.0, 0.5, 0.0], 0.25));
    assert_eq!(material.anisotropy.strength, 1.0, "clamped");
    assert!((material.anisotropy.direction[1] - 1.0).abs() < 1e-6);
    assert_eq!(material.iridescence.thickness_nm, [100.0, 600.0]);
    assert!(scene.meshes[0].tangents.len() == scene.meshes[0].positions.len());
}

#[test]
fn unlit_materials_and_thin_walls_are_told_apart() {
    let scene = loaded(|document| {
        document["materials"] = json!([{
            "emissiveFactor": [1, 1, 1],
            "extensions": {
                "KHR_materials_unlit": {},
                "KHR_materials_transmission": {"transmissionFactor": 1},
                "KHR_materials_volume": {"thicknessFactor": 0},
            },
        }]);
    });
    let material = scene.materials[0];
    assert!(material.is_unlit && material.emissive == [0.0; 3] && material.volume.is_none());
}

#[test]
fn what_is_not_supported_is_named() {
    let scene = loaded(|document| {
        document["extensionsUsed"] = json!(["KHR_materials_variants"]);
        let primitive = &mut document["meshes"][0]["primitives"][0];
        primitive["attributes"]["COLOR_0"] = json!(0);
    });
    let all = scene.warnings.join("\n");
    for expected in ["KHR_materials_variants is ignored", "vertex colours"] {
        assert!(all.contains(expected), "{all}");
    }
    refused(
        |document| document["extensionsRequired"] = json!(["KHR_meshopt_compression"]),
        "requires the extension KHR_meshopt_compression",
    );
}

#[test]
fn malformed_documents_are_refused_with_the_place() {
    let at = |path: &'static str, value: Value| {
        move |document: &mut Value| {
            *document.pointer_mut(path).unwrap() = value;
        }
    };
    refused(at("/asset/version", json!("1.0")), "glTF version \"1.0\"");
    refused(at("/nodes/0/mesh", json!(7)), "node 0: mesh 7 does not exist, there are 1");
    refused(at("/nodes/0/mesh", json!(-1)), "malformed at line 1");
    refused(at("/scenes/0/nodes/0", json!(3)), "node 3 does not exist");
    refused(at("/scene", json!(2)), "scene 2 does not exist");
    refused(at("/accessors/0/count", json!(5)), "accessor 0: bytes 0 to 60 of 48");
    refused(at("/accessors/0/count", json!(u64::MAX)), "accessor 0: 18446744073709551615 elements");
    refused(at("/accessors/0/type", json!("VEC2")), "accessor 0: VEC2 where VEC3 is needed");
    refused(at("/accessors/3/componentType", json!(5126)), "accessor 3: component type 5126");
    refused(at("/accessors/0/bufferView", json!(9)), "buffer view 9 does not exist");
    refused(at("/bufferViews/0/byteLength", json!(u64::MAX)), "buffer view 0: bytes 0 to");
    refused(at("/bufferViews/0/buffer", json!(1)), "buffer 1 does not exist");
    refused(at("/buffers/0/byteLength", json!(9999)), "buffer 0: bytes 0 to 9999");
    refused(at("/accessors/2/count", json!(3)), "3 of TEXCOORD for 4 positions");
    refused(at("/meshes/0/primitives/0/material", json!(4)), "material 4 does not exist");
    refused(at("/materials/0", json!({"alphaMode": "GLOW"})), "alpha mode \"GLOW\"");
    refused(at("/materials/0", json!({"normalTexture": {"index": 0}})), "texture 0 does not exist");
    refused(at("/meshes/0/primitives/0/attributes", json!({})), "has no POSITION");
    refused(|document| document["meshes"][0]["primitives"][0]["mode"] = json!(1), "no triangle");
    refused(at("/nodes/0", json!({"children": [0]})), "child of two nodes, or of itself");
    refused(
        |document| document["bufferViews"][0]["byteStride"] = json!(4),
        "elements overlap at a stride of 4",
    );
}

#[test]
fn indices_and_positions_are_checked() {
    let spoiled = |offset: usize, bytes: &'static [u8]| {
        move |document: &mut Value| {
            let uri = document["buffers"][0]["uri"].as_str().unwrap();
            let mut content = STANDARD.decode(uri.split_once(',').unwrap().1).unwrap();
            content[offset..offset + bytes.len()].copy_from_slice(bytes);
            document["buffers"][0]["uri"] = json!(data_uri(&content));
        }
    };
    refused(spoiled(128, &[4, 0]), "mesh 0, primitive 0: vertex 4 does not exist, there are 4");
    refused(spoiled(12, &[0, 0, 0xc0, 0x7f]), "position 1 is [NaN");
    refused(spoiled(12, &[0, 0, 0x80, 0x7f]), "position 1 is [inf");
}

#[test]
fn uris_stay_beside_the_scene() {
    for uri in ["../x.bin", "http://example.com/x.bin", "//host/x", "/etc/passwd", "file:///x"] {
        refused(|document| document["buffers"][0]["uri"] = json!(uri), "buffer 0: the URI");
    }
    refused(|document| document["buffers"][0]["uri"] = json!("x.bin"), "no file \"x.bin\"");
}

#[test]
fn images_are_bounded_before_they_are_decoded() {
    let with_image = |bytes: Vec<u8>| {
        move |document: &mut Value| {
            with_texture(document);
            document["images"][0]["uri"] = json!(data_uri(&bytes));
        }
    };
    let mut bomb = STANDARD.decode(PNG).unwrap();
    // A header that claims 65,535 × 65,535 texels, with its own checksum.
    bomb[16..24].copy_from_slice(&[0, 0, 255, 255, 0, 0, 255, 255]);
    let checksum = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
    refused(with_image(bomb), "image 0: an image of 65535x65535 texels");
    refused(with_image(b"GIF89a".to_vec()), "image 0: is none of PNG, JPEG and WebP");
    let cut = STANDARD.decode(PNG).unwrap()[..30].to_vec();
    refused(with_image(cut), "image 0: not a readable PNG");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn glb_is_the_same_scene_and_damage_is_told() {
    let mut document = quad();
    let uri = document["buffers"][0].as_object_mut().unwrap().remove("uri").unwrap();
    let binary = STANDARD.decode(uri.as_str().unwrap().split_once(',').unwrap().1).unwrap();
    let mut text = serde_json::to_vec(&document).unwrap();
    text.resize(text.len().next_multiple_of(4), b' ');
    let mut glb = b"glTF".to_vec();
    let total = 12 + 8 + text.len() + 8 + binary.len();
    for word in [2, total as u32, text.len() as u32, 0x4e4f_534a] {
        glb.extend(word.to_le_bytes());
    }
    glb.extend(&text);
    for word in [binary.len() as u32, 0x004e_4942] {
        glb.extend(word.to_le_bytes());
    }
    glb.extend(&binary);
    let load = |bytes: &[u8]| load_gltf(bytes, &MapResolver::new(), &ImportLimits::default());
    assert_eq!(load(&glb).unwrap(), self::load(&quad()).unwrap());
    for end in 0..glb.len() {
        assert!(load(&glb[..end]).is_err(), "{end}");
    }
    let mut other = glb.clone();
    other[4] = 1;
    assert_eq!(load(&other), Err(ImportError::Version("1".to_owned())));
}

#[test]
fn limits_bound_what_is_read() {
    let text = serde_json::to_vec(&quad()).unwrap();
    let check = |change: fn(&mut ImportLimits), expected: &str| {
        let mut limits = ImportLimits::default();
        change(&mut limits);
        let message = load_gltf(&text, &MapResolver::new(), &limits).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    check(|limits| limits.max_bytes = 100, "bytes of the file");
    check(|limits| limits.content.max_vertices = 3, "vertices: 4, at most 3");
    check(|limits| limits.content.max_triangles = 1, "triangles: 2, at most 1");
    check(|limits| limits.content.max_instances = 0, "instances: 1, at most 0");
    check(|limits| limits.max_node_depth = 0, "levels of nodes");
    assert_eq!(
        load(&json!({"asset": {"version": "2.0"}})),
        Err(ImportError::Invalid(InvalidScene::NoTriangles))
    );
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn flipped_bytes_never_panic(
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let mut document = quad();
            with_texture(&mut document);
            document["materials"] = json!([{"normalTexture": {"index": 0}}]);
            let mut bytes = serde_json::to_vec(&document).unwrap();
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Ok(scene) = load_gltf(&bytes, &MapResolver::new(), &ImportLimits::default())
                && let Ok(packed) = pack(&scene)
            {
                let _ = unpack(&packed.bytes, &UnpackLimits::default());
            }
        }

        #[test]
        fn odd_numbers_anywhere_never_panic(
            place in any::<prop::sample::Index>(),
            number in prop::sample::select(vec![
                json!(0), json!(1), json!(2), json!(255), json!(65_536), json!(u32::MAX), json!(u64::MAX),
                json!(-1), json!(1e30), json!(1e300), json!(0.5), json!(null), json!("x"), json!([]), json!({}),
            ]),
        ) {
            let mut document = quad();
            with_texture(&mut document);
            document["materials"] = json!([{"emissiveTexture": {"index": 0}, "emissiveFactor": [1, 1, 1]}]);
            let mut places = Vec::new();
            collect_paths(&document, String::new(), &mut places);
            *document.pointer_mut(&places[place.index(places.len())]).unwrap() = number;
            if let Ok(scene) = load(&document)
                && let Ok(packed) = pack(&scene)
            {
                prop_assert!(unpack(&packed.bytes, &UnpackLimits::default()).is_ok());
            }
        }
    }

    fn collect_paths(value: &Value, path: String, places: &mut Vec<String>) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    collect_paths(item, format!("{path}/{index}"), places);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    collect_paths(field, format!("{path}/{name}"), places);
                }
            }
            _ => {}
        }
        places.push(path);
    }
}
