//! The operators that models may use: all that a small network needs, and nothing that reads files, loops or
//! draws numbers. What is not in the table is not linked, which is most of the library.

use tract_onnx::model::OnnxOpRegister;
use tract_onnx::tract_hir::internal::{BinIntoHir, expand};
use tract_onnx::tract_hir::ops;

use crate::graph::Operator;

/// The library's table of operators.
pub(crate) fn table() -> OnnxOpRegister {
    let mut table = OnnxOpRegister::default();
    table.insert(Operator::MatMul.name(), |_, _| {
        Ok((expand(ops::matmul::MatMulInference::default()), vec![]))
    });
    table.insert(Operator::Add.name(), |_, _| Ok((ops::math::Add.into_hir(), vec![])));
    table.insert(Operator::Mul.name(), |_, _| Ok((ops::math::Mul.into_hir(), vec![])));
    table.insert(Operator::Max.name(), |_, _| Ok((ops::math::Max.into_hir(), vec![])));
    table.insert(Operator::Min.name(), |_, _| Ok((ops::math::Min.into_hir(), vec![])));
    table.insert(Operator::Relu.name(), |_, _| {
        Ok((expand(ops::activations::Clip::new(Some(0.0), None)), vec![]))
    });
    table
        .insert(Operator::Softplus.name(), |_, _| Ok((expand(ops::activations::Softplus), vec![])));
    // Models join columns only; that is checked before.
    table.insert(Operator::Concat.name(), |_, _| Ok((expand(ops::array::Concat::new(1)), vec![])));
    table
}
