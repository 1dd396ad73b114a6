//! `trainer data`: one file a subcommand.

mod show;

use clap::{Args, Subcommand};
use sortd::error::Result;

/// Look at the photographs that networks learn from.
#[derive(Debug, Args)]
pub struct Data {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Draw what a network would be shown, as a sheet of small pictures
    Show(show::Show),
}

impl Data {
    /// Does what the command line asks for.
    ///
    /// # Errors
    /// Whatever stopped it, with what to do next.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Show(show) => show.run(),
        }
    }
}
