//! `sortd privacy`: what is processed, stored and sent.

use super::{ConfigFile, Sockets, output};
use crate::config::Config;
use crate::config::committed::state_of_the_service;
use crate::control::client::Client;
use crate::control::protocol::{self, Request};
use crate::daemon::privacy;
use crate::error::Result;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
    #[command(flatten)]
    sockets: Sockets,
}

/// Asks the running daemon; where none runs, tells it of the configuration and of what a daemon left behind.
pub(super) fn privacy(args: &Args) -> Result<()> {
    let lines = if let Some(mut daemon) = Client::find(args.sockets.folder())? {
        let told: protocol::Privacy = daemon.ask(&Request::Privacy {})?;
        told.lines
    } else {
        let config = Config::load(&args.file.config)?;
        privacy::lines(&config, Some(&state_of_the_service()))
    };
    lines.iter().try_for_each(output::line)
}
