//! What the player sees of its own views, and what the cost model makes of it: both only sharpen how a film is
//! cut, so nothing waits for them.
//!
//! The finisher looks, which holds a tracer of the scene for the sake of pictures: a look keeps no link waiting.

use p2c2r_frame::SceneId;

use super::PlayerRole;
use crate::action::Action;
use crate::aovs::aovs_of;
use crate::environment::Output;
use crate::finish::look_bytes;

/// Where looking stands.
#[derive(Debug, Default)]
pub(super) struct Sight {
    /// The job whose look is on its way. There is one at a time, and the film after it may be another one.
    asked: Option<u32>,
    /// The scene that could not be looked at: a worker that fails is not started for every film.
    blind_to: Option<SceneId>,
}

impl PlayerRole {
    /// Asks what the camera sees, unless an earlier question is open: its answer will ask again. Who renders alone
    /// cuts nothing for others, and a preview is over before it pays.
    pub(super) fn look_ahead(&mut self) {
        let Some(requester) = &self.requester else { return };
        let is_wanted = self.network_settings.is_some() && self.settle_at.is_none();
        let (question, look) = (requester.job().0, requester.look());
        let scene = look.scene;
        // The next scene may be here before the server has it, which its first film waits for.
        let is_here = self.scene.as_ref().is_some_and(|loaded| loaded.scene.id == scene);
        let is_wanted = is_wanted && is_here;
        if !is_wanted || self.sight.asked.is_some() || self.sight.blind_to == Some(scene) {
            return;
        }
        self.sight.asked = Some(question);
        let output = Output::Look { question, scene };
        self.base.actions.push_back(Action::Output(output, vec![look_bytes(&look)]));
    }

    /// A look is done, or has come to nothing: shows the session what was seen and asks the model about it. Of
    /// another job it comes too late.
    pub(super) fn on_looked(&mut self, question: u32, bytes: &[u8]) {
        let (Some(loaded), Some(requester)) = (&self.scene, &mut self.requester) else { return };
        if self.sight.asked.take_if(|asked| *asked == question).is_none() {
            return;
        }
        if requester.job().0 != question {
            return self.look_ahead();
        }
        let look = requester.look();
        // The scene has gone meanwhile: that says nothing of it.
        if loaded.scene.id != look.scene {
            return;
        }
        let Some(aovs) = aovs_of(look.rect, bytes) else {
            self.sight.blind_to = Some(look.scene);
            return;
        };
        requester.see(&look, &aovs, &loaded.scene.sketch());
        let rows = bytemuck::cast_slice(requester.cost_rows()).to_vec();
        let output = Output::PredictCosts { question };
        self.base.actions.push_back(Action::Output(output, vec![rows]));
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
