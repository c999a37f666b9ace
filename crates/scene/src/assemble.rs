//! Checked parts into the flat arrays that tracers read.

use std::sync::Arc;

use p2c2r_frame::SceneId;

use crate::bvh::{Bounds, StoredTrees, TopologyError, TopologyReader, cut_empty, refit};
use crate::check::inverse_of;
use crate::emissive::{collect_emissive, mesh_emissions};
use crate::environment::assemble_environment;
use crate::image::{ImageLimits, decode_image};
use crate::limits::ContentLimits;
use crate::math::{Affine, Vec3, basis_from_normal};
use crate::pose::Motion;
use crate::{BvhNode, Instance, InvalidScene, Mesh, Scene, SceneSource, Texture, UnpackError};

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
    let is_animated = source.animation.is_some();
    let (mesh_bounds, stored_top) = assemble_trees(&topology, is_animated, &mut scene)?;
    scene.environment = source.environment.as_ref().and_then(assemble_environment).map(Arc::new);
    scene.materials = Arc::new(source.materials);
    scene.build_mips();
    scene.lights = source.lights;
    scene.cameras = source.cameras;
    let emissions = mesh_emissions(&scene);
    collect_emissive(&mut scene, &emissions, limits.max_emissive_triangles)?;
    scene.motion = source.animation.map(|animation| {
        Arc::new(Motion::new(animation, &scene, stored_top, mesh_bounds, emissions))
    });
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
        Arc::make_mut(&mut scene.texels).extend(decoded.texels);
    }
    let textures = source
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
    scene.textures = Arc::new(textures);
    Ok(())
}

fn assemble_vertices(source: &SceneSource, scene: &mut Scene) {
    let positions = Arc::make_mut(&mut scene.positions);
    let normals = Arc::make_mut(&mut scene.normals);
    let tangents = Arc::make_mut(&mut scene.tangents);
    let uvs = Arc::make_mut(&mut scene.uvs);
    let triangles = Arc::make_mut(&mut scene.triangles);
    for mesh in &source.meshes {
        let first_vertex = positions.len() as u32;
        Arc::make_mut(&mut scene.meshes).push(Mesh {
            first_triangle: triangles.len() as u32,
            triangle_count: mesh.triangles.len() as u32,
            root_node: 0,
            material: mesh.material,
        });
        positions.extend(&mesh.positions);
        normals.extend(&mesh.normals);
        if mesh.tangents.is_empty() {
            tangents.extend(mesh.normals.iter().map(|&normal| any_tangent(normal.into())));
        } else {
            tangents.extend(&mesh.tangents);
        }
        if mesh.uvs.is_empty() {
            uvs.resize(positions.len(), [0.0; 2]);
        } else {
            uvs.extend(&mesh.uvs);
        }
        triangles.extend(mesh.triangles.iter().map(|corners| corners.map(|c| c + first_vertex)));
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
        let object_from_world = match inverse_of(&instance.world_from_object) {
            Some(inverse) => inverse,
            None if source.does_move(index) => FLAT,
            None => return Err(InvalidScene::Singular { instance: index }.into()),
        };
        scene.instances.push(Instance {
            world_from_object: instance.world_from_object,
            object_from_world,
            mesh: instance.mesh,
            source_index,
        });
    }
    Ok(())
}

/// Inverse of an instance without one: it leaves a ray no direction, so that nothing is met.
pub(crate) const FLAT: [[f32; 4]; 3] = [[0.0; 4]; 3];

/// Gives each mesh's box, and of a scene that moves the stored top level.
fn assemble_trees(
    topology: &[u8],
    is_animated: bool,
    scene: &mut Scene,
) -> Result<(Vec<Bounds>, Vec<BvhNode>), UnpackError> {
    let mut reader = TopologyReader::new(topology);
    let named = |tree: String| move |error: TopologyError| UnpackError::Topology { tree, error };
    let mut top = Vec::new();
    reader
        .read_tree(0, scene.instances.len() as u32, 1, &mut top)
        .map_err(named("top level".to_owned()))?;
    let mut root = top.len() as u32;
    let mut mesh_trees = StoredTrees::default();
    for (index, mesh) in Arc::make_mut(&mut scene.meshes).iter_mut().enumerate() {
        mesh.root_node = root;
        root += mesh_trees
            .push(&mut reader, mesh.triangle_count)
            .map_err(named(format!("tree of mesh {index}")))?;
    }
    if reader.remaining() > 0 {
        return Err(UnpackError::Trailing(reader.remaining()));
    }
    scene.mesh_trees = Arc::new(mesh_trees);
    let mesh_bounds: Vec<Bounds> =
        scene.meshes.iter().map(|mesh| bounds_of_mesh(scene, mesh)).collect();
    let bounds =
        refit(&mut top, 0, |index| world_bounds(&scene.instances[index as usize], &mesh_bounds));
    scene.bounds = [bounds.min.to_array(), bounds.max.to_array()];
    // A tree that will be fitted to other poses keeps a place for what is flat at first.
    let stored_top = if is_animated { top.clone() } else { Vec::new() };
    cut_empty(&mut top);
    scene.nodes = top;
    Ok((mesh_bounds, stored_top))
}

/// Box of an instance in the world; empty if it is flat.
pub(crate) fn world_bounds(instance: &Instance, mesh_bounds: &[Bounds]) -> Bounds {
    if instance.object_from_world == FLAT {
        return Bounds::EMPTY;
    }
    mesh_bounds[instance.mesh as usize].transformed(&instance.world_from_object)
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
