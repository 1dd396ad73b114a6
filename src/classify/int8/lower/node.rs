//! Which kind of node becomes what.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::AxisOp;
use tract_onnx::tract_core::ops::array::TypedConcat;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::Conv;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};
use tract_onnx::tract_core::ops::quant::DequantizeLinearF32;

use super::arithmetic::{activation, function};
use super::constants::{Constants, usable_scale};
use super::value::Value;
use super::{Lowering, Refusal, conv};
use crate::classify::int8::operators::{Combination, Reduction};
use crate::classify::int8::report::{Layer, LayerKind};
use crate::classify::int8::shape::Shape;
use crate::classify::onnx::QuantizeLinear;

/// So many differences of bytes have a sum of 32 bits.
const MOST_SUMMANDS: usize = 1 << 23;

/// A node as a layer of the network.
pub(super) fn layer(graph: &TypedModel, node: &TypedNode) -> Layer {
    let convolution = node.op_as::<Conv>();
    let product = node.op_as::<EinSum>();
    Layer {
        name: node.name.clone(),
        operator: node.op.name().to_string(),
        ..convolution
            .and_then(|conv| conv::layer(graph, node, conv))
            .or_else(|| product.and_then(|product| product_layer(graph, node, product)))
            .unwrap_or_default()
    }
}

/// A sum of products of tensors as a layer: its work is the product of all axes that it names.
fn product_layer(graph: &TypedModel, node: &TypedNode, product: &EinSum) -> Option<Layer> {
    let inputs = &node.inputs[..2.min(node.inputs.len())];
    let mut macs = 1_usize;
    for axis in product.axes.iter_all_axes() {
        let mut longest = 1;
        for (input, places) in inputs.iter().zip(&axis.inputs) {
            let sides = graph.outlet_fact(*input).ok()?.shape.as_concrete()?;
            let sides = places.iter().filter_map(|place| sides.get(*place));
            longest = sides.fold(longest, |longest, side| longest.max(*side));
        }
        macs = macs.saturating_mul(longest);
    }
    let output = graph.outlet_fact(OutletId::new(node.id, 0)).ok()?;
    let values: usize = output.shape.as_concrete()?.iter().product();
    Some(Layer {
        kind: LayerKind::Dense,
        fan_in: macs / values.max(1),
        macs,
        ..Layer::default()
    })
}

/// How a node quantises, if it does.
pub(super) fn quantisation(node: &TypedNode) -> Option<QuantizeLinear> {
    let op = &node.op_as::<ElementWiseOp>()?.0;
    op.downcast_ref::<QuantizeLinear>().copied()
}

/// Why a matrix product stays with tract.
fn product(op: &EinSum) -> Refusal {
    match op.q_params {
        Some(DatumType::I32) => Refusal::why(conv::DYNAMIC.into()),
        Some(_) => Refusal::why(
            "it multiplies more than a vector with a constant matrix, for which there is no integer kernel".into(),
        ),
        None => Refusal::NotOurs,
    }
}

impl Lowering<'_> {
    /// Lets a node join the program.
    pub(super) fn lower(&mut self, node: &TypedNode) -> Result<Value, Refusal> {
        let op = &node.op;
        if let Some(op) = op.downcast_ref::<Conv>() {
            return self.conv(node, op);
        }
        if let Some(op) = op.downcast_ref::<DequantizeLinearF32>() {
            let scale = usable_scale(op.scale, "its scale")?;
            let map = self.bytes(node.inputs[0])?;
            return Self::dequantise(map, scale, op.zero_point);
        }
        if let Some(by) = quantisation(node) {
            usable_scale(by.scale, "its scale")?;
            if self.takes_pixels
                && self
                    .graph
                    .input_outlets()
                    .is_ok_and(|inputs| inputs.contains(&node.inputs[0]))
            {
                return self.pixels(node.inputs[0], by);
            }
            let real = self.real(node.inputs[0])?;
            return self.quantise(&real, by);
        }
        if let Some(op) = op.downcast_ref::<AxisOp>() {
            return self.moved(node, op);
        }
        if op.is::<ElementWiseOp>() || op.is::<TypedBinOp>() {
            return self.arithmetic(node);
        }
        if let Some(op) = op.downcast_ref::<Reduce>() {
            return self.reduce(node, op);
        }
        if let Some(op) = op.downcast_ref::<TypedConcat>() {
            if op.axis != 1 {
                return Err(Refusal::NotOurs);
            }
            let mut parts = Vec::with_capacity(node.inputs.len());
            for input in &node.inputs {
                parts.push(self.real(*input)?);
                self.upright(*input)?;
            }
            return self.behind(parts);
        }
        if let Some(op) = op.downcast_ref::<EinSum>() {
            return Err(product(op));
        }
        if op.name() == "Resize" {
            let value = self.value(node.inputs[0])?;
            self.upright(node.inputs[0])?;
            return self.repeated(node, value);
        }
        if &*op.name() == "DynamicQuantizeLinearU8" {
            return Err(Refusal::why(conv::DYNAMIC.into()));
        }
        // Nodes over quantised tensors should be known; all others are none of ours.
        let quantised = |input: &OutletId| self.values.contains_key(input);
        if node.inputs.first().is_some_and(quantised) {
            return Err(Refusal::why("there is no integer operator for it".into()));
        }
        Err(Refusal::NotOurs)
    }

    /// A function of one tensor, or of two number by number.
    fn arithmetic(&mut self, node: &TypedNode) -> Result<Value, Refusal> {
        let constants = Constants::new(self.graph, node);
        let name = node.op.name();
        let variable: Vec<usize> = (0..node.inputs.len())
            .filter(|input| constants.tensor(*input).is_none())
            .collect();
        match variable[..] {
            [input] => {
                let constant = (0..node.inputs.len())
                    .find(|other| *other != input)
                    .map(|other| constants.single(other));
                let real = self.real(node.inputs[input])?;
                let unknown = || Refusal::why(format!("there is no integer operator for {name}"));
                let constant = match constant {
                    Some(None) => return Err(unknown()),
                    Some(Some(constant)) => Some(constant),
                    None => None,
                };
                let own = node.op_as::<ElementWiseOp>().and_then(activation);
                let function = own.or_else(|| function(&name, constant, input == 1));
                let function = function.ok_or_else(unknown)?;
                self.map(real, function)
            }
            [a, b] => {
                let how = match &*name {
                    "Add" => Combination::Sum,
                    "Mul" => Combination::Product,
                    _ => return Err(Refusal::NotOurs),
                };
                let (a, b) = (node.inputs[a], node.inputs[b]);
                let parts = [self.real(a)?, self.real(b)?];
                if self.axes(a)? != self.axes(b)? {
                    self.upright(a)?;
                    self.upright(b)?;
                }
                self.combine(&parts[0], &parts[1], how)
            }
            _ => Err(Refusal::NotOurs),
        }
    }

    fn reduce(&mut self, node: &TypedNode, op: &Reduce) -> Result<Value, Refusal> {
        let real = self.real(node.inputs[0])?;
        self.upright(node.inputs[0])?;
        let reduction = match op.reducer {
            Reducer::Sum => Reduction::Sum,
            Reducer::Max => Reduction::Max,
            _ => {
                return Err(Refusal::why(
                    "it reduces in a way that has no kernel".into(),
                ));
            }
        };
        // Sums of bytes are kept in 32 bits.
        let Shape {
            height,
            width,
            channels,
        } = real.shape();
        if height * width > MOST_SUMMANDS || channels > MOST_SUMMANDS {
            return Err(Refusal::why("it reduces too many values at once".into()));
        }
        match op.axes[..] {
            [2, 3] => self.over_pixels(&real, reduction),
            [1] => self.over_channels(&real, reduction),
            _ => Err(Refusal::why(
                "it reduces axes for which there is no kernel".into(),
            )),
        }
    }
}
