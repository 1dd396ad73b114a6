//! `trainer blend`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::Result;

use super::Trained;
use super::start::Start;
use super::training_options::TrainingOptions;
use super::training_run::{Defaults, TrainingRun};
use super::values::share;
use crate::compress::blend::blend;
use crate::config::BlendConfig;
use crate::quantise::Ranges;

/// Average the weights of two runs of one network, such as before and after fine-tuning.
///
/// Fine-tuning forgets what was known of other places; between both lie networks that know more of
/// each. The result is a run like any other; with --epochs it is fine-tuned from there.
#[derive(Debug, Args)]
pub struct Blend {
    #[command(flatten)]
    training: TrainingOptions,

    /// Run at one end of the line
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// Run at the other end
    #[arg(long, value_name = "DIR")]
    with: PathBuf,

    /// Share of the second run
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    share: f32,
}

impl Blend {
    /// Averages, and fine-tunes where epochs are asked for.
    ///
    /// # Errors
    /// A run cannot be read, or the two are of different networks.
    pub fn run(self) -> Result<()> {
        let first = Trained::open(&self.from, &self.training.common)?;
        let second = Trained::open(&self.with, &self.training.common)?;
        let description = self.training.description(Some(&first.config))?;
        let mut start = Start::run(&first)?;
        start.require_labels(second.config.data.labels())?;
        start.network = blend(&start.network, &second.written(), self.share)?;
        start.ranges = Ranges::unseen(start.network.plan.nodes.len());
        start.ancestors.push(second.folder.clone());
        start.config.blend = Some(BlendConfig {
            with: second.name(),
            sha256: second.weights_sha256()?,
            share: self.share,
        });
        let defaults = Defaults {
            epochs: 0,
            rate: 1e-4,
        };
        TrainingRun::prepare(self.training, description, &start, defaults)?.train(&start, |_| {})
    }
}
