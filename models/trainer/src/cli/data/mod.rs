//! `trainer data`: one file a subcommand.

mod check;
mod import;
mod show;

use clap::Subcommand;
use sortd::error::Result;

/// What can be done with photographs before a network learns from them.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Find what spoils a data set: copies, wrong labels, leaks between lists, broken files
    Check(check::Check),
    /// Build a data set of your own from photographs in folders or on the web
    Import(import::Import),
    /// Draw what a network would be shown, as a sheet of small pictures
    Show(show::Show),
}

impl DataCommand {
    /// Does what the command line asks for.
    ///
    /// # Errors
    /// Whatever stopped it, with what to do next.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Check(check) => check.run(),
            Self::Import(import) => import.run(),
            Self::Show(show) => show.run(),
        }
    }
}
