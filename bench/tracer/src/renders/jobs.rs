//! What is rendered: a glTF file, perhaps an environment, and a camera, which every renderer gets alike.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use p2c2r_bench_common::import;
use p2c2r_scene::{
    EnvironmentSource, Scene, SceneSource, generate, parse_hdr, write_glb, write_hdr,
};
use serde::{Deserialize, Serialize};

/// Film of every job in pixels.
const SIZE: [u32; 2] = [320, 180];
/// Path vertices after the camera.
const MAX_BOUNCES: u8 = 8;
/// Threads of every renderer.
const THREADS: usize = 2;
/// Tangent of half the vertical field of view, where a scene has no camera.
const TAN_HALF_FOV_Y: f32 = 0.3;
/// Buildings of the city: its signs light the scene, and most of them stand near the camera.
const CITY: &str = "night-city:size=60";

/// One picture to render.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The scene's file, beside the job's.
    pub scene: PathBuf,
    /// The environment's file.
    pub environment: Option<PathBuf>,
    /// Rows of the camera's matrix; it looks along −z.
    pub world_from_camera: [[f32; 4]; 3],
    /// Tangent of half the vertical field of view.
    pub tan_half_fov_y: f32,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Path vertices after the camera.
    pub max_bounces: u8,
    /// Threads to render with.
    pub threads: usize,
}

/// Writes all jobs whose scenes are there; gives their names.
pub fn export(folder: &Path, scenes: &Path, references: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(folder)?;
    let mut names = Vec::new();
    let mut add = |name: &str, source: &SceneSource, aim: Option<[[f32; 3]; 2]>| {
        names.push(name.to_owned());
        write_job(folder, name, source, aim)
    };
    add("cornell", &generate(&"cornell".parse()?), None)?;
    add("night-city", &generate(&CITY.parse()?), None)?;
    add("many-lights", &import(&references.join("many-lights.gltf"))?, None)?;
    let helmet = scenes.join("flight-helmet/FlightHelmet.gltf");
    let sky = scenes.join("env/spiaggia_di_mondello_1k.hdr");
    if helmet.is_file() && sky.is_file() {
        let source = import(&helmet)?.with_environment(parse_hdr(&read(&sky)?)?);
        add("flight-helmet", &source, Some([[0.5, 0.45, 0.9], [0.0, 0.33, 0.0]]))?;
    } else {
        eprintln!("flight-helmet is left out: no {} or {}", helmet.display(), sky.display());
    }
    Ok(names)
}

/// Writes the scene, its environment, and the job that names them.
fn write_job(
    folder: &Path,
    name: &str,
    source: &SceneSource,
    aim: Option<[[f32; 3]; 2]>,
) -> Result<()> {
    let up = [0.0, 1.0, 0.0];
    let (world_from_camera, tan_half_fov_y) = match (aim, source.cameras.first()) {
        (Some([eye, target]), _) => {
            let view = Scene::look_at(eye, target, up, TAN_HALF_FOV_Y, SIZE);
            (view.world_from_camera, view.tan_half_fov_y)
        }
        (None, Some(camera)) => (camera.world_from_camera, camera.tan_half_fov_y),
        (None, None) => anyhow::bail!("{name}: no camera"),
    };
    let environment = source.environment.as_ref().map(|sky| write_sky(folder, name, sky));
    let job = Job {
        scene: format!("{name}.glb").into(),
        environment: environment.transpose()?,
        world_from_camera,
        tan_half_fov_y,
        size: SIZE,
        max_bounces: MAX_BOUNCES,
        threads: THREADS,
    };
    fs::write(folder.join(&job.scene), write_glb(source))?;
    let file = folder.join(format!("{name}.json"));
    fs::write(&file, serde_json::to_string_pretty(&job)?)
        .with_context(|| format!("cannot write {}", file.display()))
}

fn write_sky(folder: &Path, name: &str, sky: &EnvironmentSource) -> Result<PathBuf> {
    let file = PathBuf::from(format!("{name}.hdr"));
    fs::write(folder.join(&file), write_hdr(sky))?;
    Ok(file)
}

/// The bytes of a file.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
