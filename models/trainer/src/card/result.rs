//! What is kept of a run beside its weights: one JSON file, small enough for the repository.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use crate::compress::storage::StoredWeights;
use crate::config::RunConfig;
use crate::evaluation::Evaluation;
use crate::files;
use crate::run_folder::{EpochRecord, RunFolder};

/// A run and everything that was measured of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The run's name.
    pub name: String,
    /// What decided its result.
    pub config: RunConfig,
    /// One record an epoch.
    pub history: Vec<EpochRecord>,
    /// What its weights take once they are stored, where they were pruned by magnitude.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<StoredWeights>,
    /// Its evaluations, in the alphabetical order of their files.
    pub evaluations: Vec<Evaluation>,
}

impl RunResult {
    /// Reads a run's folder.
    ///
    /// # Errors
    /// There is no run, or one of its files cannot be read.
    pub fn of_run(root: &Path) -> Result<Self> {
        let folder = RunFolder::open(root)?;
        Ok(Self {
            name: root
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            config: folder.config()?,
            history: folder.history()?,
            storage: files::read_list(&folder.storage_file())?,
            evaluations: Evaluation::all_of(&folder, "")?,
        })
    }

    /// Whether it was trained on no source of a test.
    #[must_use]
    pub fn never_saw(&self, test: &str) -> bool {
        let sources = &self.config.data.sources;
        let trained_on = |source: &str| sources.train.iter().any(|usage| usage.source == source);
        let uses = sources.tests.get(test);
        uses.is_some_and(|uses| uses.iter().all(|usage| !trained_on(&usage.source)))
    }

    /// Minutes that the training took.
    #[must_use]
    pub fn minutes(&self) -> f64 {
        self.history
            .iter()
            .fold(0.0, |sum, record| sum + record.seconds)
            / 60.0
    }

    /// Writes the result into `folder`, under the run's name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        files::make_folder(folder)?;
        files::write_json(&folder.join(format!("{}.json", self.name)), self)
    }
}

/// The results in `folder`, by name.
///
/// # Errors
/// The folder or a result cannot be read.
pub fn gather(folder: &Path) -> Result<Vec<RunResult>> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Error::data(format!("cannot read {}", folder.display()))
            .caused_by(error)
            .advice("name evaluated runs, so that their results are kept there")
    })?;
    let mut found: Vec<_> = entries
        .filter_map(std::result::Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    found.sort();
    found.iter().map(|path| files::read_json(path)).collect()
}
