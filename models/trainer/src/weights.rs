//! Pretrained weights: reads a safetensors file of Keras's MobileNet v1 and fills a network with it.

use std::collections::HashMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use sortd::error::{Error, Result};

use crate::files;
use crate::nets::parameters::{ConvParameters, Parameters};
use crate::nets::plan::{Conv, Layer, Plan};

/// The tensors of a weights file, by name.
#[derive(Debug)]
pub struct Weights {
    file: String,
    tensors: HashMap<String, Vec<f32>>,
    sha256: String,
}

impl Weights {
    /// Reads a safetensors file of 32-bit floats.
    ///
    /// # Errors
    /// The file is missing, damaged, or holds another kind of number.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read(path)
            .map_err(|error| error.advice("name the ImageNet weights with --weights (models/trainer/data/weights.py makes them of Keras's), or train from nothing with --from-scratch"))?;
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
            let (values, _) = view.data().as_chunks::<4>();
            tensors.insert(
                name,
                values
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

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Replaces the parameters of every layer that MobileNet v1 has; attention and the head keep theirs.
    ///
    /// # Errors
    /// A tensor is missing or of another length, or the plan has no layer of MobileNet v1 at all.
    pub fn fill(mut self, plan: &Plan, parameters: &mut [Parameters]) -> Result<()> {
        if !plan
            .nodes
            .iter()
            .any(|node| node.name == "block1_depthwise")
        {
            return Err(Error::usage(format!(
                "{} has no layers of MobileNet v1, whose weights {} holds",
                plan.name, self.file
            ))
            .advice("train it with --from-scratch"));
        }
        for (node, parameters) in plan.nodes.iter().zip(parameters) {
            if let (Layer::Conv(conv), Some((kernel, norm))) =
                (&node.layer, keras_names(&node.name))
            {
                *parameters = Parameters::Conv(self.conv(conv, &kernel, &norm)?);
            }
        }
        Ok(())
    }

    fn conv(&mut self, conv: &Conv, kernel: &str, norm: &str) -> Result<ConvParameters> {
        let channels = conv.outputs;
        let weights = self.take(kernel, conv.weights())?;
        let mut vector = |part: &str| self.take(&format!("{norm}.{part}"), channels);
        Ok(ConvParameters {
            weights,
            gamma: Some(vector("gamma")?),
            beta: vector("beta")?,
            statistics: Some((vector("moving_mean")?, vector("moving_variance")?)),
        })
    }

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
}

/// The names in Keras's file of a layer of ours: its weights and its normalisation.
fn keras_names(name: &str) -> Option<(String, String)> {
    if name == "stem" {
        return Some(("conv1.kernel".to_owned(), "conv1_bn".to_owned()));
    }
    let (number, kind) = name.strip_prefix("block")?.split_once('_')?;
    match kind {
        "depthwise" => Some((
            format!("conv_dw_{number}.depthwise_kernel"),
            format!("conv_dw_{number}_bn"),
        )),
        "pointwise" => Some((
            format!("conv_pw_{number}.kernel"),
            format!("conv_pw_{number}_bn"),
        )),
        _ => None,
    }
}
