//! `sortd run`: the daemon.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{ConfigFile, Sockets};
use crate::daemon::{self, Settings};
use crate::error::Result;
use crate::report::Reporter;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
    /// Also print each event on standard output, as one JSON object a line.
    #[arg(long, value_enum)]
    events: Option<EventFormat>,
    /// Where `sortd takeover` wrote what it refused before the start; the status light tells of it.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    #[command(flatten)]
    sockets: Sockets,
    /// The folder in which it remembers what it counts, for `sortd stats`. Left out: that of the service; without one, it is
    /// forgotten at the end.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EventFormat {
    Json,
}

pub(super) fn run(args: &Args) -> Result<()> {
    daemon::run(
        &args.file.config,
        Settings {
            refused: args.refused.as_deref(),
            sockets: args.sockets.folder(),
            state: args.state.as_deref(),
        },
        &Reporter::new(args.events.is_some())?,
    )
}
