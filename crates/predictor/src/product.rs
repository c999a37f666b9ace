//! A product by a constant matrix, wired as the library's optimiser would end with it, without running the optimiser:
//! the matrix is packed for its kernel here, the rows when they are there.

use tract_core::internal::*;
use tract_core::ops::matmul::ModePicker;
use tract_core::ops::matmul::optimized::{
    AddMatMulGeometry, MapOutputAxisToInput, MatMulOperand, OptMatMul, ProtoFusedSpec,
};
use tract_core::ops::matmul::pack::DynPackedExoticFact;
use tract_core::tract_linalg::MmmDispatch;
use tract_core::tract_linalg::mmm::{MMMInputFormat, OutputStoreSpec, PackedMatrixStorage, Query};

use crate::graph::Constant;

/// Axes of everything that is computed.
const ROWS: usize = 0;
const COLUMNS: usize = 1;

/// Wires the product of rows and a matrix.
pub(crate) fn wire_product(
    model: &mut TypedModel,
    name: &str,
    rows: OutletId,
    matrix: &Constant,
) -> TractResult<OutletId> {
    // The kernel's left side is the matrix: it has many rows only if the number of ours were known.
    let query = Query::plain(DatumType::F32, Some(matrix.columns), Some(matrix.rows), None);
    let Some((kernel, packing, None)) = MmmDispatch::native().pick(&query) else {
        bail!("there is no kernel for {name}");
    };
    let (left, right) = &kernel.packings()[packing];
    let numbers = Tensor::from_shape(&[matrix.rows, matrix.columns], &matrix.numbers)?;
    let product = ProtoFusedSpec::AddMatMul {
        geo: AddMatMulGeometry {
            k: matrix.rows.to_dim(),
            c_to_a_axis_mapping: MapOutputAxisToInput(tvec![]),
            c_to_b_axis_mapping: MapOutputAxisToInput(tvec![]),
        },
        a: MatMulOperand::Const(left.prepare_one(&numbers, ROWS, COLUMNS)?),
        b: MatMulOperand::Input(0),
        packings: vec![(packing, None)],
    };
    let pack = PackRows { format: right.clone() };
    let packed = model.wire_node(format!("{name}.packed"), pack, &[rows])?;
    let count = model.outlet_fact(rows)?.shape[ROWS].clone();
    let fact = DatumType::F32.fact([count, matrix.columns.to_dim()]);
    let store = OutputStoreSpec::View {
        m_axis: Some(COLUMNS),
        n_axis: Some(ROWS),
        mr: kernel.mr(),
        nr: kernel.nr(),
    };
    let steps = vec![product, ProtoFusedSpec::Store(vec![store])];
    let (m, n) = (Some(COLUMNS), Some(ROWS));
    let operator = OptMatMul::new(vec![kernel], ModePicker::Single, fact, m, n, steps, false)?;
    Ok(model.wire_node(name, operator, &packed)?[0])
}

/// Packs rows for a kernel, which the library's own operator does that others cannot make.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PackRows {
    format: Box<dyn MMMInputFormat>,
}

impl Op for PackRows {
    fn name(&self) -> StaticName {
        "PackRows".into()
    }

    op_as_typed_op!();
}

impl EvalOp for PackRows {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let packed = self.format.prepare_one(&inputs[0], COLUMNS, ROWS)?;
        let packed = PackedMatrixStorage::new(packed).into_tensor(DatumType::F32);
        Ok(tvec!(packed.into_tvalue()))
    }
}

impl TypedOp for PackRows {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = &inputs[0].shape;
        let packed = DynPackedExoticFact {
            k: shape[COLUMNS].clone(),
            mn: shape[ROWS].clone(),
            packers: vec![self.format.clone()],
        };
        Ok(tvec!(DatumType::F32.scalar_fact().with_exotic_fact(packed)))
    }

    as_op!();
}
