//! `QuantizeLinear` to the letter: real numbers divided by the scale.
//!
//! tract 0.23 multiplies by the scale's reciprocal, which is rounded, so that numbers between two steps
//! may go to the other one than in the standard and in ONNX Runtime. From what it knows as its own
//! operator it also makes tables, by running all that lies between two tensors of bytes on the 256
//! bytes at once: a softmax, taken for a function of single numbers, then gives each class its share of
//! 256, and a table's bytes are read as those of the result, which are others where the sign changes.

use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::element_wise::{ElementWiseMiniOp, ElementWiseOp};
use tract_onnx::tract_hir::internal::{
    Expansion, InferenceResult, InferenceRulesOp, Solver, StaticName, TensorProxy,
    TractErrorContext, bail, ensure, expand,
};

use super::Parsed;
use super::kind::of_tract;

/// The operator's name in files.
pub(super) const NAME: &str = "QuantizeLinear";
/// The name under which tract's own reader of it is kept.
pub(super) const OF_TRACT: &str = "QuantizeLinear of tract";

/// Reads it: as a [`Quantise`] where there is one scale for the whole tensor, and as tract does elsewhere.
pub(super) fn linear(context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    let of_tract = of_tract(context, node, OF_TRACT)?;
    Ok((expand(Linear { of_tract }), vec![]))
}

#[derive(Debug, Clone)]
struct Linear {
    of_tract: Box<dyn Expansion>,
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
        self.of_tract.rules(s, inputs, outputs)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let one = |outlet: &OutletId| {
            let fact = model.outlet_fact(*outlet);
            fact.is_ok_and(|fact| fact.konst.as_ref().is_some_and(|value| value.len() == 1))
        };
        if !inputs[1..].iter().all(one) {
            return self.of_tract.wire(prefix, model, inputs);
        }
        let op = Quantise::new(model, inputs[1], inputs.get(2).copied())?;
        model.wire_node(prefix, op.node(), &inputs[..1])
    }
}

/// Real numbers as bytes of a scale and a zero point that are constant.
pub(super) fn quantise(
    model: &mut TypedModel,
    name: &str,
    real: OutletId,
    [scale, zero]: [OutletId; 2],
) -> TractResult<TVec<OutletId>> {
    let op = Quantise::new(model, scale, Some(zero))?;
    model.wire_node(name, op.node(), &[real])
}

/// Real numbers to bytes: `number / scale`, rounded to the nearest (halves to the even one), plus the
/// byte that stands for zero, held within what a byte can be.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::classify) struct Quantise {
    /// The step.
    pub scale: f32,
    /// The byte that stands for zero.
    pub zero: i32,
    /// Whether bytes have no sign.
    pub unsigned: bool,
}

impl Eq for Quantise {}

impl Quantise {
    /// As two constants of one element say; without a zero point it is 0, and bytes have no sign.
    pub(super) fn new(
        model: &TypedModel,
        scale: OutletId,
        zero: Option<OutletId>,
    ) -> TractResult<Self> {
        let scale = constant(model, scale, "scale")?;
        let (zero, unsigned) = match zero {
            None => (0, true),
            Some(zero) => {
                let unsigned = match model.outlet_fact(zero)?.datum_type {
                    DatumType::U8 => true,
                    DatumType::I8 => false,
                    other => bail!("its zero point is {other:?}"),
                };
                (constant(model, zero, "zero point")?, unsigned)
            }
        };
        Ok(Self {
            scale,
            zero,
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

impl ElementWiseMiniOp for Quantise {
    fn name(&self) -> String {
        NAME.into()
    }

    fn output_type(&self, _input: DatumType) -> Option<DatumType> {
        Some(if self.unsigned {
            DatumType::U8
        } else {
            DatumType::I8
        })
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
            let op = Quantise {
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
            let op = Quantise {
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
