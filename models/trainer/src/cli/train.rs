//! `trainer train`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::Result;

use super::Trained;
use super::networks::NetworkOptions;
use super::start::Start;
use super::training_options::TrainingOptions;
use super::training_run::{Defaults, TrainingRun};
use super::values::not_negative;
use crate::config::StartConfig;
use crate::places;

/// Train a network, or go on with an interrupted run.
///
/// Trains on the training photographs of the sources, keeps the weights of the epoch that does best
/// on the validation photographs, and never looks at a test. Every epoch ends with a checkpoint; the
/// same command with --resume goes on from it, to the same result to the last bit.
#[derive(Debug, Args)]
pub struct Train {
    #[command(flatten)]
    training: TrainingOptions,

    #[command(flatten)]
    network: NetworkOptions,

    /// Start from the best weights of this run, with its network; with --side for pictures of another size
    #[arg(long, value_name = "DIR", conflicts_with_all = ["weights", "from_scratch"])]
    from: Option<PathBuf>,

    /// Pretrained weights of MobileNet v1 [default: the ImageNet weights of this width in
    /// ../shared/weights beside the repository]
    #[arg(long, value_name = "FILE", conflicts_with = "from_scratch")]
    weights: Option<PathBuf>,

    /// Start from random weights
    #[arg(long)]
    from_scratch: bool,

    /// Epochs in which only the head is trained (linear probing), so that a pretrained network is not pulled
    /// about by a head that knows nothing (Kumar et al. 2022, arXiv 2202.10054)
    #[arg(long, value_name = "N", default_value_t = 0)]
    probe: usize,

    /// Penalty on the scales of batch normalisation, so that `trainer prune` can tell useless
    /// channels, such as 1e-4
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = not_negative)]
    scale_penalty: f32,
}

impl Train {
    /// Trains.
    ///
    /// # Errors
    /// Data or weights are missing, the run's folder is of another configuration, the loss is not a
    /// number, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        if self.from.is_some() {
            self.network.require_none("--from")?;
        }
        let trained = self
            .from
            .as_ref()
            .map(|run| Trained::open(run, &self.training.common))
            .transpose()?;
        let description = self
            .training
            .description(trained.as_ref().map(|trained| &trained.config))?;
        let start = match &trained {
            Some(trained) => match self.network.side {
                Some(side) => Start::run(trained)?.at_side(side)?,
                None => Start::run(trained)?,
            },
            None => self.start(description.sources.labels.len())?,
        };
        let (penalty, probe) = (self.scale_penalty, self.probe);
        let fresh = start.config.from == StartConfig::RANDOM;
        let defaults = Defaults {
            epochs: 40,
            rate: if fresh { 3e-3 } else { 1e-3 },
        };
        TrainingRun::prepare(self.training, description, &start, defaults)?.train(
            &start,
            |config| {
                config.training.scale_penalty = penalty;
                config.training.probe_epochs = probe;
                if fresh {
                    // Nothing is pretrained, so nothing is to be spared.
                    (config.training.early_rate, config.training.head_rate) = (1.0, 1.0);
                }
            },
        )
    }

    fn start(&self, classes: usize) -> Result<Start> {
        let plan = self.network.plan(classes)?;
        if self.from_scratch {
            Ok(Start::random(plan, self.training.seed))
        } else {
            Start::imagenet(
                plan,
                self.training.seed,
                &places::weights(self.weights.as_deref(), self.network.width()),
            )
        }
    }
}
