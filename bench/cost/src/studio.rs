//! A scene that is ready to be looked at, probed and rendered.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, anyhow};
use p2c2r_frame::{
    AovTask, Effects, PixelRect, SampleRange, SceneSketch, TileTask, TraceCounters, View,
};
use p2c2r_scene::{GeneratedScene, Scene, UnpackLimits, generate, pack, unpack};
use p2c2r_splitter::{LowFilm, Measurement, Surfaces, cost_of_rays};
use p2c2r_tracer_cpu::CpuTracer;
use rayon::prelude::*;

use crate::{RealCosts, drawn};

/// Side of the pieces of a probe, in pixels of the small film.
const PROBE_CELL_PX: u32 = 4;

/// A scene in the tracer.
pub struct Studio {
    tracer: CpuTracer,
    sketch: SceneSketch,
    max_bounces: u8,
}

impl Studio {
    /// Generates the scene by its name; `drawn:N` is the one of that seed.
    pub fn new(scene: &str, max_bounces: u8) -> Result<Self> {
        let source = match scene.strip_prefix("drawn:") {
            Some(seed) => drawn(seed.parse().with_context(|| format!("no seed: {seed}"))?),
            None => {
                let generated: GeneratedScene =
                    scene.parse().map_err(|error| anyhow!("{error}"))?;
                generate(&generated)
            }
        };
        let packed = pack(&source)?;
        let scene = Arc::new(unpack(&packed.bytes, &UnpackLimits::default())?);
        let sketch = scene.sketch();
        Ok(Self { tracer: CpuTracer::new(scene), sketch, max_bounces })
    }

    /// The scene.
    pub fn scene(&self) -> &Scene {
        self.tracer.scene()
    }

    /// The scene in a few numbers.
    pub const fn sketch(&self) -> &SceneSketch {
        &self.sketch
    }

    /// Path vertices after the camera.
    pub const fn max_bounces(&self) -> u8 {
        self.max_bounces
    }

    /// Follows paths for so many vertices from now on.
    pub const fn bounce(&mut self, max_bounces: u8) {
        self.max_bounces = max_bounces;
    }

    /// What the requester's own tracer sees of a view through its small film.
    pub fn look(&self, view: &View) -> Result<Surfaces> {
        let low = LowFilm::of(view);
        let task = AovTask {
            scene: self.scene().id,
            view: *low.view(),
            previous_view: None,
            rect: low.rect(),
            samples: SampleRange::new(0, 1),
            max_samples: 1,
            seed: 1,
        };
        let aovs = self.tracer.aovs(&task)?;
        Surfaces::new(view, &aovs).context("the look is of another film")
    }

    /// What the requester's own tracer measures on the small film, a sample a pixel.
    pub fn probe(&self, view: &View, seed: u32) -> Result<Vec<Measurement>> {
        let low = LowFilm::of(view);
        let mut cells = Vec::new();
        for y in (0..low.rect().height).step_by(PROBE_CELL_PX as usize) {
            for x in (0..low.rect().width).step_by(PROBE_CELL_PX as usize) {
                let cell = PixelRect { x, y, width: PROBE_CELL_PX, height: PROBE_CELL_PX };
                cells.extend(cell.intersection(low.rect()));
            }
        }
        let measured = cells.into_par_iter().map(|cell| {
            let task = self.task(low.view(), cell, SampleRange::new(0, 1), seed);
            let counters = self.tracer.trace(&task, &AtomicBool::new(false))?.counters;
            let measured = Measurement::new(cell, 1, counters);
            Ok(low.footprint(cell).map(|rect| Measurement { rect, ..measured }))
        });
        Ok(measured.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// What each pixel of a view costs.
    pub fn real_costs(&self, view: &View, samples: SampleRange, seed: u32) -> Result<RealCosts> {
        let rows = (0..view.height_px).into_par_iter().map(|y| {
            let rect = PixelRect { x: 0, y, width: view.width_px, height: 1 };
            let mut job = self.tracer.begin(&self.task(view, rect, samples, seed))?;
            let (mut before, mut paths) = (0, 0);
            let pixel = |_| {
                job.step(samples.count);
                paths += u64::from(samples.count);
                let after = cost_of_rays(job.counters(), paths);
                let cost = after - before;
                before = after;
                cost
            };
            Ok((0..view.width_px).map(pixel).collect::<Vec<u64>>())
        });
        Ok(RealCosts::new(
            view.width_px,
            samples.count,
            &rows.collect::<Result<Vec<_>>>()?.concat(),
        ))
    }

    /// Traces a tile on this thread and counts its rays.
    pub fn trace(
        &self,
        view: &View,
        rect: PixelRect,
        samples: SampleRange,
    ) -> Result<TraceCounters> {
        let task = self.task(view, rect, samples, 1);
        Ok(self.tracer.trace(&task, &AtomicBool::new(false))?.counters)
    }

    fn task(&self, view: &View, rect: PixelRect, samples: SampleRange, seed: u32) -> TileTask {
        TileTask {
            scene: self.scene().id,
            view: *view,
            rect,
            samples,
            seed,
            effects: Effects::PATH_TRACED,
            max_bounces: self.max_bounces,
        }
    }
}
