//! Small scenes put together in a test: quads, materials, lights.

use std::sync::Arc;

use p2c2r_scene::{
    EnvironmentSource, InstanceSource, Material, MeshSource, PunctualLight, Scene, SceneSource,
    UnpackLimits, pack, unpack,
};

/// A scene under construction; everything is placed in world space.
#[derive(Debug, Clone, Default)]
pub struct SceneBuilder {
    source: SceneSource,
}

impl SceneBuilder {
    /// An empty scene.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parallelogram; its front is the side from which `u` turns to `v` counter-clockwise.
    #[must_use]
    pub fn quad(self, corner: [f32; 3], u: [f32; 3], v: [f32; 3], material: Material) -> Self {
        let at =
            |s: f32, t: f32| std::array::from_fn(|axis| corner[axis] + s * u[axis] + t * v[axis]);
        let positions = vec![at(0., 0.), at(1., 0.), at(1., 1.), at(0., 1.)];
        self.triangles(positions, vec![[0, 1, 2], [0, 2, 3]], material)
    }

    /// Adds triangles with flat normals.
    #[must_use]
    pub fn triangles(
        mut self,
        corners: Vec<[f32; 3]>,
        triangles: Vec<[u32; 3]>,
        material: Material,
    ) -> Self {
        let [a, b, c] =
            triangles[0].map(|vertex| p2c2r_scene::math::Vec3::from(corners[vertex as usize]));
        let up = p2c2r_scene::math::Vec3::new(0.0, 1.0, 0.0);
        let normal = (b - a).cross(c - a).normalized_or(up).to_array();
        let mesh = MeshSource {
            normals: vec![normal; corners.len()],
            positions: corners,
            triangles,
            material: self.source.materials.len() as u32,
            ..MeshSource::default()
        };
        self.source.materials.push(material);
        self.source.instances.push(InstanceSource {
            world_from_object: [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]],
            mesh: self.source.meshes.len() as u32,
        });
        self.source.meshes.push(mesh);
        self
    }

    /// Adds a punctual light.
    #[must_use]
    pub fn light(mut self, light: PunctualLight) -> Self {
        self.source.lights.push(light);
        self
    }

    /// Sets the environment.
    #[must_use]
    pub fn environment(mut self, environment: EnvironmentSource) -> Self {
        self.source.environment = Some(environment);
        self
    }

    /// The scene as authored.
    pub fn into_source(self) -> SceneSource {
        self.source
    }

    /// The scene as a peer would unpack it.
    ///
    /// # Panics
    /// If the scene is not valid.
    pub fn build(self) -> Arc<Scene> {
        let packed = pack(&self.source).expect("the scene is valid");
        let scene = unpack(&packed.bytes, &UnpackLimits::default());
        Arc::new(scene.expect("a package that was just made can be read"))
    }
}

/// A grey dielectric without texture, seen from both sides.
pub fn material(base: f32, metallic: f32, roughness: f32) -> Material {
    Material {
        base_color: [base, base, base, 1.0],
        metallic,
        roughness,
        is_double_sided: true,
        ..Material::default()
    }
}

/// A black surface that emits this radiance from its front.
pub fn emitter(radiance: f32) -> Material {
    Material { emissive: [radiance; 3], is_double_sided: false, ..material(0.0, 1.0, 1.0) }
}
