//! Scene decoders: any bytes give a sound scene or an error, within memory that the limits bound.

use p2c2r_scene::{
    ContentLimits, ImportLimits, MapResolver, NO_INDEX, Scene, UnpackLimits, light_child,
    load_gltf, pack, parse_hdr, unpack,
};

/// Small limits, so that a fuzzer finds what passes them instead of running out of memory.
fn content_limits() -> ContentLimits {
    ContentLimits {
        max_vertices: 1 << 16,
        max_triangles: 1 << 16,
        max_instances: 1 << 12,
        max_emissive_triangles: 1 << 14,
        max_texels: 1 << 20,
        max_environment_texels: 1 << 18,
        ..ContentLimits::default()
    }
}

/// A glTF file that loads and packs must unpack again.
pub fn gltf(bytes: &[u8]) {
    let limits = ImportLimits { content: content_limits(), ..ImportLimits::default() };
    let resolver = MapResolver::new().with_file("buffer.bin", vec![0x3f; 256]);
    let Ok(source) = load_gltf(bytes, &resolver, &limits) else {
        return;
    };
    if let Ok(packed) = pack(&source) {
        match unpack(&packed.bytes, &UnpackLimits::default()) {
            Ok(scene) => assert_poses_sound(&scene),
            // Images are only decoded here, and may still be damaged.
            Err(error) => assert!(error.to_string().starts_with("image "), "{error}"),
        }
    }
}

/// A picture that is read has the texels that its size tells.
pub fn hdr(bytes: &[u8]) {
    if let Ok(picture) = parse_hdr(bytes) {
        assert_eq!(picture.rgbe.len() as u64, u64::from(picture.width) * u64::from(picture.height));
    }
}

/// A package that unpacks is safe to trace.
pub fn scene_package(bytes: &[u8]) {
    let limits = UnpackLimits {
        max_package_bytes: 1 << 22,
        max_body_bytes: 1 << 24,
        content: content_limits(),
    };
    if let Ok(scene) = unpack(bytes, &limits) {
        assert_poses_sound(&scene);
    }
}

fn assert_poses_sound(scene: &Scene) {
    assert_sound(scene);
    if scene.motion.is_some() {
        for time_us in [0, 1, 700_000, u64::MAX] {
            assert_sound(&scene.posed(time_us));
        }
    }
}

/// What tracers rely on without looking.
fn assert_sound(scene: &Scene) {
    let below = |index: u32, count: usize| (index as usize) < count;
    assert!(scene.triangles.iter().flatten().all(|&v| below(v, scene.positions.len())));
    assert_eq!(scene.positions.len(), scene.normals.len());
    assert_eq!(scene.positions.len(), scene.tangents.len());
    assert_eq!(scene.positions.len(), scene.uvs.len());
    let nodes = scene.all_nodes();
    assert_eq!(nodes.len(), scene.node_count());
    for mesh in scene.meshes.iter() {
        assert!((mesh.first_triangle + mesh.triangle_count) as usize <= scene.triangles.len());
        assert!(below(mesh.material, scene.materials.len()));
        assert!(below(mesh.root_node, nodes.len()));
    }
    for node in &scene.nodes {
        for (child, count) in
            [(node.left_child, node.left_count), (node.right_child, node.right_count)]
        {
            let items = if count > 0 { scene.instances.len() } else { scene.nodes.len() };
            assert!(below(child, items) || (child == NO_INDEX && count == 0));
        }
    }
    let places = scene.instances.iter().flat_map(|instance| instance.world_from_object);
    assert!(places.flatten().all(f32::is_finite));
    assert!(scene.instances.iter().all(|instance| below(instance.mesh, scene.meshes.len())));
    for texture in scene.textures.iter() {
        let count = u64::from(texture.width) * u64::from(texture.height);
        assert!(count > 0);
        assert!(u64::from(texture.first_texel) + count <= scene.texels.len() as u64);
    }
    for emissive in scene.emissive_triangles.iter() {
        assert!(below(emissive.instance, scene.instances.len()));
        assert!(below(emissive.triangle, scene.triangles.len()));
    }
    let children = scene.light_tree.nodes.iter().flat_map(|node| node.child);
    for child in children.filter(|&child| child != NO_INDEX) {
        let is_triangle = child & light_child::TRIANGLE != 0;
        let count =
            if is_triangle { scene.emissive_triangles.len() } else { scene.light_tree.nodes.len() };
        assert!(below(child & light_child::INDEX, count));
    }
    assert!(scene.bounds.iter().flatten().all(|coordinate| coordinate.is_finite()));
}
