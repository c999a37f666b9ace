//! Runs the trained models that scheduling and splitting begin from. The only home of the library that does.
//!
//! A model file is a guess until checked: [`Model::load`] takes only what our training writes, by name, shape
//! and operator, and builds the graph that runs anew from what it checked. Of the library only the part that runs
//! graphs is linked: the one that reads files of any kind would make the browser's module several times as large.

mod checked;
mod error;
mod graph;
mod model;
mod onnx;
mod product;
mod schema;
mod wired;

pub use error::ModelError;
pub use graph::{MAX_NODES, MAX_WIDTH};
pub use model::{CostPredictor, MAX_MODEL_BYTES, Model, Predictor};
pub use schema::{COST, LATENCY, OPSET, Schema};
