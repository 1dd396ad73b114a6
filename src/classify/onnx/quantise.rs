//! `QuantizeLinear` to the letter where one scale serves the whole tensor: real numbers divided by it.
//!
//! tract 0.23 multiplies by the scale's reciprocal, which is rounded, so that numbers between two steps
//! may go to the other one than in the standard and in ONNX Runtime. With a scale for each channel, which quantisers give to weights alone, it is as tract has it.

use std::sync::LazyLock;

use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::element_wise::{ElementWiseMiniOp, ElementWiseOp};
use tract_onnx::tract_hir::internal::{
    Expansion, InferenceResult, Solver, StaticName, TensorProxy, TractErrorContext, bail,
    check_input_arity, check_output_arity, ensure, expand,
};

use super::kind::expansion;
use super::{Parsed, Reader};

/// The operator's name in files.
pub(super) const NAME: &str = "QuantizeLinear";

/// tract's own reader of it.
static OF_TRACT: LazyLock<Option<Reader>> =
    LazyLock::new(|| tract_onnx::onnx().op_register.0.get(NAME).copied());

/// Reads it.
pub(super) fn linear(context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    let kind: i64 = node.get_attr_opt("output_dtype")?.unwrap_or(0);
    // Where there is a zero point, it says the same.
    let unsigned = match i32::try_from(kind).map(DataType::try_from) {
        Ok(Ok(DataType::Undefined | DataType::Uint8)) => true,
        Ok(Ok(DataType::Int8)) => false,
        _ => bail!("its output_dtype is {kind}, and only int8 and uint8 are known"),
    };
    let op = Linear {
        of_tract: expansion(*OF_TRACT, context, node, NAME)?,
        has_zero: node.input.len() == 3,
        unsigned,
    };
    Ok((expand(op), vec![]))
}

#[derive(Debug, Clone)]
struct Linear {
    of_tract: Box<dyn Expansion>,
    has_zero: bool,
    /// Whether bytes have no sign where no zero point says it.
    unsigned: bool,
}

impl Expansion for Linear {
    fn name(&self) -> StaticName {
        NAME.into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 2 + usize::from(self.has_zero))?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[1].datum_type, f32::datum_type())?;
        if self.has_zero {
            s.equals(&outputs[0].datum_type, &inputs[2].datum_type)?;
        } else {
            s.equals(&outputs[0].datum_type, byte(self.unsigned))?;
        }
        s.equals(&inputs[0].shape, &outputs[0].shape)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let mut longest = 0;
        for (input, what) in inputs[1..].iter().zip(["scale", "zero point"]) {
            let constant = model.outlet_fact(*input)?.konst.as_ref();
            let length = constant.map(|constant| constant.len());
            let length = length.with_context(|| format!("its {what} is not constant"))?;
            ensure!(length > 0, "its {what} is empty");
            longest = longest.max(length);
        }
        if longest > 1 {
            ensure!(
                self.has_zero || self.unsigned,
                "it has a scale for each channel and no zero point"
            );
            return self.of_tract.wire(prefix, model, inputs);
        }
        let op = match inputs.get(2) {
            Some(zero) => QuantizeLinear::new(model, inputs[1], *zero)?,
            None => QuantizeLinear {
                scale: constant(model, inputs[1], "scale")?,
                zero: 0,
                unsigned: self.unsigned,
            },
        };
        model.wire_node(prefix, op.node(), &inputs[..1])
    }
}

/// The type of bytes.
fn byte(unsigned: bool) -> DatumType {
    if unsigned {
        DatumType::U8
    } else {
        DatumType::I8
    }
}

/// Real numbers as bytes of a scale and a zero point that are constant.
pub(super) fn quantise(
    model: &mut TypedModel,
    name: &str,
    real: OutletId,
    [scale, zero]: [OutletId; 2],
) -> TractResult<TVec<OutletId>> {
    let op = QuantizeLinear::new(model, scale, zero)?;
    model.wire_node(name, op.node(), &[real])
}

/// Real numbers to bytes: `number / scale`, rounded to the nearest (halves to the even one), plus the
/// byte that stands for zero, held within what a byte can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::classify) struct QuantizeLinear {
    /// The step.
    pub scale: f32,
    /// The byte that stands for zero.
    pub zero: i32,
    /// Whether bytes have no sign.
    pub unsigned: bool,
}

impl Eq for QuantizeLinear {}

impl QuantizeLinear {
    /// As two constants of one element say.
    fn new(model: &TypedModel, scale: OutletId, zero: OutletId) -> TractResult<Self> {
        let unsigned = match model.outlet_fact(zero)?.datum_type {
            DatumType::U8 => true,
            DatumType::I8 => false,
            other => bail!("its zero point is {other:?}"),
        };
        Ok(Self {
            scale: constant(model, scale, "scale")?,
            zero: constant(model, zero, "zero point")?,
            unsigned,
        })
    }

    fn node(self) -> ElementWiseOp {
        ElementWiseOp(Box::new(self), None)
    }

    /// The whole number, which is a byte of the graph's kind.
    fn byte(&self, number: f32) -> i32 {
        // What is no number becomes 0 here, which is tract's answer as well.
        let steps = (number / self.scale).round_ties_even() as i32;
        let (low, high) = if self.unsigned { (0, 255) } else { (-128, 127) };
        steps.saturating_add(self.zero).clamp(low, high)
    }
}

impl ElementWiseMiniOp for QuantizeLinear {
    fn name(&self) -> String {
        NAME.into()
    }

    fn output_type(&self, _input: DatumType) -> Option<DatumType> {
        Some(byte(self.unsigned))
    }

    fn eval_out_of_place(&self, numbers: &Tensor, _type: Option<DatumType>) -> TractResult<Tensor> {
        let numbers = numbers.cast_to::<f32>()?;
        let numbers = numbers.to_plain_array_view::<f32>()?;
        Ok(if self.unsigned {
            numbers.mapv(|number| self.byte(number) as u8).into_tensor()
        } else {
            numbers.mapv(|number| self.byte(number) as i8).into_tensor()
        })
    }

    fn info(&self) -> TractResult<Vec<String>> {
        Ok(vec![format!(
            "scale: {}, zero point: {}",
            self.scale, self.zero
        )])
    }
}

/// A constant of one element.
pub(super) fn constant<T: Datum + Copy>(
    model: &TypedModel,
    outlet: OutletId,
    what: &str,
) -> TractResult<T> {
    let constant = model.outlet_fact(outlet)?.konst.clone();
    let constant = constant.with_context(|| format!("its {what} is not constant"))?;
    ensure!(
        constant.len() == 1,
        "its {what} differs from channel to channel"
    );
    let cast = constant.cast_to::<T>()?;
    let value = cast.to_plain_array_view::<T>()?.iter().next().copied();
    value.with_context(|| format!("its {what} is empty"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_divided_by_the_scale_and_not_multiplied_by_its_reciprocal() {
        // Just below and just above the middle between two steps; times the reciprocal they are the middle itself.
        for (number, scale, byte) in [(1.55, 0.1, 15), (0.079_95, 0.0123, 6)] {
            let op = QuantizeLinear {
                scale,
                zero: 0,
                unsigned: true,
            };
            assert_eq!(op.byte(number), byte);
            let product = (number * scale.recip()).round_ties_even() as i32;
            assert_ne!(product, byte, "this number tells nothing");
        }
    }

    #[test]
    fn every_number_becomes_a_byte() {
        let byte = |number, zero, unsigned| {
            let op = QuantizeLinear {
                scale: f32::MIN_POSITIVE,
                zero,
                unsigned,
            };
            op.byte(number)
        };
        assert_eq!(byte(f32::MAX, 255, true), 255);
        assert_eq!(byte(f32::NEG_INFINITY, 0, true), 0);
        assert_eq!(byte(f32::INFINITY, 5, false), 127);
        assert_eq!(byte(f32::MIN, -128, false), -128);
        assert_eq!(byte(f32::NAN, 7, false), 7);
    }
}
