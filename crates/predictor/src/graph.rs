//! What a checked graph is made of, and which shapes its operators take and give.

use crate::ModelError;

/// Most operators of a graph.
pub const MAX_NODES: usize = 64;
/// Most columns that a value may have on the way.
pub const MAX_WIDTH: usize = 1024;

/// What may be done to values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    MatMul,
    Add,
    Mul,
    Max,
    Min,
    Relu,
    Softplus,
    Concat,
}

/// A graph that may be run. Its values have places: 0 is what comes in, then constants, then what steps give.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Graph {
    pub(crate) constants: Vec<Constant>,
    pub(crate) steps: Vec<Step>,
    /// The place of what goes out.
    pub(crate) answer: usize,
}

/// Numbers of the file, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Constant {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) numbers: Vec<f32>,
}

/// What is done to the values of some places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) operator: Operator,
    pub(crate) inputs: Vec<usize>,
}

/// A value of the graph: rows as many as are asked, or numbers of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    /// Rows of this many columns.
    Rows(usize),
    /// A matrix with rows and columns.
    Matrix(usize, usize),
    /// As many numbers for each row, whatever rank they are written with.
    Line(usize),
}

impl Operator {
    const ALL: [Self; 8] = [
        Self::MatMul,
        Self::Add,
        Self::Mul,
        Self::Max,
        Self::Min,
        Self::Relu,
        Self::Softplus,
        Self::Concat,
    ];

    /// ONNX's name for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::MatMul => "MatMul",
            Self::Add => "Add",
            Self::Mul => "Mul",
            Self::Max => "Max",
            Self::Min => "Min",
            Self::Relu => "Relu",
            Self::Softplus => "Softplus",
            Self::Concat => "Concat",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }

    /// Columns of the result; what comes in must hold rows, so that nothing is computed but per row.
    pub(crate) fn width(self, inputs: &[Value]) -> Result<usize, ModelError> {
        use Value::{Line, Matrix, Rows};
        let width = match (self, inputs) {
            (Self::MatMul, [Rows(width), Matrix(rows, columns)]) if width == rows => *columns,
            (Self::Relu | Self::Softplus, [Rows(width)]) => *width,
            (Self::Concat, [Rows(_), ..]) => columns(inputs)?,
            (
                Self::Add | Self::Mul | Self::Max | Self::Min,
                [Rows(width), Rows(other) | Line(other) | Matrix(1, other)],
            ) if width == other => *width,
            (Self::Add | Self::Mul | Self::Max | Self::Min, [Rows(width), Line(1)]) => *width,
            _ => return Err(ModelError::Shape("operators do not fit what goes into them")),
        };
        if width > MAX_WIDTH {
            return Err(ModelError::Shape("values have too many columns"));
        }
        Ok(width)
    }
}

fn columns(inputs: &[Value]) -> Result<usize, ModelError> {
    inputs.iter().try_fold(0usize, |sum, value| match value {
        Value::Rows(width) => Ok(sum.saturating_add(*width)),
        _ => Err(ModelError::Shape("rows are joined with something else")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_sums_need_rows_that_fit() {
        use Value::{Line, Matrix, Rows};
        assert_eq!(Operator::MatMul.width(&[Rows(3), Matrix(3, 5)]), Ok(5));
        assert_eq!(Operator::Add.width(&[Rows(3), Line(3)]), Ok(3));
        assert_eq!(Operator::Max.width(&[Rows(3), Line(1)]), Ok(3));
        assert_eq!(Operator::Concat.width(&[Rows(3), Rows(4)]), Ok(7));
        let refused = [
            (Operator::MatMul, vec![Rows(3), Matrix(4, 5)]),
            (Operator::MatMul, vec![Matrix(3, 3), Matrix(3, 3)]),
            (Operator::MatMul, vec![Rows(3), Matrix(3, MAX_WIDTH + 1)]),
            (Operator::Add, vec![Rows(3), Line(4)]),
            (Operator::Relu, vec![Line(3)]),
            (Operator::Relu, vec![Rows(3), Rows(3)]),
            (Operator::Concat, vec![]),
            (Operator::Concat, vec![Rows(MAX_WIDTH), Rows(1)]),
        ];
        for (operator, inputs) in refused {
            let result = operator.width(&inputs);
            assert!(matches!(result, Err(ModelError::Shape(_))), "{operator:?} {inputs:?}");
        }
    }
}
