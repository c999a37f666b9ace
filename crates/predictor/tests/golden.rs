//! The shipped model answers as ONNX Runtime does, and its names are those of the product.

use std::fs;
use std::path::PathBuf;

use p2c2r_predictor::{LATENCY, Predictor, Schema};
use serde_json::{Value, json};

/// Two libraries add and exponentiate in another order.
const TOLERANCE: f32 = 1e-4;
const ROWS: usize = 1000;

fn models(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../models", name].iter().collect()
}

fn shipped() -> Predictor {
    let bytes = fs::read(models("latency.onnx")).expect("the model is there");
    Predictor::load(&bytes).expect("the shipped model loads")
}

/// Rows, then the answers of ONNX Runtime.
fn golden() -> (Vec<[f32; Predictor::INPUTS]>, Vec<[f32; Predictor::OUTPUTS]>) {
    let bytes = fs::read(models("latency.golden.f32")).expect("the golden rows are there");
    let (bytes, rest) = bytes.as_chunks();
    assert!(rest.is_empty());
    let numbers: Vec<f32> = bytes.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let (rows, answers) = numbers.split_at(ROWS * Predictor::INPUTS);
    (rows.as_chunks().0.to_vec(), answers.as_chunks().0.to_vec())
}

#[test]
fn answers_are_those_of_onnx_runtime() {
    let (rows, wanted) = golden();
    let answers = shipped().predict(&rows);
    assert_eq!((answers.len(), wanted.len()), (ROWS, ROWS));
    for (row, (answer, wanted)) in answers.iter().zip(&wanted).enumerate() {
        for (answer, wanted) in answer.iter().zip(wanted) {
            assert!((answer - wanted).abs() <= TOLERANCE, "row {row}: {answer}, not {wanted}");
        }
    }
}

#[test]
fn a_batch_of_any_size_is_answered_row_by_row() {
    let model = shipped();
    let (rows, _) = golden();
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
    let model = shipped();
    let mut odd = golden().0[0];
    let mut unknown = odd;
    for (place, value) in [(3, f32::NAN), (9, f32::INFINITY), (14, f32::NEG_INFINITY)] {
        (odd[place], unknown[place]) = (value, 0.0);
    }
    assert_eq!(model.predict(&[odd]), model.predict(&[unknown]));
}

#[test]
fn training_reads_the_names_of_the_product() {
    let text = fs::read_to_string(models("schema.json")).expect("the schema is there");
    let written: Value = serde_json::from_str(&text).expect("it is JSON");
    let Schema { kind, version, inputs, outputs } = LATENCY;
    let wanted = json!({ kind: { "version": version, "inputs": inputs, "outputs": outputs } });
    assert!(written == wanted, "models/schema.json must be:\n{wanted:#}");
}

#[test]
fn a_model_can_be_asked_from_any_thread() {
    const fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Predictor>();
}
