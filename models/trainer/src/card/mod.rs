//! The figures of the model card and of the page of results: each has a block between two markers, which is written from
//! the results' JSON.

mod cells;
mod confidence;
mod held_out;
mod result;
mod shipped;
mod tables;

use std::path::Path;

use sortd::classify::bundle::Manifest;
use sortd::error::{Error, Result};

use crate::files;
use crate::plots;

pub use result::{RunResult, gather};

/// The confidence at which lights are told of: the daemon's default.
const THRESHOLD: f64 = 0.7;

/// The line before the generated block.
pub const BEGIN: &str = "<!-- begin: written by `trainer card`, do not edit -->";
/// The line after it.
pub const END: &str = "<!-- end: written by `trainer card` -->";

/// Puts the figures of the shipped bundles between the markers of the model card, and those of all `results` between the
/// markers of their page.
///
/// # Errors
/// A page cannot be read or written, or lacks a marker.
pub fn rewrite(
    card: &Path,
    page: &Path,
    results: &[RunResult],
    shipped: &[Manifest],
) -> Result<()> {
    replace_block(card, &shipped::figures(results, shipped))?;
    replace_block(page, &tables::figures(results, shipped))
}

/// Draws what the confidences of the shipped bundles are worth, at home and on the sources held out by a recipe's runs.
///
/// # Errors
/// The picture cannot be drawn or written.
pub fn draw(
    picture: &Path,
    results: &[RunResult],
    shipped: &[Manifest],
    recipe: &str,
) -> Result<()> {
    let panels = confidence::panels(results, shipped, recipe);
    plots::risk_coverage(picture, &panels, THRESHOLD)
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
