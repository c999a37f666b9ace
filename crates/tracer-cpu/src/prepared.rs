//! A scene with what the tracer derives from it once.

use std::sync::Arc;

use fearless_simd::Level;
use p2c2r_scene::math::LobeAlbedo;
use p2c2r_scene::{AlphaMode, EmissiveTriangle, Scene};

use crate::bvh::Tree;
use crate::light::LightGroups;

/// What a triangle test must ask about a mesh's material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MeshTraits {
    /// Rays pass its back faces.
    pub(crate) hides_back: bool,
    /// Its back faces emit nothing.
    pub(crate) is_single_sided: bool,
    /// It may be partly transparent.
    pub(crate) has_alpha: bool,
    /// A texture of it has smaller copies.
    pub(crate) has_mips: bool,
}

/// Read by every path; nothing in it changes.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The scene.
    pub(crate) scene: Arc<Scene>,
    /// One entry per mesh.
    pub(crate) mesh_traits: Arc<[MeshTraits]>,
    /// The kinds of lights that can be sampled.
    pub(crate) light_groups: LightGroups,
    /// What rays walk through.
    pub(crate) tree: Tree,
    /// What the lobes reflect in total.
    pub(crate) lobe_albedo: Arc<LobeAlbedo>,
}

impl Prepared {
    /// Derives the tables.
    pub(crate) fn new(scene: Arc<Scene>) -> Self {
        let tree = Tree::new(&scene);
        Self::with_tree(scene, tree)
    }

    /// The same with the trees that browsers walk.
    pub(crate) fn four_wide(scene: Arc<Scene>) -> Self {
        let tree = Tree::four(&scene, Level::new());
        Self::with_tree(scene, tree)
    }

    fn with_tree(scene: Arc<Scene>, tree: Tree) -> Self {
        let mesh_traits = scene
            .meshes
            .iter()
            .map(|mesh| {
                let material = &scene.materials[mesh.material as usize];
                MeshTraits {
                    hides_back: !material.shows_back_faces(),
                    is_single_sided: !material.is_double_sided,
                    has_alpha: material.alpha_mode != AlphaMode::Opaque,
                    has_mips: scene.has_mips(material),
                }
            })
            .collect();
        let light_groups = LightGroups::new(&scene);
        let lobe_albedo = Arc::new(LobeAlbedo::new(scene.has_sheen()));
        Self { mesh_traits, light_groups, tree, lobe_albedo, scene }
    }

    /// The same for another pose of the scene: only what moves is derived anew.
    pub(crate) fn posed(&self, time_us: u64) -> Self {
        let scene = Arc::new(self.scene.posed(time_us));
        Self {
            mesh_traits: Arc::clone(&self.mesh_traits),
            light_groups: LightGroups::new(&scene),
            tree: self.tree.posed(&scene),
            lobe_albedo: Arc::clone(&self.lobe_albedo),
            scene,
        }
    }

    /// The light that this triangle of this instance is; the scene keeps them in this order.
    pub(crate) fn emissive_triangle(
        &self,
        instance: u32,
        triangle: u32,
    ) -> Option<&EmissiveTriangle> {
        let lights = &self.scene.emissive_triangles;
        let place = lights
            .binary_search_by_key(&(instance, triangle), |light| (light.instance, light.triangle));
        place.ok().and_then(|index| lights.get(index))
    }

    /// Corners of a triangle in object space.
    #[inline]
    pub(crate) fn corners(&self, triangle: u32) -> [[f32; 3]; 3] {
        let [a, b, c] = self.scene.triangles[triangle as usize];
        let positions = &self.scene.positions;
        [positions[a as usize], positions[b as usize], positions[c as usize]]
    }
}
