//! `sortd run`: the daemon.

use clap::ValueEnum;

use super::ConfigFile;
use crate::daemon;
use crate::error::Result;
use crate::report::Reporter;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
    /// Also print each event on standard output, as one JSON object a line.
    #[arg(long, value_enum)]
    events: Option<EventFormat>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EventFormat {
    Json,
}

pub(super) fn run(args: &Args) -> Result<()> {
    daemon::run(&args.file.config, &Reporter::new(args.events.is_some()))
}
