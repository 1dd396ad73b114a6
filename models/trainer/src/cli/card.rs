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
/// markers of models/README.md (the models that ship) and models/results/README.md (all runs) from the files that lie there;
/// models/figures/risk-coverage.png shows what the confidences are worth.
#[derive(Debug, Args)]
pub struct Card {
    /// Folders of evaluated runs whose results are to be kept
    #[arg(value_name = "DIR")]
    runs: Vec<PathBuf>,

    /// The model card, beside which the folder results/ lies [default: models/README.md]
    #[arg(long = "card", value_name = "FILE")]
    file: Option<PathBuf>,

    /// A shipped bundle; may be given more than once [default: models/waste and models/waste-small]
    #[arg(long = "bundle", value_name = "DIR")]
    bundles: Vec<PathBuf>,

    /// The recipe of the runs that each held a source out, as in left-out-NAME-FAMILY, whose confidences are drawn
    #[arg(long, value_name = "NAME", default_value = "both-1")]
    held_out: String,
}

impl Card {
    /// Writes the card.
    ///
    /// # Errors
    /// A run or a result cannot be read, the card lacks its markers, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let models = places::repository().join("models");
        let file = self.file.unwrap_or_else(|| models.join("README.md"));
        let folder = file.parent().unwrap_or(Path::new("."));
        let results = folder.join("results");
        for run in &self.runs {
            RunResult::of_run(run)?.keep(&results)?;
        }
        let bundles = if self.bundles.is_empty() {
            vec![models.join("waste"), models.join("waste-small")]
        } else {
            self.bundles
        };
        let manifest = |bundle: &PathBuf| files::read_toml(&bundle.join(MANIFEST));
        let shipped: Vec<Manifest> = bundles.iter().map(manifest).collect::<Result<_>>()?;
        let page = results.join("README.md");
        let found = card::gather(&results)?;
        card::rewrite(&file, &page, &found, &shipped)?;
        let figures = folder.join("figures");
        files::make_folder(&figures)?;
        let picture = figures.join("risk-coverage.png");
        card::draw(&picture, &found, &shipped, &self.held_out)?;
        say!(
            "{} and {} are up to date with what lies beside the latter",
            file.display(),
            page.display()
        )
    }
}
