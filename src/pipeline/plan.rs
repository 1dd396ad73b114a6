//! Everything that can be checked before anything is touched: the configuration, the model, and how
//! the two fit.

use std::path::Path;

use crate::classify::bundle::Bundle;
use crate::classify::{Classifier, TractClassifier};
use crate::config::Config;
use crate::decide::Sorting;
use crate::error::{Error, Result};

/// A configuration whose model is loaded, proven and fits its bins.
#[derive(Debug)]
pub struct Plan {
    /// The configuration.
    pub config: Config,
    /// The model.
    pub classifier: TractClassifier,
    /// Which label belongs into which bin.
    pub sorting: Sorting,
    /// Name and version of the model, for people.
    pub model: String,
}

impl Plan {
    /// Reads and checks a configuration with its model; touches no camera and no pin.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, or the model cannot be used.
    pub fn load(file: &Path) -> Result<Self> {
        Self::of(Config::load(file)?)
    }

    /// Checks a configuration with its model.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn of(config: Config) -> Result<Self> {
        let folder = config.model.bundle.as_ref();
        let bundle = Bundle::choose(folder.map(|located| located.value.as_path()))
            .map_err(|error| named(error, &config))?;
        let manifest = &bundle.manifest;
        config.check_labels(&manifest.labels, manifest.empty_label.as_deref())?;
        let classifier = TractClassifier::load(&bundle).map_err(|error| named(error, &config))?;
        let sorting = Sorting::new(&config, classifier.labels(), classifier.empty_label());
        let model = format!("{} {}", manifest.name, manifest.version);
        Ok(Self {
            config,
            classifier,
            sorting,
            model,
        })
    }
}

/// A bundle that the configuration names is the configuration's fault, and is shown at its place.
fn named(error: Error, config: &Config) -> Error {
    match &config.model.bundle {
        None => error,
        Some(located) => {
            let (position, file) = (located.position, config.file.display());
            let place = format!(
                "{file}:{}:{}: {}",
                position.line, position.column, located.key
            );
            Error::config(place).caused_by(error)
        }
    }
}
