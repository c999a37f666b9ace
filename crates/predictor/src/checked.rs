//! The graph of a file, checked and built anew: only what was understood is handed to the library.

use std::collections::HashMap;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};

use crate::graph::{MAX_NODES, Operator, Value};
use crate::{ModelError, Schema};

/// The only attribute of the only operator that has one: rows are joined by columns.
const JOINED_AXIS: (&str, i64) = ("axis", 1);

/// Values by the names of the file, with the names that they get.
type Names<'a> = HashMap<&'a str, (String, Value)>;

/// The graph that is run, from the one that a file holds.
pub(crate) fn rebuild(file: &ModelProto, schema: &Schema) -> Result<GraphProto, ModelError> {
    schema.check(file)?;
    let graph = file.graph.as_ref().ok_or(ModelError::Foreign("no graph"))?;
    refuse_foreign_parts(file, graph)?;
    let mut names = Names::new();
    let (input, output) = (ends(&graph.input, "input")?, ends(&graph.output, "output")?);
    names.insert(input, ("rows".to_owned(), Value::Rows(schema.inputs.len())));
    let mut built = GraphProto { name: schema.kind.to_owned(), ..GraphProto::default() };
    built.input.push(named("rows"));
    for tensor in &graph.initializer {
        let (copy, value) = constant(tensor, format!("constant{}", built.initializer.len()))?;
        name(&mut names, &tensor.name, copy.name.clone(), value)?;
        built.initializer.push(copy);
    }
    for node in &graph.node {
        let (copy, value) = step(node, &names, format!("step{}", built.node.len()))?;
        name(&mut names, &node.output[0], copy.output[0].clone(), value)?;
        built.node.push(copy);
    }
    match names.get(output) {
        Some((name, Value::Rows(width))) if *width == schema.outputs.len() => {
            built.output.push(named(name));
        }
        _ => return Err(ModelError::Shape("output has another number of columns than answers")),
    }
    Ok(built)
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

fn name<'a>(
    names: &mut Names<'a>,
    old: &'a str,
    new: String,
    value: Value,
) -> Result<(), ModelError> {
    match names.insert(old, (new, value)) {
        None => Ok(()),
        Some(_) => Err(ModelError::Foreign("two values of one name")),
    }
}

/// A copy of a constant that holds nothing but finite numbers of its shape.
fn constant(tensor: &TensorProto, name: String) -> Result<(TensorProto, Value), ModelError> {
    let side = |length: i64| usize::try_from(length).ok().filter(|length| *length > 0);
    let sides: Option<Vec<usize>> = tensor.dims.iter().map(|length| side(*length)).collect();
    let value = match sides.as_deref() {
        Some([length]) => Value::Line(*length),
        Some([rows, columns]) => Value::Matrix(*rows, *columns),
        _ => return Err(ModelError::Shape("constants must be lines or matrices")),
    };
    let is_elsewhere = tensor.data_location.unwrap_or(0) != 0 || !tensor.external_data.is_empty();
    if tensor.data_type != DataType::Float as i32 || is_elsewhere {
        return Err(ModelError::Foreign("constants that are not 32-bit floats in the file"));
    }
    let count = sides.into_iter().flatten().try_fold(4usize, usize::checked_mul);
    if count != Some(tensor.raw_data.len()) {
        return Err(ModelError::Shape("constants do not fill their shape"));
    }
    let (numbers, _) = tensor.raw_data.as_chunks();
    if !numbers.iter().all(|bytes| f32::from_le_bytes(*bytes).is_finite()) {
        return Err(ModelError::Foreign("constants that are no numbers"));
    }
    let copy = TensorProto {
        dims: tensor.dims.clone(),
        data_type: tensor.data_type,
        raw_data: tensor.raw_data.clone(),
        name,
        ..TensorProto::default()
    };
    Ok((copy, value))
}

/// A copy of an operator whose inputs are known and fit.
fn step(
    node: &NodeProto,
    names: &Names<'_>,
    output: String,
) -> Result<(NodeProto, Value), ModelError> {
    let known = Operator::named(&node.op_type).filter(|_| node.domain.is_empty());
    let operator = known.ok_or_else(|| {
        let start = node.op_type.chars().take(40).collect();
        ModelError::Operator(start)
    })?;
    if node.output.len() != 1 || !has_usual_attributes(operator, &node.attribute) {
        return Err(ModelError::Foreign("operators with unusual settings"));
    }
    let unknown = ModelError::Foreign("values that nothing computes");
    let inputs = node.input.iter().map(|input| names.get(input.as_str()));
    let inputs = inputs.collect::<Option<Vec<_>>>().ok_or(unknown)?;
    let values: Vec<Value> = inputs.iter().map(|(_, value)| *value).collect();
    let width = operator.width(&values)?;
    let copy = NodeProto {
        input: inputs.iter().map(|(name, _)| name.clone()).collect(),
        output: vec![output],
        op_type: operator.name().to_owned(),
        attribute: node.attribute.clone(),
        ..NodeProto::default()
    };
    Ok((copy, Value::Rows(width)))
}

fn has_usual_attributes(operator: Operator, attributes: &[AttributeProto]) -> bool {
    match (operator, attributes) {
        (Operator::Concat, [axis]) => (axis.name.as_str(), axis.i) == JOINED_AXIS,
        (Operator::Concat, _) => false,
        (_, attributes) => attributes.is_empty(),
    }
}

/// What goes in or out, whose type nobody has to be told.
fn named(name: &str) -> ValueInfoProto {
    ValueInfoProto { name: name.to_owned(), ..ValueInfoProto::default() }
}
