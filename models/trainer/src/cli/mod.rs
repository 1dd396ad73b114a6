//! The command line: one file a subcommand.

mod card;
mod data;
mod evaluate;
mod export;
mod train;
mod trained;

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
    /// Teach a network, or go on with an interrupted run
    Train(train::Train),
    /// Measure a run's best weights on a list of photographs
    Evaluate(evaluate::Evaluate),
    /// Write a run's best weights as a bundle that the daemon loads
    Export(export::Export),
    /// Write the figures of the model card from evaluated runs
    Card(card::Card),
    /// Check photographs, or build a data set of your own
    #[command(subcommand)]
    Data(DataCommand),
}

/// What all subcommands that read photographs share.
#[derive(Debug, Args)]
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
            Command::Evaluate(evaluate) => evaluate.run(),
            Command::Export(export) => export.run(),
            Command::Card(card) => card.run(),
            Command::Data(data) => data.run(),
        }
    }
}
