//! What a requester knows of contributors before they come and of costs before they are measured, and what it
//! keeps.

use std::time::SystemTime;

use p2c2r_swarm::{Insight, Memory};

use super::Driver;
use crate::native::render::{Foresight, RenderEvent};

impl<F: FnMut(RenderEvent)> Driver<F> {
    /// Goes on from what was learned in an earlier run.
    pub(super) fn recall(&mut self, stored: Result<Option<Memory>, String>) {
        let recalled = stored.and_then(|memory| {
            let learned = memory.map_or(Vec::new(), |memory| memory.learned);
            let recalled = self.session.recall(&learned);
            recalled.map_err(|error| format!("what was learned before is lost: {error}"))
        });
        if let Err(trouble) = recalled {
            self.warn(trouble);
        }
    }

    /// Shows the session what the camera sees, some milliseconds' work, and what a model makes of it.
    pub(super) fn look(&mut self) {
        let Some(eye) = &self.eye else { return };
        let task = self.session.look();
        match eye.cpu_tracer().aovs(&task) {
            Ok(aovs) => self.session.see(&task, &aovs, &eye.scene.sketch()),
            Err(error) => tracing::debug!(%error, "not looked at"),
        }
        if let Some(answers) = self.oracle.log_long_costs(self.session.cost_rows()) {
            self.session.expect_costs(&answers);
        }
    }

    /// Keeps what was learned.
    pub(super) fn keep_state(&mut self) {
        let Some(state) = &mut self.state else { return };
        let memory = self.session.memory().unwrap_or_default();
        if let Err(trouble) = state.write(&memory) {
            self.warn(trouble);
        }
    }
}

/// What the session asks and tells beside the work.
pub(super) fn insight_of(
    foresight: &Foresight,
    stored: &Result<Option<Memory>, String>,
    asks_model: bool,
) -> Insight {
    let tag = match stored {
        Ok(Some(memory)) => memory.tag,
        _ => foresight.fresh_tag,
    };
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Insight {
        unix_at_zero: since_1970.ok().map(|time| time.as_secs()),
        tag: foresight.state.is_some().then_some(tag),
        asks_model,
        tells_attempts: foresight.tells_attempts,
    }
}
