//! `trainer card`.

use std::path::{Path, PathBuf};

use clap::Args;
use sortd::classify::bundle::Manifest;
use sortd::error::Result;

use crate::bundle::MANIFEST;
use crate::card::{self, RunResult};
use crate::files;
use crate::places;

/// Write the figures of the model card and of the results from everything that was measured.
///
/// Keeps what was measured of the named runs in models/results/, one JSON file a run, and rewrites the blocks between the
/// markers of models/README.md (the model that ships) and models/results/README.md (all runs) from the files that lie there.
#[derive(Debug, Args)]
pub struct Card {
    /// Folders of evaluated runs whose results are to be kept
    #[arg(value_name = "DIR")]
    runs: Vec<PathBuf>,

    /// The model card, beside which the folder results/ lies [default: models/README.md]
    #[arg(long = "card", value_name = "FILE")]
    file: Option<PathBuf>,

    /// The shipped bundle [default: models/waste]
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
}

impl Card {
    /// Writes the card.
    ///
    /// # Errors
    /// A run or a result cannot be read, the card lacks its markers, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let models = places::repository().join("models");
        let file = self.file.unwrap_or_else(|| models.join("README.md"));
        let results = file.parent().unwrap_or(Path::new(".")).join("results");
        for run in &self.runs {
            RunResult::of_run(run)?.keep(&results)?;
        }
        let bundle = self.bundle.unwrap_or_else(|| models.join("waste"));
        let manifest: Manifest = files::read_toml(&bundle.join(MANIFEST))?;
        let page = results.join("README.md");
        card::rewrite(&file, &page, &card::gather(&results)?, &manifest)?;
        say!(
            "{} and {} are up to date with what lies beside the latter",
            file.display(),
            page.display()
        )
    }
}
