//! Pretrained weights: reads a safetensors file and fits it into a network.

use std::collections::HashMap;
use std::path::Path;

use burn::tensor::Device;
use safetensors::{Dtype, SafeTensors};
use sortd::error::{Error, Result};

use crate::files;
use crate::nets::layer::NormStatistics;
use crate::nets::mobilenet_v1::{ConvNorm, MobileNetV1, NORM_EPSILON};

/// The tensors of a weights file, by name.
#[derive(Debug)]
pub struct Weights {
    file: String,
    tensors: HashMap<String, Vec<f32>>,
    sha256: String,
}

impl Weights {
    /// Reads a safetensors file of f32 tensors.
    ///
    /// # Errors
    /// The file cannot be read, is not a safetensors file, or holds another number type.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read(path)
            .map_err(|error| error.advice("name the ImageNet weights with --weights, or train from nothing with --from-scratch"))?;
        let file = path.display().to_string();
        let parsed = SafeTensors::deserialize(&bytes).map_err(|error| {
            Error::data(format!("{file} is not a safetensors file")).caused_by(error)
        })?;
        let mut tensors = HashMap::new();
        for (name, view) in parsed.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(Error::data(format!(
                    "{file}: tensor {name} is {:?}, not F32",
                    view.dtype()
                )));
            }
            let (numbers, _) = view.data().as_chunks::<4>();
            tensors.insert(
                name,
                numbers
                    .iter()
                    .map(|bytes| f32::from_le_bytes(*bytes))
                    .collect(),
            );
        }
        Ok(Self {
            file,
            tensors,
            sha256: files::sha256(&bytes),
        })
    }

    /// SHA-256 of the file, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Takes the tensor `name`, which must have `length` numbers.
    fn take(&mut self, name: &str, length: usize) -> Result<Vec<f32>> {
        let values = self
            .tensors
            .remove(name)
            .ok_or_else(|| Error::data(format!("{} has no tensor {name}", self.file)))?;
        if values.len() != length {
            return Err(Error::data(format!(
                "{}: tensor {name} has {} numbers where the network has {length}",
                self.file,
                values.len()
            ))
            .advice("take the weights of the same width multiplier"));
        }
        Ok(values)
    }

    /// Loads Keras's MobileNet v1 into the convolutions of `network`; its ImageNet classifier is
    /// left out, since the classes are others.
    ///
    /// # Errors
    /// A tensor is missing or of another size; the network is then partly loaded.
    pub fn load_into(mut self, network: &mut MobileNetV1, device: &Device) -> Result<()> {
        self.load_layer(&mut network.stem, "conv1.kernel", "conv1_bn", device)?;
        for (index, block) in network.blocks.iter_mut().enumerate() {
            let number = index + 1;
            let depthwise = format!("conv_dw_{number}.depthwise_kernel");
            self.load_layer(
                &mut block.depthwise,
                &depthwise,
                &format!("conv_dw_{number}_bn"),
                device,
            )?;
            let pointwise = format!("conv_pw_{number}.kernel");
            self.load_layer(
                &mut block.pointwise,
                &pointwise,
                &format!("conv_pw_{number}_bn"),
                device,
            )?;
        }
        Ok(())
    }

    fn load_layer(
        &mut self,
        layer: &mut ConvNorm,
        kernel: &str,
        norm: &str,
        device: &Device,
    ) -> Result<()> {
        let shape = layer.conv.weight.dims();
        let channels = shape[0];
        layer.set_kernel(self.take(kernel, shape.iter().product())?, device);
        let mut vector = |part: &str| self.take(&format!("{norm}.{part}"), channels);
        layer.set_norm(
            NormStatistics {
                gamma: &vector("gamma")?,
                beta: &vector("beta")?,
                mean: &vector("moving_mean")?,
                variance: &vector("moving_variance")?,
                epsilon: NORM_EPSILON,
            },
            device,
        );
        Ok(())
    }
}
