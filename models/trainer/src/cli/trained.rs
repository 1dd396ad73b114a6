//! A finished run, opened again by `evaluate` and `export`.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use sortd::error::Result;

use super::Common;
use crate::checkpoint;
use crate::config::RunConfig;
use crate::data::material::Framing;
use crate::data::photo::{Loaded, Squeezed};
use crate::data::sources::Use;
use crate::files;
use crate::nets::mobilenet_v1::{MobileNetV1, MobileNetV1Config};
use crate::places;
use crate::run_folder::{EpochRecord, RunFolder};

/// A run with its best weights.
#[derive(Debug)]
pub struct Trained {
    /// The run's folder.
    pub folder: RunFolder,
    /// Its configuration.
    pub config: RunConfig,
    /// The averaged weights of its best epoch.
    pub network: MobileNetV1,
    /// The data folder.
    pub data: PathBuf,
    /// Where it computes.
    pub device: Device,
}

impl Trained {
    /// Opens the run in `root`.
    ///
    /// # Errors
    /// There is no run, or it has no weights yet.
    pub fn open(root: &Path, common: &Common) -> Result<Self> {
        let device = common.device.open()?;
        let folder = RunFolder::open(root)?;
        let config = folder.config()?;
        let mut network = MobileNetV1Config {
            width: config.network.width,
            classes: config.data.labels().len(),
        }
        .init(&device);
        checkpoint::load_weights(&folder.best_file(), &mut network)?;
        Ok(Self {
            folder,
            config,
            network,
            data: places::data(common.data.as_deref()),
            device,
        })
    }

    /// The photographs of one of the run's tests, as the daemon would show them to the network.
    ///
    /// # Errors
    /// There is no such test, its photographs are missing, or not one of them can be read.
    pub fn test(&self, name: &str, framing: Framing) -> Result<Loaded<Squeezed>> {
        let sources = &self.config.data.sources;
        self.photos(name, sources.test(name)?, framing)
    }

    /// The photographs by which the best epoch was chosen.
    ///
    /// # Errors
    /// They are missing, or not one of them can be read.
    pub fn validation(&self) -> Result<Loaded<Squeezed>> {
        let uses = &self.config.data.sources.validation;
        self.photos("validation", uses, Framing::Whole)
    }

    fn photos(&self, name: &str, uses: &[Use], framing: Framing) -> Result<Loaded<Squeezed>> {
        let side = self.config.network.side;
        let sources = &self.config.data.sources;
        let photos = sources.load(&self.data, uses, side, framing)?;
        photos.report_skipped(name);
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
