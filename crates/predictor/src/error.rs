//! Why a model file is refused.

use thiserror::Error;

use crate::model::MAX_MODEL_BYTES;
use crate::schema::OPSET;

/// A file that is no model of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// Larger than any model of ours.
    #[error("a model of {0} bytes; at most {MAX_MODEL_BYTES} are read")]
    TooLarge(usize),
    /// Not ONNX, or cut off.
    #[error("this is no ONNX model, or not all of it")]
    NotOnnx,
    /// A note that every model of ours carries is missing, or there twice.
    #[error("the model must say its {0:?} once")]
    Unsaid(&'static str),
    /// Made for something else.
    #[error("the model's {what} is {found:?}; {wanted:?} is needed")]
    Other {
        /// What differs.
        what: &'static str,
        /// What the model says.
        found: String,
        /// What it should say.
        wanted: String,
    },
    /// Operators of another version.
    #[error("the model is for other operators than those of version {OPSET}")]
    Opset,
    /// A part that no model of ours has.
    #[error("the model has {0}, which no model here may")]
    Foreign(&'static str),
    /// An operator that is not run here.
    #[error("the model asks for the operator {0:?}, which is not run here")]
    Operator(String),
    /// Numbers that do not fill their shape, or shapes that do not fit together.
    #[error("the model's {0}")]
    Shape(&'static str),
    /// The library refuses a graph that looked sound.
    #[error("the model cannot be run: {0}")]
    Library(String),
}
