//! What the player sees of its own views, and what the cost model makes of it: both only sharpen how a film is
//! cut, so nothing waits for them.

use std::sync::Arc;

use p2c2r_tracer_cpu::CpuTracer;

use super::PlayerRole;
use crate::action::Action;
use crate::environment::Output;

impl PlayerRole {
    /// Shows the session what the camera sees, and asks the model about it. Who renders alone cuts nothing for
    /// others, and a preview is over before it pays.
    pub(super) fn see(&mut self) {
        let (Some(loaded), Some(requester)) = (&self.scene, &mut self.requester) else { return };
        if self.network_settings.is_none() || self.settle_at.is_some() {
            return;
        }
        let eye = self.eye.get_or_insert_with(|| CpuTracer::new(Arc::clone(&loaded.scene)));
        let task = requester.look();
        if let Ok(aovs) = eye.aovs(&task) {
            requester.see(&task, &aovs, &loaded.scene.sketch());
            let rows = bytemuck::cast_slice(requester.cost_rows()).to_vec();
            let output = Output::PredictCosts { question: requester.job().0 };
            self.base.actions.push_back(Action::Output(output, vec![rows]));
        }
    }

    /// The cost model has answered; for another job it comes too late.
    pub(super) fn on_costs(&mut self, question: u32, bytes: &[u8]) {
        let (numbers, _) = bytes.as_chunks();
        let answers: Vec<f64> =
            numbers.iter().map(|number| f64::from(f32::from_le_bytes(*number))).collect();
        if let Some(requester) = self.requester.as_mut().filter(|one| one.job().0 == question) {
            requester.expect_costs(&answers);
        }
    }
}
