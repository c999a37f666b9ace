//! The base model of a requester, if it has one: what it says of workers before they have shown anything.

use p2c2r_predictor::Predictor;
use p2c2r_swarm::{COST_BUCKETS, FEATURES, OUTPUTS};

/// A model, or none.
#[derive(Debug)]
pub struct Oracle(Option<Predictor>);

impl Oracle {
    /// Reads a model file; one that is refused leaves none, and says why.
    pub fn load(model: Option<&[u8]>) -> (Self, Option<String>) {
        match model.map(Predictor::load).transpose() {
            Ok(predictor) => (Self(predictor), None),
            Err(error) => {
                let trouble = format!("the base model is not used, a heuristic is: {error}");
                (Self(None), Some(trouble))
            }
        }
    }

    /// Whether there is somebody to ask.
    pub const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// An answer to each row.
    pub fn answer(
        &self,
        rows: &[[f32; FEATURES]; COST_BUCKETS],
    ) -> Option<[[f32; OUTPUTS]; COST_BUCKETS]> {
        self.0.as_ref()?.predict(rows).try_into().ok()
    }
}
