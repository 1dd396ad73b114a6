//! `trainer prune`.

use std::path::{Path, PathBuf};

use clap::Args;
use sortd::error::{Error, Result};

use super::Trained;
use super::start::Start;
use super::training_options::TrainingOptions;
use super::training_run::{Defaults, TrainingRun};
use super::values::{amount, not_negative};
use crate::compress::choose::{self, Criterion, Target};
use crate::compress::importance::{Importance, Measure};
use crate::config::PruneConfig;
use crate::files;
use crate::run_folder::{self, RunFolder};

/// Prune channels of a run's network, rebuild it narrower, and fine-tune what is left.
///
/// Prunes until the network costs no more than --macs and --parameters. Several rounds are several
/// runs, each from the last with a lower target; `trainer train --scale-penalty` before the first one
/// makes useless channels show.
#[derive(Debug, Args)]
pub struct Prune {
    #[command(flatten)]
    training: TrainingOptions,

    /// Run whose network is pruned
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// Most multiply-accumulates of what is left, such as 45M
    #[arg(long, value_name = "N", value_parser = amount)]
    macs: u64,

    /// Most parameters of what is left, such as 450k [default: any number]
    #[arg(long, value_name = "N", value_parser = amount)]
    parameters: Option<u64>,

    /// How the importance of channels is found
    #[arg(long, value_enum, default_value = "scale")]
    importance: Measure,

    /// How channels are chosen by it
    #[arg(long, value_enum, default_value = "share-of-network")]
    criterion: Criterion,

    /// Penalty on the scales of batch normalisation while training, where another round follows
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = not_negative)]
    scale_penalty: f32,
}

impl Prune {
    /// Prunes and fine-tunes.
    ///
    /// # Errors
    /// The run cannot be read, the target cannot be met, or training fails.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.from, &self.training.common)?;
        let description = self.training.description(Some(&trained.config))?;
        let whole = Start::run(&trained)?;
        let target = Target {
            macs: self.macs,
            parameters: self.parameters.unwrap_or(choose::ANY_PARAMETERS),
        };
        let folder = self.training.run.clone();
        let defaults = Defaults {
            epochs: 15,
            rate: 6e-4,
        };
        let run = TrainingRun::prepare(self.training, description, &whole, defaults)?;
        let importance = match self.importance {
            Measure::Scale => Importance::of_scales(&whole.network),
            Measure::Taylor => by_taylor(&folder, &run, &whole)?,
        };
        let pruned = choose::prune(&whole.network, &importance, self.criterion, target)?;
        let how = PruneConfig {
            importance: self.importance,
            criterion: self.criterion,
            target,
            strength: pruned.strength,
            heavy_strength: pruned.heavy_strength,
        };
        let start = whole.pruned(pruned.left, how);
        let penalty = self.scale_penalty;
        run.train(&start, |config| config.training.scale_penalty = penalty)
    }
}

/// The importance of the channels to the run's loss. It is measured once: on another kind of processor sums round
/// differently, and a run that goes on must prune the same channels.
fn by_taylor(folder: &Path, run: &TrainingRun, whole: &Start) -> Result<Importance> {
    let file = run_folder::importance_file(folder);
    if RunFolder::is_one(folder) {
        if !file.is_file() {
            let what = format!("{} prunes by scale", folder.display());
            return Err(Error::data(what)
                .advice("go on with --importance scale, or name another folder with --run"));
        }
        let known: Importance = files::read_json(&file)?;
        if !known.fits(&whole.network.plan) {
            let what = format!("{} is of another network", file.display());
            return Err(Error::data(what).advice("put the right file back, or start a new run"));
        }
        return Ok(known);
    }
    let importance = run.importance(whole)?;
    files::make_folder(folder)?;
    files::write_json(&file, &importance)?;
    Ok(importance)
}
