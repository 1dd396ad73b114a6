//! A finished run, opened again by `evaluate` and `export`.

use std::path::Path;

use burn::tensor::Device;
use sortd::error::{Error, Result};

use super::Common;
use crate::checkpoint;
use crate::config::RunConfig;
use crate::data::photo::{self, Loaded, Squeezed};
use crate::data::tree::Tree;
use crate::files;
use crate::nets::mobilenet_v1::{MobileNetV1, MobileNetV1Config};
use crate::places;
use crate::run_folder::{EpochRecord, RunFolder};

/// A run with its best weights and its data set.
#[derive(Debug)]
pub struct Trained {
    /// The run's folder.
    pub folder: RunFolder,
    /// Its configuration.
    pub config: RunConfig,
    /// The averaged weights of its best epoch.
    pub network: MobileNetV1,
    /// The data set it learnt from.
    pub tree: Tree,
    /// Where it computes.
    pub device: Device,
}

impl Trained {
    /// Opens the run in `root`.
    ///
    /// # Errors
    /// There is no run, it has no weights yet, or the data set is missing or has other classes.
    pub fn open(root: &Path, common: &Common) -> Result<Self> {
        let device = common.device.open()?;
        let folder = RunFolder::open(root)?;
        let config = folder.config()?;
        let tree = Tree::open(&places::data(common.data.as_deref()).join(&config.data.dataset))?;
        if tree.labels() != config.data.labels {
            return Err(Error::data(format!(
                "the run knows the classes {}, the data set has {}",
                config.data.labels.join(", "),
                tree.labels().join(", ")
            )));
        }
        let mut network = MobileNetV1Config {
            width: config.network.width,
            classes: config.data.labels.len(),
        }
        .init(&device);
        checkpoint::load_weights(&folder.best_file(), &mut network)?;
        Ok(Self {
            folder,
            config,
            network,
            tree,
            device,
        })
    }

    /// The photographs of a list, as the daemon would show them to the network.
    ///
    /// # Errors
    /// The list is missing or names a missing file, or no photograph can be read.
    pub fn photos(&self, list: &str) -> Result<Loaded<Squeezed>> {
        let photos = photo::load_squeezed(&self.tree.split(list)?, self.config.network.side)?;
        photos.report_skipped(list);
        Ok(photos)
    }

    /// What was measured in each epoch.
    ///
    /// # Errors
    /// The run's metrics cannot be read.
    pub fn history(&self) -> Result<Vec<EpochRecord>> {
        files::read_json(&self.folder.metrics_file())
    }

    /// The epoch whose weights are the best, from 1.
    ///
    /// # Errors
    /// The run's metrics cannot be read.
    pub fn best_epoch(&self) -> Result<usize> {
        let mut best = EpochRecord::empty();
        for record in self.history()? {
            if best.epoch == 0 || record.better_than(&best) {
                best = record;
            }
        }
        Ok(best.epoch)
    }
}
