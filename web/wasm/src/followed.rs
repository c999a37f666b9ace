//! Which picture comes after which: what pictures before leave to the next one, on either denoiser.

use p2c2r_frame::{SampleRange, TileTask, View};

/// Most pixels of a picture that is remembered for the next: 1280 × 720 and a little more. The CPU keeps some
/// 40 bytes of each, the GPU 48, of two pictures.
const MAX_REMEMBERED_PIXELS: u64 = 1 << 20;

/// What a picture is to the last one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Relation {
    /// It comes after it, and motion leads to this view.
    Follows(View),
    /// It is the same with more samples; motion leads to the view of the picture before, if there was one.
    Again(Option<View>),
    /// They have nothing to do with each other.
    Unknown,
}

/// The pictures that a denoiser remembers.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    latest: Option<TileTask>,
    earlier: Option<TileTask>,
}

impl Followed {
    /// What the film of a task is to the last one that was denoised.
    pub(crate) fn relation(&self, film: &TileTask) -> Relation {
        let film = picture_of(film);
        let Some(latest) = self.latest else { return Relation::Unknown };
        if latest == film {
            return Relation::Again(self.earlier.map(|earlier| earlier.view));
        }
        // The same light, seen from elsewhere: from the same place a pixel would have the same samples again, and so
        // would it coming back.
        let followed = TileTask { view: film.view, rect: film.rect, seed: film.seed, ..latest };
        let is_elsewhere = latest.view.world_from_camera != film.view.world_from_camera
            && self.earlier != Some(film);
        let is_alike = followed == film && latest.view.lens == film.view.lens;
        if is_alike && is_elsewhere { Relation::Follows(latest.view) } else { Relation::Unknown }
    }

    /// The film of a task is denoised, in this relation. False if it is too large to be remembered.
    pub(crate) fn note(&mut self, film: &TileTask, relation: Relation) -> bool {
        let film = picture_of(film);
        if film.rect.area() > MAX_REMEMBERED_PIXELS {
            *self = Self::default();
            return false;
        }
        match relation {
            Relation::Again(_) => {}
            Relation::Follows(_) => self.earlier = self.latest,
            Relation::Unknown => self.earlier = None,
        }
        self.latest = Some(film);
        true
    }
}

impl Relation {
    /// Where motion leads.
    pub(crate) const fn previous_view(self) -> Option<View> {
        match self {
            Self::Follows(view) => Some(view),
            Self::Again(view) => view,
            Self::Unknown => None,
        }
    }
}

/// A task without its samples: what is left names the picture.
fn picture_of(film: &TileTask) -> TileTask {
    TileTask { samples: SampleRange::new(0, 0), ..*film }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::{Effects, Lens, PixelRect, SceneId};

    use super::*;

    fn film(x: f32, samples: u32) -> TileTask {
        let view = View {
            world_from_camera: [[1., 0., 0., x], [0., 1., 0., 0.], [0., 0., 1., 0.]],
            tan_half_fov_y: 0.5,
            width_px: 64,
            height_px: 48,
            lens: Lens::PINHOLE,
            time_us: 0,
        };
        TileTask {
            scene: SceneId([1; 32]),
            view,
            rect: PixelRect::of_size(64, 48),
            samples: SampleRange::new(0, samples),
            seed: 7,
            effects: Effects::PATH_TRACED,
            max_bounces: 8,
        }
    }

    #[test]
    fn a_film_that_grows_keeps_what_came_before_it() {
        let mut followed = Followed::default();
        assert_eq!(followed.relation(&film(0.0, 4)), Relation::Unknown);
        assert!(followed.note(&film(0.0, 4), Relation::Unknown));
        assert_eq!(followed.relation(&film(0.0, 8)), Relation::Again(None));
        let next = followed.relation(&film(1.0, 4));
        assert_eq!(next, Relation::Follows(film(0.0, 4).view));
        // Until it is done, it is not there.
        assert_eq!(followed.relation(&film(2.0, 4)), Relation::Follows(film(0.0, 4).view));
        followed.note(&film(1.0, 4), next);
        for samples in [8, 16] {
            let again = followed.relation(&film(1.0, samples));
            assert_eq!(again, Relation::Again(Some(film(0.0, 4).view)));
            followed.note(&film(1.0, samples), again);
        }
        assert_eq!(followed.relation(&film(2.0, 4)), Relation::Follows(film(1.0, 4).view));
    }

    fn with(mut film: TileTask, change: impl Fn(&mut View)) -> TileTask {
        change(&mut film.view);
        film
    }

    #[test]
    fn coming_back_counts_no_sample_twice() {
        let mut followed = Followed::default();
        for x in [0.0, 1.0] {
            let relation = followed.relation(&film(x, 4));
            followed.note(&film(x, 4), relation);
        }
        assert_eq!(followed.relation(&film(0.0, 4)), Relation::Unknown);
    }

    #[test]
    fn other_light_and_large_pictures_are_not_followed() {
        let mut followed = Followed::default();
        followed.note(&film(0.0, 4), Relation::Unknown);
        let others = [
            TileTask { scene: SceneId([2; 32]), ..film(1.0, 4) },
            TileTask { effects: Effects::UNREGULARIZED, ..film(1.0, 4) },
            TileTask { max_bounces: 2, ..film(1.0, 4) },
            // Out of focus, and later from the same place.
            with(film(1.0, 4), |view| view.lens.radius_m = 0.1),
            with(film(0.0, 4), |view| view.time_us = 1),
        ];
        for other in others {
            assert_eq!(followed.relation(&other), Relation::Unknown, "{other:?}");
        }
        let large = TileTask { rect: PixelRect::of_size(4096, 2160), ..film(1.0, 4) };
        assert!(!followed.note(&large, followed.relation(&large)));
        assert_eq!(followed.relation(&film(0.0, 8)), Relation::Unknown, "nothing is known");
    }
}
