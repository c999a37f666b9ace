//! Scenes: from the files that the worker fetched to the tracers here and the server's store.

use std::sync::Arc;
use std::time::Duration;

use p2c2r_frame::SceneId;

use super::PlayerRole;
use super::upload::UploadRetry;
use crate::action::Action;
use crate::environment::Output;
use crate::messages::{ErrorCategory, FromSession};
use crate::scene_load::{Files, LoadedScene, load, pose, view};

impl PlayerRole {
    /// Whether this is the scene that is shown.
    pub(super) fn is_current(&self, scene: SceneId) -> bool {
        self.scene.as_ref().is_some_and(|loaded| loaded.scene.id == scene)
    }

    /// Builds the scene that was asked for last.
    pub(super) fn on_files(
        &mut self,
        now: Duration,
        request: u32,
        names: Vec<String>,
        has_environment: bool,
        mut bytes: Vec<Vec<u8>>,
    ) {
        let Some(loading) = self.loading.take_if(|loading| loading.request == request) else {
            return;
        };
        let environment = if has_environment { bytes.pop() } else { None };
        if let Some(file) = loading.file {
            bytes.insert(0, file);
        }
        match load(&loading.source, Files { bytes, names, environment }) {
            Ok(loaded) => self.take_scene(now, loaded),
            Err(error) => self.base.report(ErrorCategory::Scene, "SCENE_INVALID", error, true),
        }
    }

    fn take_scene(&mut self, now: Duration, loaded: LoadedScene) {
        let scene = loaded.scene.id;
        if let Some(before) = self.scene.take().map(|before| before.scene.id)
            && before != scene
        {
            self.base.actions.push_back(Output::PoolForget { scene: before }.into());
            self.base.actions.push_back(Action::ForgetGpuScene { scene: before });
        }
        let package = loaded.package.clone();
        self.base.actions.push_back(Action::Output(Output::PoolScene { scene }, vec![package]));
        self.base.actions.push_back(Action::GpuScene { scene: Arc::clone(&loaded.scene) });
        let size = [self.settings.width, self.settings.height];
        let view = view(&loaded.scene, &self.camera, self.time_us, size);
        let view = view.unwrap_or_else(|| loaded.scene.default_view(1, 1));
        let camera = pose(&loaded.scene, &view);
        self.base.tell(FromSession::Loaded { summary: loaded.summary.clone(), camera });
        self.scene = Some(loaded);
        self.upload = UploadRetry::default();
        self.is_storing = self.network_settings.is_some();
        self.store_package();
        self.want_job(now);
    }
}
