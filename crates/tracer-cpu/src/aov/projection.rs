//! From the world to a film: depth, and motion between two pictures.

use p2c2r_frame::View;
use p2c2r_scene::math::{Affine, Vec3, larger};

/// From the world to a film.
#[derive(Debug, Clone, Copy)]
pub(super) struct Projection {
    /// `None` where the view's matrix has no inverse.
    camera_from_world: Option<Affine>,
    tan_half_fov_y: f32,
    size_px: [f32; 2],
}

impl Projection {
    /// Of a view.
    pub(super) fn new(view: &View) -> Self {
        Self {
            camera_from_world: Affine::from_rows(view.world_from_camera).inverse(),
            tan_half_fov_y: view.tan_half_fov_y,
            size_px: [view.width_px as f32, view.height_px as f32],
        }
    }

    /// Distance from the camera's plane; 0 behind it.
    pub(super) fn depth_of(&self, place: Vec3) -> f32 {
        self.camera_from_world.as_ref().map_or(0.0, |map| larger(-map.point(place).z, 0.0))
    }

    /// Where a point is seen.
    pub(super) fn film_of_point(&self, place: Vec3) -> Option<[f32; 2]> {
        self.film_of(self.camera_from_world.as_ref()?.point(place))
    }

    /// Where a direction is seen.
    pub(super) fn film_of_direction(&self, direction: Vec3) -> Option<[f32; 2]> {
        self.film_of(self.camera_from_world.as_ref()?.vector(direction))
    }

    /// The inverse of `camera_ray`; nothing that lies behind the camera is on the film.
    fn film_of(&self, in_camera: Vec3) -> Option<[f32; 2]> {
        let depth = -in_camera.z;
        let is_ahead = depth > 0.0;
        if !is_ahead {
            return None;
        }
        let [width, height] = self.size_px;
        let x = in_camera.x / (depth * self.tan_half_fov_y * (width / height));
        let y = in_camera.y / (depth * self.tan_half_fov_y);
        let film = [(0.5 * x + 0.5) * width, (0.5 - 0.5 * y) * height];
        film.iter().all(|place| place.is_finite()).then_some(film)
    }
}
