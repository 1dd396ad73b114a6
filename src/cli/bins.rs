//! `sortd bins test` and `sortd park`: by the running daemon, or the outputs without camera and network.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{ConfigFile, Sockets, output};
use crate::actuate::{self, Board, Outputs};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::config::committed::{Committed, state_of_the_service};
use crate::control::client::Client;
use crate::control::protocol::{Request, Tested};
use crate::daemon;
use crate::decide::BinId;
use crate::error::{Error, Result};
use crate::signals::Asked;

#[derive(Debug, clap::Subcommand)]
pub(super) enum BinsCommand {
    /// Show that one bin works: its light and its lid, for the time that a signal is held.
    ///
    /// A running daemon does it, if the drop zone is empty. Where none runs, the bin is driven by this command, as the
    /// configuration says, and everything is parked after that.
    Test {
        /// The bin's name.
        name: String,
        #[command(flatten)]
        file: ConfigFile,
        #[command(flatten)]
        sockets: Sockets,
    },
}

/// How often it is looked whether the test is to end.
const TURN: Duration = Duration::from_millis(20);

pub(super) fn bins(command: &BinsCommand) -> Result<()> {
    let BinsCommand::Test {
        name,
        file,
        sockets,
    } = command;
    if let Some(mut daemon) = Client::find(sockets.folder())? {
        let bin = name.clone();
        let tested: Tested = daemon.ask(&Request::BinsTest { bin })?;
        let seconds = tested.seconds;
        return output::line(format!("{name}: on for {seconds} s, by the running daemon"));
    }
    let config = Config::load(&file.config)?;
    let names: Vec<&str> = config
        .bins
        .iter()
        .map(|bin| bin.name.value.as_str())
        .collect();
    let Some(bin) = names.iter().position(|known| known == name) else {
        return Err(
            Error::usage(format!("{} has no bin \"{name}\"", file.config.display()))
                .advice(format!("choose one of: {}", names.join(", "))),
        );
    };
    let asked = Asked::catch()?;
    let (board, remarks) = open(&config)?;
    tell(&remarks);
    let _keeper = board.keep()?;
    output::line(format!(
        "{name}: on for {} s",
        config.decision.hold.as_secs_f32()
    ))?;
    let shown = show(&board, BinId(bin), config.decision.hold, &asked);
    let parked = board.park(std::thread::sleep);
    shown.and(parked)?;
    asked.stop_if_asked();
    output::line("parked")
}

#[derive(Debug, clap::Args)]
pub(super) struct ParkArgs {
    #[command(flatten)]
    file: ConfigFile,
    #[command(flatten)]
    sockets: Sockets,
}

/// Lets a running daemon rest. Where none runs: parks the pins that were driven last, where the daemon left word of them;
/// else those of the configuration.
pub(super) fn park(args: &ParkArgs) -> Result<()> {
    // Where systemd calls this after the daemon has ended, there is nobody to ask.
    let after_the_end = std::env::var_os("SERVICE_RESULT").is_some();
    let rests =
        !after_the_end && Client::insist(args.sockets.folder(), &Request::Park {})?.is_some();
    if rests {
        return output::line("the running daemon rests for 15 minutes, or until `sortd resume`");
    }
    let config = driven_last(&args.file.config)?;
    // Whoever stops it may not stop it half-way.
    let asked = Asked::catch()?;
    let (board, remarks) = open(&config)?;
    board.park(std::thread::sleep)?;
    // Who reads the log may not hold up what is parked.
    tell(&remarks);
    asked.stop_if_asked();
    output::line("parked: every light is off, every lid closed")
}

/// The configuration whose pins were driven last: the one that the daemon left word of; else the generation that stands in place of
/// `file`; else `file`.
fn driven_last(file: &Path) -> Result<Config> {
    if let Some(in_force) = daemon::in_force::file() {
        return Ok(Config::load(&in_force)?);
    }
    // What cannot be read, or is no longer right, parks nothing: the file does.
    let committed = Committed::of(&state_of_the_service()).config_in_place_of(file);
    Ok(committed.map_or_else(|| Config::load(file), |(_, config)| Ok(config))?)
}

/// The outputs of a configuration, and what the person who wired them should know.
fn open(config: &Config) -> Result<(Board, Vec<String>)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let actuator = actuate::open(config, Arc::clone(&clock))?;
    let outputs = Outputs::new(actuator, config, clock.now())?;
    let remarks = outputs.remarks();
    Ok((Board::new(outputs, clock), remarks))
}

fn tell(remarks: &[String]) {
    for remark in remarks {
        log::warn!(target: "sortd", "{remark}");
    }
}

/// Shows a bin for `time`, or until something else is asked for.
fn show(board: &Board, bin: BinId, time: Duration, asked: &Asked) -> Result<()> {
    let end = SystemClock.now() + time;
    while SystemClock.now() < end && !asked.anything() {
        board.show(Some(bin))?;
        std::thread::sleep(TURN);
    }
    Ok(())
}
