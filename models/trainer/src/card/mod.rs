//! The figures of the model card: rewrites the block between two markers from the results' JSON.

mod result;
mod tables;

use std::path::Path;

use sortd::classify::bundle::Manifest;
use sortd::error::{Error, Result};

use crate::files;

pub use result::{RunResult, gather};

/// The line before the generated block.
pub const BEGIN: &str = "<!-- begin: written by `trainer card`, do not edit -->";
/// The line after it.
pub const END: &str = "<!-- end: written by `trainer card` -->";

/// Puts the figures of `results` and of the shipped bundle's manifest between the card's markers.
///
/// # Errors
/// The card cannot be read or written, or lacks a marker.
pub fn rewrite(card: &Path, results: &[RunResult], manifest: &Manifest) -> Result<()> {
    let text = files::read_text(card)?;
    let missing = || {
        Error::data(format!("{} lacks a marker", card.display())).advice(format!(
            "it must hold the line {BEGIN} and, further down, {END}"
        ))
    };
    let begin = text.find(BEGIN).ok_or_else(missing)? + BEGIN.len();
    let end = begin + text[begin..].find(END).ok_or_else(missing)?;
    let block = tables::figures(results, manifest);
    let whole = format!("{}\n{block}{}", &text[..begin], &text[end..]);
    files::write_whole(card, whole.as_bytes())
}
