//! Checkpoints: everything that a run needs to go on exactly as if it had not been interrupted.
//!
//! A checkpoint is a folder that gets its name, `checkpoint-NNNN` after NNNN epochs, only when it is
//! complete; the one before is removed after that. It says of which network it is and what its files
//! are, so that another network's, another version's or a damaged one is not taken up. Weights are kept
//! as burnpack, because the optimiser's state is keyed by parameter identities, which safetensors would
//! lose.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::{BurnpackStore, ModuleSnapshot};
use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use crate::files;
use crate::run_folder::{EpochRecord, PLAN};

/// Version of what a checkpoint holds: the weights of another one may mean something else.
const FORMAT: u32 = 1;

/// The file that says what a checkpoint is.
const IDENTITY: &str = "identity.json";

/// What a checkpoint is, so that no other is taken for it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Identity {
    /// [`FORMAT`].
    format: u32,
    /// SHA-256 of the run's plan: layers of the same shapes can still be of another network.
    plan_sha256: String,
    /// SHA-256 of each file, by name.
    files: BTreeMap<String, String>,
}

/// What a run knows besides its weights.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Epochs done.
    pub epochs: usize,
    /// Optimiser steps done.
    pub steps: usize,
    /// What was measured in each epoch.
    pub history: Vec<EpochRecord>,
    /// The epoch whose averaged weights are kept as the best, from 1; 0 before the first.
    pub best_epoch: usize,
}

/// The state of a run between two epochs.
#[derive(Clone)]
pub struct State<N: Module> {
    /// The network that is trained.
    pub network: N,
    /// The running average of its weights.
    pub average: N,
    /// The optimiser.
    pub optimiser: ModuleOptimizer,
    /// The rest.
    pub progress: Progress,
}

/// Writes a checkpoint into the run's folder and removes the one before.
///
/// # Errors
/// The disk is full or not writable; the checkpoint before is then still whole.
pub fn save<N: Module>(run: &Path, state: &State<N>) -> Result<()> {
    let folder = run.join(name(state.progress.epochs));
    let unfinished = folder.with_extension("tmp");
    remove(&unfinished)?;
    if let Err(error) = write(&unfinished, state).and_then(|()| identify(run, &unfinished)) {
        // Half a checkpoint is of no use, and its room may be what is missing.
        let _ = fs::remove_dir_all(&unfinished);
        return Err(error);
    }
    let older = all(run)?;
    remove(&folder)?;
    fs::rename(&unfinished, &folder).map_err(|error| cannot_write(&folder, error))?;
    older
        .into_iter()
        .filter(|(_, path)| *path != folder)
        .try_for_each(|(_, path)| remove(&path))
}

fn write<N: Module>(folder: &Path, state: &State<N>) -> Result<()> {
    files::make_folder(folder)?;
    save_weights(&folder.join("network.bpk"), &state.network)?;
    save_weights(&folder.join("average.bpk"), &state.average)?;
    let optimiser = folder.join("optimiser.bpk");
    state
        .optimiser
        .save(&optimiser)
        .map_err(|error| cannot_write(&optimiser, error))?;
    files::write_json(&folder.join("progress.json"), &state.progress)
}

/// Writes down what the checkpoint in `folder` is.
fn identify(run: &Path, folder: &Path) -> Result<()> {
    let mut sums = BTreeMap::new();
    for path in files::in_folder(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        sums.insert(name.into_owned(), files::sha256(&files::read(&path)?));
    }
    files::write_json(
        &folder.join(IDENTITY),
        &Identity {
            format: FORMAT,
            plan_sha256: files::sha256(&files::read(&run.join(PLAN))?),
            files: sums,
        },
    )
}

/// Makes sure that the checkpoint in `folder` is the run's, of this version, and whole.
fn require_own(run: &Path, folder: &Path) -> Result<()> {
    let wrong = |what: &str| {
        Err(
            Error::data(format!("the checkpoint {} {what}", folder.display()))
                .advice("put the run's own checkpoint back, or start a new run"),
        )
    };
    let file = folder.join(IDENTITY);
    let Ok(identity) = files::read_json::<Identity>(&file) else {
        return wrong("does not say what it is: another version of the trainer wrote it");
    };
    if identity.format != FORMAT {
        return wrong(&format!(
            "has format {}, this trainer reads {FORMAT}: another version wrote it",
            identity.format
        ));
    }
    if identity.plan_sha256 != files::sha256(&files::read(&run.join(PLAN))?) {
        return wrong("is of another network than the run's plan.json");
    }
    for (name, sum) in &identity.files {
        let path = folder.join(name);
        if files::sha256(&files::read(&path)?) != *sum {
            return wrong(&format!("is damaged: {name} is not what was written"));
        }
    }
    Ok(())
}

/// Loads the newest checkpoint of the run's folder into `state`, whose modules say what is
/// expected; nothing changes where there is none.
///
/// # Errors
/// A file is missing, damaged, of another network or of another version.
pub fn load<N: Module>(run: &Path, mut state: State<N>) -> Result<State<N>> {
    let Some((_, folder)) = all(run)?.pop() else {
        return Ok(state);
    };
    require_own(run, &folder)?;
    load_weights(&folder.join("network.bpk"), &mut state.network)?;
    load_weights(&folder.join("average.bpk"), &mut state.average)?;
    let optimiser = folder.join("optimiser.bpk");
    state.optimiser = state
        .optimiser
        .load(&optimiser)
        .map_err(|error| cannot_use(&optimiser, error))?;
    state.progress = files::read_json(&folder.join("progress.json"))?;
    Ok(state)
}

/// Writes a network's weights wholly or not at all.
///
/// # Errors
/// The disk is full or not writable.
pub fn save_weights<N: Module>(path: &Path, network: &N) -> Result<()> {
    let mut store = BurnpackStore::from_file(path).overwrite(true);
    network
        .save_into(&mut store)
        .map_err(|error| cannot_write(path, error))
}

/// Loads weights that [`save_weights`] wrote.
///
/// # Errors
/// The file is missing, damaged, or of another network.
pub fn load_weights<N: Module>(path: &Path, network: &mut N) -> Result<()> {
    let mut store = BurnpackStore::from_file(path);
    network
        .load_from(&mut store)
        .map_err(|error| cannot_use(path, error))?;
    Ok(())
}

fn name(epochs: usize) -> String {
    format!("checkpoint-{epochs:04}")
}

/// The complete checkpoints of a run, oldest first.
fn all(run: &Path) -> Result<Vec<(usize, PathBuf)>> {
    let entries = files::in_folder(run)?.into_iter();
    let mut found: Vec<(usize, PathBuf)> = entries
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let epochs = name.strip_prefix("checkpoint-")?.parse().ok()?;
            Some((epochs, path))
        })
        .collect();
    found.sort();
    Ok(found)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::internal(format!("cannot remove {}", folder.display())).caused_by(error))
        }
        _ => Ok(()),
    }
}

fn cannot_write(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::internal(format!("cannot write {}", path.display()))
        .caused_by(error)
        .advice("free some disk space, then run the command again with --resume: it goes on from the last whole checkpoint, or begins anew where there is none")
}

fn cannot_use(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::data(format!("cannot use {}", path.display()))
        .caused_by(error)
        .advice("the file is damaged or belongs to another network; start a new run")
}
