//! The importance of each channel, by which those to prune are chosen.

use serde::{Deserialize, Serialize};

use super::narrow::Written;
use crate::nets::parameters::Parameters;
use crate::nets::plan::{Plan, Shape};

/// How the importance of channels is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// By the scale of batch normalisation, which an L1 penalty drives to zero where a channel is of little use (network
    /// slimming, Liu et al. 2017, arXiv 1708.06519).
    #[default]
    Scale,
    /// By how much the run's loss would change without the channel, to first order (Molchanov et al. 2019, arXiv
    /// 1906.10771): labels, teachers and features count as they do in training.
    Taylor,
}

impl Measure {
    /// Whether it is the one of runs that name none.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The importance of each channel of each node, at least 0; no numbers for a node that has no normalisation of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance(pub Vec<Vec<f32>>);

impl Importance {
    /// Whether it has a number for each channel of each node of a network, or none for the node.
    #[must_use]
    pub fn fits(&self, plan: &Plan) -> bool {
        let shapes = plan.shapes();
        let fits = |(numbers, shape): (&Vec<f32>, &Shape)| {
            numbers.is_empty() || numbers.len() == shape.channels
        };
        self.0.len() == shapes.len() && self.0.iter().zip(&shapes).all(fits)
    }

    /// By the size of the scales.
    #[must_use]
    pub fn of_scales(network: &Written) -> Self {
        let of_node = |parameters: &Parameters| match parameters {
            Parameters::Conv(conv) => conv
                .gamma
                .iter()
                .flatten()
                .map(|gamma| gamma.abs())
                .collect(),
            _ => Vec::new(),
        };
        Self(network.parameters.iter().map(of_node).collect())
    }
}
