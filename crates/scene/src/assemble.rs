//! Checked parts into the flat arrays that tracers read.

use p2c2r_frame::SceneId;

use crate::bvh::{Bounds, TopologyError, TopologyReader, refit};
use crate::check::inverse_of;
use crate::emissive::collect_emissive;
use crate::environment::assemble_environment;
use crate::image::{ImageLimits, decode_image};
use crate::limits::ContentLimits;
use crate::math::{Affine, Vec3, basis_from_normal};
use crate::{Instance, InvalidScene, Mesh, Scene, SceneSource, Texture, UnpackError};

/// What a package holds, decoded and checked; in the order of the trees' leaves.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// Meshes, instances and the rest.
    pub(crate) scene: SceneSource,
    /// Authored position of each instance.
    pub(crate) source_indices: Vec<u32>,
    /// The top level's tree, then each mesh's.
    pub(crate) topology: Vec<u8>,
}

/// Builds the arrays; `parts.scene` has passed `SceneSource::check`.
pub(crate) fn assemble(
    parts: Parts,
    id: SceneId,
    limits: &ContentLimits,
) -> Result<Scene, UnpackError> {
    let Parts { scene: source, source_indices, topology } = parts;
    let mut scene = Scene { id, ..Scene::default() };
    assemble_textures(&source, limits, &mut scene)?;
    assemble_vertices(&source, &mut scene);
    assemble_instances(&source, &source_indices, &mut scene)?;
    assemble_trees(&topology, &mut scene)?;
    scene.environment = source.environment.as_ref().and_then(assemble_environment);
    scene.materials = source.materials;
    scene.build_mips();
    scene.lights = source.lights;
    scene.cameras = source.cameras;
    collect_emissive(&mut scene, limits.max_emissive_triangles)?;
    Ok(scene)
}

fn assemble_textures(
    source: &SceneSource,
    limits: &ContentLimits,
    scene: &mut Scene,
) -> Result<(), UnpackError> {
    let mut regions = Vec::with_capacity(source.images.len());
    for (index, image) in source.images.iter().enumerate() {
        let left = limits.max_texels.saturating_sub(scene.texels.len() as u64);
        let image_limits = ImageLimits { max_texels: left, max_side: limits.max_image_side };
        let decoded = decode_image(image, &image_limits)
            .map_err(|error| UnpackError::Image { index, error })?;
        regions.push((scene.texels.len() as u32, decoded.width, decoded.height));
        scene.texels.extend(decoded.texels);
    }
    scene.textures = source
        .textures
        .iter()
        .map(|texture| {
            let (first_texel, width, height) = regions[texture.image as usize];
            Texture {
                first_texel,
                width,
                height,
                first_mip_texel: 0,
                level_count: 1,
                wrap_u: texture.wrap_u,
                wrap_v: texture.wrap_v,
                is_srgb: texture.is_srgb,
                is_filtered: texture.is_filtered,
            }
        })
        .collect();
    Ok(())
}

fn assemble_vertices(source: &SceneSource, scene: &mut Scene) {
    for mesh in &source.meshes {
        let first_vertex = scene.positions.len() as u32;
        scene.meshes.push(Mesh {
            first_triangle: scene.triangles.len() as u32,
            triangle_count: mesh.triangles.len() as u32,
            root_node: 0,
            material: mesh.material,
        });
        scene.positions.extend(&mesh.positions);
        scene.normals.extend(&mesh.normals);
        if mesh.tangents.is_empty() {
            scene.tangents.extend(mesh.normals.iter().map(|&normal| any_tangent(normal.into())));
        } else {
            scene.tangents.extend(&mesh.tangents);
        }
        if mesh.uvs.is_empty() {
            scene.uvs.resize(scene.positions.len(), [0.0; 2]);
        } else {
            scene.uvs.extend(&mesh.uvs);
        }
        let shifted = mesh.triangles.iter().map(|corners| corners.map(|c| c + first_vertex));
        scene.triangles.extend(shifted);
    }
}

fn any_tangent(normal: Vec3) -> [f32; 4] {
    let (tangent, _) = basis_from_normal(normal);
    [tangent.x, tangent.y, tangent.z, 1.0]
}

fn assemble_instances(
    source: &SceneSource,
    source_indices: &[u32],
    scene: &mut Scene,
) -> Result<(), UnpackError> {
    for (index, (instance, &source_index)) in
        source.instances.iter().zip(source_indices).enumerate()
    {
        let object_from_world = inverse_of(&instance.world_from_object)
            .ok_or(InvalidScene::Singular { instance: index })?;
        scene.instances.push(Instance {
            world_from_object: instance.world_from_object,
            object_from_world,
            mesh: instance.mesh,
            source_index,
        });
    }
    Ok(())
}

fn assemble_trees(topology: &[u8], scene: &mut Scene) -> Result<(), UnpackError> {
    let mut reader = TopologyReader::new(topology);
    let named = |tree: String| move |error: TopologyError| UnpackError::Topology { tree, error };
    let mut top = Vec::new();
    reader
        .read_tree(0, scene.instances.len() as u32, 1, &mut top)
        .map_err(named("top level".to_owned()))?;
    let mut root = top.len() as u32;
    for (index, mesh) in scene.meshes.iter_mut().enumerate() {
        mesh.root_node = root;
        root += scene
            .mesh_trees
            .push(&mut reader, mesh.triangle_count)
            .map_err(named(format!("tree of mesh {index}")))?;
    }
    if reader.remaining() > 0 {
        return Err(UnpackError::Trailing(reader.remaining()));
    }
    let mesh_bounds: Vec<Bounds> =
        scene.meshes.iter().map(|mesh| bounds_of_mesh(scene, mesh)).collect();
    let bounds = refit(&mut top, 0, |index| {
        let instance = &scene.instances[index as usize];
        mesh_bounds[instance.mesh as usize].transformed(&instance.world_from_object)
    });
    scene.bounds = [bounds.min.to_array(), bounds.max.to_array()];
    scene.nodes = top;
    Ok(())
}

fn bounds_of_mesh(scene: &Scene, mesh: &Mesh) -> Bounds {
    (mesh.first_triangle..mesh.first_triangle + mesh.triangle_count)
        .fold(Bounds::EMPTY, |whole, triangle| whole.union(scene.triangle_bounds(triangle)))
}

/// World-space corners of a triangle of an instance.
pub(crate) fn world_corners(scene: &Scene, instance: &Instance, triangle: u32) -> [Vec3; 3] {
    let world_from_object = Affine::from_rows(instance.world_from_object);
    scene.triangles[triangle as usize]
        .map(|corner| world_from_object.point(scene.positions[corner as usize].into()))
}
