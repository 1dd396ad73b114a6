//! `trainer status`.

use std::path::{Path, PathBuf};

use clap::Args;
use sortd::error::{Error, Result};

use crate::run_folder::{self, RunFolder};

/// Show all runs below a folder: how far they are, how good, and what they started from.
#[derive(Debug, Args)]
pub struct Status {
    /// Folder to look in
    #[arg(value_name = "DIR", default_value = "models/runs")]
    folder: PathBuf,
}

impl Status {
    /// Prints a line a run.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn run(self) -> Result<()> {
        let runs = runs_below(&self.folder)?;
        if runs.is_empty() {
            return say!(
                "no runs in {}; make one with `trainer train --run {}/NAME`",
                self.folder.display(),
                self.folder.display()
            );
        }
        say!(
            "{:<28} {:<24} {:>9} {:>8} {:>9} {:>12} {:>9}  from",
            "run",
            "network",
            "MACs",
            "epochs",
            "best",
            "validation",
            "images/s"
        )?;
        for run in runs {
            match line(&run) {
                Ok(line) => say!("{line}")?,
                Err(error) => say!("{:<28} {error}", name(&run))?,
            }
        }
        Ok(())
    }
}

fn line(run: &Path) -> Result<String> {
    let folder = RunFolder::open(run)?;
    let config = folder.config()?;
    let history = folder.history()?;
    let best = run_folder::best(&config, &history);
    let (epoch, accuracy) = best.map_or(("–".to_owned(), "–".to_owned()), |best| {
        (
            best.epoch.to_string(),
            format!("{:.1} %", 100.0 * best.validation_accuracy),
        )
    });
    let rate = history.last().map_or("–".to_owned(), |last| {
        format!("{:.0}", last.images_per_second)
    });
    let done = format!("{}/{}", history.len(), config.training.epochs);
    let macs = format!("{:.1} M", config.network.macs as f64 / 1e6);
    Ok(format!(
        "{:<28} {:<24} {macs:>9} {done:>8} {epoch:>9} {accuracy:>12} {rate:>9}  {}",
        name(run),
        config.network.architecture,
        config.network.start
    ))
}

fn name(run: &Path) -> String {
    run.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The run folders directly in `folder`, in alphabetical order.
fn runs_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Error::data(format!("cannot read {}", folder.display()))
            .caused_by(error)
            .advice("name the folder of your runs: `trainer status FOLDER`")
    })?;
    let mut runs: Vec<PathBuf> = entries
        .filter_map(std::result::Result::ok)
        .map(|entry| entry.path())
        .filter(|path| RunFolder::is_one(path))
        .collect();
    runs.sort();
    Ok(runs)
}
