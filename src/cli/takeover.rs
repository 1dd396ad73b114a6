//! `sortd takeover`: what lies on the boot partition is checked and taken over.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::output;
use crate::config::Listen;
use crate::error::{Error, Result};
use crate::files;
use crate::report::FINDING;
use crate::takeover;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The boot partition, on which sortd.toml, wifi.txt and models/ may lie.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Where what is in force is kept.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/sortd")]
    state: PathBuf,
    /// Write what was refused into this file, for `sortd run --refused`; removed where nothing was.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Leave this file where the configuration in force opens the page to the local network; removed where it does not.
    #[arg(long, value_name = "FILE")]
    web: Option<PathBuf>,
}

/// What is refused is told and is no failure: the bin runs on with what was in force. All that can be told is
/// told before anything that failed ends the command.
pub(super) fn take_over(args: &Args) -> Result<()> {
    let outcome = takeover::take_over(&args.from, &args.state);
    let refusals = outcome.refusals();
    let sheet = takeover::sheet(&outcome);
    let refused = (!refusals.is_empty()).then(|| refusals.join("\n"));
    let web = (outcome.listen == Listen::Lan).then(|| "lan\n".to_owned());
    let marked = mark(args.refused.as_deref(), refused).and(mark(args.web.as_deref(), web));
    let written = takeover::write_sheet(&args.from, &sheet);
    for refusal in &refusals {
        log::error!(target: FINDING, "{refusal}");
    }
    output::lines(sheet.trim_end())?;
    outcome.failure.map_or(Ok(()), Err).and(marked).and(written)
}

/// Leaves a text in `file`, or no file where there is none.
fn mark(file: Option<&Path>, text: Option<String>) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    let marked = match text {
        None => fs::remove_file(file).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }),
        Some(text) => files::write_durably(file, text.as_bytes(), 0o644),
    };
    marked.map_err(|error| {
        Error::unavailable(format!("{}: cannot be written", file.display()))
            .caused_by(error)
            .advice("name a file in a folder that can be written, such as one below /run")
    })
}
