//! A search of tract 0.23 that is kept from happening.
//!
//! From each dequantisation tract looks through all that works number by number behind it for a quantisation of its
//! own, to put a table in their place. Ours is none of its own, so that it would look to the end, from each
//! dequantisation of a chain anew: thousands of nodes take it a minute. The tables are wrong besides: it takes a
//! softmax for a function of single numbers, so that each class gets its share of 256, and reads a table's bytes as
//! those of the result, which are others where the sign changes.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{
    AxesMapping, AxisChangeConsequence, AxisOp, EvalContext, EvalOp, InOut, Op, StaticName,
    TypedOp, as_op, op_as_typed_op, op_out_of_plan,
};
use tract_onnx::tract_core::ops::quant::DequantizeLinearF32;

/// Keeps tract from looking for tables that it could make of what is dequantised in `graph`.
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
