//! The trained models of a requester, if it has them: what they say of workers before they have shown anything,
//! and of costs before anybody has measured them.

use p2c2r_predictor::{CostPredictor, ModelError, Predictor};
use p2c2r_swarm::{COST_BUCKETS, CostRow, FEATURES, OUTPUTS};

/// Models, or none.
#[derive(Debug)]
pub struct Oracle {
    latency: Option<Predictor>,
    cost: Option<CostPredictor>,
}

impl Oracle {
    /// Reads the model files; each that is refused leaves none, and says why.
    pub fn load(latency: Option<&[u8]>, cost: Option<&[u8]>) -> (Self, Vec<String>) {
        let mut troubles = Vec::new();
        let latency = latency.map(Predictor::load);
        let latency = usable(latency, "the base model is not used, a heuristic is", &mut troubles);
        let cost = cost.map(CostPredictor::load);
        let cost = usable(cost, "the cost model is not used, measurements are", &mut troubles);
        (Self { latency, cost }, troubles)
    }

    /// Whether there is somebody to ask about workers.
    pub const fn knows_workers(&self) -> bool {
        self.latency.is_some()
    }

    /// An answer to each row about a worker.
    pub fn answer(
        &self,
        rows: &[[f32; FEATURES]; COST_BUCKETS],
    ) -> Option<[[f32; OUTPUTS]; COST_BUCKETS]> {
        self.latency.as_ref()?.predict(rows).try_into().ok()
    }

    /// What the paths of cells cost.
    pub fn log_long_costs(&self, rows: &[CostRow]) -> Option<Vec<f64>> {
        Some(self.cost.as_ref()?.log_long_costs(rows))
    }
}

fn usable<M>(
    loaded: Option<Result<M, ModelError>>,
    trouble: &str,
    troubles: &mut Vec<String>,
) -> Option<M> {
    let keep = |error: ModelError| troubles.push(format!("{trouble}: {error}"));
    loaded.and_then(|loaded| loaded.map_err(keep).ok())
}
