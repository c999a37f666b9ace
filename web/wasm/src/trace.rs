//! The façade of a trace worker: one tile at a time, in slices.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use p2c2r_frame::SceneId;
use p2c2r_scene::{UnpackLimits, unpack};
use p2c2r_tracer_cpu::{CpuTracer, TileJob};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::traced;

/// Traces tiles of the scenes that it holds.
#[wasm_bindgen]
#[derive(Default)]
pub struct TraceWorker {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    tracers: BTreeMap<SceneId, CpuTracer>,
    job: Option<TileJob>,
}

#[wasm_bindgen]
impl TraceWorker {
    /// Without scenes.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        console_error_panic_hook::set_once();
        Self::default()
    }

    /// Unpacks a scene package and keeps the scene.
    #[wasm_bindgen(js_name = addScene)]
    pub fn add_scene(&self, bytes: &[u8]) -> Result<(), String> {
        let scene = unpack(bytes, &UnpackLimits::default()).map_err(|error| error.to_string())?;
        let id = scene.id;
        self.state.borrow_mut().tracers.insert(id, CpuTracer::new(Arc::new(scene)));
        Ok(())
    }

    /// Drops a scene; a job on it goes on.
    #[wasm_bindgen(js_name = forgetScene)]
    pub fn forget_scene(&self, scene: &str) {
        if let Ok(id) = scene.parse() {
            self.state.borrow_mut().tracers.remove(&id);
        }
    }

    /// Begins a task (postcard); the one before it is dropped.
    pub fn begin(&self, task: &[u8]) -> Result<(), String> {
        let task = traced::task_of(task)?;
        let mut state = self.state.borrow_mut();
        state.job = None;
        let tracer = state.tracers.get(&task.scene).ok_or("the scene is not here")?;
        let job = tracer.begin(&task).map_err(|error| error.to_string())?;
        state.job = Some(job);
        Ok(())
    }

    /// Traces up to this many paths; true when the tile is done.
    pub fn step(&self, max_paths: u32) -> bool {
        self.state.borrow_mut().job.as_mut().is_none_or(|job| job.step(max_paths))
    }

    /// The result, as [`traced::decode`] reads it.
    pub fn finish(&self) -> Result<Vec<u8>, String> {
        let job = self.state.borrow_mut().job.take().ok_or("there is no task")?;
        let tile = job.finish();
        Ok(traced::encode(&tile.sums, tile.counters))
    }

    /// Drops the task.
    pub fn cancel(&self) {
        self.state.borrow_mut().job = None;
    }
}
