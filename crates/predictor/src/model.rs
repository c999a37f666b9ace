//! A loaded model, ready to answer.

use std::sync::Arc;

use p2c2r_scheduler::{FEATURES, OUTPUTS};
use p2c2r_splitter::{COST_FEATURES, COST_OUTPUTS, CostRow};
use prost::Message;
use tract_core::prelude::{IntoRunnable, Tensor, TractResult, TypedRunnableModel, tvec};

use crate::checked::check;
use crate::onnx::ModelProto;
use crate::schema::{COST, LATENCY};
use crate::wired::wire;
use crate::{ModelError, Schema};

/// Largest file that is read; ours have a tenth of it. Decoded, the smallest records take some hundred times their
/// bytes: some tens of megabytes at most.
pub const MAX_MODEL_BYTES: usize = 1 << 18;
/// Most rows that are computed at a time, which bounds what is held on the way.
const MAX_BATCH: usize = 1024;

/// A model that answers rows of `INPUTS` numbers by rows of `OUTPUTS`.
#[derive(Debug, Clone)]
pub struct Model<const INPUTS: usize, const OUTPUTS: usize> {
    plan: Arc<TypedRunnableModel>,
}

/// The model of workers' latency.
pub type Predictor = Model<FEATURES, OUTPUTS>;

impl Predictor {
    /// Reads a model of [`LATENCY`].
    pub fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::load_as(&LATENCY, bytes)
    }
}

/// The model of what a cell's paths cost.
pub type CostPredictor = Model<COST_FEATURES, COST_OUTPUTS>;

impl CostPredictor {
    /// Reads a model of [`COST`].
    pub fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::load_as(&COST, bytes)
    }

    /// What it says of each row, in the way that the splitter takes it.
    pub fn log_long_costs(&self, rows: &[CostRow]) -> Vec<f64> {
        self.predict(rows).into_iter().map(|[answer]| f64::from(answer)).collect()
    }
}

impl<const INPUTS: usize, const OUTPUTS: usize> Model<INPUTS, OUTPUTS> {
    /// Numbers of a row of questions.
    pub const INPUTS: usize = INPUTS;
    /// Numbers of an answer.
    pub const OUTPUTS: usize = OUTPUTS;

    /// Reads a model of this kind, whose names must be as many as this type has numbers.
    pub fn load_as(schema: &Schema, bytes: &[u8]) -> Result<Self, ModelError> {
        assert_eq!((schema.inputs.len(), schema.outputs.len()), (INPUTS, OUTPUTS));
        if bytes.len() > MAX_MODEL_BYTES {
            return Err(ModelError::TooLarge(bytes.len()));
        }
        let file = ModelProto::decode(bytes).map_err(|_| ModelError::NotOnnx)?;
        let graph = check(&file, schema)?;
        let graph = wire(&graph, INPUTS).map_err(library_error)?;
        let model = Self { plan: graph.into_runnable().map_err(library_error)? };
        // What the library finds only when it runs is better found here.
        model.compute(&[[0.0; INPUTS]]).map_err(library_error)?;
        Ok(model)
    }

    /// Answers every row. Numbers that are not finite count as 0, which means unknown; an answer that cannot
    /// be computed is NaN.
    pub fn predict(&self, rows: &[[f32; INPUTS]]) -> Vec<[f32; OUTPUTS]> {
        rows.chunks(MAX_BATCH).flat_map(|batch| self.answer(batch)).collect()
    }

    fn answer(&self, batch: &[[f32; INPUTS]]) -> Vec<[f32; OUTPUTS]> {
        let known = |value: f32| if value.is_finite() { value } else { 0.0 };
        let known: Vec<[f32; INPUTS]> = batch.iter().map(|row| row.map(known)).collect();
        let computed = self.compute(&known).ok().filter(|answers| answers.len() == batch.len());
        computed.unwrap_or_else(|| vec![[f32::NAN; OUTPUTS]; batch.len()])
    }

    fn compute(&self, rows: &[[f32; INPUTS]]) -> TractResult<Vec<[f32; OUTPUTS]>> {
        let input = Tensor::from_shape(&[rows.len(), INPUTS], rows.as_flattened())?;
        let outputs = self.plan.run(tvec!(input.into()))?;
        let numbers = outputs[0].try_as_plain_ram()?;
        let (answers, _) = numbers.as_slice::<f32>()?.as_chunks();
        Ok(answers.to_vec())
    }
}

fn library_error(error: impl std::fmt::Display) -> ModelError {
    ModelError::Library(error.to_string())
}
