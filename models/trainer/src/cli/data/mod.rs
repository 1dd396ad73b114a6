//! `trainer data`: one file a subcommand.

mod check;
mod fetch;
mod import;
mod show;

use clap::Subcommand;
use sortd::error::Result;

/// What can be done with photographs before a network is trained on them.
// The variants carry no words of their own: they would hide those of the commands from `--help`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    Check(check::Check),
    Fetch(fetch::Fetch),
    Import(import::Import),
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
            Self::Fetch(fetch) => fetch.run(),
            Self::Import(import) => import.run(),
            Self::Show(show) => show.run(),
        }
    }
}
