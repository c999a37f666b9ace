//! The shipped models answer as ONNX Runtime does, and their names are those of the product.

use std::fs;
use std::path::PathBuf;

use p2c2r_predictor::{COST, CostPredictor, LATENCY, Model, Predictor, Schema};
use serde_json::{Value, json};
use tract_onnx::prelude::{Framework, InferenceModelExt, IntoRunnable, Tensor, TractResult, tvec};

/// Two libraries add and exponentiate in another order.
const TOLERANCE: f32 = 1e-4;
const ROWS: usize = 1000;

fn models(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../models", name].iter().collect()
}

/// The shipped model of a kind.
fn shipped<const INPUTS: usize, const OUTPUTS: usize>(schema: &Schema) -> Model<INPUTS, OUTPUTS> {
    let bytes = fs::read(models(&format!("{}.onnx", schema.kind))).expect("the model is there");
    Model::load_as(schema, &bytes).expect("the shipped model loads")
}

/// Rows, then the answers of ONNX Runtime.
fn golden<const INPUTS: usize, const OUTPUTS: usize>(
    schema: &Schema,
) -> (Vec<[f32; INPUTS]>, Vec<[f32; OUTPUTS]>) {
    let name = format!("{}.golden.f32", schema.kind);
    let bytes = fs::read(models(&name)).expect("the golden rows are there");
    let (bytes, rest) = bytes.as_chunks();
    assert!(rest.is_empty());
    let numbers: Vec<f32> = bytes.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let (rows, answers) = numbers.split_at(ROWS * INPUTS);
    (rows.as_chunks().0.to_vec(), answers.as_chunks().0.to_vec())
}

fn check_answers<const INPUTS: usize, const OUTPUTS: usize>(schema: &Schema) {
    let model: Model<INPUTS, OUTPUTS> = shipped(schema);
    let (rows, wanted) = golden::<INPUTS, OUTPUTS>(schema);
    let answers = model.predict(&rows);
    assert_eq!((answers.len(), wanted.len()), (ROWS, ROWS));
    for (row, (answer, wanted)) in answers.iter().zip(&wanted).enumerate() {
        for (answer, wanted) in answer.iter().zip(wanted) {
            assert!((answer - wanted).abs() <= TOLERANCE, "row {row}: {answer}, not {wanted}");
        }
    }
}

#[test]
fn answers_are_those_of_onnx_runtime() {
    check_answers::<{ Predictor::INPUTS }, { Predictor::OUTPUTS }>(&LATENCY);
    check_answers::<{ CostPredictor::INPUTS }, { CostPredictor::OUTPUTS }>(&COST);
}

/// What the whole library answers, with its own reader and optimiser, to which the file is one like any other.
fn answers_by_library(kind: &str, rows: &[f32], inputs: usize) -> TractResult<Vec<f32>> {
    let path = models(&format!("{kind}.onnx"));
    let mut graph = tract_onnx::onnx().model_for_path(path)?.into_typed()?;
    graph.declutter()?;
    graph.optimize()?;
    let rows = Tensor::from_shape(&[rows.len() / inputs, inputs], rows)?;
    let answers = graph.into_runnable()?.run(tvec!(rows.into()))?;
    Ok(answers[0].try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
}

fn check_library<const INPUTS: usize, const OUTPUTS: usize>(schema: &Schema) {
    let model: Model<INPUTS, OUTPUTS> = shipped(schema);
    let (rows, _) = golden::<INPUTS, OUTPUTS>(schema);
    let wanted = answers_by_library(schema.kind, rows.as_flattened(), INPUTS);
    let wanted = wanted.expect("the library runs the model");
    let answers = model.predict(&rows);
    assert_eq!(answers.as_flattened().len(), wanted.len());
    for (place, (answer, wanted)) in answers.as_flattened().iter().zip(&wanted).enumerate() {
        assert!((answer - wanted).abs() <= 1e-5, "{place}: {answer}, not {wanted}");
    }
}

#[test]
fn answers_are_those_of_the_whole_library() {
    check_library::<{ Predictor::INPUTS }, { Predictor::OUTPUTS }>(&LATENCY);
    check_library::<{ CostPredictor::INPUTS }, { CostPredictor::OUTPUTS }>(&COST);
}

#[test]
fn a_batch_of_any_size_is_answered_row_by_row() {
    let model: Predictor = shipped(&LATENCY);
    let (rows, _) = golden::<_, { Predictor::OUTPUTS }>(&LATENCY);
    let many: Vec<_> = rows.iter().chain(&rows).chain(&rows).copied().take(2049).collect();
    let together = model.predict(&many);
    assert_eq!(together.len(), many.len());
    for row in [0, 1, 1023, 1024, 2048] {
        let alone = model.predict(&[many[row]]);
        for (one, other) in alone[0].iter().zip(&together[row]) {
            assert!((one - other).abs() < 1e-5, "row {row}: {one} alone, {other} among others");
        }
    }
    assert!(model.predict(&[]).is_empty());
}

#[test]
fn what_is_not_a_number_counts_as_unknown() {
    let model: Predictor = shipped(&LATENCY);
    let mut odd = golden::<{ Predictor::INPUTS }, { Predictor::OUTPUTS }>(&LATENCY).0[0];
    let mut unknown = odd;
    for (place, value) in [(3, f32::NAN), (9, f32::INFINITY), (14, f32::NEG_INFINITY)] {
        (odd[place], unknown[place]) = (value, 0.0);
    }
    assert_eq!(model.predict(&[odd]), model.predict(&[unknown]));
    let costs: CostPredictor = shipped(&COST);
    let odd = [f32::NAN; CostPredictor::INPUTS];
    let [answer, unknown] =
        [odd, [0.0; CostPredictor::INPUTS]].map(|row| costs.log_long_costs(&[row]));
    assert!(answer == unknown && answer[0].is_finite(), "{answer:?} {unknown:?}");
}

#[test]
fn training_reads_the_names_of_the_product() {
    let text = fs::read_to_string(models("schema.json")).expect("the schema is there");
    let written: Value = serde_json::from_str(&text).expect("it is JSON");
    let of = |Schema { version, inputs, outputs, .. }: Schema| json!({ "version": version, "inputs": inputs, "outputs": outputs });
    let wanted = json!({ COST.kind: of(COST), LATENCY.kind: of(LATENCY) });
    assert!(written == wanted, "models/schema.json must be:\n{wanted:#}");
}

#[test]
fn a_model_can_be_asked_from_any_thread() {
    const fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Predictor>();
    is_shared::<CostPredictor>();
}
