//! What the requester sees of its own views, and what a model makes of it: both only sharpen the costs by
//! place, so a driver that gives neither loses nothing but accuracy.

use p2c2r_frame::{AovTask, Aovs, SampleRange, SceneSketch};
use p2c2r_splitter::{CostRow, LowFilm, Surfaces};

use super::Requester;

impl Requester {
    /// What to look at for the current job, if somebody here can look: few pixels, one sample each. The
    /// answer goes to [`Self::see`].
    pub fn look(&self) -> AovTask {
        let spec = &self.job.spec;
        let low = LowFilm::of(&spec.view);
        AovTask {
            scene: spec.scene,
            view: *low.view(),
            previous_view: None,
            rect: low.rect(),
            samples: SampleRange::new(0, 1),
            max_samples: 1,
            seed: spec.seed,
        }
    }

    /// Takes what was seen by [`Self::look`]; of another job or another film it is ignored.
    pub fn see(&mut self, task: &AovTask, aovs: &Aovs, sketch: &SceneSketch) {
        let is_current = *task == self.look();
        if let Some(surfaces) = Surfaces::new(&self.job.spec.view, aovs).filter(|_| is_current) {
            self.job.known.see(surfaces, sketch);
        }
    }

    /// What a cost model is told of each cell of the current job; nothing before it was seen. Its answers go to
    /// [`Self::expect_costs`].
    pub fn cost_rows(&self) -> &[CostRow] {
        self.job.known.rows()
    }

    /// Takes what a cost model answers to [`Self::cost_rows`], row by row. Answers to another number of rows are
    /// ignored, and so are all if one of them cannot be meant.
    pub fn expect_costs(&mut self, log_long_costs: &[f64]) {
        self.job.known.expect(log_long_costs);
    }
}
