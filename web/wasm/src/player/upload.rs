//! The package's way to the server, which contributors get it from: tried until it is there or refused.

use std::time::Duration;

use super::PlayerRole;
use crate::action::Action;
use crate::environment::Output;
use crate::messages::ErrorCategory;
use crate::network::Network;

/// Wait before the second try; doubles with each.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// When the server is offered the package again.
#[derive(Debug, Default)]
pub(super) struct UploadRetry {
    at: Option<Duration>,
    /// The wait before, 0 before the first failure.
    last_wait: Duration,
}

impl UploadRetry {
    pub(super) const fn next_timeout(&self) -> Option<Duration> {
        self.at
    }

    /// Whether it is time, which it is once.
    pub(super) fn is_due(&mut self, now: Duration) -> bool {
        self.at.take_if(|at| now >= *at).is_some()
    }

    /// Plans another try; whether this was the first failure.
    fn fail(&mut self, now: Duration) -> bool {
        let is_first = self.last_wait.is_zero();
        self.last_wait = (2 * self.last_wait).clamp(FIRST_WAIT, MAX_WAIT);
        self.at = Some(now + self.last_wait);
        is_first
    }
}

impl PlayerRole {
    /// Offers the current scene's package to the server, if there is one.
    pub(super) fn store_package(&mut self) {
        if let (Some(network), Some(loaded)) = (&self.network_settings, &self.scene) {
            let scene = loaded.scene.id;
            let url = Network::blob_url(network, scene);
            let attachments = vec![loaded.package.clone()];
            let output = Output::StoreBlob { scene, url };
            self.base.actions.push_back(Action::Output(output, attachments));
        }
    }

    /// The server has not taken the package: rendering goes on without peers meanwhile.
    pub(super) fn on_refused(&mut self, now: Duration, message: &str, is_final: bool) {
        self.is_storing = false;
        let (category, code) = (ErrorCategory::Signaling, "SCENE_UPLOAD_FAILED");
        if is_final {
            let message = format!("{message}; this page renders alone");
            self.base.report(category, code, message, false);
        } else if self.upload.fail(now) {
            let message = format!("{message}; this page renders alone until the server takes it");
            self.base.report(category, code, message, false);
        }
        self.begin_job(now);
    }
}
