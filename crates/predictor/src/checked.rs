//! The graph of a file, checked and built anew: only what was understood is handed to the library.

use std::collections::HashMap;

use crate::graph::{Constant, Graph, MAX_NODES, Operator, Step, Value};
use crate::onnx::{
    AttributeProto, FLOAT, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};
use crate::{ModelError, Schema};

/// The only attribute of the only operator that has one: rows are joined by columns.
const JOINED_AXIS: (&str, i64) = ("axis", 1);

/// Values by the names of the file, with the places that they get.
type Names<'a> = HashMap<&'a str, (usize, Value)>;

/// The graph that is run, from the one that a file holds.
pub(crate) fn check(file: &ModelProto, schema: &Schema) -> Result<Graph, ModelError> {
    schema.check(file)?;
    let graph = file.graph.as_ref().ok_or(ModelError::Foreign("no graph"))?;
    refuse_foreign_parts(file, graph)?;
    let mut names = Names::new();
    let (input, output) = (ends(&graph.input, "input")?, ends(&graph.output, "output")?);
    name(&mut names, input, Value::Rows(schema.inputs.len()))?;
    let mut constants = Vec::with_capacity(graph.initializer.len());
    for tensor in &graph.initializer {
        let (constant, value) = constant(tensor)?;
        name(&mut names, &tensor.name, value)?;
        constants.push(constant);
    }
    let mut steps = Vec::with_capacity(graph.node.len());
    for node in &graph.node {
        let (step, value) = step(node, &names)?;
        name(&mut names, &node.output[0], value)?;
        steps.push(step);
    }
    match names.get(output) {
        Some((answer, Value::Rows(width))) if *width == schema.outputs.len() => {
            Ok(Graph { constants, steps, answer: *answer })
        }
        _ => Err(ModelError::Shape("output has another number of columns than answers")),
    }
}

fn refuse_foreign_parts(file: &ModelProto, graph: &GraphProto) -> Result<(), ModelError> {
    let parts = [
        (!file.training_info.is_empty(), "instructions for training"),
        (!file.functions.is_empty(), "functions of its own"),
        (!graph.sparse_initializer.is_empty(), "sparse numbers"),
        (!graph.quantization_annotation.is_empty(), "rounded numbers"),
        (graph.node.len() > MAX_NODES, "more operators"),
        (graph.initializer.len() > 2 * MAX_NODES, "more constants"),
    ];
    match parts.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, part)) => Err(ModelError::Foreign(part)),
        None => Ok(()),
    }
}

/// The name of the only input or output; its stated type does not matter, since it is given a new one.
fn ends<'a>(values: &'a [ValueInfoProto], what: &'static str) -> Result<&'a str, ModelError> {
    match values {
        [only] => Ok(&only.name),
        _ => Err(ModelError::Other {
            what: if what == "input" { "number of inputs" } else { "number of outputs" },
            found: values.len().to_string(),
            wanted: "1".to_owned(),
        }),
    }
}

/// Gives the next place to a value.
fn name<'a>(names: &mut Names<'a>, name: &'a str, value: Value) -> Result<(), ModelError> {
    match names.insert(name, (names.len(), value)) {
        None => Ok(()),
        Some(_) => Err(ModelError::Foreign("two values of one name")),
    }
}

/// A constant that holds nothing but finite numbers of its shape.
fn constant(tensor: &TensorProto) -> Result<(Constant, Value), ModelError> {
    let side = |length: &i64| usize::try_from(*length).ok().filter(|length| *length > 0);
    let sides: Option<Vec<usize>> = tensor.dims.iter().map(side).collect();
    let (rows, columns, value) = match sides.as_deref() {
        Some([length]) => (1, *length, Value::Line(*length)),
        Some([rows, columns]) => (*rows, *columns, Value::Matrix(*rows, *columns)),
        _ => return Err(ModelError::Shape("constants must be lines or matrices")),
    };
    let is_elsewhere = tensor.data_location != 0 || !tensor.external_data.is_empty();
    if tensor.data_type != FLOAT || is_elsewhere {
        return Err(ModelError::Foreign("constants that are not 32-bit floats in the file"));
    }
    let count = rows.checked_mul(columns).and_then(|count| count.checked_mul(4));
    if count != Some(tensor.raw_data.len()) {
        return Err(ModelError::Shape("constants do not fill their shape"));
    }
    let (numbers, _) = tensor.raw_data.as_chunks();
    let numbers: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if !numbers.iter().all(|number| number.is_finite()) {
        return Err(ModelError::Foreign("constants that are no numbers"));
    }
    Ok((Constant { rows, columns, numbers }, value))
}

/// An operator whose inputs are known and fit.
fn step(node: &NodeProto, names: &Names<'_>) -> Result<(Step, Value), ModelError> {
    let known = Operator::named(&node.op_type).filter(|_| node.domain.is_empty());
    let operator = known.ok_or_else(|| {
        let start = node.op_type.chars().take(40).collect();
        ModelError::Operator(start)
    })?;
    if node.output.len() != 1 || !has_usual_attributes(operator, &node.attribute) {
        return Err(ModelError::Foreign("operators with unusual settings"));
    }
    let unknown = ModelError::Foreign("values that nothing computes");
    let inputs = node.input.iter().map(|input| names.get(input.as_str()).copied());
    let inputs = inputs.collect::<Option<Vec<_>>>().ok_or(unknown)?;
    let (inputs, values): (Vec<usize>, Vec<Value>) = inputs.into_iter().unzip();
    let width = operator.width(&values)?;
    Ok((Step { operator, inputs }, Value::Rows(width)))
}

fn has_usual_attributes(operator: Operator, attributes: &[AttributeProto]) -> bool {
    match (operator, attributes) {
        (Operator::Concat, [axis]) => (axis.name.as_str(), axis.i) == JOINED_AXIS,
        (Operator::Concat, _) => false,
        (_, attributes) => attributes.is_empty(),
    }
}
