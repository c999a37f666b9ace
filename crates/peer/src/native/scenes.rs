//! Scenes that are ready to be traced, the most recently used ones kept.

use std::sync::{Arc, OnceLock};

use p2c2r_frame::SceneId;
use p2c2r_protocol::peer::RefuseJob;
use p2c2r_scene::{Scene, UnpackLimits, unpack};
use p2c2r_tracer_cpu::CpuTracer;

use super::blobs::BlobClient;

/// Most bytes of scene arrays that are kept for later jobs; the one in use may be larger.
const MAX_CACHED_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Most scenes kept.
const MAX_CACHED_SCENES: usize = 16;

/// A scene and its CPU tracer, made when it is first needed.
#[derive(Debug)]
pub(super) struct LoadedScene {
    pub(super) scene: Arc<Scene>,
    cpu: OnceLock<CpuTracer>,
}

impl LoadedScene {
    pub(super) fn new(scene: Arc<Scene>) -> Self {
        Self { scene, cpu: OnceLock::new() }
    }

    pub(super) fn cpu_tracer(&self) -> &CpuTracer {
        self.cpu.get_or_init(|| CpuTracer::new(Arc::clone(&self.scene)))
    }
}

/// Fetches, checks and unpacks a scene; blocking.
pub(super) fn fetch_scene(
    blobs: &BlobClient,
    id: SceneId,
    scene_bytes: u64,
) -> Result<LoadedScene, RefuseJob> {
    let limits = UnpackLimits::default();
    if scene_bytes > limits.max_package_bytes as u64 {
        return Err(RefuseJob::SceneTooLarge);
    }
    let package = blobs.fetch(id, scene_bytes).map_err(|error| {
        tracing::warn!(scene = %id, %error, "scene not fetched");
        RefuseJob::SceneUnavailable
    })?;
    let scene = unpack(&package, &limits).map_err(|error| {
        tracing::warn!(scene = %id, %error, "scene not valid");
        RefuseJob::SceneInvalid
    })?;
    Ok(LoadedScene::new(Arc::new(scene)))
}

/// Least recently used goes first.
#[derive(Debug, Default)]
pub(super) struct SceneCache {
    /// Oldest use first.
    scenes: Vec<(SceneId, Arc<LoadedScene>)>,
}

impl SceneCache {
    /// A kept scene, which thereby counts as used.
    pub(super) fn find(&mut self, id: SceneId) -> Option<Arc<LoadedScene>> {
        let index = self.scenes.iter().position(|(known, _)| *known == id)?;
        let entry = self.scenes.remove(index);
        let scene = entry.1.clone();
        self.scenes.push(entry);
        Some(scene)
    }

    /// Keeps a scene; older ones go until the limits hold.
    pub(super) fn insert(&mut self, id: SceneId, scene: Arc<LoadedScene>) {
        self.scenes.retain(|(known, _)| *known != id);
        self.scenes.push((id, scene));
        while self.scenes.len() > 1
            && (self.scenes.len() > MAX_CACHED_SCENES || self.bytes() > MAX_CACHED_BYTES)
        {
            self.scenes.remove(0);
        }
    }

    fn bytes(&self) -> u64 {
        self.scenes.iter().map(|(_, loaded)| loaded.scene.array_bytes()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_recently_used_scene_goes_first() {
        let mut cache = SceneCache::default();
        let id = |number: usize| SceneId([number as u8; 32]);
        for number in 0..MAX_CACHED_SCENES {
            cache.insert(id(number), Arc::new(LoadedScene::new(Arc::default())));
        }
        assert!(cache.find(id(0)).is_some());
        cache.insert(id(99), Arc::new(LoadedScene::new(Arc::default())));
        assert!(cache.find(id(0)).is_some());
        assert!(cache.find(id(1)).is_none());
    }
}
