//! Cameras around the middle of a scene.

use p2c2r_frame::View;
use p2c2r_scene::Scene;

/// Views of a scene from a circle around its middle, as wide and high as its camera `start` stands, which
/// is the first of them; all look at the middle's axis, as high as `start` does at that distance.
pub fn orbit(scene: &Scene, start: &View, frames: usize, step_degrees: f64) -> Vec<View> {
    let (middle, _) = scene.bounding_sphere();
    let eye = start.world_from_camera.map(|row| row[3]);
    let forward = start.world_from_camera.map(|row| -row[2]);
    let [x, z] = [eye[0] - middle[0], eye[2] - middle[2]].map(f64::from);
    let radius = (x * x + z * z).sqrt();
    let flat = f64::from(forward[0]).powi(2) + f64::from(forward[2]).powi(2);
    let target_y = f64::from(eye[1]) + f64::from(forward[1]) / flat.sqrt() * radius;
    let target = [middle[0], target_y as f32, middle[2]];
    let first = z.atan2(x);
    (0..frames)
        .map(|frame| {
            let angle = first + (frame as f64 * step_degrees).to_radians();
            let [x, z] = [angle.cos(), angle.sin()].map(|part| (part * radius) as f32);
            let eye = [middle[0] + x, eye[1], middle[2] + z];
            let size = [start.width_px, start.height_px];
            Scene::look_at(eye, target, [0.0, 1.0, 0.0], start.tan_half_fov_y, size)
        })
        .collect()
}
