//! The way from bytes to real numbers and back. Whatever is computed in between, from bytes to bytes,
//! becomes one integer operator where there is one.

use super::value::{Linear, Map, Real, Value, signed};
use super::{Lowering, Refusal};
use crate::classify::int8::build::Id;
use crate::classify::int8::operators::{
    Add, ByteTable, Combination, Concat, Function, Gate, Lookup, Operand, Quantise, Quantised,
    RealTable, all_bytes,
};
use crate::classify::int8::program::Operator;
use crate::classify::int8::requant::Range;
use crate::classify::int8::shape::Shape;
use crate::classify::onnx::QuantizeLinear;

impl QuantizeLinear {
    /// The range of the result, with real limits.
    fn range(self, low: f32, high: f32) -> Result<Range, Refusal> {
        let zero = signed(self.zero, self.unsigned).map_err(Refusal::broken)?;
        let full = Range::full(zero);
        Ok(Range {
            zero,
            low: full.byte(low / self.scale),
            high: full.byte(high / self.scale),
        })
    }

    /// A scale in steps of the result, where the sum of two numbers of that scale is a number at all.
    fn steps(self, scale: f32) -> Result<f32, Refusal> {
        let (steps, largest_sum) = (scale / self.scale, scale * 512.0);
        if steps.is_finite() && largest_sum.is_finite() {
            Ok(steps)
        } else {
            Err(Refusal::why(format!(
                "its scale is {scale}, {steps} of the result's"
            )))
        }
    }

    fn table(self, values: &RealTable) -> Result<Box<ByteTable>, Refusal> {
        if values.iter().any(|value| value.is_nan()) {
            return Err(Refusal::why("it quantises what is no number".into()));
        }
        let range = self.range(f32::NEG_INFINITY, f32::INFINITY)?;
        let mut table = Box::new([0; 256]);
        for (byte, value) in table.iter_mut().zip(values) {
            *byte = range.byte(value / self.scale);
        }
        Ok(table)
    }
}

impl Lowering<'_> {
    /// Bytes as real numbers.
    pub(super) fn dequantise(map: Map, scale: f32, zero: i32) -> Result<Value, Refusal> {
        let zero = map.zero(zero).map_err(Refusal::broken)?;
        Ok(Value::Real(Real::Linear(Linear {
            map,
            zero,
            scale,
            upsample: 1,
        })))
    }

    /// Real numbers as bytes.
    pub(super) fn quantise(&mut self, real: &Real, by: QuantizeLinear) -> Result<Value, Refusal> {
        let shape = real.shape();
        let everything = by.range(f32::NEG_INFINITY, f32::INFINITY)?;
        let (operator, inputs, order) = match real {
            Real::Linear(linear) => return self.quantise_by_table(linear, &linear.table(), by),
            Real::Function(linear, table) => return self.quantise_by_table(linear, table, by),
            Real::Sum(terms, low, high) => {
                let [a, b] = terms;
                let operand = |term: &Linear| {
                    Ok(Operand {
                        zero: term.zero,
                        scale: by.steps(term.scale)?,
                        upsample: term.upsample,
                    })
                };
                let operands = [operand(a)?, operand(b)?];
                let range = by.range(*low, *high)?;
                let add = Add {
                    output: shape,
                    operands,
                    range,
                };
                let inputs = vec![self.ordered(&a.map), self.ordered(&b.map)];
                (Operator::Add(add), inputs, None)
            }
            Real::Gated {
                map,
                channel,
                pixel,
            } => {
                let mut input = quantised(map);
                input.scale = by.steps(input.scale)?;
                let gate = Gate {
                    input,
                    range: everything,
                };
                let (inputs, gates) = self.gated(map, *channel, *pixel);
                (Operator::Gate(gate, gates), inputs, None)
            }
            Real::Behind(parts) => {
                let mut tables = Vec::with_capacity(parts.len());
                let mut inputs = Vec::with_capacity(parts.len());
                for part in parts {
                    let (Real::Linear(linear) | Real::Function(linear, _)) = part else {
                        return Err(Refusal::why(
                            "it joins what is not one map of bytes each".into(),
                        ));
                    };
                    if linear.upsample != 1 {
                        return Err(Refusal::why("it joins maps of different sizes".into()));
                    }
                    let table = match part {
                        Real::Function(_, table) => by.table(table)?,
                        _ => by.table(&linear.table())?,
                    };
                    tables.push((linear.map.shape.channels, table));
                    inputs.push(self.ordered(&linear.map));
                }
                (Operator::Concat(Concat { parts: tables }), inputs, None)
            }
            Real::Computed(id, _) => {
                let quantise = Quantise {
                    scale: by.scale,
                    range: everything,
                };
                (Operator::Quantise(quantise), vec![*id], None)
            }
        };
        let id = self.builder.bytes(operator, inputs, shape.len());
        Ok(Value::Bytes(Map {
            id,
            shape,
            order,
            unsigned: by.unsigned,
        }))
    }

    fn quantise_by_table(
        &mut self,
        linear: &Linear,
        values: &RealTable,
        by: QuantizeLinear,
    ) -> Result<Value, Refusal> {
        let table = by.table(values)?;
        let shape = linear.shape();
        let same =
            linear.upsample == 1 && table.iter().zip(all_bytes()).all(|(to, from)| *to == from);
        let id = if same {
            linear.map.id
        } else {
            let lookup = Lookup {
                table: table.clone(),
                output: shape,
                upsample: linear.upsample,
            };
            let inputs = vec![linear.map.id];
            let lookup = Operator::Lookup(lookup);
            let id = self.builder.bytes(lookup, inputs, shape.len());
            if linear.upsample == 1 {
                self.looked_up(id, &linear.map, table);
            }
            id
        };
        Ok(Value::Bytes(Map {
            id,
            shape,
            order: linear.map.order.clone(),
            unsigned: by.unsigned,
        }))
    }

    /// The numbers themselves.
    pub(super) fn computed(&mut self, real: &Real) -> Result<(Id, Shape), Refusal> {
        let shape = real.shape();
        let (linear, table) = match real {
            Real::Computed(id, shape) => return Ok((*id, *shape)),
            Real::Linear(linear) => (linear, linear.table()),
            Real::Function(linear, table) => (linear, table.clone()),
            Real::Sum([a, b], low, high) => {
                let a = self.computed(&Real::Linear(a.clone()))?.0;
                let b = self.computed(&Real::Linear(b.clone()))?.0;
                let mut id = self.builder.reals(
                    Operator::Combine(Combination::Sum),
                    vec![a, b],
                    shape.len(),
                );
                // What is no number stays so where there is no limit.
                let low = low.is_finite().then_some(Function::AtLeast(*low));
                let high = high.is_finite().then_some(Function::AtMost(*high));
                for limit in [low, high].into_iter().flatten() {
                    id = self
                        .builder
                        .reals(Operator::Map(limit), vec![id], shape.len());
                }
                return Ok((id, shape));
            }
            Real::Gated {
                map,
                channel,
                pixel,
            } => {
                let gate = Gate {
                    input: quantised(map),
                    range: Range::full(0),
                };
                let (inputs, gates) = self.gated(map, *channel, *pixel);
                let operator = Operator::Gate(gate, gates);
                return Ok((self.builder.reals(operator, inputs, shape.len()), shape));
            }
            Real::Behind(parts) => {
                let joined = self.joined(parts)?;
                return Ok((joined, shape));
            }
        };
        let dequantise = Lookup {
            table,
            output: shape,
            upsample: linear.upsample,
        };
        let inputs = vec![self.ordered(&linear.map)];
        let id = self
            .builder
            .reals(Operator::Dequantise(dequantise), inputs, shape.len());
        Ok((id, shape))
    }
}

/// A map as operators take it.
pub(super) fn quantised(linear: &Linear) -> Quantised {
    Quantised {
        shape: linear.map.shape,
        zero: linear.zero,
        scale: linear.scale,
    }
}
