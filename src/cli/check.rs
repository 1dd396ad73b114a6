//! `sortd check`: is everything right before anything moves?

use super::{ConfigFile, output};
use crate::config::Config;
use crate::config::committed::{Committed, state_of_the_service};
use crate::error::{Error, Result};
use crate::machine;
use crate::pipeline::Plan;
use crate::pipeline::proof::Limits;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
    /// Also check this machine: camera, groups, GPIO, PWM, supply voltage.
    #[arg(long)]
    hardware: bool,
}

pub(super) fn check(args: &Args) -> Result<()> {
    let plan = Plan::load_proven(&args.file.config, &Limits::of_the_daemon())?;
    let config = &plan.config;
    output::line(format!("{}: fine", config.file.display()))?;
    for (name, said) in plan.describe() {
        output::line(format!("  {name:<7} {said}"))?;
    }
    if let Some(number) = committed_in_place_of(config) {
        output::line(format!(
            "  note    generation {number} was committed, and is in force in place of this file until it changes"
        ))?;
    }
    if !args.hardware {
        return Ok(());
    }
    let findings = machine::inspect(config);
    for finding in &findings {
        output::line(finding)?;
    }
    match findings.iter().filter(|finding| finding.is_bad()).count() {
        0 => Ok(()),
        bad => Err(Error::unavailable(format!(
            "{} with this machine",
            output::count(bad, "problem")
        ))
        .advice("see the lines above")),
    }
}

/// The generation that stands in place of a configuration, as far as the state of the service may be read.
fn committed_in_place_of(config: &Config) -> Option<u32> {
    // Who may not read it checks a file, and not what is in force.
    let found = Committed::of(&state_of_the_service()).in_force(&config.file, &config.text);
    found.ok().flatten()
}
