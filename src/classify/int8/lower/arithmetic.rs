//! What is computed with real numbers between bytes and bytes: functions, sums, gates, pooling.

use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::nn::{HardSwish, LeakyRelu};

use super::float::quantised;
use super::value::{Linear, Real, Value};
use super::{Lowering, Refusal};
use crate::classify::int8::build::Id;
use crate::classify::int8::operators::{
    Combination, Function, OverChannels, OverPixels, RealTable, Reduction,
};
use crate::classify::int8::program::{Gates, Operator};
use crate::classify::int8::shape::Shape;

impl Lowering<'_> {
    /// A function of each number.
    pub(super) fn map(&mut self, real: Real, function: Function) -> Result<Value, Refusal> {
        let mapped = |linear: Linear, mut table: Box<RealTable>| {
            for value in table.iter_mut() {
                *value = function.of(*value);
            }
            Value::Real(Real::Function(linear, table))
        };
        match real {
            Real::Linear(linear) => {
                let table = linear.table();
                Ok(mapped(linear, table))
            }
            Real::Function(linear, table) => Ok(mapped(linear, table)),
            Real::Sum(terms, low, high) => match function {
                Function::AtLeast(least) => Ok(Value::Real(Real::Sum(
                    terms,
                    low.max(least),
                    high.max(least),
                ))),
                Function::AtMost(most) => {
                    Ok(Value::Real(Real::Sum(terms, low.min(most), high.min(most))))
                }
                _ => {
                    let (id, shape) = self.computed(&Real::Sum(terms, low, high))?;
                    self.map(Real::Computed(id, shape), function)
                }
            },
            Real::Computed(id, shape) => {
                let id = self
                    .builder
                    .reals(Operator::Map(function), vec![id], shape.len());
                Ok(Value::Real(Real::Computed(id, shape)))
            }
            Real::Gated { .. } | Real::Behind(_) => Err(Refusal::why(
                "it changes what attention has multiplied before that is quantised".into(),
            )),
        }
    }

    /// Two tensors, number by number.
    pub(super) fn combine(
        &mut self,
        a: &Real,
        b: &Real,
        how: Combination,
    ) -> Result<Value, Refusal> {
        let (shape, other) = (a.shape(), b.shape());
        if shape == other {
            let both_maps = matches!((a, b), (Real::Linear(_), Real::Linear(_)));
            let summed = both_maps && how == Combination::Sum;
            if !summed && let Some(function) = self.of_one_map(a, b, how) {
                return Ok(Value::Real(function));
            }
            return match (a, b, how) {
                (Real::Linear(a), Real::Linear(b), Combination::Sum) => {
                    let terms = [a.clone(), b.clone()];
                    Ok(Value::Real(Real::Sum(
                        terms,
                        f32::NEG_INFINITY,
                        f32::INFINITY,
                    )))
                }
                _ if shape.is_vector()
                    || matches!((a, b), (Real::Computed(..), Real::Computed(..))) =>
                {
                    let inputs = vec![self.computed(a)?.0, self.computed(b)?.0];
                    let id = self
                        .builder
                        .reals(Operator::Combine(how), inputs, shape.len());
                    Ok(Value::Real(Real::Computed(id, shape)))
                }
                _ => Err(Refusal::why(
                    "it combines two maps in a way that has no kernel".into(),
                )),
            };
        }
        if how == Combination::Sum {
            return Err(Refusal::why("it adds maps of different sizes".into()));
        }
        // The larger one is the map, the smaller one the gate.
        if shape.len() > other.len() {
            self.gate(a, b)
        } else {
            self.gate(b, a)
        }
    }

    fn gate(&mut self, map: &Real, gate: &Real) -> Result<Value, Refusal> {
        let (map, channel, pixel) = match map {
            Real::Linear(map) if map.upsample == 1 => (map, None, None),
            Real::Gated {
                map,
                channel,
                pixel,
            } => (map, *channel, *pixel),
            _ => {
                return Err(Refusal::why(
                    "it multiplies what is not one map of bytes".into(),
                ));
            }
        };
        let (shape, of_gate) = (map.shape(), gate.shape());
        let a_pixel =
            of_gate.channels == 1 && (of_gate.height, of_gate.width) == (shape.height, shape.width);
        let a_channel = of_gate.is_vector() && of_gate.channels == shape.channels;
        let (channel, pixel) = if a_channel && channel.is_none() {
            (Some(self.computed(gate)?.0), pixel)
        } else if a_pixel && pixel.is_none() {
            (channel, Some(self.computed(gate)?.0))
        } else {
            return Err(Refusal::why(
                "it multiplies maps of sizes for which there is no kernel".into(),
            ));
        };
        let mut map = map.clone();
        map.map.id = self.ordered(&map.map);
        map.map.order = None;
        Ok(Value::Real(Real::Gated {
            map,
            channel,
            pixel,
        }))
    }

    /// A value a channel, of all pixels.
    pub(super) fn over_pixels(
        &mut self,
        real: &Real,
        reduction: Reduction,
    ) -> Result<Value, Refusal> {
        let (linear, channel, pixel) = match real {
            Real::Linear(linear) => (linear, None, None),
            Real::Gated {
                map,
                channel,
                pixel,
            } => (map, *channel, *pixel),
            _ => return Err(Refusal::why("it pools what is not one map of bytes".into())),
        };
        let shape = Shape {
            height: 1,
            width: 1,
            channels: linear.map.shape.channels,
        };
        // Repeated pixels change the sum, and change it alone.
        let mut input = quantised(linear);
        if reduction == Reduction::Sum {
            input.scale *= (linear.upsample * linear.upsample) as f32;
        }
        let (inputs, gates) = self.gated(linear, channel, pixel);
        let operator = Operator::OverPixels(OverPixels { input, reduction }, gates);
        let id = self.builder.reals(operator, inputs, shape.len());
        Ok(Value::Real(Real::Computed(id, shape)))
    }

    /// The inputs of a step over a gated map.
    pub(super) fn gated(
        &mut self,
        map: &Linear,
        channel: Option<Id>,
        pixel: Option<Id>,
    ) -> (Vec<Id>, Gates) {
        let inputs = [Some(self.ordered(&map.map)), channel, pixel];
        let gates = Gates {
            channel: channel.is_some(),
            pixel: pixel.is_some(),
        };
        (inputs.into_iter().flatten().collect(), gates)
    }

    /// A value a pixel, of all channels.
    pub(super) fn over_channels(
        &mut self,
        real: &Real,
        reduction: Reduction,
    ) -> Result<Value, Refusal> {
        let (linear, gate) = match real {
            Real::Linear(linear) if linear.upsample == 1 => (linear, None),
            Real::Gated {
                map,
                channel,
                pixel: None,
            } => (map, *channel),
            _ => return Err(Refusal::why("it pools what is not one map of bytes".into())),
        };
        let shape = Shape {
            channels: 1,
            ..linear.shape()
        };
        let operator = Operator::OverChannels(OverChannels {
            input: quantised(linear),
            reduction,
        });
        let inputs = [Some(self.ordered(&linear.map)), gate];
        let inputs = inputs.into_iter().flatten().collect();
        let id = self.builder.reals(operator, inputs, shape.len());
        Ok(Value::Real(Real::Computed(id, shape)))
    }

    /// Tensors behind each other.
    pub(super) fn behind(&mut self, parts: Vec<Real>) -> Result<Value, Refusal> {
        let bytes = |part: &Real| matches!(part, Real::Linear(_) | Real::Function(..));
        if parts.iter().all(bytes) {
            return Ok(Value::Real(Real::Behind(parts)));
        }
        let mut whole = parts[0].shape();
        whole.channels = parts.iter().map(|part| part.shape().channels).sum();
        let id = self.joined(&parts)?;
        Ok(Value::Real(Real::Computed(id, whole)))
    }

    /// Numbers behind each other.
    pub(super) fn joined(&mut self, parts: &[Real]) -> Result<Id, Refusal> {
        let first = parts[0].shape();
        let mut inputs = Vec::with_capacity(parts.len());
        let mut channels = Vec::with_capacity(parts.len());
        for part in parts {
            let (id, shape) = self.computed(part)?;
            if (shape.height, shape.width) != (first.height, first.width) {
                return Err(Refusal::why("it joins maps of different sizes".into()));
            }
            inputs.push(id);
            channels.push(shape.channels);
        }
        let length = first.height * first.width * channels.iter().sum::<usize>();
        Ok(self.builder.reals(Operator::Join(channels), inputs, length))
    }
}

/// The function of an operator that has one of its own.
pub(super) fn activation(op: &ElementWiseOp) -> Option<Function> {
    if let Some(leaky) = op.0.downcast_ref::<LeakyRelu>() {
        return leaky
            .alpha
            .is_finite()
            .then_some(Function::Leaky(leaky.alpha));
    }
    op.0.is::<HardSwish>().then_some(Function::HardSwish)
}

/// The function that a node applies to each number of its only input that is not constant.
pub(super) fn function(
    name: &str,
    constant: Option<f32>,
    constant_first: bool,
) -> Option<Function> {
    // What is computed with infinities may be no number, of which bytes know nothing.
    let limits = matches!(name, "Max" | "Min");
    if constant.is_some_and(|constant| constant.is_nan() || (constant.is_infinite() && !limits)) {
        return None;
    }
    Some(match (name, constant) {
        ("Sigmoid", None) => Function::Sigmoid,
        ("Mul", Some(factor)) => Function::Times(factor),
        ("Div", Some(divisor)) if !constant_first && divisor != 0.0 => Function::DividedBy(divisor),
        ("Add", Some(term)) => Function::Plus(term),
        ("Sub", Some(term)) if !constant_first => Function::Plus(-term),
        ("Max", Some(least)) => Function::AtLeast(least),
        ("Min", Some(most)) => Function::AtMost(most),
        _ => return None,
    })
}
