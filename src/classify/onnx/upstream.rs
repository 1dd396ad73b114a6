//! A simplification of tract 0.23 that is wrong, kept from happening.
//!
//! Where tensors are dequantised, computed with and quantised again, tract looks the bytes up in a
//! table that it makes by running the computation on all 256 bytes at once. It takes a softmax for a
//! function of single numbers, because it keeps their axes; so each class gets its share of 256
//! instead of its own. It also reads the table's bytes as those of the result, which are others where
//! the sign changes. Both are upstream's faults; the table is only a shortcut, and is left out.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{
    AxesMapping, AxisChangeConsequence, AxisOp, EvalContext, EvalOp, InOut, Op, StaticName,
    TypedOp, as_op, op_as_typed_op, op_out_of_plan,
};
use tract_onnx::tract_core::ops::quant::DequantizeLinearF32;

/// Keeps tract from making tables of what is dequantised in `graph`.
pub(in crate::classify) fn without_tables(mut graph: TypedModel) -> TypedModel {
    for node in graph.nodes_mut() {
        if let Some(op) = node.op_as::<DequantizeLinearF32>() {
            node.op = Box::new(Dequantise(op.clone()));
        }
    }
    graph
}

/// The same operator, with nothing that tract could simplify it to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dequantise(DequantizeLinearF32);

impl Op for Dequantise {
    fn name(&self) -> StaticName {
        self.0.name()
    }

    fn info(&self) -> TractResult<Vec<String>> {
        self.0.info()
    }

    op_as_typed_op!();
}

impl EvalOp for Dequantise {
    op_out_of_plan!();

    fn eval(&self, context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        self.0.eval(context, inputs)
    }
}

impl TypedOp for Dequantise {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        self.0.output_facts(inputs)
    }

    fn axes_mapping(
        &self,
        inputs: &[&TypedFact],
        outputs: &[&TypedFact],
    ) -> TractResult<AxesMapping> {
        self.0.axes_mapping(inputs, outputs)
    }

    fn change_axes(
        &self,
        model: &TypedModel,
        node: &TypedNode,
        _io: InOut,
        change: &AxisOp,
    ) -> TractResult<Option<AxisChangeConsequence>> {
        Ok(Some(AxisChangeConsequence::new(model, node, None, change)))
    }

    as_op!();
}
