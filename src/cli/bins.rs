//! `sortd bins test` and `sortd park`: the outputs without camera and network.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::{ConfigFile, output};
use crate::actuate::{self, MotionTick, Outputs};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::daemon;
use crate::decide::BinId;
use crate::error::{Error, Result};

#[derive(Debug, clap::Subcommand)]
pub(super) enum BinsCommand {
    /// Drive one bin as the daemon would, then park.
    Test {
        /// The bin's name.
        name: String,
        #[command(flatten)]
        file: ConfigFile,
    },
}

/// The loop's turn while nothing moves.
const TURN: Duration = Duration::from_millis(50);

pub(super) fn bins(command: &BinsCommand) -> Result<()> {
    let BinsCommand::Test { name, file } = command;
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
    let stop = catch_signals()?;
    let mut outputs = open(&config)?;
    output::line(format!(
        "{name}: on for {} s",
        config.decision.hold.as_secs_f32()
    ))?;
    let shown = hold(&mut outputs, BinId(bin), config.decision.hold, &stop);
    let parked = park_outputs(&mut outputs);
    shown.and(parked)?;
    output::line("parked")
}

/// Parks the pins that were driven last, where the daemon left word of them; else those of `file`.
pub(super) fn park(file: &Path) -> Result<()> {
    let in_force = daemon::in_force::file();
    let config = Config::load(in_force.as_deref().unwrap_or(file))?;
    // Whoever stops it may not stop it half-way.
    let _stop = catch_signals()?;
    park_outputs(&mut open(&config)?)?;
    output::line("parked: every light is off, every lid closed")
}

fn open(config: &Config) -> Result<Outputs> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let outputs = Outputs::new(
        actuate::open(config, Arc::clone(&clock))?,
        config,
        clock.now(),
    )?;
    for remark in outputs.remarks() {
        log::warn!(target: "sortd", "{remark}");
    }
    Ok(outputs)
}

/// From now on whatever asks the program to end sets the flag instead: Ctrl-C, `kill`, and a terminal or
/// a connection that is closed. The outputs are not left as they are.
fn catch_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for kind in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
        signal_hook::flag::register(kind, Arc::clone(&stop)).map_err(|error| {
            Error::internal("the system gives us no signal handler").caused_by(error)
        })?;
    }
    Ok(stop)
}

/// Shows a bin for `time`, or until it is told to stop.
fn hold(outputs: &mut Outputs, bin: BinId, time: Duration, stop: &AtomicBool) -> Result<()> {
    let end = SystemClock.now() + time;
    while SystemClock.now() < end && !stop.load(Ordering::Relaxed) {
        let pause = match outputs.show(Some(bin), SystemClock.now())? {
            MotionTick::Again(pause) => pause,
            MotionTick::Still => TURN,
        };
        std::thread::sleep(pause);
    }
    Ok(())
}

fn park_outputs(outputs: &mut Outputs) -> Result<()> {
    outputs.park(SystemClock.now(), |pause| {
        std::thread::sleep(pause);
        SystemClock.now()
    })
}
