//! A run's network with its best weights, opened again.

use std::path::Path;

use burn::tensor::Device;
use sortd::error::Result;

use super::Common;
use super::start::Start;
use crate::checkpoint;
use crate::config::RunConfig;
use crate::files;
use crate::nets::net::Net;
use crate::run_folder::{EpochRecord, RunFolder};

/// A run that has weights.
#[derive(Debug)]
pub struct Trained {
    /// Its folder.
    pub folder: RunFolder,
    /// Its configuration.
    pub config: RunConfig,
    /// Its network with the best weights.
    pub network: Net,
    /// Where to compute.
    pub device: Device,
}

impl Trained {
    /// Opens the run in `root`.
    ///
    /// # Errors
    /// There is no run, it has no weights yet, or they are of another network.
    pub fn open(root: &Path, common: &Common) -> Result<Self> {
        let device = common.device.open()?;
        let folder = RunFolder::open(root)?;
        let config = folder.config()?;
        let mut network = Start::random(folder.plan()?, config.seed).network(&device);
        checkpoint::load_weights(&folder.best_file(), &mut network)?;
        Ok(Self {
            folder,
            config,
            network,
            device,
        })
    }

    /// What was measured, one record an epoch.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn history(&self) -> Result<Vec<EpochRecord>> {
        if self.config.training.epochs == 0 {
            return Ok(Vec::new());
        }
        files::read_json(&self.folder.metrics_file())
    }
}
