//! Constant inputs of a node.

use std::sync::Arc;

use tract_onnx::prelude::*;

use super::Refusal;

/// The inputs of a node, as constants.
pub(super) struct Constants<'m> {
    model: &'m TypedModel,
    node: &'m TypedNode,
}

impl<'m> Constants<'m> {
    pub fn new(model: &'m TypedModel, node: &'m TypedNode) -> Self {
        Self { model, node }
    }

    /// Input `input`, if it is constant.
    pub fn tensor(&self, input: usize) -> Option<Arc<Tensor>> {
        let outlet = self.node.inputs.get(input)?;
        self.model.outlet_fact(*outlet).ok()?.konst.clone()
    }

    fn cast<T: Datum + Copy>(&self, input: usize, what: &str) -> Result<Vec<T>, Refusal> {
        let tensor = self
            .tensor(input)
            .ok_or_else(|| Refusal::why(format!("{what} is not constant")))?;
        let values = tensor
            .cast_to::<T>()
            .and_then(|tensor| Ok(tensor.to_plain_array_view::<T>()?.iter().copied().collect()));
        values.map_err(|_| Refusal::why(format!("{what} has the type {:?}", tensor.datum_type())))
    }

    /// Bytes with a sign.
    pub fn bytes(&self, input: usize, what: &str) -> Result<Arc<Tensor>, Refusal> {
        let tensor = self.tensor(input);
        let tensor = tensor.ok_or_else(|| Refusal::why(format!("{what} are not constant")))?;
        if tensor.datum_type() == i8::datum_type() {
            Ok(tensor)
        } else {
            Err(Refusal::why(format!(
                "{what} are {:?}",
                tensor.datum_type()
            )))
        }
    }

    /// Real numbers.
    pub fn reals(&self, input: usize, what: &str) -> Result<Vec<f32>, Refusal> {
        self.cast(input, what)
    }

    /// Integers.
    pub fn integers(&self, input: usize, what: &str) -> Result<Vec<i32>, Refusal> {
        self.cast(input, what)
    }

    /// A scale of a whole tensor.
    pub fn scale(&self, input: usize, what: &str) -> Result<f32, Refusal> {
        match self.reals(input, what)?[..] {
            [scale] => usable_scale(scale, what),
            [..] => Err(Refusal::why(format!(
                "{what} differs from channel to channel"
            ))),
        }
    }

    /// A zero point of a whole tensor.
    pub fn zero(&self, input: usize, what: &str) -> Result<i32, Refusal> {
        match self.integers(input, what)?[..] {
            [zero] => Ok(zero),
            [..] => Err(Refusal::why(format!(
                "{what} differs from channel to channel"
            ))),
        }
    }

    /// One number, if input `input` is a constant that holds just one.
    pub fn single(&self, input: usize) -> Option<f32> {
        match self.reals(input, "").ok()?[..] {
            [value] => Some(value),
            [..] => None,
        }
    }
}

/// Nothing can be computed with a scale that is zero, negative or no number: the file is broken.
pub(super) fn usable_scale(scale: f32, what: &str) -> Result<f32, Refusal> {
    if scale.is_finite() && scale > 0.0 {
        Ok(scale)
    } else {
        Err(Refusal::broken(format!(
            "{what} is {scale}, and scales are positive numbers"
        )))
    }
}
