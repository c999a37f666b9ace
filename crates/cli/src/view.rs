//! Which camera a picture is taken with.

use p2c2r_frame::{Lens, View};
use p2c2r_scene::{DEFAULT_TAN_HALF_FOV_Y, Scene, math};

use crate::args::FilmSize;
use crate::failure::{Failure, fail};

const LOOK_AT: &str = "look-at:";

/// The view that the user asked for: a named camera, a look-at, else the scene's own default.
pub(crate) fn choose(
    scene: &Scene,
    camera: Option<&str>,
    time_us: u64,
    size: FilmSize,
) -> anyhow::Result<View> {
    let FilmSize { width_px, height_px } = size;
    let Some(camera) = camera else {
        return Ok(scene.default_view_at(time_us, width_px, height_px));
    };
    if let Some(numbers) = camera.strip_prefix(LOOK_AT) {
        return Ok(View { time_us, ..look_at(numbers, size)? });
    }
    scene.view_of_camera_at(camera, time_us, width_px, height_px).ok_or_else(|| {
        let names: Vec<_> = scene.cameras.iter().map(|camera| camera.name.as_str()).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        fail(Failure::Usage, format!("no camera is called `{camera}`; the scene has: {there}"))
    })
}

/// The lens that the user asked for; without a size it is a pinhole.
pub(crate) fn lens(
    radius_m: Option<f32>,
    f_stop: Option<f32>,
    focus_m: Option<f32>,
    view: &View,
) -> Lens {
    let of_f_stop = |f_stop| Lens::radius_of_f_stop(f_stop, view.tan_half_fov_y);
    match (radius_m.or(f_stop.map(of_f_stop)), focus_m) {
        (Some(radius_m), Some(focus_m)) => Lens { radius_m, focus_m },
        _ => Lens::PINHOLE,
    }
}

fn look_at(text: &str, size: FilmSize) -> anyhow::Result<View> {
    let form = "look-at:EX,EY,EZ,TX,TY,TZ[,VERTICAL_FOV_DEGREES]";
    let wrong = || fail(Failure::Usage, format!("`{LOOK_AT}{text}` is not {form}"));
    let numbers: Vec<f32> = text
        .split(',')
        .map(|part| part.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|_| wrong())?;
    let (eye, target, tan_half_fov_y) = match *numbers.as_slice() {
        [ex, ey, ez, tx, ty, tz] => ([ex, ey, ez], [tx, ty, tz], DEFAULT_TAN_HALF_FOV_Y),
        [ex, ey, ez, tx, ty, tz, degrees] => {
            if !(degrees > 0.0 && degrees < 180.0) {
                return Err(fail(
                    Failure::Usage,
                    "the field of view must be above 0 and below 180",
                ));
            }
            ([ex, ey, ez], [tx, ty, tz], math::tan(degrees.to_radians() * 0.5))
        }
        _ => return Err(wrong()),
    };
    if !numbers.iter().all(|number| number.is_finite()) || eye == target {
        return Err(wrong());
    }
    Ok(Scene::look_at(
        eye,
        target,
        [0.0, 1.0, 0.0],
        tan_half_fov_y,
        [size.width_px, size.height_px],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lens_is_given_by_radius_or_f_stop() {
        let view = look_at("0,0,5,0,0,0,90", FilmSize { width_px: 4, height_px: 3 }).unwrap();
        assert_eq!(lens(None, None, Some(3.0), &view), Lens::PINHOLE);
        let given = lens(Some(0.1), None, Some(3.0), &view);
        assert_eq!(given, Lens { radius_m: 0.1, focus_m: 3.0 });
        // 90 degrees on film of 24 mm is a focal length of 12 mm.
        let radius_m = lens(None, Some(1.2), Some(3.0), &view).radius_m;
        assert!((radius_m - 0.005).abs() < 1e-6, "{radius_m}");
    }

    #[test]
    fn look_at_is_read_and_checked() {
        let size = FilmSize { width_px: 4, height_px: 3 };
        let view = look_at("0,1,5, 0,1,0, 90", size).unwrap();
        assert!((view.tan_half_fov_y - 1.0).abs() < 1e-5);
        assert_eq!(view.world_from_camera[2][3], 5.0);
        assert!(view.check().is_ok());
        for bad in ["", "1,2,3", "0,0,0,0,0,0", "0,0,1,0,0,0,180", "0,0,nan,0,0,0", "a,b,c,d,e,f"] {
            assert!(look_at(bad, size).is_err(), "{bad}");
        }
    }
}
