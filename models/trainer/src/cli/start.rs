//! What a run's network starts from: nothing, ImageNet, or another run's best weights.

use std::path::Path;

use burn::tensor::Device;
use sortd::error::{Error, Result};

use super::Trained;
use crate::components::Dense;
use crate::compress::narrow::Written;
use crate::config::{PruneConfig, StartConfig};
use crate::nets::net::Net;
use crate::nets::parameters::{self, Parameters};
use crate::nets::plan::{Layer, Norm, Plan};
use crate::quantise::Ranges;
use crate::rng::{Purpose, Rng};
use crate::run_folder::RunFolder;
use crate::weights::Weights;

/// A network before its first step.
#[derive(Debug)]
pub struct Start {
    /// Its plan and parameters.
    pub network: Written,
    /// The ranges of its activations, where they are known.
    pub ranges: Ranges,
    /// What its outputs mean; none where it was trained on no labels yet.
    pub labels: Option<Vec<String>>,
    /// Where they are from.
    pub config: StartConfig,
    /// The runs whose weights they are.
    pub ancestors: Vec<RunFolder>,
}

impl Start {
    /// Random weights.
    #[must_use]
    pub fn random(plan: Plan, seed: u64) -> Self {
        let parameters = parameters::random(&plan, &mut Rng::new(seed, Purpose::Weights, 0, 0));
        let ranges = Ranges::unseen(plan.nodes.len());
        let config = StartConfig {
            from: StartConfig::RANDOM.to_owned(),
            sha256: None,
            blend: None,
            pruned: None,
        };
        Self {
            network: Written { plan, parameters },
            ranges,
            labels: None,
            config,
            ancestors: Vec::new(),
        }
    }

    /// The weights of MobileNet v1 pretrained on ImageNet; attention and head are random.
    ///
    /// # Errors
    /// The file is missing, damaged, or of another network.
    pub fn imagenet(plan: Plan, seed: u64, weights: &Path) -> Result<Self> {
        let mut start = Self::random(plan, seed);
        let weights = Weights::read(weights)?;
        StartConfig::IMAGENET.clone_into(&mut start.config.from);
        start.config.sha256 = Some(weights.sha256().to_owned());
        weights.fill(&start.network.plan, &mut start.network.parameters)?;
        Ok(start)
    }

    /// The best weights of a run.
    ///
    /// # Errors
    /// Its weights cannot be read.
    pub fn run(trained: &Trained) -> Result<Self> {
        Ok(Self {
            network: trained.written(),
            ranges: trained.network.ranges(),
            labels: Some(trained.config.data.labels().to_vec()),
            config: StartConfig {
                from: trained.name(),
                sha256: Some(trained.weights_sha256()?),
                blend: None,
                pruned: None,
            },
            ancestors: vec![trained.folder.clone()],
        })
    }

    /// Makes sure that the outputs mean `labels`, in this order, where they mean anything yet.
    ///
    /// # Errors
    /// They mean others, so that every class would be called by a wrong name.
    pub fn require_labels(&self, labels: &[String]) -> Result<()> {
        match &self.labels {
            Some(known) if known != labels => Err(Error::data(format!(
                "the network of {} tells {} apart, not {}",
                self.config.from,
                known.join(", "),
                labels.join(", ")
            ))
            .advice(
                "both must have the same labels in the same order; a network of other labels begins without --from",
            )),
            _ => Ok(()),
        }
    }

    /// The same for pictures of another side: a few epochs of fine-tuning then adapt it to detail that a smaller picture
    /// did not show (Touvron et al. 2019, arXiv 1906.06423).
    ///
    /// # Errors
    /// The network does not fit pictures of that side.
    pub fn at_side(mut self, side: u32) -> Result<Self> {
        self.network.plan = self.network.plan.with_side(side as usize)?;
        Ok(self)
    }

    /// The same with channels pruned. The ranges are forgotten: they were those of another network.
    #[must_use]
    pub fn pruned(mut self, left: Written, how: PruneConfig) -> Self {
        self.ranges = Ranges::unseen(left.plan.nodes.len());
        self.network = left;
        self.config.pruned = Some(how);
        self
    }

    /// The network on `device`. Where it begins with nothing but ImageNet's weights, its embedding begins as this layer.
    #[must_use]
    pub fn network_with(&self, device: &Device, begin: Option<&Dense>) -> Net {
        let Written { plan, parameters } = &self.network;
        let mut parameters = parameters.clone();
        if let (Some(begin), Parameters::Conv(embedding), Layer::Conv(conv)) = (
            begin.filter(|_| self.config.from == StartConfig::IMAGENET),
            &mut parameters[plan.embedding],
            &plan.nodes[plan.embedding].layer,
        ) && conv.norm == Norm::Bias
            && conv.outputs == begin.bias.len()
            && conv.inputs * conv.outputs == begin.weights.len()
        {
            (embedding.weights, embedding.beta) = (begin.weights.clone(), begin.bias.clone());
        }
        Net::new(plan.clone(), &parameters, &self.ranges, device)
    }

    /// The network on `device`.
    #[must_use]
    pub fn network(&self, device: &Device) -> Net {
        self.network_with(device, None)
    }
}
