//! Views of a scene: from its own cameras, from a point to a target, or framed by its bounds.

use p2c2r_frame::{Lens, View};

use crate::math::{Affine, Vec3, larger};
use crate::{Camera, Scene};

/// Tangent of half the vertical field of view where a scene has no camera: 40 degrees in all.
pub const DEFAULT_TAN_HALF_FOV_Y: f32 = 0.364;
/// Where the framing camera stands, seen from the middle of the scene.
const FRAMING_DIRECTION: Vec3 = Vec3::new(0.45, 0.3, 1.0);

impl Scene {
    /// The first camera of the file, else one that frames the bounds; at time 0.
    pub fn default_view(&self, width_px: u32, height_px: u32) -> View {
        self.default_view_at(0, width_px, height_px)
    }

    /// The first camera of the file at a time, else one that frames the bounds of time 0.
    pub fn default_view_at(&self, time_us: u64, width_px: u32, height_px: u32) -> View {
        let view = match self.cameras_at(time_us).first() {
            Some(camera) => camera.view(width_px, height_px),
            None => self.framing_view(width_px, height_px),
        };
        View { time_us, ..view }
    }

    /// The view of the camera with this name, if there is one; at time 0.
    pub fn view_of_camera(&self, name: &str, width_px: u32, height_px: u32) -> Option<View> {
        self.view_of_camera_at(name, 0, width_px, height_px)
    }

    /// The view of the camera with this name at a time, if there is one.
    pub fn view_of_camera_at(
        &self,
        name: &str,
        time_us: u64,
        width_px: u32,
        height_px: u32,
    ) -> Option<View> {
        let cameras = self.cameras_at(time_us);
        let camera = cameras.iter().find(|camera| camera.name == name)?;
        Some(View { time_us, ..camera.view(width_px, height_px) })
    }

    /// A view from `eye` towards `target`; a degenerate `up` or distance falls back to the axes.
    pub fn look_at(
        eye: [f32; 3],
        target: [f32; 3],
        up: [f32; 3],
        tan_half_fov_y: f32,
        size_px: [u32; 2],
    ) -> View {
        let [width_px, height_px] = size_px;
        let world_from_camera = camera_at(eye.into(), target.into(), up.into()).rows;
        View {
            world_from_camera,
            tan_half_fov_y,
            width_px,
            height_px,
            lens: Lens::PINHOLE,
            time_us: 0,
        }
    }

    /// The middle of the bounds and the radius of the sphere around them.
    pub fn bounding_sphere(&self) -> ([f32; 3], f32) {
        let [min, max] = self.bounds.map(Vec3::from);
        (((min + max) * 0.5).to_array(), (max - min).length() * 0.5)
    }

    /// A view that shows the whole of the bounds.
    pub fn framing_view(&self, width_px: u32, height_px: u32) -> View {
        let (center, radius_m) = self.bounding_sphere();
        let aspect = width_px as f32 / larger(height_px as f32, 1.0);
        let narrow = if aspect < 1.0 { aspect } else { 1.0 };
        let tan = DEFAULT_TAN_HALF_FOV_Y * larger(narrow, 0.01);
        // The sphere touches the view cone: sin of the half angle is radius over distance.
        let distance_m = larger(radius_m, 1e-3) * (1.0 + tan * tan).sqrt() / tan;
        let direction = FRAMING_DIRECTION.normalized_or(Vec3::new(0.0, 0.0, 1.0));
        let eye = Vec3::from(center) + direction * distance_m;
        let up = [0.0, 1.0, 0.0];
        let size_px = [width_px, height_px];
        Self::look_at(eye.to_array(), center, up, DEFAULT_TAN_HALF_FOV_Y, size_px)
    }
}

impl Camera {
    /// What it sees at time 0.
    fn view(&self, width_px: u32, height_px: u32) -> View {
        View {
            world_from_camera: self.world_from_camera,
            tan_half_fov_y: self.tan_half_fov_y,
            width_px,
            height_px,
            lens: Lens::PINHOLE,
            time_us: 0,
        }
    }
}

/// The rigid map of a camera at `eye` that looks at `target`.
pub(crate) fn camera_at(eye: Vec3, target: Vec3, up: Vec3) -> Affine {
    let back = (eye - target).normalized_or(Vec3::new(0.0, 0.0, 1.0));
    let right = up.cross(back).normalized();
    let fallback =
        if back.x.abs() < 0.9 { Vec3::new(1.0, 0.0, 0.0) } else { Vec3::new(0.0, 0.0, 1.0) };
    let right = right.unwrap_or_else(|| {
        let off_axis = fallback - back * back.dot(fallback);
        off_axis.normalized_or(fallback)
    });
    Affine::from_axes(right, back.cross(right), back, eye)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camera_is_rigid_even_when_it_looks_straight_down() {
        let up = Vec3::new(0.0, 1.0, 0.0);
        for target in [Vec3::new(0.0, -5.0, 0.0), Vec3::new(3.0, 1.0, -2.0), Vec3::ZERO] {
            let camera = camera_at(Vec3::ZERO, target, up);
            assert!((camera.determinant() - 1.0).abs() < 1e-5, "{target:?}");
        }
    }

    #[test]
    fn framing_view_holds_every_corner_of_the_bounds() {
        let scene = Scene { bounds: [[-3.0, 0.0, -1.0], [5.0, 2.0, 9.0]], ..Scene::default() };
        for (width, height) in [(640, 360), (100, 400), (1, 1)] {
            let view = scene.framing_view(width, height);
            let camera_from_world = Affine::from_rows(view.world_from_camera).inverse().unwrap();
            for corner in 0..8 {
                let pick = |axis: usize| scene.bounds[corner >> axis & 1][axis];
                let p = camera_from_world.point(Vec3::new(pick(0), pick(1), pick(2)));
                let aspect = width as f32 / height as f32;
                assert!(p.y.abs() <= -p.z * view.tan_half_fov_y);
                assert!(p.x.abs() <= -p.z * view.tan_half_fov_y * aspect);
            }
        }
    }
}
