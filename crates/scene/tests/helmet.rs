//! A scene of the world outside: the flight helmet and its environment, where they are at hand.

use std::path::PathBuf;

use p2c2r_scene::{FolderResolver, ImportLimits, UnpackLimits, load_gltf, pack, parse_hdr, unpack};

/// The shared scenes beside the checkout, or `None` with a word about it.
fn shared(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/scenes").join(path);
    if !file.exists() {
        println!("skipped: {} is not there", file.display());
        return None;
    }
    Some(file)
}

#[test]
fn flight_helmet_and_its_environment_become_a_scene() {
    let (Some(helmet), Some(sky)) =
        (shared("flight-helmet/FlightHelmet.gltf"), shared("env/spiaggia_di_mondello_1k.hdr"))
    else {
        return;
    };
    let root = std::fs::read(&helmet).unwrap();
    let resolver = FolderResolver::beside(&helmet);
    let source = load_gltf(&root, &resolver, &ImportLimits::default()).unwrap();
    assert!(source.warnings.is_empty(), "{:?}", source.warnings);
    let environment = parse_hdr(&std::fs::read(sky).unwrap()).unwrap();
    assert_eq!((environment.width, environment.height), (1024, 512));
    let packed = pack(&source.with_environment(environment)).unwrap();
    let scene = unpack(&packed.bytes, &UnpackLimits::default()).unwrap();
    let stats = scene.stats();
    println!("{} bytes, {stats:?}, {:?}", packed.bytes.len(), packed.warnings);
    assert_eq!((stats.meshes, stats.instances, stats.textures), (6, 6, 15));
    assert!(stats.triangles > 40_000, "{}", stats.triangles);
    assert_eq!(stats.environment_texels, 1024 * 512);
    let size_m = scene.bounds[1][1] - scene.bounds[0][1];
    assert!((0.5..1.0).contains(&size_m), "{:?}", scene.bounds);
}

#[test]
fn folder_resolver_reads_no_link_out_of_its_folder() {
    use p2c2r_scene::{ResourceError, ResourceResolver};
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let resolver = FolderResolver::new(&folder);
    assert!(resolver.read("lib.rs", 1 << 20).is_ok());
    assert!(matches!(resolver.read("lib.rs", 10), Err(ResourceError::TooLarge { .. })));
    assert!(matches!(resolver.read("../Cargo.toml", 1 << 20), Err(ResourceError::Missing(_))));
    assert!(matches!(resolver.read("bvh", 1 << 20), Err(ResourceError::Missing(_))));
}
