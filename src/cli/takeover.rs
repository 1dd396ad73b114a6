//! `sortd takeover`: what lies on the boot partition is checked and taken over.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::output;
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
}

/// What is refused is told and is no failure: the bin runs on with what was in force. All that can be told is
/// told before anything that failed ends the command.
pub(super) fn take_over(args: &Args) -> Result<()> {
    let outcome = takeover::take_over(&args.from, &args.state);
    let refusals = outcome.refusals();
    let sheet = takeover::sheet(&outcome);
    let marked = args
        .refused
        .as_deref()
        .map_or(Ok(()), |file| mark(file, &refusals));
    let written = takeover::write_sheet(&args.from, &sheet);
    for refusal in &refusals {
        log::error!(target: FINDING, "{refusal}");
    }
    output::lines(sheet.trim_end())?;
    outcome.failure.map_or(Ok(()), Err).and(marked).and(written)
}

/// Leaves the refusals in `file`, or no file where there are none.
fn mark(file: &Path, refusals: &[String]) -> Result<()> {
    let marked = if refusals.is_empty() {
        fs::remove_file(file).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })
    } else {
        files::write_durably(file, refusals.join("\n").as_bytes(), 0o644)
    };
    marked.map_err(|error| {
        Error::unavailable(format!("{}: cannot be written", file.display()))
            .caused_by(error)
            .advice("name a file in a folder that can be written, such as one below /run")
    })
}
