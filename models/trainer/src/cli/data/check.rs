//! `trainer data check`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::{Error, Result};

use crate::data::check;
use crate::plots;

/// Find what spoils a data set: copies, wrong labels, leaks between lists, broken files.
///
/// Looks at every picture of every FOLDER (one folder a class) and changes nothing. Several folders
/// are checked as one, so that what lies in two of them is found as well.
///
/// Errors are facts that training refuses or that make its figures wrong: the same picture in two
/// classes or on two sides of a split, a list that names a missing file, a class of fewer than 5
/// pictures. Warnings are for your eyes to decide: pictures that look the same, unreadable and tiny
/// files, classes of very different sizes. The exit status is 65 if there are errors, else 0.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  \
    trainer data check ../shared/data/trashnet --split-lists --sheet sheet.png\n\n\
    Then open sheet.png: pairs in an orange frame are errors, those in a blue one warnings.\n\
    Mirrored, turned and cropped copies are not found.")]
pub struct Check {
    /// Data sets: folders with one folder a class, such as trashnet/glass/glass1.jpg
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,

    /// Check the lists in FOLDER/splits as well: missing files, and pictures on two sides of
    /// NAME-train, NAME-val and NAME-test
    #[arg(long)]
    split_lists: bool,

    /// Draw some pictures of each class, and the doubtful pairs side by side
    #[arg(long, value_name = "FILE.png")]
    sheet: Option<PathBuf>,

    /// Print the whole outcome as JSON instead
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Checks.
    ///
    /// # Errors
    /// A folder is no data set, the sheet cannot be written, or there were errors in the data.
    pub fn run(self) -> Result<()> {
        let checked = check::check(&self.folders, self.split_lists)?;
        if let Some(file) = &self.sheet {
            plots::check(file, &self.folders, &checked)?;
        }
        let report = &checked.report;
        if self.json {
            let text = serde_json::to_string_pretty(report).map_err(|error| {
                Error::internal("cannot express what was found").caused_by(error)
            })?;
            say!("{text}")?;
        } else {
            say!("{}", report.to_string().trim_end())?;
            if let Some(file) = &self.sheet {
                say!("the sheet is in {}", file.display())?;
            }
        }
        if report.errors == 0 {
            return Ok(());
        }
        Err(Error::data(format!(
            "the data must be mended before training; errors: {}",
            report.errors
        )))
    }
}
