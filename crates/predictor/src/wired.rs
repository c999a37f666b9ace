//! The library's graph of a checked model, wired here: nothing has to be inferred or rewritten that is known
//! already. In a browser each function that runs for the first time is compiled first, so what is not run is time.

use tract_core::internal::{OutletId, TractErrorContext, bail};
use tract_core::ops::array::TypedConcat;
use tract_core::ops::math;
use tract_core::prelude::{
    DatumType, SpecialOps, Tensor, ToDim, TractResult, TypedFact, TypedModel,
};

use crate::graph::{Constant, Graph, Operator, Step};
use crate::product::wire_product;

/// A graph as [`crate::checked::check`] makes them, for rows of so many numbers.
pub(crate) fn wire(graph: &Graph, inputs: usize) -> TractResult<TypedModel> {
    let mut model = TypedModel::default();
    let rows = model.symbols.sym("N").to_dim();
    let rows = TypedFact::dt_shape(DatumType::F32, [rows, inputs.to_dim()]);
    let rows = model.add_source("rows", rows)?;
    let mut wiring = Wiring { model, graph, rows, steps: Vec::with_capacity(graph.steps.len()) };
    for step in &graph.steps {
        let name = format!("step{}", wiring.steps.len());
        let outlet = wiring.step(&name, step)?;
        wiring.steps.push(outlet);
    }
    let answer = wiring.value(graph.answer)?;
    let mut model = wiring.model;
    model.select_output_outlets(&[answer])?;
    Ok(model)
}

/// A graph under way.
struct Wiring<'a> {
    model: TypedModel,
    graph: &'a Graph,
    rows: OutletId,
    /// What steps give, so far.
    steps: Vec<OutletId>,
}

impl<'a> Wiring<'a> {
    /// What is at a place of the graph.
    fn value(&mut self, place: usize) -> TractResult<OutletId> {
        let Some(index) = place.checked_sub(1) else { return Ok(self.rows) };
        match self.graph.constants.get(index) {
            Some(Constant { rows, columns, numbers }) => {
                let constant = Tensor::from_shape(&[*rows, *columns], numbers)?;
                self.model.add_const(format!("constant{index}"), constant)
            }
            None => {
                let step = self.steps.get(index - self.graph.constants.len());
                step.copied().context("a step runs before what it needs")
            }
        }
    }

    /// The same number for all rows and columns.
    fn number(&mut self, value: f32) -> TractResult<OutletId> {
        self.model.add_const("number", Tensor::from_shape(&[1, 1], &[value])?)
    }

    fn step(&mut self, name: &str, step: &Step) -> TractResult<OutletId> {
        let first = *step.inputs.first().context("a step without inputs")?;
        let rows = self.value(first)?;
        let second = step.inputs.get(1).copied();
        let operator = match (step.operator, second) {
            (Operator::MatMul, Some(second)) => {
                let matrix =
                    second.checked_sub(1).and_then(|index| self.graph.constants.get(index));
                let matrix = matrix.context("a product by what is no constant")?;
                return wire_product(&mut self.model, name, rows, matrix);
            }
            (Operator::Concat, _) => {
                let inputs = step.inputs.iter().map(|place| self.value(*place));
                let inputs = inputs.collect::<TractResult<Vec<_>>>()?;
                return Ok(self.model.wire_node(name, TypedConcat::new(1), &inputs)?[0]);
            }
            (Operator::Softplus, _) => return self.softplus(name, rows),
            (Operator::Relu, _) | (Operator::Max, Some(_)) => math::max(),
            (Operator::Min, Some(_)) => math::min(),
            (Operator::Add, Some(_)) => math::add(),
            (Operator::Mul, Some(_)) => math::mul(),
            (operator, None) => bail!("{} of one value", operator.name()),
        };
        let other = match second {
            Some(place) => self.value(place)?,
            None => self.number(0.0)?,
        };
        Ok(self.model.wire_node(name, operator, &[rows, other])?[0])
    }

    /// ln(1 + eˣ).
    fn softplus(&mut self, name: &str, rows: OutletId) -> TractResult<OutletId> {
        let one = self.number(1.0)?;
        let power = self.model.wire_node(format!("{name}.power"), math::exp(), &[rows])?;
        let more = self.model.wire_node(format!("{name}.more"), math::add(), &[power[0], one])?;
        Ok(self.model.wire_node(name, math::ln(), &more)?[0])
    }
}
