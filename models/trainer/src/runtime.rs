//! Runs an exported network as the daemon does, in tract.

use std::sync::Arc;

use sortd::error::{Error, Result};
use tract_onnx::prelude::{
    Framework, InferenceModelExt, IntoRunnable, Tensor, TypedRunnableModel, tvec,
};

use crate::data::batches::normalised;

/// An exported network, ready to run.
#[derive(Debug)]
pub struct Exported {
    plan: Arc<TypedRunnableModel>,
    side: usize,
}

impl Exported {
    /// Loads the bytes of an ONNX file for square pictures of side `side`.
    ///
    /// # Errors
    /// tract cannot load or optimise it.
    pub fn load(onnx: &[u8], side: usize) -> Result<Self> {
        let plan = tract_onnx::onnx()
            .model_for_read(&mut &*onnx)
            .and_then(InferenceModelExt::into_optimized)
            .and_then(IntoRunnable::into_runnable)
            .map_err(|error| {
                Error::internal(format!(
                    "tract does not load the exported network: {error:#}"
                ))
            })?;
        Ok(Self { plan, side })
    }

    /// Logits of one picture of `side * side * 3` bytes, R, G, B by rows.
    ///
    /// # Errors
    /// tract cannot run it, or the picture is of another size.
    pub fn logits(&self, pixels: &[u8]) -> Result<Vec<f32>> {
        let area = self.side * self.side;
        let mut values = vec![0.0; area * 3];
        for (place, pixel) in pixels.chunks_exact(3).enumerate() {
            for (channel, value) in pixel.iter().enumerate() {
                values[channel * area + place] = normalised(*value);
            }
        }
        let failed = |error| {
            Error::internal(format!(
                "tract does not run the exported network: {error:#}"
            ))
        };
        let input = Tensor::from_shape(&[1, 3, self.side, self.side], &values).map_err(failed)?;
        let outputs = self.plan.run(tvec!(input.into())).map_err(failed)?;
        let logits = outputs[0].cast_to::<f32>().map_err(failed)?;
        Ok(logits
            .to_plain_array_view::<f32>()
            .map_err(failed)?
            .iter()
            .copied()
            .collect())
    }
}
