//! What is to be rendered: views and the tasks cut from them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{PixelRect, RectError, SampleRange};

/// Longest side of a film in pixels.
pub const MAX_FILM_SIDE_PX: u32 = 16_384;
/// Most samples a pixel of one job may get.
pub const MAX_SAMPLES_PER_PIXEL: u32 = 1 << 20;
/// Most path vertices after the camera.
pub const MAX_BOUNCES: u8 = 64;
/// Largest radius of a lens and farthest focus, in metres.
pub const MAX_LENS_M: f32 = 1.0e6;
/// Latest time of a view, in microseconds: a day after the animation began.
pub const MAX_TIME_US: u64 = 86_400_000_000;

/// Height of full-frame film in metres.
const FILM_HEIGHT_M: f32 = 0.024;

/// The blake3 hash of a stored scene package.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SceneId(pub [u8; 32]);

/// A text is not the 64 hex digits of a scene id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a scene id is 64 lower-case hex digits")]
pub struct SceneIdError;

impl fmt::Display for SceneId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for SceneId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SceneId({self})")
    }
}

impl FromStr for SceneId {
    type Err = SceneIdError;

    fn from_str(text: &str) -> Result<Self, SceneIdError> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(SceneIdError);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(digit: u8) -> Result<u8, SceneIdError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(SceneIdError),
    }
}

/// A thin lens in front of the film; of radius 0 it is a pinhole and everything is sharp.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    /// Radius of the aperture in metres, 0 to [`MAX_LENS_M`].
    pub radius_m: f32,
    /// Distance of the plane that is sharp, along the line of sight: above 0, to [`MAX_LENS_M`].
    pub focus_m: f32,
}

impl Lens {
    /// No aperture.
    pub const PINHOLE: Self = Self { radius_m: 0.0, focus_m: 1.0 };

    /// Radius that a photographer's f-number gives on full-frame film, which is 24 mm high.
    pub fn radius_of_f_stop(f_stop: f32, tan_half_fov_y: f32) -> f32 {
        let focal_length_m = 0.5 * FILM_HEIGHT_M / tan_half_fov_y;
        0.5 * focal_length_m / f_stop
    }

    fn is_usable(&self) -> bool {
        (0.0..=MAX_LENS_M).contains(&self.radius_m)
            && self.focus_m > 0.0
            && self.focus_m <= MAX_LENS_M
    }
}

/// A camera and the film behind it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Rows of the rigid 3×4 matrix; the camera looks along its −z, y is up (glTF convention).
    pub world_from_camera: [[f32; 4]; 3],
    /// Tangent of half the vertical field of view.
    pub tan_half_fov_y: f32,
    /// Film width in pixels.
    pub width_px: u32,
    /// Film height in pixels.
    pub height_px: u32,
    /// What makes things out of focus.
    pub lens: Lens,
    /// When the picture is taken: microseconds since the scene's animation began, to
    /// [`MAX_TIME_US`]. Whole numbers, so that all peers pose the scene alike.
    pub time_us: u64,
}

/// The light transport that a task asks for, as a bit set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Effects(pub u32);

impl Effects {
    /// Full path tracing: emission, direct and indirect light.
    pub const PATH_TRACED: Self = Self(1);
    /// Lobes keep their roughness along the whole path and textures their detail: no bias, but more
    /// fireflies, and noise where textures are far.
    pub const UNREGULARIZED: Self = Self(2);

    /// Both sets together.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a tracer of this version knows what is asked for.
    fn is_known(self) -> bool {
        let known = Self::PATH_TRACED.with(Self::UNREGULARIZED);
        self.contains(Self::PATH_TRACED) && known.contains(self)
    }
}

/// One tile: a rectangle × a sample range of a view of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TileTask {
    /// The scene package.
    pub scene: SceneId,
    /// The camera.
    pub view: View,
    /// The pixels.
    pub rect: PixelRect,
    /// The samples.
    pub samples: SampleRange,
    /// Keys every random number, together with pixel, sample and dimension.
    pub seed: u32,
    /// What light to trace.
    pub effects: Effects,
    /// Path vertices after the camera; 1 sees emission and direct light is added at each vertex.
    pub max_bounces: u8,
}

/// The unit of work that is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Task {
    /// Trace a tile.
    Tile(TileTask),
}

/// How a result's sums travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Packing {
    /// Every sum as it is.
    #[default]
    Exact,
    /// Sums may be rounded, without bias, by less than their own noise.
    BelowNoise,
}

/// Why a task cannot be traced by anyone.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TaskError {
    /// The film has no pixel, or too many.
    #[error("a film of {width_px}x{height_px} pixels; each side must be 1 to {MAX_FILM_SIDE_PX}")]
    Film {
        /// Film width in pixels.
        width_px: u32,
        /// Film height in pixels.
        height_px: u32,
    },
    /// A matrix element or the field of view is not a usable number.
    #[error("the view holds a number that is not finite, or a field of view that is not positive")]
    View,
    /// The lens has a size or a focus that is out of range.
    #[error("a lens has a radius of 0 to {MAX_LENS_M} m and a focus above 0, to {MAX_LENS_M} m")]
    Lens,
    /// Later than the limit.
    #[error("a time of {0} µs; at most {MAX_TIME_US} are allowed")]
    Time(u64),
    /// The rectangle is not inside the film.
    #[error(transparent)]
    Rect(#[from] RectError),
    /// No samples, or too many.
    #[error("samples {first}+{count}; a range holds 1 to {MAX_SAMPLES_PER_PIXEL} and ends there")]
    Samples {
        /// Index of the first sample.
        first: u32,
        /// Number of samples.
        count: u32,
    },
    /// Bits this build does not know.
    #[error("effects {0:#x} are not known to this version")]
    Effects(u32),
    /// More bounces than the limit.
    #[error("{0} bounces; 1 to {MAX_BOUNCES} are allowed")]
    Bounces(u8),
}

/// Seconds as a view counts time; what is no time of a view becomes the nearest that is.
pub fn time_us_of_seconds(seconds: f64) -> u64 {
    // The cast takes NaN and what is below 0 to 0.
    ((seconds * 1e6 + 0.5) as u64).min(MAX_TIME_US)
}

impl View {
    /// Fails unless every number is finite and the film has a usable size.
    pub fn check(&self) -> Result<(), TaskError> {
        let (width_px, height_px) = (self.width_px, self.height_px);
        let usable = 1..=MAX_FILM_SIDE_PX;
        if !usable.contains(&width_px) || !usable.contains(&height_px) {
            return Err(TaskError::Film { width_px, height_px });
        }
        let is_finite = self.world_from_camera.iter().flatten().all(|value| value.is_finite());
        if !is_finite || !self.tan_half_fov_y.is_finite() || self.tan_half_fov_y <= 0.0 {
            return Err(TaskError::View);
        }
        if !self.lens.is_usable() {
            return Err(TaskError::Lens);
        }
        if self.time_us > MAX_TIME_US {
            return Err(TaskError::Time(self.time_us));
        }
        Ok(())
    }
}

impl TileTask {
    /// Fails unless any tracer could trace it: the one check for tasks from the network.
    pub fn check(&self) -> Result<(), TaskError> {
        self.view.check()?;
        self.rect.check_inside(self.view.width_px, self.view.height_px)?;
        check_samples(self.samples)?;
        if !self.effects.is_known() {
            return Err(TaskError::Effects(self.effects.0));
        }
        if self.max_bounces == 0 || self.max_bounces > MAX_BOUNCES {
            return Err(TaskError::Bounces(self.max_bounces));
        }
        Ok(())
    }
}

/// Fails unless there is a sample and none lies beyond the limit.
pub(crate) fn check_samples(samples: SampleRange) -> Result<(), TaskError> {
    let SampleRange { first, count } = samples;
    if count == 0 || samples.end() > u64::from(MAX_SAMPLES_PER_PIXEL) {
        return Err(TaskError::Samples { first, count });
    }
    Ok(())
}

/// What tracing a task cost, counted by the tracer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceCounters {
    /// Closest-hit rays.
    pub rays: u64,
    /// Any-hit (shadow) rays.
    pub shadow_rays: u64,
}

impl TraceCounters {
    /// Adds another task's counters, saturating.
    pub fn add(&mut self, other: Self) {
        self.rays = self.rays.saturating_add(other.rays);
        self.shadow_rays = self.shadow_rays.saturating_add(other.shadow_rays);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> TileTask {
        TileTask {
            scene: SceneId([7; 32]),
            view: View {
                world_from_camera: [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]],
                tan_half_fov_y: 0.5,
                width_px: 8,
                height_px: 8,
                lens: Lens::PINHOLE,
                time_us: 0,
            },
            rect: PixelRect::of_size(8, 8),
            samples: SampleRange::new(0, 4),
            seed: 1,
            effects: Effects::PATH_TRACED,
            max_bounces: 8,
        }
    }

    #[test]
    fn f_stop_is_focal_length_over_aperture() {
        // 50 mm on full frame at f/2: an aperture of 25 mm.
        let radius_m = Lens::radius_of_f_stop(2.0, 0.012 / 0.050);
        assert!((radius_m - 0.0125).abs() < 1e-6, "{radius_m}");
    }

    #[test]
    fn seconds_are_rounded_and_kept_in_range() {
        assert_eq!(time_us_of_seconds(1.5), 1_500_000);
        assert_eq!(time_us_of_seconds(0.000_000_7), 1);
        for none in [-1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(time_us_of_seconds(none), 0);
        }
        assert_eq!(time_us_of_seconds(f64::INFINITY), MAX_TIME_US);
    }

    #[test]
    fn scene_id_survives_its_text_form() {
        let id = task().scene;
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("xyz".parse::<SceneId>(), Err(SceneIdError));
        assert_eq!("é".repeat(32).parse::<SceneId>(), Err(SceneIdError));
    }

    #[test]
    fn hostile_tasks_are_refused_with_the_reason() {
        let check = |change: fn(&mut TileTask), expected: &str| {
            let mut task = task();
            change(&mut task);
            let message = task.check().unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        };
        assert_eq!(task().check(), Ok(()));
        check(|task| task.view.width_px = 0, "film");
        check(|task| task.view.tan_half_fov_y = f32::NAN, "not finite");
        check(|task| task.view.world_from_camera[1][2] = f32::INFINITY, "not finite");
        check(|task| task.view.lens.radius_m = -1.0, "lens");
        check(|task| task.view.lens.radius_m = f32::NAN, "lens");
        check(|task| task.view.lens.focus_m = 0.0, "lens");
        check(|task| task.view.lens.focus_m = f32::INFINITY, "lens");
        check(|task| task.view.time_us = MAX_TIME_US + 1, "time");
        check(|task| task.rect.x = 1, "leaves the film");
        check(|task| task.samples = SampleRange::new(u32::MAX, 1), "samples");
        check(|task| task.effects = Effects(6), "effects");
        check(|task| task.max_bounces = 0, "bounces");
    }
}
