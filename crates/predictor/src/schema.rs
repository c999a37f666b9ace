//! What a model is asked and answers, and how its file says so.

use p2c2r_scheduler::{FEATURE_NAMES, OUTPUT_NAMES, SCHEMA_VERSION};
use p2c2r_splitter::{COST_FEATURE_NAMES, COST_OUTPUT_NAMES, COST_SCHEMA_VERSION};

use crate::ModelError;
use crate::onnx::ModelProto;

/// The version of ONNX's operators that models are written for.
pub const OPSET: i64 = 17;

/// Longest part of a foreign note that an error repeats, in characters.
const MAX_QUOTED: usize = 60;

/// A kind of model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// Its name.
    pub kind: &'static str,
    /// Version of what the names mean.
    pub version: u32,
    /// What it is told, in order.
    pub inputs: &'static [&'static str],
    /// What it answers, in order.
    pub outputs: &'static [&'static str],
}

/// How long workers take: [`p2c2r_scheduler::Features`] to [`p2c2r_scheduler::BaseEstimate`].
pub const LATENCY: Schema = Schema {
    kind: "latency",
    version: SCHEMA_VERSION,
    inputs: &FEATURE_NAMES,
    outputs: &OUTPUT_NAMES,
};

/// What paths cost by what is seen: [`p2c2r_splitter::CostRow`] to what [`p2c2r_splitter::CostKnowledge::expect`]
/// takes.
pub const COST: Schema = Schema {
    kind: "cost",
    version: COST_SCHEMA_VERSION,
    inputs: &COST_FEATURE_NAMES,
    outputs: &COST_OUTPUT_NAMES,
};

impl Schema {
    /// Whether a file says that it is a model of this kind.
    pub(crate) fn check(&self, file: &ModelProto) -> Result<(), ModelError> {
        let notes = [
            ("kind", self.kind.to_owned()),
            ("schema", self.version.to_string()),
            ("inputs", self.inputs.join(",")),
            ("outputs", self.outputs.join(",")),
        ];
        for (what, wanted) in notes {
            let found = note(file, what)?;
            if found != wanted {
                let found = found.chars().take(MAX_QUOTED).collect();
                let wanted = wanted.chars().take(MAX_QUOTED).collect();
                return Err(ModelError::Other { what, found, wanted });
            }
        }
        match file.opset_import.as_slice() {
            [only] if only.domain.is_empty() && only.version == OPSET => Ok(()),
            _ => Err(ModelError::Opset),
        }
    }
}

/// The value of the only entry of this name.
fn note<'a>(file: &'a ModelProto, key: &'static str) -> Result<&'a str, ModelError> {
    let mut found = file.metadata_props.iter().filter(|entry| entry.key == key);
    match (found.next(), found.next()) {
        (Some(entry), None) => Ok(&entry.value),
        _ => Err(ModelError::Unsaid(key)),
    }
}
