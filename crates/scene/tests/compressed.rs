//! Compressed inputs of glTF: files of independent encoders come out as what went in, damaged ones as errors.
//!
//! The inputs in `fixtures/inputs` were made by `make.js` beside them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p2c2r_scene::{
    ImportError, ImportLimits, MapResolver, MeshSource, Scene, SceneSource, UnpackLimits,
    load_gltf, pack, unpack,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The grid that the inputs hold.
const VERTICES: usize = 20 * 14;
const INDICES: usize = 19 * 13 * 6;
/// The picture that the inputs hold.
const PICTURE: [usize; 2] = [13, 10];

macro_rules! input {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/inputs/", $name)).as_slice()
    };
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

/// What the encoders were given: positions, normals, texture coordinates and indices.
fn grid() -> MeshSource {
    let bytes = input!("grid.bin");
    let (positions, rest) = bytes.split_at(12 * VERTICES);
    let (normals, rest) = rest.split_at(12 * VERTICES);
    let (uvs, indices) = rest.split_at(8 * VERTICES);
    let indices: Vec<u32> =
        indices.as_chunks().0.iter().map(|&bytes| u16::from_le_bytes(bytes).into()).collect();
    MeshSource {
        positions: floats(positions).as_chunks().0.to_vec(),
        normals: floats(normals).as_chunks().0.to_vec(),
        uvs: floats(uvs).as_chunks().0.to_vec(),
        triangles: indices.as_chunks().0.to_vec(),
        ..MeshSource::default()
    }
}

fn data_uri(bytes: &[u8]) -> String {
    format!("data:application/octet-stream;base64,{}", STANDARD.encode(bytes))
}

fn load(document: &Value) -> Result<SceneSource, ImportError> {
    let text = serde_json::to_vec(document).unwrap();
    load_gltf(&text, &MapResolver::new(), &ImportLimits::default())
}

/// A file of one primitive.
fn file(extension: &str, parts: Value) -> Value {
    let mut document = json!({
        "asset": {"version": "2.0"},
        "extensionsUsed": [extension],
        "extensionsRequired": [extension],
        "materials": [{}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    });
    let parts = parts.as_object().unwrap().clone();
    document.as_object_mut().unwrap().extend(parts);
    document
}

/// A file whose views are those parts of `meshopt.bin`, as positions, normals and indices.
fn meshopt_file(bytes: &[u8], positions: &str, normals: &str, indices: &str) -> Value {
    let parts: Value = serde_json::from_slice(input!("meshopt.json")).unwrap();
    let view = |name: &str| {
        let mut record = parts[name].clone();
        record["buffer"] = json!(1);
        let stride = record["byteStride"].as_u64().unwrap();
        let length = record["count"].as_u64().unwrap() * stride;
        let mut view = json!({"buffer": 0, "byteLength": length});
        if name != indices {
            view["byteStride"] = json!(stride);
        }
        view["extensions"] = json!({"EXT_meshopt_compression": record});
        view
    };
    let (normal_type, is_normalized) = match normals {
        "normals8" => (5120, true),
        _ => (5122, true),
    };
    file(
        "EXT_meshopt_compression",
        json!({
            "buffers": [
                {"byteLength": 1 << 20, "extensions": {"EXT_meshopt_compression": {"fallback": true}}},
                {"byteLength": bytes.len(), "uri": data_uri(bytes)},
            ],
            "bufferViews": [view(positions), view(normals), view("uvs"), view(indices)],
            "accessors": [
                {"bufferView": 0, "componentType": 5126, "count": VERTICES, "type": "VEC3"},
                {"bufferView": 1, "componentType": normal_type, "normalized": is_normalized,
                 "count": VERTICES, "type": "VEC3"},
                {"bufferView": 2, "componentType": 5126, "count": VERTICES, "type": "VEC2"},
                {"bufferView": 3, "componentType": 5123, "count": INDICES, "type": "SCALAR"},
            ],
            "meshes": [{"primitives": [{
                "attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0,
            }]}],
        }),
    )
}

/// A file whose primitive is a Draco stream.
fn draco_file(stream: &[u8]) -> Value {
    let accessor = |shape: &str| json!({"componentType": 5126, "count": VERTICES, "type": shape});
    file(
        "KHR_draco_mesh_compression",
        json!({
            "buffers": [{"byteLength": stream.len(), "uri": data_uri(stream)}],
            "bufferViews": [{"buffer": 0, "byteLength": stream.len()}],
            "accessors": [
                accessor("VEC3"), accessor("VEC3"), accessor("VEC2"),
                {"componentType": 5123, "count": INDICES, "type": "SCALAR"},
            ],
            "meshes": [{"primitives": [{
                "attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0,
                "extensions": {"KHR_draco_mesh_compression": {
                    "bufferView": 0, "attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2},
                }},
            }]}],
        }),
    )
}

/// A file whose triangle shows a picture through an extension.
fn picture_file(extension: &str, picture: &[u8]) -> Value {
    let corners: [f32; 15] = [0., 0., 0., 1., 0., 0., 0., 1., 0., 0., 0., 1., 0., 0., 1.];
    let bytes: Vec<u8> = corners.iter().flat_map(|value| value.to_le_bytes()).collect();
    file(
        extension,
        json!({
            "buffers": [{"byteLength": bytes.len(), "uri": data_uri(&bytes)}],
            "bufferViews": [
                {"buffer": 0, "byteLength": 36},
                {"buffer": 0, "byteOffset": 36, "byteLength": 24},
            ],
            "accessors": [
                {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
                {"bufferView": 1, "componentType": 5126, "count": 3, "type": "VEC2"},
            ],
            "images": [{"uri": data_uri(picture)}],
            "textures": [{"extensions": {extension: {"source": 0}}}],
            "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
            "meshes": [{"primitives": [{
                "attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "material": 0,
            }]}],
        }),
    )
}

fn unpacked(source: &SceneSource) -> Scene {
    unpack(&pack(source).unwrap().bytes, &UnpackLimits::default()).unwrap()
}

/// The corners of all triangles as positions, whatever the order of vertices and triangles.
fn corners(mesh: &MeshSource, decimals: f32) -> Vec<Vec<[i64; 3]>> {
    let rounded = |vertex: &u32| {
        mesh.positions[*vertex as usize].map(|x| (f64::from(x * decimals)).round() as i64)
    };
    let mut triangles: Vec<Vec<[i64; 3]>> = mesh
        .triangles
        .iter()
        .map(|triangle| {
            let mut corners: Vec<_> = triangle.iter().map(rounded).collect();
            // The same triangle may begin at another corner, but runs the same way round.
            let first = (0..3).min_by_key(|&k| corners[k]).unwrap_or(0);
            corners.rotate_left(first);
            corners
        })
        .collect();
    triangles.sort();
    triangles
}

fn check_near<const N: usize>(found: &[[f32; N]], expected: &[[f32; N]], allowed: f32) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.as_flattened().iter().zip(expected.as_flattened()) {
        assert!((found - expected).abs() <= allowed, "{found} for {expected}");
    }
}

#[test]
fn meshopt_gives_back_what_was_encoded() {
    let expected = grid();
    for (positions, allowed) in [("positions", 0.0), ("positions_exp", 2e-3)] {
        for (normals, normal_error) in [("normals8", 0.02), ("normals16", 1e-4)] {
            for indices in ["triangles", "sequence"] {
                let document = meshopt_file(input!("meshopt.bin"), positions, normals, indices);
                let scene = load(&document).unwrap();
                let mesh = &scene.meshes[0];
                check_near(&mesh.positions, &expected.positions, allowed);
                check_near(&mesh.normals, &expected.normals, normal_error);
                check_near(&mesh.uvs, &expected.uvs, 0.0);
                assert_eq!(corners(mesh, 100.0), corners(&expected, 100.0), "{indices}");
                assert_eq!(scene.warnings, Vec::<String>::new());
                unpacked(&scene);
            }
        }
    }
}

#[test]
fn draco_gives_back_what_was_encoded() {
    let expected = grid();
    for stream in [
        input!("draco-edgebreaker.drc"),
        input!("draco-valence.drc"),
        input!("draco-sequential.drc"),
    ] {
        let scene = load(&draco_file(stream)).unwrap();
        let mesh = &scene.meshes[0];
        // Positions have 14 bits over 5 units, and the heights are sixteenths.
        assert_eq!(corners(mesh, 16.0), corners(&expected, 16.0));
        assert_eq!(mesh.normals.len(), mesh.positions.len());
        for (position, (normal, uv)) in
            mesh.positions.iter().zip(mesh.normals.iter().zip(&mesh.uvs))
        {
            let near = |other: &[f32; 3]| (0..3).all(|k| (other[k] - position[k]).abs() < 0.01);
            let vertex = expected.positions.iter().position(near).unwrap();
            check_near(&[*normal], &[expected.normals[vertex]], 0.02);
            check_near(&[*uv], &[expected.uvs[vertex]], 1e-3);
        }
        unpacked(&scene);
    }
}

/// The texels of the first picture of a file, as bytes.
fn texels(extension: &str, picture: &[u8]) -> Vec<u8> {
    let scene = load(&picture_file(extension, picture)).unwrap();
    assert_eq!(scene.warnings, Vec::<String>::new());
    let scene = unpacked(&scene);
    let texture = &scene.textures[0];
    assert_eq!([texture.width as usize, texture.height as usize], PICTURE);
    scene.texels.iter().flat_map(|texel| texel.to_le_bytes()).collect()
}

#[test]
fn pictures_come_out_as_they_went_in() {
    let exact = input!("texels.bin");
    let webp = "EXT_texture_webp";
    for (extension, picture, has_alpha, allowed) in [
        (webp, input!("lossless.webp"), true, 0),
        (webp, input!("lossy.webp"), true, 24),
        (webp, input!("opaque.webp"), false, 24),
    ] {
        let found = texels(extension, picture);
        for (place, (found, exact)) in found.iter().zip(exact).enumerate() {
            let exact = if place % 4 == 3 && !has_alpha { 255 } else { *exact };
            let length = picture.len();
            assert!(
                found.abs_diff(exact) <= allowed,
                "{extension}, {length} bytes, {place}: {found} for {exact}"
            );
        }
    }
}

/// There are decoders of Basis Universal, but none that is small: the file is told what to do.
#[test]
fn basis_pictures_are_named_where_no_other_is_beside_them() {
    let mut document = picture_file("KHR_texture_basisu", b"\xabKTX 20\xbb\r\n\x1a\n");
    document["extensionsUsed"] = json!(["KHR_texture_basisu"]);
    document.as_object_mut().unwrap().remove("extensionsRequired");
    let scene = load(&document).unwrap();
    assert!(scene.textures.is_empty());
    let all = scene.warnings.join("\n");
    assert!(all.contains("KHR_texture_basisu is ignored"), "{all}");
    document["extensionsRequired"] = json!(["KHR_texture_basisu"]);
    let error = load(&document).unwrap_err().to_string();
    assert!(error.contains("requires the extension KHR_texture_basisu"), "{error}");
}

#[test]
fn cut_streams_are_errors() {
    let check = |document: Value, word: &str| {
        let error = load(&document).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    let parts: Value = serde_json::from_slice(input!("meshopt.json")).unwrap();
    for (name, record) in parts.as_object().unwrap() {
        let mut bytes = input!("meshopt.bin").to_vec();
        // Another header, then another length.
        let start = record["byteOffset"].as_u64().unwrap() as usize;
        bytes[start] ^= 0x0f;
        let (positions, indices) = match name.as_str() {
            "triangles" | "sequence" => ("positions", name.as_str()),
            _ if name.starts_with("positions") => (name.as_str(), "triangles"),
            _ => continue,
        };
        check(meshopt_file(&bytes, positions, "normals8", indices), "version");
        let mut short = meshopt_file(input!("meshopt.bin"), positions, "normals8", indices);
        for view in [0, 3] {
            let extension =
                &mut short["bufferViews"][view]["extensions"]["EXT_meshopt_compression"];
            let length = extension["byteLength"].as_u64().unwrap();
            extension["byteLength"] = json!(length - 9);
        }
        check(short, "meshopt: ");
    }
    let stream = input!("draco-edgebreaker.drc");
    check(draco_file(&stream[..stream.len() / 2]), "Draco: ");
    let picture = input!("lossy.webp");
    check(picture_file("EXT_texture_webp", &picture[..16]), "image 0: not a readable WebP");
}

#[test]
fn views_that_would_decompress_to_too_much_are_refused() {
    let mut document = meshopt_file(input!("meshopt.bin"), "positions", "normals8", "triangles");
    let record = &mut document["bufferViews"][0]["extensions"]["EXT_meshopt_compression"];
    record["count"] = json!(1u64 << 40);
    let error = load(&document).unwrap_err();
    assert!(matches!(error, ImportError::TooMuch { .. }), "{error}");
}

#[test]
fn stand_in_buffer_holds_nothing_for_plain_views() {
    let mut document = meshopt_file(input!("meshopt.bin"), "positions", "normals8", "triangles");
    document["bufferViews"][0].as_object_mut().unwrap().remove("extensions");
    let error = load(&document).unwrap_err();
    assert!(matches!(error, ImportError::Range { .. }), "{error}");
}

/// Changes some bytes and perhaps cuts the end off.
fn damaged(
    bytes: &[u8],
    flips: &[(prop::sample::Index, u8)],
    cut: Option<prop::sample::Index>,
) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, value) in flips {
        let at = at.index(bytes.len());
        bytes[at] = *value;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn damaged_inputs_never_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
        which in 0usize..7,
    ) {
        let webp = "EXT_texture_webp";
        let damage = |bytes: &[u8]| damaged(bytes, &flips, cut);
        let document = match which {
            0 => meshopt_file(&damaged(input!("meshopt.bin"), &flips, None), "positions", "normals8", "triangles"),
            1 => meshopt_file(&damaged(input!("meshopt.bin"), &flips, None), "positions_exp", "normals16", "sequence"),
            2 => draco_file(&damage(input!("draco-edgebreaker.drc"))),
            3 => draco_file(&damage(input!("draco-valence.drc"))),
            4 => draco_file(&damage(input!("draco-sequential.drc"))),
            5 => picture_file(webp, &damage(input!("lossless.webp"))),
            _ => picture_file(webp, &damage(input!("lossy.webp"))),
        };
        // Any answer will do; a panic will not.
        if let Ok(source) = load(&document)
            && let Ok(packed) = pack(&source)
        {
            let _ = unpack(&packed.bytes, &UnpackLimits::default());
        }
    }
}
