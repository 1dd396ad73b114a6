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
use crate::compress::storage::{Kernel, total};
use crate::files;
use crate::run_folder::RunFolder;

/// Set the smallest weights of a run's network to zero, more and more while it learns.
///
/// This saves storage and no time: the file shrinks once it is compressed, and every zero is still
/// multiplied. Prints the share of zeros and the coded size of each layer, and keeps them in the run's
/// storage.json.
#[derive(Debug, Args)]
pub struct Sparsify {
    #[command(flatten)]
    training: TrainingOptions,

    /// Run whose best weights it starts from
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// Share of zeros in each pruned kernel at the end
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, value_parser = share)]
    zeros: f32,
}

impl Sparsify {
    /// Prunes by magnitude and reports.
    ///
    /// # Errors
    /// The run cannot be read or teaching fails.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.from, &self.training.common)?;
        let description = self.training.description(Some(&trained.config))?;
        let start = Start::run(&trained)?;
        let last = f64::from(self.zeros);
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
        let kernels = Kernel::all_of(&Trained::open(&run, &common)?.network);
        files::write_json(&folder.storage_file(), &kernels)?;
        report(&kernels)
    }
}

fn report(kernels: &[Kernel]) -> Result<()> {
    say!(
        "{:<30} {:>9} {:>12} {:>12}",
        "layer",
        "zeros",
        "int8 bytes",
        "coded bytes"
    )?;
    for kernel in kernels {
        say!(
            "{:<30} {:>8.1}% {:>12} {:>12}",
            kernel.layer,
            100.0 * kernel.zeros,
            kernel.bytes,
            kernel.coded_bytes
        )?;
    }
    let (bytes, coded) = total(kernels);
    say!("{:<30} {:>9} {bytes:>12} {coded:>12}", "all", "")?;
    say!("Zeros save storage where the file is compressed, and no time: every one is multiplied.")
}
