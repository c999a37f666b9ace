//! The triangles that everybody builds a tree over: one mesh in world space.

use std::path::Path;

use anyhow::{Context, Result};
use p2c2r_scene::math::{Affine, Vec3};
use p2c2r_scene::{FolderResolver, ImportLimits, SceneSource, generate, load_gltf};

use crate::random::Random;

/// Triangles of the city, at least.
const CITY_TRIANGLES: usize = 1_000_000;
/// Triangles of the soup.
const SOUP_TRIANGLES: usize = 500_000;
/// Their size, in sides of the cube that they fill.
const SOUP_TRIANGLE_SIZE: f32 = 0.02;

/// Triangles with a name.
#[derive(Debug, Clone)]
pub struct Mesh {
    /// The scene's name.
    pub name: &'static str,
    /// Corners in world space.
    pub positions: Vec<[f32; 3]>,
    /// Indices of corners.
    pub triangles: Vec<[u32; 3]>,
}

impl Mesh {
    /// The three corners of a triangle.
    pub fn corners(&self, triangle: usize) -> [Vec3; 3] {
        self.triangles[triangle].map(|vertex| Vec3::from(self.positions[vertex as usize]))
    }

    /// Everything that is measured; the helmet only where its file is.
    pub fn all(scenes: &Path) -> Result<Vec<Self>> {
        let mut meshes = vec![city()?, soup()];
        let helmet = scenes.join("flight-helmet/FlightHelmet.gltf");
        if helmet.is_file() {
            meshes.push(from_gltf("flight-helmet", &helmet)?);
        } else {
            eprintln!("flight-helmet is left out: no {}", helmet.display());
        }
        Ok(meshes)
    }
}

/// The smallest city of enough triangles, every instance written out.
fn city() -> Result<Mesh> {
    let mut size = 1000;
    loop {
        let source = generate(&format!("night-city:size={size}").parse()?);
        let mesh = flattened("night-city", &source);
        if mesh.triangles.len() >= CITY_TRIANGLES {
            return Ok(mesh);
        }
        size += size / 2;
    }
}

/// Small triangles anywhere in a cube, looking anywhere.
fn soup() -> Mesh {
    let mut random = Random::new(11);
    let mut positions = Vec::new();
    for _ in 0..SOUP_TRIANGLES {
        let middle = random.point();
        positions.extend((0..3).map(|_| {
            let offset = (random.point() - Vec3::splat(0.5)) * SOUP_TRIANGLE_SIZE;
            (middle + offset).to_array()
        }));
    }
    let triangles = (0..SOUP_TRIANGLES as u32).map(|t| [3 * t, 3 * t + 1, 3 * t + 2]).collect();
    Mesh { name: "soup", positions, triangles }
}

fn from_gltf(name: &'static str, file: &Path) -> Result<Mesh> {
    Ok(flattened(name, &import(file)?))
}

/// A glTF scene from its file.
pub fn import(file: &Path) -> Result<SceneSource> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(load_gltf(&bytes, &FolderResolver::beside(file), &ImportLimits::default())?)
}

fn flattened(name: &'static str, source: &SceneSource) -> Mesh {
    let mut whole = Mesh { name, positions: Vec::new(), triangles: Vec::new() };
    for instance in &source.instances {
        let mesh = &source.meshes[instance.mesh as usize];
        let world_from_object = Affine::from_rows(instance.world_from_object);
        let first = whole.positions.len() as u32;
        let placed = |&position: &[f32; 3]| world_from_object.point(position.into()).to_array();
        whole.positions.extend(mesh.positions.iter().map(placed));
        whole.triangles.extend(mesh.triangles.iter().map(|t| t.map(|vertex| first + vertex)));
    }
    whole
}
