//! The folder of a run and what lies in it.
//!
//! `config.toml` (the exact configuration), `plan.json` (the network's layers), `metrics.json` (one record an epoch), `best.bpk` (the
//! averaged weights of the best epoch), `importance.json` (of a pruned network), `checkpoint-NNNN/` (from which an interrupted run goes on),
//! `learning-curves.png`, and of each evaluation `evaluation-NAME.json` and `confusion-NAME.png`.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use crate::config::{KeptBy, RunConfig, StartConfig};
use crate::files;
use crate::nets::plan::Plan;

/// The file of a run's configuration.
const CONFIG: &str = "config.toml";
/// The file of a run's layers.
pub const PLAN: &str = "plan.json";

/// The importance of the channels of the network that a run prunes, in the folder of that run.
#[must_use]
pub fn importance_file(root: &Path) -> PathBuf {
    root.join("importance.json")
}

/// What was measured in one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Learning rate of its last step.
    pub rate: f64,
    /// Mean loss over the augmented training photographs.
    pub train_loss: f64,
    /// Share of them that was recognised in training.
    pub train_accuracy: f64,
    /// Loss of the averaged weights on the validation list.
    pub validation_loss: f64,
    /// Accuracy of the averaged weights on the validation list.
    pub validation_accuracy: f64,
    /// Seconds that the epoch took, validation included. A resumed run cannot repeat this number.
    pub seconds: f64,
    /// Training photographs a second.
    pub images_per_second: f64,
}

impl EpochRecord {
    /// Nothing measured yet.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            epoch: 0,
            rate: 0.0,
            train_loss: 0.0,
            train_accuracy: 0.0,
            validation_loss: 0.0,
            validation_accuracy: 0.0,
            seconds: 0.0,
            images_per_second: 0.0,
        }
    }
}

/// Whether a run that chooses so keeps the weights of `one` epoch rather than those of the `other`.
#[must_use]
pub fn prefers(kept_by: KeptBy, one: &EpochRecord, other: &EpochRecord) -> bool {
    let smaller_loss = one.validation_loss < other.validation_loss;
    match kept_by {
        KeptBy::Loss => smaller_loss,
        KeptBy::Accuracy => {
            let (accuracy, other) = (one.validation_accuracy, other.validation_accuracy);
            accuracy > other || (accuracy >= other && smaller_loss)
        }
    }
}

/// The epoch of `history` whose weights are kept, the first of those that are equally good.
#[must_use]
pub fn best<'a>(config: &RunConfig, history: &'a [EpochRecord]) -> Option<&'a EpochRecord> {
    let better = |best: &'a EpochRecord, next: &'a EpochRecord| {
        if prefers(config.training.kept_by, next, best) {
            next
        } else {
            best
        }
    };
    history
        .iter()
        .filter(|record| config.counts(record.epoch))
        .reduce(better)
}

/// A run's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// Makes the folder of a new run and writes its configuration.
    ///
    /// # Errors
    /// A run lies there already, or the folder cannot be written.
    pub fn create(root: &Path, config: &RunConfig, plan: &Plan) -> Result<Self> {
        let folder = Self {
            root: root.to_owned(),
        };
        let name = root.file_name().unwrap_or_default();
        if [StartConfig::RANDOM, StartConfig::IMAGENET]
            .iter()
            .any(|word| name == *word)
        {
            return Err(Error::usage(format!(
                "a run cannot be called {}: other runs say by that word that they start from no run",
                root.display()
            ))
            .advice("name another folder with --run"));
        }
        Self::require_free(root)?;
        files::make_folder(root)?;
        files::write_json(&root.join(PLAN), plan)?;
        // The configuration comes last: a folder that has one is whole.
        files::write_whole(&folder.config_file(), config.to_toml()?.as_bytes())?;
        Ok(folder)
    }

    /// Makes sure that no run lies in `root`.
    ///
    /// # Errors
    /// One does.
    pub fn require_free(root: &Path) -> Result<()> {
        if Self::is_one(root) {
            return Err(
                Error::usage(format!("{} holds a run already", root.display()))
                    .advice("add --resume to go on with it, or name another folder with --run"),
            );
        }
        Ok(())
    }

    /// Whether a run lies in `root`.
    #[must_use]
    pub fn is_one(root: &Path) -> bool {
        root.join(CONFIG).is_file()
    }

    /// The run's network.
    ///
    /// # Errors
    /// The file cannot be read, or makes no network.
    pub fn plan(&self) -> Result<Plan> {
        let plan: Plan = files::read_json(&self.root.join(PLAN))?;
        plan.check().map(|()| plan)
    }

    /// Opens the folder of a run.
    ///
    /// # Errors
    /// There is no run.
    pub fn open(root: &Path) -> Result<Self> {
        let folder = Self {
            root: root.to_owned(),
        };
        if folder.config_file().is_file() {
            Ok(folder)
        } else {
            Err(
                Error::data(format!("{} holds no run (no config.toml)", root.display()))
                    .advice("make one with `trainer train --run FOLDER`"),
            )
        }
    }

    /// Keeps other training commands away from the run for as long as the result lives.
    ///
    /// # Errors
    /// Another one is at work on it.
    pub fn lock(&self) -> Result<File> {
        let path = self.config_file();
        let failed = |error: std::io::Error| {
            Error::internal(format!("cannot lock {}", path.display())).caused_by(error)
        };
        let file = File::open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let what = format!("another command trains in {}", self.root.display());
                Err(Error::unavailable(what)
                    .advice("wait until it has ended, or name another folder with --run"))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The run's configuration.
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub fn config(&self) -> Result<RunConfig> {
        let file = self.config_file();
        RunConfig::from_toml(&files::read_text(&file)?, &file.display().to_string())
    }

    /// Checks that the run was started with `config`.
    ///
    /// # Errors
    /// It was not; the error names the keys that differ.
    pub fn require(&self, config: &RunConfig) -> Result<()> {
        let differences = config.differences(&self.config()?);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::data(format!(
            "the checkpoint in {} is of another configuration: {}",
            self.root.display(),
            differences.join("; ")
        ))
        .advice("give the same options as when the run was started, or start a new one in another folder"))
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn config_file(&self) -> PathBuf {
        self.root.join(CONFIG)
    }

    /// One record an epoch.
    #[must_use]
    pub fn metrics_file(&self) -> PathBuf {
        self.root.join("metrics.json")
    }

    /// What was measured, one record an epoch; nothing before the first has ended.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn history(&self) -> Result<Vec<EpochRecord>> {
        files::read_list(&self.metrics_file())
    }

    /// The averaged weights of the best epoch.
    #[must_use]
    pub fn best_file(&self) -> PathBuf {
        self.root.join("best.bpk")
    }

    /// What the weights of each layer take once they are stored, where they were pruned by magnitude.
    #[must_use]
    pub fn storage_file(&self) -> PathBuf {
        self.root.join("storage.json")
    }

    /// The picture of loss and accuracy over the epochs.
    #[must_use]
    pub fn curves_file(&self) -> PathBuf {
        self.root.join("learning-curves.png")
    }

    /// The figures of an evaluation of that name.
    #[must_use]
    pub fn evaluation_file(&self, name: &str) -> PathBuf {
        self.root.join(format!("evaluation-{name}.json"))
    }

    /// The files of all evaluations whose names end in `ending`, in alphabetical order.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn evaluation_files(&self, ending: &str) -> Result<Vec<PathBuf>> {
        let is_one = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("evaluation-") && name.ends_with(&format!("{ending}.json"))
        };
        let entries = files::in_folder(&self.root)?;
        Ok(entries.into_iter().filter(is_one).collect())
    }

    /// The picture of the confusion of the evaluation of that name.
    #[must_use]
    pub fn confusion_file(&self, name: &str) -> PathBuf {
        self.root.join(format!("confusion-{name}.png"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(epoch: usize, accuracy: f64, loss: f64) -> EpochRecord {
        EpochRecord {
            epoch,
            validation_accuracy: accuracy,
            validation_loss: loss,
            ..EpochRecord::empty()
        }
    }

    #[test]
    fn the_kept_epoch_is_the_one_of_the_smallest_loss_unless_a_run_began_otherwise() {
        let early = record(3, 0.863, 0.520);
        let late = record(24, 0.856, 0.490);
        for (kept_by, better, worse) in [
            (KeptBy::Loss, &late, &early),
            (KeptBy::Accuracy, &early, &late),
        ] {
            assert!(prefers(kept_by, better, worse), "{kept_by:?}");
            assert!(!prefers(kept_by, worse, better), "{kept_by:?}");
            assert!(
                !prefers(kept_by, better, better),
                "the first of equals is kept"
            );
        }
        assert_eq!(
            KeptBy::default(),
            KeptBy::Accuracy,
            "of runs that do not say"
        );
    }
}
