//! The command line: one file a subcommand.

mod ancestry;
mod bench;
mod blend;
mod card;
mod data;
mod embedding;
mod evaluate;
mod export;
mod networks;
mod parity;
mod prune;
mod quantise;
mod sparsify;
mod start;
mod status;
mod summary;
mod train;
mod trained;
mod training_options;
mod training_run;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use sortd::error::Result;

use crate::device::DeviceKind;
use data::DataCommand;
use trained::Trained;

/// Trains, evaluates and exports the networks that sortd runs.
#[derive(Debug, Parser)]
#[command(name = "trainer", version, about, long_about = None)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a network, or go on with an interrupted run
    Train(Box<train::Train>),
    /// Prune channels of a run's network, rebuild it narrower, and fine-tune what is left
    Prune(Box<prune::Prune>),
    /// Fine-tune a run's network while its smallest weights are set to zero (magnitude pruning)
    Sparsify(Box<sparsify::Sparsify>),
    /// Quantise a run's network to int8: calibrate it, then fine-tune it by quantisation-aware training (QAT)
    Quantise(Box<quantise::Quantise>),
    /// Average the weights of two runs of one network
    Blend(Box<blend::Blend>),
    /// Measure a run's best weights, or a bundle, on photographs that it was not trained on
    Evaluate(evaluate::Evaluate),
    /// Write a run's best weights as a bundle that the daemon loads
    Export(export::Export),
    /// Hold a bundle in the daemon's engine against its run
    Parity(parity::Parity),
    /// Write the figures of the model card from everything that was measured
    Card(card::Card),
    /// Measure how fast a training step is
    Bench(bench::Bench),
    /// Print what each layer of a network costs
    Summary(summary::Summary),
    /// Show all runs below a folder
    Status(status::Status),
    /// Look at photographs, check them, or build a data set of your own
    #[command(subcommand)]
    Data(DataCommand),
}

/// What all subcommands that read photographs share.
#[derive(Debug, Clone, Args)]
struct Common {
    /// Folder that holds the data sets (trashnet/, background/) [default: ../shared/data beside the
    /// repository]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Where to compute
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceKind,
}

impl Cli {
    /// Does what the command line asks for.
    ///
    /// # Errors
    /// Whatever stopped it, with what to do next.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Train(train) => train.run(),
            Command::Prune(prune) => prune.run(),
            Command::Sparsify(sparsify) => sparsify.run(),
            Command::Quantise(quantise) => quantise.run(),
            Command::Blend(blend) => blend.run(),
            Command::Evaluate(evaluate) => evaluate.run(),
            Command::Export(export) => export.run(),
            Command::Parity(parity) => parity.run(),
            Command::Card(card) => card.run(),
            Command::Bench(bench) => bench.run(),
            Command::Summary(summary) => summary.run(),
            Command::Status(status) => status.run(),
            Command::Data(data) => data.run(),
        }
    }
}
