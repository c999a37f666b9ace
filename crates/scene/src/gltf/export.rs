//! A scene as authored into a .glb file, for other programs to open: what `load_gltf` reads back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::export_layers::extensions_of;

use crate::math::{Vec3, acos, atan2, basis_from_normal};
use crate::{
    AlphaMode, Camera, ImageFormat, LightKind, Material, MeshSource, PunctualLight, SceneSource,
    TextureRef, TextureSource, TextureWrap,
};

const FLOAT: u32 = 5126;
const UNSIGNED_INT: u32 = 5125;

/// The scene without its environment, which glTF has no place for; see [`crate::write_hdr`].
pub fn write_glb(scene: &SceneSource) -> Vec<u8> {
    let mut writer = Writer::default();
    let meshes: Vec<Value> = scene.meshes.iter().map(|mesh| writer.mesh(mesh)).collect();
    let images: Vec<Value> = scene
        .images
        .iter()
        .map(|image| {
            json!({"bufferView": writer.view(&image.bytes), "mimeType": mime_of(image.format)})
        })
        .collect();
    let mut nodes: Vec<Value> = scene.instances.iter().map(instance_node).collect();
    nodes
        .extend(scene.cameras.iter().enumerate().map(|(index, camera)| camera_node(index, camera)));
    nodes.extend(scene.lights.iter().enumerate().map(|(index, light)| light_node(index, light)));
    let materials: Vec<Value> = scene.materials.iter().map(material).collect();
    let textures: Vec<Value> =
        scene.textures.iter().enumerate().map(|pair| texture(scene, pair)).collect();
    let mut document = json!({
        "asset": {"version": "2.0", "generator": "p2c2r"},
        "extensionsUsed": extensions_used(&materials, &textures),
        "scene": 0,
        "scenes": [{"nodes": (0..nodes.len()).collect::<Vec<_>>()}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": materials,
        "accessors": writer.accessors,
        "bufferViews": writer.views,
        "buffers": [{"byteLength": writer.bytes.len()}],
    });
    // glTF has no empty lists.
    let mut insert = |name: &str, list: Vec<Value>| {
        if !list.is_empty() {
            document[name] = list.into();
        }
    };
    insert("images", images);
    insert("textures", textures);
    insert("samplers", scene.textures.iter().map(sampler).collect());
    insert("cameras", scene.cameras.iter().map(camera).collect());
    let lights: Vec<Value> = scene.lights.iter().map(light).collect();
    if !lights.is_empty() {
        document["extensions"] = json!({"KHR_lights_punctual": {"lights": lights}});
    }
    container(&document, writer.bytes)
}

/// Names of the extensions that a file of these parts makes use of.
fn extensions_used(materials: &[Value], textures: &[Value]) -> BTreeSet<String> {
    let named =
        materials.iter().chain(textures).filter_map(|record| record["extensions"].as_object());
    let always = ["KHR_lights_punctual", "KHR_texture_transform"].map(str::to_owned);
    named.flat_map(|extensions| extensions.keys().cloned()).chain(always).collect()
}

fn mime_of(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "image/png",
        ImageFormat::Jpeg => "image/jpeg",
        ImageFormat::WebP => "image/webp",
    }
}

/// Both chunks of the binary form, padded to four bytes.
fn container(document: &Value, mut binary: Vec<u8>) -> Vec<u8> {
    let mut text = document.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    binary.resize(binary.len().next_multiple_of(4), 0);
    let length = 12 + 8 + text.len() + 8 + binary.len();
    let mut bytes = b"glTF".to_vec();
    let word = |bytes: &mut Vec<u8>, value: usize| bytes.extend((value as u32).to_le_bytes());
    word(&mut bytes, 2);
    word(&mut bytes, length);
    for (kind, chunk) in [(b"JSON", text), (b"BIN\0", binary)] {
        word(&mut bytes, chunk.len());
        bytes.extend(kind);
        bytes.extend(chunk);
    }
    bytes
}

/// The buffer and what points into it.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

impl Writer {
    fn view(&mut self, bytes: &[u8]) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let (offset, length) = (self.bytes.len(), bytes.len());
        self.bytes.extend(bytes);
        self.views.push(json!({"buffer": 0, "byteOffset": offset, "byteLength": length}));
        self.views.len() - 1
    }

    fn accessor(&mut self, bytes: &[u8], component: u32, kind: &str, count: usize) -> usize {
        let view = self.view(bytes);
        self.accessors.push(
            json!({"bufferView": view, "componentType": component, "type": kind, "count": count}),
        );
        self.accessors.len() - 1
    }

    fn floats<const N: usize>(&mut self, rows: &[[f32; N]]) -> usize {
        let kind = ["SCALAR", "VEC2", "VEC3", "VEC4"][N - 1];
        self.accessor(bytemuck::cast_slice(rows.as_flattened()), FLOAT, kind, rows.len())
    }

    fn mesh(&mut self, mesh: &MeshSource) -> Value {
        let positions = self.floats(&mesh.positions);
        let corner = |pick: fn(Vec3, Vec3) -> Vec3| {
            mesh.positions.iter().map(|&p| Vec3::from(p)).reduce(pick).unwrap_or(Vec3::ZERO)
        };
        self.accessors[positions]["min"] = json!(corner(Vec3::min).to_array());
        self.accessors[positions]["max"] = json!(corner(Vec3::max).to_array());
        let mut attributes = json!({"POSITION": positions});
        if !mesh.normals.is_empty() {
            attributes["NORMAL"] = self.floats(&mesh.normals).into();
        }
        if !mesh.tangents.is_empty() {
            attributes["TANGENT"] = self.floats(&mesh.tangents).into();
        }
        if !mesh.uvs.is_empty() {
            attributes["TEXCOORD_0"] = self.floats(&mesh.uvs).into();
        }
        let indices = mesh.triangles.as_flattened();
        let indices =
            self.accessor(bytemuck::cast_slice(indices), UNSIGNED_INT, "SCALAR", indices.len());
        let primitive =
            json!({"attributes": attributes, "indices": indices, "material": mesh.material});
        json!({"primitives": [primitive]})
    }
}

fn instance_node(instance: &crate::InstanceSource) -> Value {
    json!({"mesh": instance.mesh, "matrix": by_columns(&instance.world_from_object)})
}

fn camera_node(index: usize, camera: &Camera) -> Value {
    let matrix = by_columns(&camera.world_from_camera);
    json!({"camera": index, "name": camera.name, "matrix": matrix})
}

/// A light shines along −z of its node.
fn light_node(index: usize, light: &PunctualLight) -> Value {
    let back = -Vec3::from(light.direction);
    let (x, y) = basis_from_normal(back);
    let rows = crate::math::Affine::from_axes(x, y, back, light.position.into()).rows;
    let extension = json!({"KHR_lights_punctual": {"light": index}});
    json!({"matrix": by_columns(&rows), "extensions": extension})
}

/// glTF stores matrices column by column, with the last row.
fn by_columns(rows: &[[f32; 4]; 3]) -> Vec<f32> {
    let last_row = [0.0, 0.0, 0.0, 1.0];
    (0..4).flat_map(|k| [rows[0][k], rows[1][k], rows[2][k], last_row[k]]).collect()
}

fn camera(camera: &Camera) -> Value {
    let yfov = 2.0 * atan2(camera.tan_half_fov_y, 1.0);
    json!({"type": "perspective", "name": camera.name, "perspective": {"yfov": yfov, "znear": 0.01}})
}

fn light(light: &PunctualLight) -> Value {
    let (factor, strength) = factor_and_strength(light.intensity);
    let mut record = json!({"color": factor, "intensity": strength});
    if light.range_m.is_finite() {
        record["range"] = json!(light.range_m);
    }
    record["type"] = match light.kind {
        LightKind::Point => "point".into(),
        LightKind::Directional => "directional".into(),
        LightKind::Spot { cos_inner, cos_outer } => {
            let (inner, outer) = (acos(cos_inner), acos(cos_outer));
            record["spot"] = json!({"innerConeAngle": inner, "outerConeAngle": outer});
            "spot".into()
        }
    };
    record
}

/// Colours of glTF end at 1; what is brighter has a strength beside it.
fn factor_and_strength(color: [f32; 3]) -> ([f32; 3], f32) {
    let brightest = Vec3::from(color).max_component();
    if brightest > 1.0 { (color.map(|c| c / brightest), brightest) } else { (color, 1.0) }
}

fn material(material: &Material) -> Value {
    let (factor, strength) = factor_and_strength(material.emissive);
    let mut record = json!({
        "pbrMetallicRoughness": {
            "baseColorFactor": material.base_color,
            "metallicFactor": material.metallic,
            "roughnessFactor": material.roughness,
        },
        "emissiveFactor": factor,
        "extensions": extensions_of(material),
        "doubleSided": material.is_double_sided,
    });
    record["extensions"]["KHR_materials_emissive_strength"] = json!({"emissiveStrength": strength});
    match material.alpha_mode {
        AlphaMode::Opaque => {}
        AlphaMode::Blend => record["alphaMode"] = "BLEND".into(),
        AlphaMode::Mask { cutoff } => {
            record["alphaMode"] = "MASK".into();
            record["alphaCutoff"] = json!(cutoff);
        }
    }
    let surface = &mut record["pbrMetallicRoughness"];
    if let Some(reference) = &material.base_color_texture {
        surface["baseColorTexture"] = texture_info(reference);
    }
    if let Some(reference) = &material.metallic_roughness_texture {
        surface["metallicRoughnessTexture"] = texture_info(reference);
    }
    if let Some(reference) = &material.emissive_texture {
        record["emissiveTexture"] = texture_info(reference);
    }
    if let Some(reference) = &material.normal_texture {
        record["normalTexture"] = texture_info(reference);
        record["normalTexture"]["scale"] = json!(material.normal_scale);
    }
    record
}

/// Scale, turn and offset of a texture's matrix, which is always made of such.
pub(super) fn texture_info(reference: &TextureRef) -> Value {
    let [[a, b, u], [c, d, v]] = reference.uv_from_mesh_uv;
    let (scale_u, length_v) = ((a * a + c * c).sqrt(), (b * b + d * d).sqrt());
    let scale_v = if a * d - b * c < 0.0 { -length_v } else { length_v };
    let rotation = if scale_u > 0.0 { atan2(-c, a) } else { atan2(b, d) };
    let transform = json!({"offset": [u, v], "rotation": rotation, "scale": [scale_u, scale_v]});
    json!({"index": reference.texture, "extensions": {"KHR_texture_transform": transform}})
}

/// Images of a format that glTF itself does not know are named by its extension.
fn texture(scene: &SceneSource, (index, texture): (usize, &TextureSource)) -> Value {
    let format = scene.images.get(texture.image as usize).map(|image| image.format);
    match format {
        Some(ImageFormat::WebP) => {
            let extension = json!({"EXT_texture_webp": {"source": texture.image}});
            json!({"sampler": index, "extensions": extension})
        }
        Some(ImageFormat::Png | ImageFormat::Jpeg) | None => {
            json!({"source": texture.image, "sampler": index})
        }
    }
}

fn sampler(texture: &TextureSource) -> Value {
    let wrap = |wrap: TextureWrap| match wrap {
        TextureWrap::Repeat => 10497,
        TextureWrap::Mirror => 33648,
        TextureWrap::Clamp => 33071,
    };
    let filter = if texture.is_filtered { 9729 } else { 9728 };
    json!({"wrapS": wrap(texture.wrap_u), "wrapT": wrap(texture.wrap_v), "magFilter": filter})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Affine;
    use crate::{ImportLimits, InstanceSource, MapResolver, generate, load_gltf};

    fn read_back(scene: &SceneSource) -> SceneSource {
        load_gltf(&write_glb(scene), &MapResolver::new(), &ImportLimits::default()).unwrap()
    }

    /// Emission and texture transforms are written as products, so their last digits may differ.
    fn assert_close(a: f32, b: f32) {
        assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{a} for {b}");
    }

    #[test]
    fn generated_scenes_come_back_as_they_were() {
        for text in ["cornell", "gallery", "night-city:size=12,seed=4"] {
            let scene = generate(&text.parse().unwrap());
            let found = read_back(&scene);
            assert_eq!(found.instances, scene.instances, "{text}");
            assert_eq!(found.images, scene.images, "{text}");
            assert_eq!(found.meshes.len(), scene.meshes.len());
            for (ours, theirs) in found.meshes.iter().zip(&scene.meshes) {
                assert_eq!(ours.positions, theirs.positions, "{text}");
                assert_eq!((&ours.triangles, &ours.uvs), (&theirs.triangles, &theirs.uvs));
                assert_eq!(ours.material, theirs.material, "{text}");
            }
            for (ours, theirs) in found.materials.iter().zip(&scene.materials) {
                assert_eq!(ours.base_color, theirs.base_color, "{text}");
                assert_eq!((ours.metallic, ours.roughness), (theirs.metallic, theirs.roughness));
                assert_eq!(ours.is_double_sided, theirs.is_double_sided, "{text}");
                assert_eq!((ours.volume, ours.ior), (theirs.volume, theirs.ior), "{text}");
                assert_eq!((ours.clearcoat, ours.sheen), (theirs.clearcoat, theirs.sheen));
                assert_eq!(ours.iridescence, theirs.iridescence, "{text}");
                assert_eq!(ours.transmission, theirs.transmission, "{text}");
                assert_eq!((ours.specular, ours.is_unlit), (theirs.specular, theirs.is_unlit));
                assert_close(ours.anisotropy.direction[0], theirs.anisotropy.direction[0]);
                assert_eq!(ours.anisotropy.strength, theirs.anisotropy.strength, "{text}");
                for channel in 0..3 {
                    assert_close(ours.emissive[channel], theirs.emissive[channel]);
                }
                let textures = |m: &Material| {
                    [m.base_color_texture, m.emissive_texture, m.normal_texture]
                        .map(|reference| reference.is_some())
                };
                assert_eq!(textures(ours), textures(theirs), "{text}");
            }
            assert_eq!(found.cameras.len(), scene.cameras.len());
            for (ours, theirs) in found.cameras.iter().zip(&scene.cameras) {
                assert_eq!(ours.name, theirs.name);
                assert_close(ours.tan_half_fov_y, theirs.tan_half_fov_y);
            }
        }
    }

    #[test]
    fn lights_and_texture_transforms_come_back() {
        let mut scene = generate(&"cornell".parse().unwrap());
        let direction = Vec3::new(0.6, -0.8, 0.0);
        let spot = LightKind::Spot { cos_inner: 0.9, cos_outer: 0.7 };
        for kind in [LightKind::Point, LightKind::Directional, spot] {
            scene.lights.push(PunctualLight {
                kind,
                position: [1.0, 2.0, 3.0],
                direction: direction.to_array(),
                intensity: [3.0, 6.0, 1.0],
                range_m: 7.0,
            });
        }
        let found = read_back(&scene);
        assert_eq!(found.lights.len(), 3);
        for (ours, theirs) in found.lights.iter().zip(&scene.lights) {
            assert!((Vec3::from(ours.direction) - direction).length() < 1e-5);
            assert_eq!((ours.position, ours.range_m), (theirs.position, theirs.range_m));
            (0..3).for_each(|c| assert_close(ours.intensity[c], theirs.intensity[c]));
        }
        let LightKind::Spot { cos_inner, cos_outer } = found.lights[2].kind else {
            panic!("{:?}", found.lights[2].kind)
        };
        assert_close(cos_inner, 0.9);
        assert_close(cos_outer, 0.7);
    }

    #[test]
    fn texture_matrices_are_scale_turn_and_offset() {
        for [a, b, c, d] in [[1.0f32, 0.0, 0.0, 1.0], [0.0, 2.0, -3.0, 0.0], [-1.5, 0.0, 0.0, 0.5]]
        {
            let rows = [[a, b, 0.25], [c, d, 0.5]];
            let info = texture_info(&TextureRef { texture: 0, uv_from_mesh_uv: rows });
            let transform = &info["extensions"]["KHR_texture_transform"];
            let number = |value: &Value| value.as_f64().unwrap() as f32;
            let (sin, cos) = crate::math::sin_cos(number(&transform["rotation"]));
            let [x, y] = [0, 1].map(|k| number(&transform["scale"][k]));
            for (found, expected) in [(cos * x, a), (sin * y, b), (-sin * x, c), (cos * y, d)] {
                assert_close(found, expected);
            }
        }
    }

    #[test]
    fn empty_scene_is_still_a_file() {
        let instance = InstanceSource { world_from_object: Affine::IDENTITY.rows, mesh: 0 };
        let bytes = write_glb(&SceneSource { instances: vec![instance], ..SceneSource::default() });
        let read = load_gltf(&bytes, &MapResolver::new(), &ImportLimits::default());
        assert!(read.is_err(), "it places a mesh that is not there");
    }
}
