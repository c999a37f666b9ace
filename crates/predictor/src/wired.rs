//! The library's graph of a checked model, wired here: nothing has to be inferred or rewritten that is known
//! already. In a browser each function that runs for the first time is compiled first, so what is not run is time.

use std::collections::HashMap;

use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};
use tract_onnx::prelude::{
    Datum, DatumType, SpecialOps, Tensor, ToDim, TractResult, TypedFact, TypedModel,
};
use tract_onnx::tract_core::internal::{TractErrorContext, bail};
use tract_onnx::tract_core::model::OutletId;
use tract_onnx::tract_core::ops::array::TypedConcat;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::math;

use crate::graph::Operator;

/// Rows by columns of a product, as the library writes it.
const PRODUCT: &str = "mk,kn->mn";

/// A graph as [`crate::checked::rebuild`] makes them, for rows of so many numbers.
pub(crate) fn wire(graph: &GraphProto, inputs: usize) -> TractResult<TypedModel> {
    let mut wiring = Wiring { model: TypedModel::default(), values: HashMap::new() };
    let rows = wiring.model.symbols.sym("N").to_dim();
    let input = TypedFact::dt_shape(f32::datum_type(), [rows, inputs.to_dim()]);
    for value in &graph.input {
        let outlet = wiring.model.add_source(&*value.name, input.clone())?;
        wiring.values.insert(&value.name, outlet);
    }
    graph.initializer.iter().try_for_each(|tensor| wiring.constant(tensor))?;
    graph.node.iter().try_for_each(|node| wiring.step(node))?;
    let outputs = graph.output.iter().map(|value| wiring.value(&value.name));
    let outputs = outputs.collect::<TractResult<Vec<OutletId>>>()?;
    let mut model = wiring.model;
    model.select_output_outlets(&outputs)?;
    Ok(model)
}

/// A graph under way.
struct Wiring<'a> {
    model: TypedModel,
    /// By the names that values have in the file.
    values: HashMap<&'a str, OutletId>,
}

impl<'a> Wiring<'a> {
    fn value(&self, name: &str) -> TractResult<OutletId> {
        self.values.get(name).copied().with_context(|| format!("nothing computes {name}"))
    }

    fn constant(&mut self, tensor: &'a TensorProto) -> TractResult<()> {
        let shape: &[usize] = match tensor.dims[..] {
            [columns] => &[1, columns as usize],
            [rows, columns] => &[rows as usize, columns as usize],
            _ => bail!("{} is no line and no matrix", tensor.name),
        };
        let (numbers, _) = tensor.raw_data.as_chunks();
        let numbers: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let constant = Tensor::from_shape(shape, &numbers)?;
        let outlet = self.model.add_const(&*tensor.name, constant)?;
        self.values.insert(&tensor.name, outlet);
        Ok(())
    }

    /// The same number for all rows and columns.
    fn number(&mut self, name: &str, value: f32) -> TractResult<OutletId> {
        self.model.add_const(name, Tensor::from_shape(&[1, 1], &[value])?)
    }

    fn step(&mut self, node: &'a NodeProto) -> TractResult<()> {
        let name = node.output[0].as_str();
        let inputs = node.input.iter().map(|input| self.value(input));
        let inputs = inputs.collect::<TractResult<Vec<OutletId>>>()?;
        let Some(operator) = Operator::named(&node.op_type) else { bail!("{}", node.op_type) };
        let outlets = match operator {
            Operator::MatMul => {
                let product = EinSum::new(PRODUCT.parse()?, DatumType::F32);
                self.model.wire_node(name, product, &inputs)
            }
            Operator::Add => self.model.wire_node(name, math::add(), &inputs),
            Operator::Mul => self.model.wire_node(name, math::mul(), &inputs),
            Operator::Max => self.model.wire_node(name, math::max(), &inputs),
            Operator::Min => self.model.wire_node(name, math::min(), &inputs),
            Operator::Relu => {
                let zero = self.number("zero", 0.0)?;
                self.model.wire_node(name, math::max(), &[inputs[0], zero])
            }
            Operator::Softplus => {
                let one = self.number("one", 1.0)?;
                let power = self.model.wire_node(format!("{name}.power"), math::exp(), &inputs)?;
                let more =
                    self.model.wire_node(format!("{name}.more"), math::add(), &[power[0], one])?;
                self.model.wire_node(name, math::ln(), &more)
            }
            Operator::Concat => self.model.wire_node(name, TypedConcat::new(1), &inputs),
        }?;
        self.values.insert(name, outlets[0]);
        Ok(())
    }
}
