//! Nodes that only move axes or repeat pixels, recognised by what they do to a tensor of numbers.

use std::borrow::Cow;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::AxisOp;

use super::constants::Constants;
use super::value::{Linear, Map, Real, Value};
use super::{Lowering, Refusal};
use crate::classify::int8::operators::Lookup;
use crate::classify::int8::operators::all_bytes;
use crate::classify::int8::program::Operator;
use crate::classify::int8::shape::Shape;

impl Lowering<'_> {
    /// What a node makes of the axes of its input.
    pub(super) fn moved(&mut self, node: &TypedNode, op: &AxisOp) -> Result<Value, Refusal> {
        let (value, mut places) = match self.value(node.inputs[0])? {
            Value::Moved(value, places) => (*value, Arc::unwrap_or_clone(places)),
            value => {
                // The graph may have other axes for a vector than a map has.
                let axes = self.axes(node.inputs[0])?;
                let places = numbered(value.shape())?.into_shape(axes);
                let places = places.map_err(|error| Refusal::why(error.to_string()))?;
                (value, places)
            }
        };
        op.change_tensor(&mut places, false)
            .map_err(|error| Refusal::why(format!("its axes cannot be followed: {error}")))?;
        Ok(settled(value, places))
    }

    /// Each pixel of `value` repeated, if that is what the node does.
    pub(super) fn repeated(&mut self, node: &TypedNode, value: Value) -> Result<Value, Refusal> {
        let shape = value.shape();
        let constants = Constants::new(self.graph, node);
        let mut inputs: TVec<TValue> = tvec!();
        let numbers = numbered(shape)?.cast_to::<f32>().map(Cow::into_owned);
        let numbers = numbers.map_err(|error| Refusal::why(error.to_string()))?;
        inputs.push(numbers.into());
        for input in 1..node.inputs.len() {
            let constant = constants.tensor(input);
            inputs.push(constant.ok_or(Refusal::NotOurs)?.into_tvalue());
        }
        let resized = node.op.eval_out_of_plan(inputs);
        let other =
            || Refusal::why("it resizes other than by whole factors to the nearest pixel".into());
        let resized = resized.ok().flatten().ok_or_else(other)?;
        let height = resized[0].shape().get(2).copied().unwrap_or(0);
        let upsample = height / shape.height;
        // Of all channels: a factor that is not quite one would move each to its neighbour's place.
        let rows = (0..shape.channels)
            .flat_map(|c| (0..shape.height * upsample).map(move |y| (c, y / upsample)));
        let expected = rows.flat_map(|(c, y)| {
            let row = (c * shape.height + y) * shape.width;
            (0..shape.width * upsample).map(move |x| (row + x / upsample) as f32)
        });
        let found = resized[0]
            .to_plain_array_view::<f32>()
            .map_err(|_| other())?;
        if upsample == 0 || !found.iter().copied().eq(expected) {
            return Err(other());
        }
        match value {
            Value::Real(Real::Linear(linear)) => Ok(Value::Real(Real::Linear(Linear {
                upsample: linear.upsample * upsample,
                ..linear
            }))),
            Value::Bytes(map) => {
                let output = Shape {
                    height: shape.height * upsample,
                    width: shape.width * upsample,
                    ..shape
                };
                let mut table = Box::new([0; 256]);
                for (to, byte) in table.iter_mut().zip(all_bytes()) {
                    *to = byte;
                }
                let lookup = Operator::Lookup(Lookup {
                    table,
                    output,
                    upsample,
                });
                let id = self.builder.bytes(lookup, vec![map.id], output.len());
                Ok(Value::Bytes(Map {
                    id,
                    shape: output,
                    ..map
                }))
            }
            _ => Err(other()),
        }
    }
}

/// For each element in the NCHW order its own place.
pub(super) fn numbered(shape: Shape) -> Result<Tensor, Refusal> {
    let places: Vec<u64> = (0..shape.len() as u64).collect();
    Tensor::from_shape(&[1, shape.channels, shape.height, shape.width], &places)
        .map_err(|error| Refusal::why(error.to_string()))
}

/// The value with its axes as they are now: itself, itself with its channels in another order, or
/// still moved.
pub(super) fn settled(value: Value, places: Tensor) -> Value {
    let shape = value.shape();
    let moved = |value: Value, places: Tensor| Value::Moved(Box::new(value), Arc::new(places));
    // A vector keeps its numbers in their order whichever of its axes they lie along; along two axes
    // it could be turned.
    let upright = places.shape() == [1, shape.channels, shape.height, shape.width];
    let along_one_axis = places.shape().iter().filter(|side| **side != 1).count() <= 1;
    let Ok(view) = places.to_plain_array_view::<u64>() else {
        return moved(value, places);
    };
    if view.iter().copied().eq(0..shape.len() as u64)
        && (upright || (shape.is_vector() && along_one_axis))
    {
        return value;
    }
    let plane = shape.height * shape.width;
    let whole_planes = upright
        && view.iter().enumerate().all(|(at, from)| {
            let from = *from as usize;
            at % plane == from % plane && (at >= plane || from / plane < shape.channels)
        });
    let from: Vec<usize> = view
        .iter()
        .step_by(plane)
        .map(|place| *place as usize / plane)
        .collect();
    let consistent = whole_planes
        && view
            .iter()
            .enumerate()
            .all(|(at, place)| *place as usize / plane == from[at / plane]);
    match value {
        Value::Bytes(map) if along_one_axis => Value::Bytes(flat(&map, view.iter())),
        Value::Bytes(map) if consistent => {
            let order = match &map.order {
                Some(order) => from.iter().map(|channel| order[*channel]).collect(),
                None => from.into(),
            };
            Value::Bytes(Map {
                order: Some(order),
                ..map
            })
        }
        value => moved(value, places),
    }
}

/// A map as a vector of its bytes, in the order of `places`: one pixel, of which each byte is a channel.
fn flat<'p>(map: &Map, places: impl Iterator<Item = &'p u64>) -> Map {
    let Shape {
        height,
        width,
        channels,
    } = map.shape;
    let plane = height * width;
    let order = places.map(|place| {
        let (channel, pixel) = (*place as usize / plane, *place as usize % plane);
        let channel = map.order.as_ref().map_or(channel, |order| order[channel]);
        pixel * channels + channel
    });
    Map {
        id: map.id,
        order: Some(order.collect()),
        shape: Shape {
            height: 1,
            width: 1,
            channels: map.shape.len(),
        },
        unsigned: map.unsigned,
    }
}
