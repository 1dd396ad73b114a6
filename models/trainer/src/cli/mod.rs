//! The command line: one file a subcommand.

mod train;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use sortd::error::Result;

use crate::device::DeviceKind;

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
        }
    }
}
