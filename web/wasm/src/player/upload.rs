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
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Tries after which the server has said no: half an hour.
const MAX_TRIES: u32 = 35;

/// When the server is offered the package again.
#[derive(Debug, Default)]
pub(super) struct UploadRetry {
    at: Option<Duration>,
    failures: u32,
}

impl UploadRetry {
    pub(super) const fn next_timeout(&self) -> Option<Duration> {
        self.at
    }

    /// Whether it is time, which it is once.
    pub(super) fn is_due(&mut self, now: Duration) -> bool {
        self.at.take_if(|at| now >= *at).is_some()
    }

    /// Plans another try, unless there were too many; gives the number of failures.
    fn fail(&mut self, now: Duration) -> u32 {
        self.failures += 1;
        let wait = FIRST_WAIT * (1 << (self.failures - 1).min(6));
        self.at = (self.failures < MAX_TRIES).then(|| now + wait.min(MAX_WAIT));
        self.failures
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
        let failures = if is_final { MAX_TRIES } else { self.upload.fail(now) };
        if failures >= MAX_TRIES {
            let message = format!("{message}; this page renders alone");
            self.base.report(category, code, message, false);
        } else if failures == 1 {
            let message = format!("{message}; this page renders alone until the server takes it");
            self.base.report(category, code, message, false);
        }
        self.begin_job(now);
    }
}
