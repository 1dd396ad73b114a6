//! What the weights of a network take once they are stored in int8, layer by layer.

use serde::{Deserialize, Serialize};

use super::entropy;
use crate::deploy::{Deployed, Weights};
use crate::nets::net::Net;
use crate::nets::parameters::Parameters;
use crate::quantise;

/// The weights of one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoredWeights {
    /// The layer's name.
    pub layer: String,
    /// Share of them that are zero, 0..1.
    #[serde(alias = "zeros")]
    pub sparsity: f64,
    /// Bytes in int8.
    pub bytes: usize,
    /// Bytes once those are coded by how often each value occurs.
    pub coded_bytes: usize,
}

impl StoredWeights {
    /// The weights of all convolutions of a network, in its order. Zeros are counted before batch
    /// normalisation is folded in, bytes after that.
    #[must_use]
    pub fn all_of(network: &Net) -> Vec<Self> {
        let plan = network.plan();
        let (parameters, deployed) = (network.parameters(), Deployed::real(network));
        let layers = plan
            .nodes
            .iter()
            .zip(parameters.iter().zip(&deployed.weights));
        layers
            .filter_map(|(node, layer)| match layer {
                (Parameters::Conv(conv), Weights::Conv { weights, bias }) => {
                    let values = quantise::quantise_weights(weights, bias.len()).values;
                    Some(Self {
                        layer: node.name.clone(),
                        sparsity: sparsity(&conv.weights),
                        bytes: values.len(),
                        coded_bytes: entropy::coded_bytes(&values),
                    })
                }
                _ => None,
            })
            .collect()
    }
}

/// The bytes of all layers, in int8 and once they are coded.
#[must_use]
pub fn total(stored: &[StoredWeights]) -> (usize, usize) {
    stored.iter().fold((0, 0), |(bytes, coded), weights| {
        (bytes + weights.bytes, coded + weights.coded_bytes)
    })
}

fn sparsity(weights: &[f32]) -> f64 {
    let zeros = weights.iter().filter(|weight| **weight == 0.0).count();
    zeros as f64 / weights.len().max(1) as f64
}
