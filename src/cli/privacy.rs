//! `sortd privacy`: what is processed, stored and sent.

use std::path::PathBuf;

use super::{ConfigFile, Sockets, output};
use crate::config::Config;
use crate::config::committed::{Committed, Origin, state_of_the_service};
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
    /// Where no daemon runs: the folder of its state, as `sortd run` was told [default: that of the service].
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// Asks the running daemon; where none runs, tells it of the configuration and of what a daemon left behind.
pub(super) fn privacy(args: &Args) -> Result<()> {
    let lines = if let Some(mut daemon) = Client::find(args.sockets.folder())? {
        let told: protocol::Privacy = daemon.ask(&Request::Privacy {})?;
        told.lines
    } else {
        let (file, state) = (&args.file.config, args.state.clone());
        let state = state.unwrap_or_else(state_of_the_service);
        let (origin, config) = match Committed::of(&state).config_in_place_of(file) {
            Some((number, config)) => (Origin::Committed(number), config),
            None => (Origin::File, Config::load(file)?),
        };
        output::line(format!(
            "No daemon answers; this is what one would do by {}, and what one left in {}.",
            origin.in_place_of(file),
            state.display()
        ))?;
        privacy::lines(&config, Some(&state))
    };
    lines.iter().try_for_each(output::line)
}
