//! `trainer card`.

use std::path::{Path, PathBuf};

use clap::Args;
use sortd::classify::bundle::Manifest;
use sortd::error::{Error, Result};

use crate::bundle::MANIFEST;
use crate::card::{self, Measured};
use crate::files;
use crate::places;
use crate::run_folder::{EpochRecord, RunFolder, flat};

/// Write the figures of the model card from the JSON of evaluated runs.
///
/// Rewrites the block between the markers of models/README.md and copies the runs' pictures, JSON
/// and configuration to models/figures/. The first run is the one that ships.
#[derive(Debug, Args)]
pub struct Card {
    /// A run's folder and the test it was evaluated on, as FOLDER=TEST; the first is the one that ships
    #[arg(required = true, value_name = "FOLDER=TEST", value_parser = parse_run)]
    runs: Vec<(PathBuf, String)>,

    /// The model card [default: models/README.md]
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
    /// A run has not been evaluated, the card lacks its markers, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let models = places::repository().join("models");
        let card = self.file.unwrap_or_else(|| models.join("README.md"));
        let figures = card.parent().unwrap_or(Path::new(".")).join("figures");
        let manifest = self
            .bundle
            .unwrap_or_else(|| models.join("waste"))
            .join(MANIFEST);
        let manifest: Manifest =
            toml::from_str(&files::read_text(&manifest)?).map_err(|error| {
                Error::data(format!("{} is not a manifest", manifest.display())).caused_by(error)
            })?;
        files::make_folder(&figures)?;
        let mut measured = Vec::with_capacity(self.runs.len());
        let shipped = self.runs.first().map(|(root, _)| root.clone());
        for (root, list) in &self.runs {
            let folder = RunFolder::open(root)?;
            measured.push(read(&folder, list, Some(root) == shipped.as_ref())?);
            copy(&folder, list, &figures)?;
        }
        card::rewrite(&card, &measured, &manifest)?;
        println!(
            "{} and {}/ are up to date",
            card.display(),
            figures.display()
        );
        Ok(())
    }
}

fn parse_run(text: &str) -> std::result::Result<(PathBuf, String), String> {
    let (folder, list) = text
        .split_once('=')
        .ok_or("expected FOLDER=TEST, such as runs/a=trashnet/blocked-test")?;
    Ok((PathBuf::from(folder), list.to_owned()))
}

fn read(folder: &RunFolder, list: &str, ships: bool) -> Result<Measured> {
    let file = folder.evaluation_file(list);
    if !file.is_file() {
        return Err(
            Error::data(format!("{} is missing", file.display())).advice(format!(
                "measure first: trainer evaluate --run {} --test {list}",
                folder.root().display()
            )),
        );
    }
    let history: Vec<EpochRecord> = files::read_json(&folder.metrics_file())?;
    let epochs = history.len().max(1) as f64;
    Ok(Measured {
        config: folder.config()?,
        evaluation: files::read_json(&file)?,
        images_per_second: history
            .iter()
            .map(|record| record.images_per_second)
            .sum::<f64>()
            / epochs,
        minutes: history.iter().map(|record| record.seconds).sum::<f64>() / 60.0,
        ships,
    })
}

/// Copies what a reader of the card may want to check: what belongs to the run under the run's name,
/// what belongs to a measurement under the list's.
fn copy(folder: &RunFolder, list: &str, figures: &Path) -> Result<()> {
    let run = folder
        .root()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    for (from, name) in [
        (
            folder.evaluation_file(list),
            format!("evaluation-{}.json", flat(list)),
        ),
        (
            folder.confusion_file(list),
            format!("confusion-{}.png", flat(list)),
        ),
        (folder.curves_file(), format!("learning-curves-{run}.png")),
        (folder.metrics_file(), format!("metrics-{run}.json")),
        (
            folder.root().join("config.toml"),
            format!("config-{run}.toml"),
        ),
    ] {
        files::write_whole(&figures.join(name), &files::read(&from)?)?;
    }
    Ok(())
}
