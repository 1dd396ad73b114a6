//! Operators that compute with real numbers between bytes and bytes.

use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::quant::DequantizeLinearF32;
#[allow(
    clippy::wildcard_imports,
    reason = "what tract offers to those who write operators"
)]
use tract_onnx::tract_hir::internal::*;

use super::Parsed;
use super::kind::Kind;
use super::quantise::{constant, quantise};

/// An operator of two inputs, each with its scale and zero point.
pub(super) fn two(kind: Kind) -> Parsed {
    let inputs = vec![Quantised::at(0), Quantised::at(3)];
    let op = QLinear {
        kind,
        inputs,
        output: 6,
    };
    (expand(op), vec![])
}

/// An operator of one input with its scale and zero point.
pub(super) fn one(kind: Kind) -> Parsed {
    let inputs = vec![Quantised::at(0)];
    let op = QLinear {
        kind,
        inputs,
        output: 3,
    };
    (expand(op), vec![])
}

pub(super) fn global_average_pool(
    _context: &ParsingContext,
    node: &NodeProto,
) -> TractResult<Parsed> {
    check_channels(node)?;
    Ok(one(Kind::GlobalAveragePool))
}

pub(super) fn average_pool(context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    check_channels(node)?;
    Ok(one(Kind::real(context, node, "AveragePool")?))
}

pub(super) fn leaky_relu(context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    Ok(one(Kind::real(context, node, "LeakyRelu")?))
}

/// Which axes a softmax is over changed with ONNX's version 13; the node has the version that it means.
pub(super) fn softmax(context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    let mut context = context.clone();
    if let Some(opset) = node.get_attr_opt("opset")? {
        context.onnx_operator_set_version = opset;
    }
    Ok(one(Kind::real(&context, node, "Softmax")?))
}

fn check_channels(node: &NodeProto) -> TractResult<()> {
    if node.get_attr_opt::<i64>("channels_last")?.unwrap_or(0) != 0 {
        bail!("its channels are last, which only sortd's own layout has");
    }
    Ok(())
}

pub(super) fn concat(_context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    let axis: i64 = node.get_attr("axis")?;
    ensure!(node.input.len() > 2, "there is nothing to join");
    let inputs = (2..node.input.len())
        .step_by(3)
        .map(Quantised::at)
        .collect();
    let op = QLinear {
        kind: Kind::Concat(axis),
        inputs,
        output: 0,
    };
    Ok((expand(op), vec![]))
}

/// An operator from bytes to bytes.
#[derive(Debug, Clone)]
struct QLinear {
    kind: Kind,
    inputs: Vec<Quantised>,
    /// The input that is the result's scale; its zero point is the next one.
    output: usize,
}

/// The inputs that are a tensor, its scale and its zero point.
#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq)]
struct Quantised {
    tensor: usize,
    scale: usize,
    zero: usize,
}

impl Quantised {
    fn at(tensor: usize) -> Self {
        Self {
            tensor,
            scale: tensor + 1,
            zero: tensor + 2,
        }
    }
}

impl Expansion for QLinear {
    fn name(&self) -> StaticName {
        format!("QLinear{}", self.kind.name()).into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        let last = self
            .inputs
            .iter()
            .map(|input| input.zero)
            .max()
            .unwrap_or(0);
        check_input_arity(inputs, (last + 1).max(self.output + 2))?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[self.output + 1].datum_type, &outputs[0].datum_type)?;
        if let Kind::Real(real) = &self.kind {
            return real.op.rules(s, &inputs[..1], outputs);
        }
        let shapes: Vec<_> = self
            .inputs
            .iter()
            .map(|input| &inputs[input.tensor].shape)
            .collect();
        s.given_all(shapes, move |s, shapes| {
            s.equals(&outputs[0].shape, self.kind.shape(&shapes)?)
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let mut reals = Vec::with_capacity(self.inputs.len());
        for (at, input) in self.inputs.iter().enumerate() {
            let op = DequantizeLinearF32 {
                scale: constant(model, inputs[input.scale], "scale")?,
                zero_point: constant::<i32>(model, inputs[input.zero], "zero point")?,
            };
            let name = format!("{prefix}.dequantize.{at}");
            reals.push(model.wire_node(name, op, &[inputs[input.tensor]])?[0]);
        }
        let result = self.kind.wire(&format!("{prefix}.real"), model, &reals)?;
        quantise(
            model,
            prefix,
            result,
            [inputs[self.output], inputs[self.output + 1]],
        )
    }
}
