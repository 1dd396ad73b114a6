//! Standard output, for results.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::visible::{visible, visible_json, visible_lines};

/// Prints one line, its hidden characters as escapes. A reader that closes the pipe, as `head` does, ends the
/// program quietly.
///
/// # Errors
/// Standard output cannot be written, as on a full disk.
pub fn line(text: impl Display) -> Result<()> {
    print(&visible(&text.to_string()))
}

/// Prints a text of several lines.
///
/// # Errors
/// As for [`line()`].
pub fn lines(text: impl Display) -> Result<()> {
    print(&visible_lines(&text.to_string()))
}

/// Prints characters and colours of our own making, as they are.
///
/// # Errors
/// As for [`line()`].
pub(super) fn picture(text: &str) -> Result<()> {
    print(text.trim_end())
}

/// Prints a value as one line of JSON.
///
/// # Errors
/// As for [`line()`].
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|error| Error::internal("an answer cannot be written as JSON").caused_by(error))?;
    print(&visible_json(&text))
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Error::internal("standard output cannot be written")
            .caused_by(error)
            .advice("check the disk that it goes to")),
    }
}

/// `1 photograph`, `2 photographs`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Milliseconds with a sensible number of digits.
pub(super) fn millis(duration: std::time::Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1e3)
}
