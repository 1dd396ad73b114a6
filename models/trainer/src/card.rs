//! The figures of the model card: rewrites the block between two markers from the runs' JSON.

use std::fmt::Write as _;
use std::path::Path;

use sortd::classify::bundle::Manifest;
use sortd::error::{Error, Result};

use crate::config::RunConfig;
use crate::evaluation::Evaluation;
use crate::files;

/// The line before the generated block.
pub const BEGIN: &str = "<!-- begin: written by `trainer card`, do not edit -->";
/// The line after it.
pub const END: &str = "<!-- end: written by `trainer card` -->";

/// One measured run of the card.
#[derive(Debug)]
pub struct Measured {
    /// The run's configuration.
    pub config: RunConfig,
    /// What was measured on its test list.
    pub evaluation: Evaluation,
    /// Mean photographs learnt a second, over the whole run.
    pub images_per_second: f64,
    /// Minutes that the run took.
    pub minutes: f64,
    /// Whether this is the network that ships.
    pub ships: bool,
}

/// Puts the figures of `runs` and of the shipped bundle's manifest between the card's markers.
///
/// # Errors
/// The card cannot be read or written, or lacks a marker.
pub fn rewrite(card: &Path, runs: &[Measured], manifest: &Manifest) -> Result<()> {
    let text = files::read_text(card)?;
    let block = figures(runs, manifest);
    let missing = || {
        Error::data(format!("{} lacks a marker", card.display())).advice(format!(
            "it must hold the line {BEGIN} and, further down, {END}"
        ))
    };
    let begin = text.find(BEGIN).ok_or_else(missing)? + BEGIN.len();
    let end = begin + text[begin..].find(END).ok_or_else(missing)?;
    files::write_whole(
        card,
        format!("{}\n{block}{}", &text[..begin], &text[end..]).as_bytes(),
    )
}

/// The generated block.
fn figures(runs: &[Measured], manifest: &Manifest) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "\nBundle `{}` {}: {}, input {} × {} RGB, {} parameters, {:.1} million MACs, temperature {:.3}, \
         SHA-256 of `{}` `{}`.\n",
        manifest.name,
        manifest.version,
        manifest.architecture,
        manifest.input.width,
        manifest.input.height,
        manifest.cost.parameters,
        manifest.cost.macs as f64 / 1e6,
        manifest.output.temperature,
        manifest.model.file,
        manifest.model.sha256
    );
    text.push_str("| measured on | learnt from | right | accuracy | 95 % interval | with paper and cardboard as one | epoch kept | learnt in | ships |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for run in runs {
        let found = &run.evaluation;
        let _ = writeln!(
            text,
            "| `{}` | `{}` ({} photographs) | {} of {} | **{:.1} %** | {:.1} to {:.1} % | {:.1} % | {} of {} | {:.0} min, {:.0} images/s | {} |",
            found.list,
            found.trained_on,
            run.config.data.train_images,
            found.correct,
            found.images,
            100.0 * found.accuracy,
            100.0 * found.interval.0,
            100.0 * found.interval.1,
            100.0 * found.correct_paper_with_cardboard as f64 / found.images.max(1) as f64,
            found.epoch,
            found.epochs,
            run.minutes,
            run.images_per_second,
            if run.ships { "yes" } else { "no" }
        );
    }
    for run in runs {
        per_class(&mut text, run);
    }
    text.push('\n');
    text
}

/// One run by class, and its confusion.
fn per_class(text: &mut String, run: &Measured) {
    let found = &run.evaluation;
    let percent = |share: Option<f64>| {
        share.map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share))
    };
    let _ = writeln!(
        text,
        "\n`{}` by class (rows: truth, columns: answer):\n",
        found.list
    );
    let _ = writeln!(
        text,
        "| | {} | found | right when said |",
        found.labels.join(" | ")
    );
    let _ = writeln!(text, "|---|{}---|---|", "---|".repeat(found.labels.len()));
    for (row, label) in found.labels.iter().enumerate() {
        let counts: Vec<String> = found.confusion.counts[row]
            .iter()
            .map(u64::to_string)
            .collect();
        let _ = writeln!(
            text,
            "| **{label}** | {} | {} | {} |",
            counts.join(" | "),
            percent(found.confusion.recall(row)),
            percent(found.confusion.precision(row))
        );
    }
}
