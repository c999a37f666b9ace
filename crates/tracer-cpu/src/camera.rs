//! From a place on the film to a ray in the world.

use p2c2r_frame::View;
use p2c2r_scene::math::{Affine, Vec3, sin_cos_turns};

use crate::ray::Ray;
use crate::rng::unit_from_word;

/// The ray of one sample: the words place it in its pixel (box filter) and on the lens, and key its
/// alpha tests.
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
    let lens = &view.lens;
    let (origin, from_lens) = if lens.radius_m > 0.0 {
        let [x, y] = disk_from_square(unit_from_word(words[2]), unit_from_word(words[3]));
        let on_lens = Vec3::new(x * lens.radius_m, y * lens.radius_m, 0.0);
        let to_focus = direction_in_camera * lens.focus_m;
        (world_from_camera.point(on_lens), to_focus - on_lens)
    } else {
        (world_from_camera.column(3), direction_in_camera)
    };
    let direction = world_from_camera.vector(from_lens).normalized()?;
    Some(Ray { origin, direction, t_max: f32::MAX, key: words[2] })
}

/// Maps a square to a disk of radius 1 so that areas and neighbours are kept (Shirley and Chiu 1997,
/// "A Low Distortion Map Between Disk and Square").
fn disk_from_square(u: f32, v: f32) -> [f32; 2] {
    let (a, b) = (2.0 * u - 1.0, 2.0 * v - 1.0);
    if a == 0.0 && b == 0.0 {
        return [0.0; 2];
    }
    let (radius, turns) =
        if a.abs() > b.abs() { (a, 0.125 * (b / a)) } else { (b, 0.25 - 0.125 * (a / b)) };
    let (sin, cos) = sin_cos_turns(turns);
    [radius * cos, radius * sin]
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::Lens;

    use super::*;
    use crate::rng::pcg4d;

    const VIEW: View = View {
        world_from_camera: [[1., 0., 0., 5.], [0., 1., 0., 6.], [0., 0., 1., 7.]],
        tan_half_fov_y: 0.5,
        width_px: 200,
        height_px: 100,
        lens: Lens::PINHOLE,
        time_us: 0,
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

    /// Where rays through one point of the film meet a plane before the camera, from their mean.
    fn spots(lens: Lens, distance_m: f32) -> Vec<Vec3> {
        let view = View { lens, ..VIEW };
        let spots: Vec<Vec3> = (0..4096u32)
            .map(|sample| {
                let [u, v, ..] = pcg4d([sample, 1, 2, 3]);
                let ray = camera_ray(&view, 150, 20, [1 << 31, 1 << 30, u, v]).unwrap();
                let along = (7.0 - distance_m - ray.origin.z) / ray.direction.z;
                ray.origin + ray.direction * along
            })
            .collect();
        // Added up from the first one on, so that rounding stays small.
        let sum = spots.iter().fold(Vec3::ZERO, |sum, &spot| sum + (spot - spots[0]));
        let mean = spots[0] + sum / spots.len() as f32;
        spots.into_iter().map(|spot| spot - mean).collect()
    }

    #[test]
    fn circle_of_confusion_follows_its_formula() {
        let lens = Lens { radius_m: 0.05, focus_m: 4.0 };
        for distance_m in [1.0f32, 3.0, 8.0, 100.0] {
            let expected_m = lens.radius_m * (distance_m - lens.focus_m).abs() / lens.focus_m;
            let spots = spots(lens, distance_m);
            let farthest_m = spots.iter().fold(0.0f32, |most, spot| most.max(spot.length()));
            let ratio = farthest_m / expected_m;
            assert!((0.97..1.04).contains(&ratio), "at {distance_m} m: {ratio}");
            // A disk that is covered evenly has a mean squared radius of half its own.
            let squares: f32 = spots.iter().map(|spot| spot.length_squared()).sum();
            let evenness = squares / spots.len() as f32 / (expected_m * expected_m);
            assert!((evenness - 0.5).abs() < 0.03, "at {distance_m} m: {evenness}");
        }
    }

    #[test]
    fn plane_of_focus_is_sharp() {
        let lens = Lens { radius_m: 0.3, focus_m: 4.0 };
        assert!(spots(lens, 4.0).iter().all(|spot| spot.length() < 1e-5));
    }

    #[test]
    fn lens_of_no_radius_is_a_pinhole_to_the_bit() {
        for focus_m in [0.5, 30.0] {
            let view = View { lens: Lens { radius_m: 0.0, focus_m }, ..VIEW };
            let words = pcg4d([1, 2, 3, 4]);
            let [ours, pinhole] = [&view, &VIEW].map(|view| camera_ray(view, 3, 4, words).unwrap());
            assert_eq!((ours.origin, ours.direction), (pinhole.origin, pinhole.direction));
            assert_eq!(ours.key, pinhole.key);
        }
    }

    #[test]
    fn disk_is_covered_to_its_rim_and_no_further() {
        let mut farthest = 0.0f32;
        for step in 0..=1024 {
            let along = step as f32 / 1024.0;
            for [u, v] in [[along, 0.0], [along, 1.0], [0.0, along], [1.0, along], [along; 2]] {
                let [x, y] = disk_from_square(u, v);
                farthest = farthest.max(x * x + y * y);
            }
        }
        assert!((farthest - 1.0).abs() < 1e-5, "{farthest}");
        assert_eq!(disk_from_square(0.5, 0.5), [0.0; 2]);
    }

    #[test]
    fn flattened_view_has_no_ray() {
        let view = View { world_from_camera: [[0.0; 4]; 3], ..VIEW };
        assert!(camera_ray(&view, 0, 0, [0; 4]).is_none());
    }
}
