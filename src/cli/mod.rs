//! The commands: what a person or a unit file calls.
//!
//! One file a command. A command prints its result on standard output and returns an error, which is
//! shown once, here, with the exit status of its kind.

mod bench;
mod bins;
mod cameras;
mod check;
mod classify;
mod demo;
mod events;
mod look;
mod model;
pub mod output;
mod photographs;
mod privacy;
mod prove;
mod run;
mod stats;
mod status;
mod takeover;
mod tell;
mod watch;
mod web;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::DEFAULT_PATH;
use crate::error::{Error, Kind, Result};
use crate::panics;
use crate::report::{self, FINDING};

/// A smart bin: the camera sees the item, a light and a lid show the right bin.
#[derive(Debug, Parser)]
#[command(name = "sortd", version, max_term_width = 100, after_help = EXIT_STATUS)]
pub struct Cli {
    /// Log what happens to each item, too.
    #[arg(short, long, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 fine · 2 usage · 65 bad input data · 69 camera, GPIO or daemon not \
available · 70 internal error · 78 configuration";

/// The configuration file of a command.
#[derive(Debug, clap::Args)]
struct ConfigFile {
    /// The configuration.
    #[arg(short, long, value_name = "FILE", default_value = DEFAULT_PATH)]
    config: PathBuf,
}

/// Where the daemon's sockets are.
#[derive(Debug, clap::Args)]
struct Sockets {
    /// The folder of the daemon's control sockets [default: that of the service, /run/sortd].
    #[arg(long, value_name = "DIR")]
    sockets: Option<PathBuf>,
}

impl Sockets {
    fn folder(&self) -> Option<&Path> {
        self.sockets.as_deref()
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon.
    Run(run::Args),
    /// Show the whole thing at work: no camera, no Pi and no configuration needed.
    Demo(demo::Args),
    /// Check the configuration, the model and the wiring against each other; touches nothing.
    Check(check::Args),
    /// Tell what photographs show.
    Classify(classify::Args),
    /// List the cameras that can capture.
    Cameras,
    /// Try out the bins.
    #[command(subcommand)]
    Bins(bins::BinsCommand),
    /// Bring everything to rest: lights off, lids closed. A running daemon rests for 15 minutes.
    Park(bins::ParkArgs),
    /// Let a daemon that was parked sort again.
    Resume(Sockets),
    /// Tell how the running daemon is.
    Status(status::Args),
    /// Show what the camera of the running daemon sees, with the drop zone and the item's box.
    Look(look::Args),
    /// Show what the running daemon does, as it happens.
    Events(events::Args),
    /// Tell what was counted over months, by bin, label, hour or day.
    Stats(stats::Args),
    /// Tell what is processed, stored and sent, and what lies on the disk.
    Privacy(privacy::Args),
    /// Serve the page on which a phone or a laptop shows the bin and sets it up.
    Web(web::Args),
    /// Show or verify a model bundle.
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Check and take over what lies on the boot partition of an SD card.
    Takeover(takeover::Args),
    /// Tell where the page is in the network, with a QR code for a phone and the code that lets a browser in.
    Tell(tell::Args),
    /// Measure each stage on this machine.
    Bench(bench::Args),
    /// Prove a bundle for a process that waits for the answer.
    #[command(hide = true)]
    Prove(prove::Args),
}

/// Runs the command line and answers with the exit status.
#[must_use]
pub fn main(cli: &Cli) -> ExitCode {
    panics::install_hook();
    let status = status_of(|| {
        install_logger(cli)?;
        dispatch(&cli.command)
    });
    report::wait_for_readers();
    ExitCode::from(status)
}

/// Whoever calls a command waits for its last word anyway; the daemon and the page wait for no reader of their log.
fn install_logger(cli: &Cli) -> Result<()> {
    if let Command::Run(_) | Command::Web(_) = cli.command {
        return report::install_queued_logger(cli.verbose);
    }
    report::install_logger(cli.verbose);
    Ok(())
}

/// Runs a command, tells its error and answers with its exit status.
fn status_of(command: impl FnOnce() -> Result<()>) -> u8 {
    match catch_unwind(AssertUnwindSafe(command)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            tell(&error);
            error.kind().exit_code()
        }
        // The hook has told of the panic already; what it unwound through is at rest.
        Err(_) => Kind::Internal.exit_code(),
    }
}

/// Tells an error, line by line; those of a configuration begin with their place.
fn tell(error: &Error) {
    let target = match error.kind() {
        Kind::Config => FINDING,
        _ => "sortd",
    };
    for line in error.to_string().lines() {
        log::error!(target: target, "{line}");
    }
}

fn dispatch(command: &Command) -> Result<()> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Demo(args) => demo::demo(args),
        Command::Check(args) => check::check(args),
        Command::Classify(args) => classify::classify(args),
        Command::Cameras => cameras::cameras(),
        Command::Bins(command) => bins::bins(command),
        Command::Park(args) => bins::park(args),
        Command::Resume(sockets) => status::resume(sockets),
        Command::Status(args) => status::status(args),
        Command::Look(args) => look::look(args),
        Command::Events(args) => events::events(args),
        Command::Stats(args) => stats::stats(args),
        Command::Privacy(args) => privacy::privacy(args),
        Command::Web(args) => web::web(args),
        Command::Model(command) => model::model(command),
        Command::Takeover(args) => takeover::take_over(args),
        Command::Tell(args) => tell::tell(args),
        Command::Bench(args) => bench::bench(args),
        Command::Prove(args) => prove::prove(args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_error() {
        assert_eq!(status_of(|| Ok(())), 0);
        assert_eq!(status_of(|| Err(Error::config("wrong"))), 78);
        assert_eq!(status_of(|| panic!("on purpose")), 70);
    }
}
