//! What a scene is like in a few numbers, for those who estimate costs and know no scene.

/// A scene in a few numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SceneSketch {
    /// Radius of the sphere around everything, in metres.
    pub radius_m: f32,
    /// Triangles, each mesh as often as it is placed.
    pub triangles: u64,
    /// Lights that are picked from: punctual ones and emissive triangles.
    pub lights: u64,
    /// Whether the sky sends light.
    pub has_environment: bool,
    /// What each material does to paths, by its index.
    pub materials: Vec<MaterialSketch>,
}

/// What a material does to paths, each a share from 0 to 1; textures are not looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MaterialSketch {
    /// How much of a mirror it is: smooth metal or coat.
    pub reflective: f32,
    /// How much light goes through it.
    pub refractive: f32,
    /// 1 where alpha lets paths through.
    pub transparent: f32,
    /// 1 where paths end, since it is unlit.
    pub unlit: f32,
}
