//! Files that are no model of ours: each is refused by name, and none panics, hangs or takes much memory.

use std::fs;

use p2c2r_predictor::{CostPredictor, MAX_MODEL_BYTES, MAX_NODES, ModelError, Predictor};
use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, StringStringEntryProto, TensorProto,
};

fn shipped() -> Vec<u8> {
    file_of("latency")
}

fn file_of(kind: &str) -> Vec<u8> {
    let path = format!("{}/../../models/{kind}.onnx", env!("CARGO_MANIFEST_DIR"));
    fs::read(path).expect("the model is there")
}

/// What is said of the shipped model after a change.
fn refusal(change: impl FnOnce(&mut ModelProto)) -> ModelError {
    let mut file = ModelProto::decode(shipped().as_slice()).expect("the shipped model is ONNX");
    change(&mut file);
    Predictor::load(&file.encode_to_vec()).expect_err("the changed model must be refused")
}

fn graph(file: &mut ModelProto) -> &mut GraphProto {
    file.graph.as_mut().expect("it has a graph")
}

#[test]
fn unchanged_it_loads() {
    let file = ModelProto::decode(shipped().as_slice()).expect("the shipped model is ONNX");
    assert!(Predictor::load(&file.encode_to_vec()).is_ok());
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = shipped();
    for length in (0..whole.len()).step_by(64) {
        let refused = Predictor::load(&whole[..length]).expect_err("a part is no model");
        assert!(matches!(refused, ModelError::NotOnnx | ModelError::Unsaid(_)), "{refused}");
    }
}

#[test]
fn changed_bytes_are_refused_or_harmless() {
    let whole = shipped();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    for round in 0..200 {
        let mut changed = whole.clone();
        // The ends hold the structure; the middle is mostly weights.
        for _ in 0..=next(4) {
            let (near, far) = (next(whole.len().min(700)), next(whole.len()));
            let place = [near, whole.len() - 1 - near, far][next(3)];
            changed[place] = next(256) as u8;
        }
        if let Ok(model) = Predictor::load(&changed) {
            assert_eq!(model.predict(&[[0.5; Predictor::INPUTS]; 3]).len(), 3, "round {round}");
        }
    }
}

#[test]
fn other_bytes_are_refused() {
    assert_eq!(Predictor::load(&[]).unwrap_err(), ModelError::Unsaid("kind"));
    assert_eq!(Predictor::load(b"<!doctype html>").unwrap_err(), ModelError::NotOnnx);
    let large = vec![0; MAX_MODEL_BYTES + 1];
    assert_eq!(Predictor::load(&large).unwrap_err(), ModelError::TooLarge(large.len()));
    // A graph in an attribute of an operator of a graph, and so on; then in the file: however deep, nobody looks.
    let mut nested = Vec::new();
    for field in [6, 5, 1].into_iter().cycle().take(3 * 2000).chain([7]) {
        nested = field_of(field, &nested);
    }
    assert_eq!(Predictor::load(&nested).unwrap_err(), ModelError::Unsaid("kind"));
}

/// A field that holds these bytes, as protobuf writes it.
fn field_of(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut written = vec![number << 3 | 2];
    prost::encode_length_delimiter(bytes.len(), &mut written).expect("a vector grows");
    written.extend_from_slice(bytes);
    written
}

#[test]
fn a_model_of_something_else_is_refused_by_what_differs() {
    let note = |key: &'static str, value: &'static str| {
        refusal(|file| {
            for entry in file.metadata_props.iter_mut().filter(|entry| entry.key == key) {
                entry.value = value.to_owned();
            }
        })
    };
    for key in ["kind", "schema", "inputs", "outputs"] {
        let refused = note(key, "other");
        assert!(matches!(refused, ModelError::Other { what, .. } if what == key), "{refused}");
    }
    let twice = StringStringEntryProto { key: "kind".to_owned(), value: "latency".to_owned() };
    assert_eq!(refusal(|file| file.metadata_props.push(twice)), ModelError::Unsaid("kind"));
    assert_eq!(refusal(|file| file.opset_import[0].version = 18), ModelError::Opset);
    assert_eq!(refusal(|file| file.opset_import.clear()), ModelError::Opset);
}

#[test]
fn no_model_passes_for_one_of_another_kind_or_schema() {
    let refused = [
        Predictor::load(&file_of("cost")).expect_err("it is no model of latency"),
        CostPredictor::load(&shipped()).expect_err("it is no model of costs"),
    ];
    for error in refused {
        assert!(matches!(error, ModelError::Other { what: "kind", .. }), "{error}");
    }
    let mut file = ModelProto::decode(file_of("cost").as_slice()).expect("it is ONNX");
    for entry in file.metadata_props.iter_mut().filter(|entry| entry.key == "schema") {
        entry.value = "1".to_owned();
    }
    let refused = CostPredictor::load(&file.encode_to_vec()).expect_err("it is of another schema");
    assert!(matches!(refused, ModelError::Other { what: "schema", .. }), "{refused}");
}

#[test]
fn graphs_that_ask_for_more_are_refused() {
    let operator = |name: &str| {
        let name = name.to_owned();
        refusal(|file| graph(file).node[0].op_type = name)
    };
    for name in ["Loop", "ConstantOfShape", "RandomNormal", "Expand", "add"] {
        assert_eq!(operator(name), ModelError::Operator(name.to_owned()));
    }
    let foreign = |change: fn(&mut GraphProto)| {
        let refused = refusal(|file| change(graph(file)));
        assert!(matches!(refused, ModelError::Foreign(_)), "{refused}");
    };
    foreign(|graph| graph.node[0].attribute.push(AttributeProto::default()));
    foreign(|graph| graph.node[0].output.push("more".to_owned()));
    foreign(|graph| graph.node[0].input[0] = "nothing".to_owned());
    foreign(|graph| graph.node.resize(MAX_NODES + 1, NodeProto::default()));
    foreign(|graph| graph.initializer.push(graph.initializer[0].clone()));
    foreign(|graph| graph.initializer[0].data_location = Some(1));
    foreign(|graph| graph.initializer[0].data_type = 11);
    foreign(|graph| graph.initializer[0].raw_data[..4].copy_from_slice(&[0, 0, 0xc0, 0x7f]));
    foreign(|graph| graph.sparse_initializer.push(Default::default()));
    let refused = refusal(|file| file.functions.push(Default::default()));
    assert!(matches!(refused, ModelError::Foreign(_)), "{refused}");
}

#[test]
fn shapes_that_lie_are_refused() {
    let shape = |change: fn(&mut GraphProto)| {
        let refused = refusal(|file| change(graph(file)));
        assert!(matches!(refused, ModelError::Shape(_)), "{refused}");
    };
    shape(|graph| graph.initializer[0].dims = vec![i64::MAX]);
    shape(|graph| graph.initializer[0].dims = vec![i64::MAX, i64::MAX]);
    shape(|graph| graph.initializer[0].dims = vec![-1]);
    shape(|graph| graph.initializer[0].dims.clear());
    shape(|graph| graph.initializer[0].raw_data.clear());
    shape(|graph| graph.output[0].name = graph.node[0].output[0].clone());
    // A product of two constants, as wide as it likes.
    shape(|graph| {
        let column = |name: &str, dims| TensorProto {
            dims,
            data_type: 1,
            raw_data: vec![0; 4 * 4096],
            name: name.to_owned(),
            ..TensorProto::default()
        };
        graph.initializer.push(column("tall", vec![4096, 1]));
        graph.initializer.push(column("wide", vec![1, 4096]));
        let product = graph.node.iter_mut().find(|node| node.op_type == "MatMul");
        product.expect("it multiplies").input = vec!["tall".to_owned(), "wide".to_owned()];
    });
    let refused = refusal(|file| graph(file).output.clear());
    assert!(matches!(refused, ModelError::Other { what: "number of outputs", .. }), "{refused}");
}
