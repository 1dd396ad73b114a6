//! What the quantised operators compute between their bytes, with real numbers.

use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::broadcast::multi_broadcast;
use tract_onnx::tract_core::ops::array::TypedConcat;
use tract_onnx::tract_core::ops::math::{add, div, mul};
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer, sigmoid};
#[allow(
    clippy::wildcard_imports,
    reason = "what tract offers to those who write operators"
)]
use tract_onnx::tract_hir::internal::*;

use super::Reader;

/// What is computed in between.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Add,
    Mul,
    Sigmoid,
    GlobalAveragePool,
    Concat(i64),
    Real(Real),
}

/// An operator of real numbers that tract knows, with one input.
#[derive(Debug, Clone)]
pub(super) struct Real {
    name: &'static str,
    pub op: Box<dyn Expansion>,
}

impl Kind {
    /// What tract makes of `node`'s attributes under the name of the operator of real numbers.
    pub fn real(
        context: &ParsingContext,
        node: &NodeProto,
        name: &'static str,
    ) -> TractResult<Self> {
        let read = context.framework.op_register.0.get(name).copied();
        let op = expansion(read, context, node, name)?;
        Ok(Self::Real(Real { name, op }))
    }

    /// Its operator's name in the file, without `QLinear`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Mul => "Mul",
            Self::Sigmoid => "Sigmoid",
            Self::GlobalAveragePool => "GlobalAveragePool",
            Self::Concat(_) => "Concat",
            Self::Real(real) => real.name,
        }
    }

    /// The result's shape, where it is not the rules of tract's own operator that tell it.
    pub fn shape(&self, inputs: &[TVec<TDim>]) -> TractResult<TVec<TDim>> {
        match self {
            Self::Add | Self::Mul => multi_broadcast(inputs),
            Self::Sigmoid | Self::Real(_) => Ok(inputs[0].clone()),
            Self::GlobalAveragePool => {
                ensure!(inputs[0].len() > 2, "its input is no map");
                let spatial = inputs[0].iter().enumerate();
                Ok(spatial
                    .map(|(axis, dim)| if axis < 2 { dim.clone() } else { 1.to_dim() })
                    .collect())
            }
            Self::Concat(axis) => {
                let axis = axis_of(*axis, inputs[0].len())?;
                let mut shape = inputs[0].clone();
                let ranks = inputs.iter().map(TVec::len);
                ensure!(
                    ranks.min() == Some(shape.len()),
                    "its inputs have other axes"
                );
                shape[axis] = inputs.iter().map(|shape| shape[axis].clone()).sum();
                Ok(shape)
            }
        }
    }

    pub fn wire(
        &self,
        name: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<OutletId> {
        let outlets = match self {
            Self::Add | Self::Mul => {
                let op = if matches!(self, Self::Add) {
                    add()
                } else {
                    mul()
                };
                let inputs = wire_rank_broadcast(name, model, inputs)?;
                model.wire_node(name, op, &inputs)?
            }
            Self::Sigmoid => model.wire_node(name, sigmoid(), inputs)?,
            Self::Real(real) => real.op.wire(name, model, inputs)?,
            Self::GlobalAveragePool => {
                let shape = model.outlet_fact(inputs[0])?.shape.to_tvec();
                let pixels = shape[2..].iter().cloned().product::<TDim>().to_usize()?;
                let reduce = Reduce::new((2..shape.len()).collect(), Reducer::Sum);
                let sum = model.wire_node(format!("{name}.sum"), reduce, inputs)?;
                let pixels = tensor0(pixels as f32).broadcast_into_rank(shape.len())?;
                let pixels = model.add_const(format!("{name}.pixels"), pixels)?;
                model.wire_node(name, div(), &[sum[0], pixels])?
            }
            Self::Concat(axis) => {
                let rank = model.outlet_fact(inputs[0])?.rank();
                model.wire_node(name, TypedConcat::new(axis_of(*axis, rank)?), inputs)?
            }
        };
        Ok(outlets[0])
    }
}

/// What tract's reader of the operator `name` makes of `node`'s attributes.
pub(super) fn expansion(
    read: Option<Reader>,
    context: &ParsingContext,
    node: &NodeProto,
    name: &str,
) -> TractResult<Box<dyn Expansion>> {
    let read = read.with_context(|| format!("tract has no {name}"))?;
    let (op, _) = read(context, node)?;
    let op = op.as_op().downcast_ref::<Box<dyn Expansion>>().cloned();
    op.with_context(|| format!("tract's {name} is written otherwise"))
}

fn axis_of(axis: i64, rank: usize) -> TractResult<usize> {
    let from_the_end = rank.checked_add_signed(axis as isize);
    let counted = if axis < 0 {
        from_the_end
    } else {
        Some(axis as usize)
    };
    let counted = counted.filter(|axis| *axis < rank);
    counted.with_context(|| format!("there is no axis {axis} of {rank}"))
}
