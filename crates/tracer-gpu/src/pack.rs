//! The scene's arrays in the form that the kernel reads; no GPU here.

use bytemuck::Zeroable;
use p2c2r_scene::math::{GgxAlbedo, LobeAlbedo};
use p2c2r_scene::{AlphaMode, LightKind, LightNode, NO_INDEX, Scene, TextureRef, TextureWrap};
use p2c2r_shaders::{
    EmissiveTriangle, Instance, LIGHT_NODES_PER_ROW, Light, Material, Node, SceneParams,
    TextureSlot, Triangle, Vertex, alpha_mode, light_kind, material_flag, texture_flag,
};

/// Ranges beyond this count as this: the square must fit an f32.
const LONGEST_RANGE_M: f32 = 1e18;

/// All BVH nodes, the top level first.
pub(crate) fn nodes(scene: &Scene) -> Vec<Node> {
    packed_nodes(&scene.all_nodes()).collect()
}

/// Nodes of the top level: the first of all.
pub(crate) fn top_level(scene: &Scene) -> Vec<Node> {
    packed_nodes(&scene.nodes).collect()
}

/// Field by field.
fn packed_nodes(nodes: &[p2c2r_scene::BvhNode]) -> impl Iterator<Item = Node> + use<'_> {
    let node = |node: &p2c2r_scene::BvhNode| Node {
        left_min: node.left_min,
        left_child: node.left_child,
        left_max: node.left_max,
        left_count: node.left_count,
        right_min: node.right_min,
        right_child: node.right_child,
        right_max: node.right_max,
        right_count: node.right_count,
    };
    nodes.iter().map(node)
}

/// Triangles with their corners gathered.
pub(crate) fn triangles(scene: &Scene) -> Vec<Triangle> {
    let position = |vertex: u32| scene.positions[vertex as usize];
    let triangle = |&[a, b, c]: &[u32; 3]| Triangle {
        position_0: position(a),
        vertex_0: a,
        position_1: position(b),
        vertex_1: b,
        position_2: position(c),
        vertex_2: c,
    };
    scene.triangles.iter().map(triangle).collect()
}

/// What shading reads of each vertex.
pub(crate) fn vertices(scene: &Scene) -> Vec<Vertex> {
    let vertex = |index: usize| {
        let [u, v] = scene.uvs[index];
        let (normal, tangent) = (scene.normals[index], scene.tangents[index]);
        Vertex { normal, u, tangent, v, padding: [0; 3] }
    };
    (0..scene.positions.len()).map(vertex).collect()
}

/// Instances with what their mesh says.
pub(crate) fn instances(scene: &Scene) -> Vec<Instance> {
    let instance = |instance: &p2c2r_scene::Instance| {
        let mesh = &scene.meshes[instance.mesh as usize];
        let [world_x, world_y, world_z] = instance.world_from_object;
        let [object_x, object_y, object_z] = instance.object_from_world;
        Instance {
            world_from_object_x: world_x,
            world_from_object_y: world_y,
            world_from_object_z: world_z,
            object_from_world_x: object_x,
            object_from_world_y: object_y,
            object_from_world_z: object_z,
            root_node: mesh.root_node,
            material: mesh.material,
            source_index: instance.source_index,
            mesh: instance.mesh,
        }
    };
    scene.instances.iter().map(instance).collect()
}

/// Materials with their textures resolved.
pub(crate) fn materials(scene: &Scene) -> Vec<Material> {
    let material = |material: &p2c2r_scene::Material| {
        let volume = material.volume.unwrap_or_default();
        let (alpha_mode, alpha_cutoff) = match material.alpha_mode {
            AlphaMode::Opaque => (alpha_mode::OPAQUE, 0.0),
            AlphaMode::Mask { cutoff } => (alpha_mode::MASK, cutoff),
            AlphaMode::Blend => (alpha_mode::BLEND, 0.0),
        };
        Material {
            base_color: material.base_color,
            emissive: material.emissive,
            metallic: material.metallic,
            roughness: material.roughness,
            normal_scale: material.normal_scale,
            alpha_mode,
            alpha_cutoff,
            flags: material_flags(material),
            ior: material.ior,
            specular: material.specular.factor,
            transmission: material.transmission.factor,
            specular_color: material.specular.color,
            dispersion: volume.dispersion,
            absorption: volume.absorption(),
            coat: material.clearcoat.factor,
            sheen: material.sheen.color,
            sheen_roughness: material.sheen.roughness,
            coat_roughness: material.clearcoat.roughness,
            coat_normal_scale: material.clearcoat.normal_scale,
            anisotropy: material.anisotropy.strength,
            film: material.iridescence.factor,
            stretch: material.anisotropy.direction,
            film_nm: material.iridescence.thickness_nm,
            film_ior: material.iridescence.ior,
            padding: [0; 3],
            textures: material.textures().map(|reference| texture_slot(scene, reference)),
        }
    };
    scene.materials.iter().map(material).collect()
}

fn material_flags(material: &p2c2r_scene::Material) -> u32 {
    let flag = |is_set: bool, bit: u32| if is_set { bit } else { 0 };
    flag(material.is_double_sided, material_flag::DOUBLE_SIDED)
        | flag(material.is_unlit, material_flag::UNLIT)
        | flag(material.is_body(), material_flag::BODY)
}

fn texture_slot(scene: &Scene, reference: Option<&TextureRef>) -> TextureSlot {
    let Some(reference) = reference.filter(|reference| reference.texture != NO_INDEX) else {
        return bytemuck::Zeroable::zeroed();
    };
    let texture = &scene.textures[reference.texture as usize];
    let mut flags = texture_flag::PRESENT;
    if texture.is_srgb {
        flags |= texture_flag::SRGB;
    }
    if texture.is_filtered {
        flags |= texture_flag::FILTERED;
    }
    flags |= wrap_bits(texture.wrap_u) << texture_flag::WRAP_U_SHIFT;
    flags |= wrap_bits(texture.wrap_v) << texture_flag::WRAP_V_SHIFT;
    TextureSlot {
        uv_row_0: reference.uv_from_mesh_uv[0],
        first_texel: texture.first_texel,
        uv_row_1: reference.uv_from_mesh_uv[1],
        flags,
        size: [texture.width, texture.height],
        first_mip_texel: texture.first_mip_texel,
        level_count: texture.level_count,
    }
}

fn wrap_bits(wrap: TextureWrap) -> u32 {
    match wrap {
        TextureWrap::Repeat => texture_flag::WRAP_REPEAT,
        TextureWrap::Mirror => texture_flag::WRAP_MIRROR,
        TextureWrap::Clamp => texture_flag::WRAP_CLAMP,
    }
}

/// Punctual lights; an infinite range becomes a large one, since WGSL has no infinity.
pub(crate) fn lights(scene: &Scene) -> Vec<Light> {
    let light = |light: &p2c2r_scene::PunctualLight| {
        let (kind, cos_inner, cos_outer) = match light.kind {
            LightKind::Point => (light_kind::POINT, 0.0, 0.0),
            LightKind::Spot { cos_inner, cos_outer } => (light_kind::SPOT, cos_inner, cos_outer),
            LightKind::Directional => (light_kind::DIRECTIONAL, 0.0, 0.0),
        };
        Light {
            position: light.position,
            kind,
            direction: light.direction,
            range_m: light.range_m.min(LONGEST_RANGE_M),
            intensity: light.intensity,
            cos_inner,
            cos_outer,
            padding: [0; 3],
        }
    };
    scene.lights.iter().map(light).collect()
}

/// Emissive triangles with their paths in the light tree.
pub(crate) fn emissive_triangles(scene: &Scene) -> Vec<EmissiveTriangle> {
    let emissive = |light: &p2c2r_scene::EmissiveTriangle| EmissiveTriangle {
        instance: light.instance,
        triangle: light.triangle,
        area_m2: light.area_m2,
        trail: light.trail,
    };
    scene.emissive_triangles.iter().map(emissive).collect()
}

/// Nodes of the light tree, filled up to whole rows; at least one row. Gives the number of rows.
pub(crate) fn light_nodes(scene: &Scene) -> (u32, Vec<LightNode>) {
    let mut nodes = scene.light_tree.nodes.clone();
    let rows = nodes.len().div_ceil(LIGHT_NODES_PER_ROW as usize).max(1);
    nodes.resize(rows * LIGHT_NODES_PER_ROW as usize, LightNode::zeroed());
    (rows as u32, nodes)
}

/// The tables of the lobes' albedo: what `lobe_albedo.wesl` reads.
pub(crate) fn lobe_albedo(scene: &Scene) -> ([u32; 2], Vec<[f32; 2]>) {
    let tables = LobeAlbedo::new(scene.has_sheen());
    let columns = LobeAlbedo::COSINES as usize;
    let pair = |albedo: &GgxAlbedo| [albedo.of_f0, albedo.of_f90];
    let mut values = Vec::new();
    for (row, average) in tables.ggx.chunks(columns).zip(&tables.ggx_average) {
        values.extend(row.iter().map(pair));
        values.push(pair(average));
    }
    for row in tables.sheen.chunks(columns) {
        values.extend(row.iter().map(|&albedo| [albedo, 0.0]));
        values.push([0.0; 2]);
    }
    ([LobeAlbedo::COSINES + 1, 2 * LobeAlbedo::ROUGHNESSES], values)
}

/// The scene's uniform.
pub(crate) fn params(scene: &Scene) -> SceneParams {
    let environment_size = scene
        .environment
        .as_ref()
        .map_or([0; 2], |environment| [environment.width, environment.height]);
    SceneParams {
        bounds_min: scene.bounds[0],
        light_count: scene.lights.len() as u32,
        bounds_max: scene.bounds[1],
        emissive_count: scene.emissive_triangles.len() as u32,
        environment_size,
        instance_count: scene.instances.len() as u32,
        is_environment_sampled: u32::from(
            scene.environment.as_ref().is_some_and(|light| !light.alias.is_empty()),
        ),
        environment_importance: scene.environment_importance(),
        punctual_importance: scene.punctual_importance(),
        padding: [0; 2],
    }
}
