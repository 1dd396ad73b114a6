//! The figures of the model card and of the page of results: each has a block between two markers, which is written from
//! the results' JSON.

mod cells;
mod held_out;
mod result;
mod shipped;
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

/// Puts the figures of the shipped bundle between the markers of the model card, and those of all `results` between the
/// markers of their page.
///
/// # Errors
/// A page cannot be read or written, or lacks a marker.
pub fn rewrite(card: &Path, page: &Path, results: &[RunResult], manifest: &Manifest) -> Result<()> {
    replace_block(card, &shipped::figures(results, manifest))?;
    replace_block(page, &tables::figures(results, manifest))
}

fn replace_block(page: &Path, block: &str) -> Result<()> {
    let text = files::read_text(page)?;
    let missing = || {
        Error::data(format!("{} lacks a marker", page.display())).advice(format!(
            "it must hold the line {BEGIN} and, further down, {END}"
        ))
    };
    let begin = text.find(BEGIN).ok_or_else(missing)? + BEGIN.len();
    let end = begin + text[begin..].find(END).ok_or_else(missing)?;
    let whole = format!("{}\n{block}{}", &text[..begin], &text[end..]);
    files::write_whole(page, whole.as_bytes())
}
