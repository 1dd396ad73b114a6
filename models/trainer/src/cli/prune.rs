//! `trainer prune`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::Result;

use super::Trained;
use super::lesson::{Habits, LessonOptions};
use super::start::Start;
use super::values::{amount, not_negative};
use crate::compress::choose::{self, Criterion, Target};
use crate::config::CutConfig;

/// Cut channels of a run's network, rebuild it narrower, and teach what is left.
///
/// Cuts until the network costs no more than --macs and --parameters. Several rounds are several
/// runs, each from the last with a lower target; `trainer train --scale-penalty` before the first one
/// makes useless channels show.
#[derive(Debug, Args)]
pub struct Prune {
    #[command(flatten)]
    lesson: LessonOptions,

    /// Run whose best weights are cut
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// Most multiply-accumulates of what is left, such as 45M
    #[arg(long, value_name = "N", value_parser = amount)]
    macs: u64,

    /// Most parameters of what is left, such as 450k [default: any number]
    #[arg(long, value_name = "N", value_parser = amount)]
    parameters: Option<u64>,

    /// How channels are chosen
    #[arg(long, value_enum, default_value = "share-of-network")]
    criterion: Criterion,

    /// Penalty on the scales of batch normalisation while learning, where another round follows
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = not_negative)]
    scale_penalty: f32,
}

impl Prune {
    /// Cuts and teaches.
    ///
    /// # Errors
    /// The run cannot be read, the target cannot be met, or teaching fails.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.from, &self.lesson.common)?;
        let description = self.lesson.description(Some(&trained.config))?;
        let whole = Start::run(&trained)?;
        let target = Target {
            macs: self.macs,
            parameters: self.parameters.unwrap_or(choose::ANY_PARAMETERS),
        };
        let cut = choose::cut(&whole.network, self.criterion, target)?;
        let how = CutConfig {
            criterion: self.criterion,
            target,
            strength: cut.strength,
            heavy_strength: cut.heavy_strength,
        };
        let start = whole.cut(cut.left, how);
        let penalty = self.scale_penalty;
        let habits = Habits {
            epochs: 15,
            rate: 6e-4,
        };
        self.lesson.teach(description, &start, habits, |config| {
            config.training.scale_penalty = penalty;
        })
    }
}
