//! From the bytes that the page gave to a scene and its package.

use std::sync::Arc;

use p2c2r_frame::View;
use p2c2r_scene::{
    GeneratedScene, GeneratedSceneError, HdrError, ImportError, ImportLimits, MapResolver,
    PackError, Scene, SceneSource, UnpackError, UnpackLimits, generate, load_gltf, pack, parse_hdr,
    unpack,
};
use thiserror::Error;

use crate::messages::{self, CameraChoice, CameraPose, SceneSummary};

/// A scene that can be traced, and the package that peers get.
#[derive(Debug)]
pub(crate) struct LoadedScene {
    /// For the tracers here.
    pub(crate) scene: Arc<Scene>,
    /// For everybody else.
    pub(crate) package: Vec<u8>,
    /// For the page.
    pub(crate) summary: SceneSummary,
}

/// Why a scene cannot be shown.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    /// Not the name of a generated scene.
    #[error(transparent)]
    Generated(#[from] GeneratedSceneError),
    /// The file is not a glTF that can be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The environment cannot be read.
    #[error("the environment cannot be read: {0}")]
    Environment(#[from] HdrError),
    /// The scene cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The package cannot be read back.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// The worker did not give the bytes.
    #[error("the scene's bytes are missing")]
    Missing,
}

/// Files as the worker gave them.
pub(crate) struct Files {
    /// The root first.
    pub(crate) bytes: Vec<Vec<u8>>,
    /// Names of all but the root.
    pub(crate) names: Vec<String>,
    /// A Radiance image.
    pub(crate) environment: Option<Vec<u8>>,
}

/// Builds a scene.
pub(crate) fn load(source: &messages::SceneSource, files: Files) -> Result<LoadedScene, LoadError> {
    let mut authored = match source {
        messages::SceneSource::Generated { spec } => generate(&spec.parse::<GeneratedScene>()?),
        messages::SceneSource::Url { .. } | messages::SceneSource::Bytes { .. } => {
            import(files.bytes, files.names)?
        }
    };
    if let Some(bytes) = files.environment {
        authored = authored.with_environment(parse_hdr(&bytes)?);
    }
    let packed = pack(&authored)?;
    drop(authored);
    let scene = unpack(&packed.bytes, &UnpackLimits::default())?;
    let summary = summary(&scene, packed.bytes.len(), packed.warnings);
    Ok(LoadedScene { scene: Arc::new(scene), package: packed.bytes, summary })
}

fn import(bytes: Vec<Vec<u8>>, names: Vec<String>) -> Result<SceneSource, LoadError> {
    let mut bytes = bytes.into_iter();
    let root = bytes.next().ok_or(LoadError::Missing)?;
    let add = |files: MapResolver, (name, bytes)| files.with_file(name, bytes);
    let files = names.into_iter().zip(bytes).fold(MapResolver::new(), add);
    Ok(load_gltf(&root, &files, &ImportLimits::default())?)
}

fn summary(scene: &Scene, package_bytes: usize, warnings: Vec<String>) -> SceneSummary {
    SceneSummary {
        id: scene.id.to_string(),
        package_bytes: package_bytes as u64,
        triangles: scene.triangles.len() as u64,
        instances: scene.instances.len() as u64,
        materials: scene.materials.len() as u64,
        cameras: scene.cameras.iter().map(|camera| camera.name.clone()).collect(),
        warnings,
        bounds: scene.bounds,
        duration_seconds: scene.duration_s(),
    }
}

/// The view of a camera at a time; none if the scene has no camera of that name.
pub(crate) fn view(
    scene: &Scene,
    camera: &CameraChoice,
    time_us: u64,
    [width, height]: [u32; 2],
) -> Option<View> {
    match camera {
        CameraChoice::Default => Some(scene.default_view_at(time_us, width, height)),
        CameraChoice::Named { name } => scene.view_of_camera_at(name, time_us, width, height),
        CameraChoice::LookAt { eye, target, tan_half_fov_y } => {
            let up = [0.0, 1.0, 0.0];
            let view = Scene::look_at(*eye, *target, up, *tan_half_fov_y, [width, height]);
            Some(View { time_us, ..view })
        }
    }
}

/// Where the controls go on: the eye, and the point before it that is level with the scene's middle.
pub(crate) fn pose(scene: &Scene, view: &View) -> CameraPose {
    let rows = &view.world_from_camera;
    let eye = rows.map(|row| row[3]);
    let forward = rows.map(|row| -row[2]);
    let (center, radius_m) = scene.bounding_sphere();
    let ahead: f32 = (0..3).map(|axis| (center[axis] - eye[axis]) * forward[axis]).sum();
    let nearest = (radius_m * 0.05).max(1e-3);
    let distance_m = if ahead > nearest { ahead } else { nearest.max(radius_m * 0.5) };
    let target = std::array::from_fn(|axis| eye[axis] + forward[axis] * distance_m);
    CameraPose { eye, target, tan_half_fov_y: view.tan_half_fov_y }
}
