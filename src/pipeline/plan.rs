//! Everything that can be checked before anything is touched: the configuration, the model, and how
//! the two fit.

use std::path::Path;

use crate::classify::bundle::Bundle;
use crate::classify::{Classifier, Compute, TractClassifier};
use crate::config::{Config, Draft};
use crate::decide::Sorting;
use crate::error::Result;

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
        Self::complete(Draft::load(file)?)
    }

    /// Checks a configuration with its model.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn of(config: Config) -> Result<Self> {
        Self::complete(Draft::of(config))
    }

    /// Adds what the model says against the bins, so that everything wrong is told at once.
    fn complete(mut draft: Draft) -> Result<Self> {
        let named = draft.config().model.bundle.clone();
        let compute = Compute::best(draft.config().model.threads);
        let loaded = Bundle::choose(named.as_ref().map(|located| located.value.as_path()))
            .inspect(|Bundle { manifest, .. }| {
                draft.check_labels(&manifest.labels, manifest.empty_label.as_deref());
            })
            .and_then(|bundle| Ok((TractClassifier::load(&bundle, compute)?, bundle.manifest)));
        // A bundle that the configuration names is the configuration's fault, and is shown at its place.
        if let (Err(error), Some(located)) = (&loaded, &named) {
            draft.report(located.problem(error.to_string(), ""));
        }
        let config = draft.finish()?;
        let (classifier, manifest) = loaded?;
        Ok(Self {
            sorting: Sorting::new(&config, classifier.labels(), classifier.empty_label()),
            model: format!("{} {}", manifest.name, manifest.version),
            config,
            classifier,
        })
    }
}
