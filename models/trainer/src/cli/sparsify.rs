//! `trainer sparsify`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::Result;

use super::Trained;
use super::start::Start;
use super::training_options::TrainingOptions;
use super::training_run::{Defaults, TrainingRun};
use super::values::share;
use crate::compress::magnitude;
use crate::compress::storage::{StoredWeights, total};
use crate::files;
use crate::run_folder::RunFolder;

/// Fine-tune a run's network while its smallest weights are set to zero (magnitude pruning).
///
/// This saves storage and no time: the file shrinks once it is compressed, and every zero is still
/// multiplied. Prints the sparsity and the coded size of each layer, and keeps them in the run's
/// storage.json.
#[derive(Debug, Args)]
pub struct Sparsify {
    #[command(flatten)]
    training: TrainingOptions,

    /// Run whose best weights it starts from
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// Share of zeros in the weights of each pruned layer at the end
    #[arg(long, alias = "zeros", value_name = "SHARE", default_value_t = 0.8, value_parser = share)]
    sparsity: f32,
}

impl Sparsify {
    /// Prunes by magnitude and reports.
    ///
    /// # Errors
    /// The run cannot be read or training fails.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.from, &self.training.common)?;
        let description = self.training.description(Some(&trained.config))?;
        let start = Start::run(&trained)?;
        let last = f64::from(self.sparsity);
        let (run, common) = (self.training.run.clone(), self.training.common.clone());
        let defaults = Defaults {
            epochs: 12,
            rate: 5e-4,
        };
        TrainingRun::prepare(self.training, description, &start, defaults)?.train(
            &start,
            |config| {
                config.sparsity = Some(magnitude::Schedule {
                    initial: 0.0,
                    last,
                    begin: 0.0,
                    end: 0.6,
                    every: 20,
                });
            },
        )?;
        let folder = RunFolder::open(&run)?;
        if !folder.best_file().is_file() {
            return Ok(());
        }
        let stored = StoredWeights::all_of(&Trained::open(&run, &common)?.network);
        files::write_json(&folder.storage_file(), &stored)?;
        report(&stored)
    }
}

fn report(stored: &[StoredWeights]) -> Result<()> {
    say!(
        "{:<30} {:>9} {:>12} {:>12}",
        "layer",
        "sparsity",
        "int8 bytes",
        "coded bytes"
    )?;
    for layer in stored {
        say!(
            "{:<30} {:>8.1}% {:>12} {:>12}",
            layer.layer,
            100.0 * layer.sparsity,
            layer.bytes,
            layer.coded_bytes
        )?;
    }
    let (bytes, coded) = total(stored);
    say!("{:<30} {:>9} {bytes:>12} {coded:>12}", "all", "")?;
    say!("Zeros save storage where the file is compressed, and no time: every one is multiplied.")
}
