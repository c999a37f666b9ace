//! The rays that everybody traces: from a camera, onward from what those hit, and toward lights.

use p2c2r_scene::math::Vec3;
use p2c2r_tracer_cpu::RayQuery;

use crate::random::Random;
use crate::{Mesh, Ours};

/// Rays of a kind.
const COUNT: usize = 1 << 19;
/// Width of the camera's film in pixels; the height is half of it.
const WIDTH: usize = 1024;
/// Height of the camera above the bounds' middle, and its distance, in halves of their diagonal.
const CAMERA: [f32; 3] = [0.31, 0.12, 0.47];
/// New rays begin this share of the distance before the surface.
const LIFT: f32 = 1e-3;

/// Rays by kind.
#[derive(Debug, Clone)]
pub struct Rays {
    /// Neighbours on the film, row by row in tiles of eight by eight.
    pub coherent: Vec<RayQuery>,
    /// Cosine-distributed around the normals of what the coherent ones hit, in random order.
    pub incoherent: Vec<RayQuery>,
    /// From the same points to points above, which the ray ends at.
    pub shadow: Vec<RayQuery>,
}

impl Rays {
    /// Looks at a mesh through its own tree, so that all that follow see the same.
    ///
    /// # Panics
    /// If the camera sees nothing, of which nothing could be measured.
    pub fn of(mesh: &Mesh, tree: &Ours) -> Self {
        let (low, high) = bounds(mesh);
        let coherent = camera_rays(low, high);
        let mut random = Random::new(7);
        let hits: Vec<(Vec3, Vec3)> =
            coherent.iter().filter_map(|ray| surface(mesh, tree, ray)).collect();
        assert!(hits.len() > COUNT / 20, "{}: the camera sees nothing", mesh.name);
        let mut incoherent = Vec::with_capacity(COUNT);
        let mut shadow = Vec::with_capacity(COUNT);
        while incoherent.len() < COUNT {
            let (point, normal) = hits[(random.unit() * hits.len() as f32) as usize];
            incoherent.push(ray(point, random.around(normal), f32::MAX));
            let lamp = low + (high - low) * random.point();
            let lamp = Vec3::new(lamp.x, high.y + (high.y - low.y) * 0.1, lamp.z);
            shadow.push(ray(point, lamp - point, 1.0));
        }
        Self { coherent, incoherent, shadow }
    }
}

fn bounds(mesh: &Mesh) -> (Vec3, Vec3) {
    let corners = mesh.positions.iter().map(|&position| Vec3::from(position));
    corners.fold((Vec3::splat(f32::MAX), Vec3::splat(-f32::MAX)), |(low, high), corner| {
        (low.min(corner), high.max(corner))
    })
}

fn camera_rays(low: Vec3, high: Vec3) -> Vec<RayQuery> {
    let middle = (low + high) * 0.5;
    let radius = (high - low).length() * 0.5;
    let origin = middle + Vec3::from(CAMERA) * radius;
    let forward = (middle - origin).normalized_or(Vec3::ONE);
    let right = forward.cross(Vec3::new(0.0, 1.0, 0.0)).normalized_or(Vec3::ONE);
    let up = right.cross(forward);
    let height = WIDTH / 2;
    let tiles = (0..height / 8).flat_map(|row| (0..WIDTH / 8).map(move |column| (column, row)));
    let pixels = tiles.flat_map(|(column, row)| {
        (0..64).map(move |place| (column * 8 + place % 8, row * 8 + place / 8))
    });
    let ray_at = |(x, y): (usize, usize)| {
        let x = (x as f32 + 0.5) / WIDTH as f32 * 2.0 - 1.0;
        let y = 0.5 - (y as f32 + 0.5) / height as f32;
        ray(origin, forward + right * (x * 0.7) + up * (y * 0.7), f32::MAX)
    };
    pixels.map(ray_at).take(COUNT).collect()
}

/// The point that a ray hits, a little before the surface, and the normal toward the ray.
fn surface(mesh: &Mesh, tree: &Ours, query: &RayQuery) -> Option<(Vec3, Vec3)> {
    let hit = tree.nearest(query)?;
    let [a, b, c] = mesh.corners(hit.triangle as usize);
    let direction = Vec3::from(query.direction);
    let normal = (b - a).cross(c - a).normalized()?;
    let normal = if normal.dot(direction) > 0.0 { -normal } else { normal };
    Some((Vec3::from(query.origin) + direction * (hit.t * (1.0 - LIFT)), normal))
}

fn ray(origin: Vec3, direction: Vec3, t_max: f32) -> RayQuery {
    RayQuery { origin: origin.to_array(), direction: direction.to_array(), t_max, key: 0 }
}
