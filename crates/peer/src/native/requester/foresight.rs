//! What a requester knows of contributors before they come and of costs before they are measured, and what it
//! keeps.

use std::time::SystemTime;

use p2c2r_protocol::peer::Pseudonym;
use p2c2r_swarm::{Insight, JobError, JobSpec, Requester};

use super::{Driver, config_of};
use crate::native::render::{Foresight, RenderEvent, RenderOptions};
use crate::native::state_file::StateFile;

impl<F: FnMut(RenderEvent)> Driver<F> {
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

/// A session that goes on from what is stored, or begins anew and says why. A file that is of no use is no
/// source of a tag either: others may have the same one.
pub(super) fn begin(
    options: &RenderOptions,
    job: &JobSpec,
    state: &mut Option<StateFile>,
    asks_model: bool,
) -> Result<(Requester, Option<String>), JobError> {
    let foresight = &options.foresight;
    let session = |tag| {
        Requester::new(config_of(options, insight_of(foresight, tag, asks_model)), job.clone())
    };
    let Some(state) = state else { return Ok((session(None)?, None)) };
    let trouble = match state.read() {
        Ok(None) => None,
        Ok(Some(memory)) => {
            let mut known = session(Some(memory.tag))?;
            match known.recall(&memory.learned) {
                Ok(()) => return Ok((known, None)),
                Err(error) => Some(state.refuse(&error)),
            }
        }
        Err(trouble) => Some(trouble),
    };
    Ok((session(Some(foresight.fresh_tag))?, trouble))
}

/// What the session asks and tells beside the work.
fn insight_of(foresight: &Foresight, tag: Option<Pseudonym>, asks_model: bool) -> Insight {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Insight {
        unix_at_zero: since_1970.ok().map(|time| time.as_secs()),
        tag,
        asks_model,
        tells_attempts: foresight.tells_attempts,
    }
}
