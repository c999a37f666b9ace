//! From a place on the film to a ray in the world.

use p2c2r_frame::View;
use p2c2r_scene::math::{Affine, Vec3};

use crate::ray::Ray;
use crate::rng::unit_from_word;

/// The ray of one sample: the words place it in its pixel (box filter) and key its alpha tests.
///
/// `None` where the view's matrix leaves no direction to look in.
pub(crate) fn camera_ray(view: &View, x: u32, y: u32, words: [u32; 4]) -> Option<Ray> {
    let (width, height) = (view.width_px as f32, view.height_px as f32);
    let film_x = (x as f32 + unit_from_word(words[0])) / width;
    let film_y = (y as f32 + unit_from_word(words[1])) / height;
    let direction_in_camera = Vec3::new(
        (2.0 * film_x - 1.0) * (width / height) * view.tan_half_fov_y,
        (1.0 - 2.0 * film_y) * view.tan_half_fov_y,
        -1.0,
    );
    let world_from_camera = Affine::from_rows(view.world_from_camera);
    let direction = world_from_camera.vector(direction_in_camera).normalized()?;
    Some(Ray { origin: world_from_camera.column(3), direction, t_max: f32::MAX, key: words[2] })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: View = View {
        world_from_camera: [[1., 0., 0., 5.], [0., 1., 0., 6.], [0., 0., 1., 7.]],
        tan_half_fov_y: 0.5,
        width_px: 200,
        height_px: 100,
    };

    #[test]
    fn film_corners_span_the_field_of_view() {
        let ray = camera_ray(&VIEW, 0, 0, [0; 4]).unwrap();
        assert_eq!(ray.origin, Vec3::new(5.0, 6.0, 7.0));
        let slope = Vec3::new(-1.0, 0.5, -1.0).normalized().unwrap();
        assert!((ray.direction - slope).length() < 1e-6);
        let ray = camera_ray(&VIEW, 199, 99, [u32::MAX; 4]).unwrap();
        let slope = Vec3::new(1.0, -0.5, -1.0).normalized().unwrap();
        assert!((ray.direction - slope).length() < 1e-5);
    }

    #[test]
    fn flattened_view_has_no_ray() {
        let view = View { world_from_camera: [[0.0; 4]; 3], ..VIEW };
        assert!(camera_ray(&view, 0, 0, [0; 4]).is_none());
    }
}
