//! Trained models for browsers: a module of its own, since only who renders needs it.

use p2c2r_predictor::{CostPredictor, Predictor};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// A model as scripts see it.
macro_rules! model {
    ($(#[$about:meta])* $name:ident, $model:ty) => {
        $(#[$about])*
        #[wasm_bindgen]
        pub struct $name($model);

        #[wasm_bindgen]
        impl $name {
            /// Reads a model file; throws if it cannot be used.
            pub fn load(bytes: &[u8]) -> Result<$name, JsError> {
                <$model>::load(bytes).map(Self).map_err(JsError::from)
            }

            /// How many numbers a row of questions has.
            #[wasm_bindgen(getter, js_name = rowLength)]
            pub fn row_length(&self) -> usize {
                <$model>::INPUTS
            }

            /// How many numbers answer a row.
            #[wasm_bindgen(getter, js_name = answerLength)]
            pub fn answer_length(&self) -> usize {
                <$model>::OUTPUTS
            }

            /// Answers rows that follow each other; throws if the last one is not whole. Answers that could
            /// not be computed are NaN.
            pub fn predict(&self, rows: &[f32]) -> Result<Vec<f32>, JsError> {
                let (rows, rest) = rows.as_chunks();
                if !rest.is_empty() {
                    return Err(JsError::new("the last row is not whole"));
                }
                Ok(self.0.predict(rows).into_flattened())
            }
        }
    };
}

model!(
    /// The model of workers' latency.
    LatencyModel,
    Predictor
);
model!(
    /// The model of what paths cost by what is seen.
    CostModel,
    CostPredictor
);
