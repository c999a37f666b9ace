//! From a film to the world and back, to carry what is known of costs from one view to the next.

use p2c2r_frame::View;

/// A view's geometry in double precision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Camera {
    world_from_camera: [[f64; 4]; 3],
    /// `None` where the matrix has no inverse: then nothing is found on the film.
    camera_from_world: Option<[[f64; 4]; 3]>,
    /// Of half the field of view, across and up.
    tangents: [f64; 2],
    size_px: [f64; 2],
}

impl Camera {
    pub(crate) fn new(view: &View) -> Self {
        let world_from_camera = view.world_from_camera.map(|row| row.map(f64::from));
        let size_px = [f64::from(view.width_px.max(1)), f64::from(view.height_px.max(1))];
        let up = f64::from(view.tan_half_fov_y);
        Self {
            world_from_camera,
            camera_from_world: inverse(&world_from_camera),
            tangents: [up * size_px[0] / size_px[1], up],
            size_px,
        }
    }

    /// Where the camera stands.
    pub(crate) fn eye(&self) -> [f64; 3] {
        self.world_from_camera.map(|row| row[3])
    }

    /// Side of a pixel of the film at a depth of 1.
    pub(crate) fn footprint_of_pixel(&self) -> f64 {
        2.0 * self.tangents[1] / self.size_px[1]
    }

    /// The direction in which a place on the film looks; its length is 1 along the line of sight.
    pub(crate) fn direction(&self, film: [f64; 2]) -> [f64; 3] {
        let across = (2.0 * film[0] / self.size_px[0] - 1.0) * self.tangents[0];
        let up = (1.0 - 2.0 * film[1] / self.size_px[1]) * self.tangents[1];
        vector(&self.world_from_camera, [across, up, -1.0])
    }

    /// The point at a depth behind a place on the film.
    pub(crate) fn point(&self, film: [f64; 2], depth: f64) -> [f64; 3] {
        let (eye, along) = (self.eye(), self.direction(film));
        std::array::from_fn(|axis| eye[axis] + along[axis] * depth)
    }

    /// Where a point is on the film and how deep behind it; nothing behind the camera is on it.
    pub(crate) fn film_of_point(&self, point: [f64; 3]) -> Option<([f64; 2], f64)> {
        let map = self.camera_from_world.as_ref()?;
        let [x, y, z] = vector(map, point);
        self.film_of([x + map[0][3], y + map[1][3], z + map[2][3]])
    }

    /// Where a direction is on the film.
    pub(crate) fn film_of_direction(&self, direction: [f64; 3]) -> Option<[f64; 2]> {
        let map = self.camera_from_world.as_ref()?;
        Some(self.film_of(vector(map, direction))?.0)
    }

    fn film_of(&self, [x, y, z]: [f64; 3]) -> Option<([f64; 2], f64)> {
        let depth = -z;
        let across = (0.5 * x / (depth * self.tangents[0]) + 0.5) * self.size_px[0];
        let down = (0.5 - 0.5 * y / (depth * self.tangents[1])) * self.size_px[1];
        let is_seen = depth > 0.0
            && (0.0..self.size_px[0]).contains(&across)
            && (0.0..self.size_px[1]).contains(&down);
        is_seen.then_some(([across, down], depth))
    }
}

fn vector(map: &[[f64; 4]; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    map.map(|row| row[0] * x + row[1] * y + row[2] * z)
}

/// The inverse of an affine map, by its adjugate.
fn inverse(map: &[[f64; 4]; 3]) -> Option<[[f64; 4]; 3]> {
    let minor = |row: usize, column: usize| {
        let [a, b] = [(row + 1) % 3, (row + 2) % 3];
        let [c, d] = [(column + 1) % 3, (column + 2) % 3];
        map[a][c] * map[b][d] - map[a][d] * map[b][c]
    };
    let determinant: f64 = (0..3).map(|column| map[0][column] * minor(0, column)).sum();
    let row = |row: usize| [0, 1, 2].map(|column| minor(column, row) / determinant);
    let mut found = [0, 1, 2].map(|at| {
        let [x, y, z] = row(at);
        [x, y, z, 0.0]
    });
    let moved = vector(&found, map.map(|row| row[3]));
    for (row, moved) in found.iter_mut().zip(moved) {
        row[3] = -moved;
    }
    found.iter().flatten().all(|value| value.is_finite()).then_some(found)
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::Lens;

    use super::*;

    const VIEW: View = View {
        world_from_camera: [[0., 0., 1., 5.], [0., 1., 0., 6.], [-1., 0., 0., 7.]],
        tan_half_fov_y: 0.5,
        width_px: 200,
        height_px: 100,
        lens: Lens::PINHOLE,
        time_us: 0,
    };

    #[test]
    fn points_are_found_where_they_were_taken_from() {
        let camera = Camera::new(&VIEW);
        for film in [[0.5, 0.5], [100.0, 50.0], [199.0, 20.0]] {
            let (found, depth) = camera.film_of_point(camera.point(film, 3.0)).unwrap();
            assert!((found[0] - film[0]).abs() < 1e-9 && (found[1] - film[1]).abs() < 1e-9);
            assert!((depth - 3.0).abs() < 1e-9);
            let found = camera.film_of_direction(camera.direction(film)).unwrap();
            assert!((found[0] - film[0]).abs() < 1e-9 && (found[1] - film[1]).abs() < 1e-9);
        }
        assert_eq!(camera.film_of_point(camera.point([100.0, 50.0], -3.0)), None);
    }

    #[test]
    fn impossible_views_see_nothing() {
        let flat = View { world_from_camera: [[0.0; 4]; 3], ..VIEW };
        let odd = View { world_from_camera: [[f32::NAN; 4]; 3], ..VIEW };
        for view in [flat, odd, View { tan_half_fov_y: f32::NAN, ..VIEW }] {
            let camera = Camera::new(&view);
            assert_eq!(camera.film_of_point(camera.point([3.0, 3.0], 1.0)), None);
        }
    }
}
