//! One job: its open work, its film, and what is known of its cost.

use p2c2r_frame::{RadianceSums, SampleRange, TaskError, TileTask, TraceCounters};
use p2c2r_image::{Film, FilmError, MergeError};
use p2c2r_protocol::JobId;
use p2c2r_splitter::{CostKnowledge, CostMap, Measurement, Slice, SliceLimits, SlicePool};
use thiserror::Error;

use super::{CostSource, JobSpec, RefineOrder};

/// Most samples per pixel of one pass of [`RefineOrder::Progressive`].
const MAX_PASS_SAMPLES: u32 = 64;

/// A job that cannot be rendered.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum JobError {
    /// The film is impossible.
    #[error(transparent)]
    Film(#[from] FilmError),
    /// Its tasks could not be traced by anyone.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The cost map is of another size than the film.
    #[error("a cost map of {map_width_px}x{map_height_px} pixels for another film")]
    CostMap {
        /// Width of the map in pixels.
        map_width_px: u32,
        /// Height of the map in pixels.
        map_height_px: u32,
    },
}

/// A job in progress.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) spec: JobSpec,
    pub(super) film: Film,
    pub(super) known: CostKnowledge,
    pool: SlicePool,
    /// Samples from here on have not been put into the pool.
    next_sample: u32,
}

impl Job {
    /// Checks a job; `learned` is what the job before knew of the costs of the same scene.
    pub(super) fn new(
        id: JobId,
        spec: JobSpec,
        learned: Option<&CostKnowledge>,
    ) -> Result<Self, JobError> {
        let (width_px, height_px) = (spec.view.width_px, spec.view.height_px);
        let film = Film::new(width_px, height_px, spec.samples_per_pixel)?;
        let samples = SampleRange::new(0, spec.samples_per_pixel);
        task_of(&spec, Slice { rect: film.rect(), samples }).check()?;
        if let CostSource::Map(map) = &spec.cost {
            let (map_width_px, map_height_px) = (map.width_px(), map.height_px());
            if (map_width_px, map_height_px) != (width_px, height_px) {
                return Err(JobError::CostMap { map_width_px, map_height_px });
            }
        }
        let known = match (&spec.cost, learned) {
            (CostSource::Map(map), _) => {
                CostKnowledge::of_map(&spec.view, spec.max_bounces, map.clone())
            }
            (_, Some(learned)) => learned.carried(&spec.view, spec.max_bounces),
            (_, None) => CostKnowledge::new(&spec.view, spec.max_bounces),
        };
        Ok(Self { id, spec, film, known, pool: SlicePool::new(), next_sample: 0 })
    }

    /// Goes on from where the job before was cut, so that tiles do not move for nothing.
    pub(super) fn follow(&mut self, before: Self) {
        self.pool.follow(before.pool);
    }

    /// Costs by place.
    pub(super) const fn cost(&self) -> &CostMap {
        self.known.map()
    }

    /// The task for a slice of this job.
    pub(super) fn task(&self, slice: Slice) -> TileTask {
        task_of(&self.spec, slice)
    }

    /// Cost of all work that nobody has, in mean paths.
    pub(super) fn open_cost(&self) -> f64 {
        let unpooled = self.spec.samples_per_pixel - self.next_sample;
        self.pool.cost(self.cost()) + self.cost().cost(self.film.rect()) * f64::from(unpooled)
    }

    /// Whether somebody has every piece that is not merged.
    pub(super) const fn is_handed_out(&self) -> bool {
        self.pool.is_empty() && self.next_sample == self.spec.samples_per_pixel
    }

    /// Takes a piece of about this cost.
    pub(super) fn take(&mut self, cost: f64, limits: SliceLimits) -> Option<Slice> {
        if self.pool.is_empty() && self.next_sample < self.spec.samples_per_pixel {
            let samples = self.next_pass();
            self.next_sample += samples.count;
            self.pool.push(Slice { rect: self.film.rect(), samples });
        }
        self.pool.take(cost, limits, self.known.map())
    }

    /// Takes back a piece that came to nothing.
    pub(super) fn give_back(&mut self, slice: Slice) {
        self.pool.push(slice);
    }

    /// Adds a result to the film and its cost to the map.
    pub(super) fn merge(
        &mut self,
        tile: &RadianceSums,
        counters: TraceCounters,
    ) -> Result<(), MergeError> {
        self.film.merge(tile)?;
        self.known.observe(Measurement::new(tile.rect, tile.samples.count, counters));
        Ok(())
    }

    /// The samples of the next pass over the film.
    fn next_pass(&self) -> SampleRange {
        let rest = self.spec.samples_per_pixel - self.next_sample;
        let count = match self.spec.order {
            RefineOrder::Tiles => rest,
            RefineOrder::Progressive => self.next_sample.clamp(1, MAX_PASS_SAMPLES).min(rest),
        };
        SampleRange::new(self.next_sample, count)
    }
}

fn task_of(spec: &JobSpec, slice: Slice) -> TileTask {
    TileTask {
        scene: spec.scene,
        view: spec.view,
        rect: slice.rect,
        samples: slice.samples,
        seed: spec.seed,
        effects: spec.effects,
        max_bounces: spec.max_bounces,
    }
}
