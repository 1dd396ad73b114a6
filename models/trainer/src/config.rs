//! The exact configuration of a run: everything that decides its result and nothing else.
//!
//! It is written into the run's folder. A checkpoint is only taken up by a run of the same
//! configuration.

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use crate::data::augment::Variation;
use crate::data::sources::Sources;
use crate::schedule::OneCycle;

/// Everything that decides a run's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RunConfig {
    /// Seed of every random draw.
    pub seed: u64,
    /// What is shown.
    pub data: DataConfig,
    /// What learns.
    pub network: NetworkConfig,
    /// How it learns.
    pub training: TrainingConfig,
    /// The learning rate over the run.
    pub rate: OneCycle,
    /// How photographs are varied.
    pub variation: Variation,
}

/// The photographs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataConfig {
    /// Name of the description, its file's without the ending, such as `waste-blocked`.
    pub name: String,
    /// Photographs that could be read to learn from.
    pub train_images: usize,
    /// Empty boards and pictures of ground that items are laid onto.
    pub background_images: usize,
    /// Photographs drawn in an epoch.
    pub draws: usize,
    /// Shorter side of the copies that inputs are cut from, in pixels.
    pub reduced_side: u32,
    /// The description: labels, sources, and what is used for what.
    pub sources: Sources,
}

impl DataConfig {
    /// Labels, in the order of the outputs.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.sources.labels
    }
}

/// The network of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkConfig {
    /// Family, `mobilenet-v1`.
    pub family: String,
    /// Multiplier of every layer's channels.
    pub width: f64,
    /// Side of the square input, in pixels.
    pub side: u32,
    /// SHA-256 of the weights it starts from; none where it starts from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained_sha256: Option<String>,
}

impl NetworkConfig {
    /// Name of the network with its width, such as `mobilenet-v1-0.25`.
    #[must_use]
    pub fn architecture(&self) -> String {
        format!("{}-{}", self.family, self.width)
    }
}

/// How a network learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainingConfig {
    /// Times that every photograph is shown.
    pub epochs: usize,
    /// Photographs in a batch.
    pub batch: usize,
    /// Weight decay of `AdamW`.
    pub weight_decay: f32,
    /// Share of the target spread over all classes (Szegedy et al. 2016).
    pub label_smoothing: f32,
    /// A class weighs (mean count / its count) to this power: 0 leaves all alike, 1 makes all
    /// classes count the same.
    pub class_balance: f32,
    /// The rate of the layers next to the picture, as a share of the others'.
    pub early_rate: f64,
    /// The rate of the classifier, as a multiple of the others'.
    pub head_rate: f64,
    /// How much of the averaged weights each step keeps (an exponential moving average).
    pub average_decay: f32,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            epochs: 40,
            batch: 32,
            weight_decay: 0.02,
            label_smoothing: 0.1,
            class_balance: 0.5,
            early_rate: 0.4,
            head_rate: 3.0,
            average_decay: 0.998,
        }
    }
}

impl RunConfig {
    /// The configuration as TOML.
    ///
    /// # Errors
    /// It cannot be expressed, which is a defect.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|error| {
            Error::internal("cannot express the run's configuration").caused_by(error)
        })
    }

    /// Reads what [`Self::to_toml`] wrote.
    ///
    /// # Errors
    /// The text is no configuration.
    pub fn from_toml(text: &str, file: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            Error::data(format!("{file} is not a run's configuration")).caused_by(error)
        })
    }

    /// Says where this configuration differs from `other`, as `key: this, there`.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let lines = |config: &Self| config.to_toml().unwrap_or_default();
        let (ours, theirs) = (flat(&lines(self)), flat(&lines(other)));
        let mut keys: Vec<&String> = ours.iter().chain(&theirs).map(|(key, _)| key).collect();
        keys.sort();
        keys.dedup();
        let value = |side: &[(String, String)], key: &str| {
            side.iter()
                .find(|(known, _)| known == key)
                .map_or("none".to_owned(), |(_, value)| value.clone())
        };
        keys.into_iter()
            .filter(|key| value(&ours, key) != value(&theirs, key))
            .map(|key| {
                format!(
                    "{key} is {} here and {} there",
                    value(&ours, key),
                    value(&theirs, key)
                )
            })
            .collect()
    }
}

/// Key paths and values of a TOML text; of tables that are repeated, each has its number.
fn flat(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut table = String::new();
    let mut tables = 0;
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix("[[")
            .and_then(|rest| rest.strip_suffix("]]"))
        {
            tables += 1;
            table = format!("{name}#{tables}.");
        } else if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            table = format!("{name}.");
        } else if let Some((key, value)) = line.split_once(" = ") {
            found.push((format!("{table}{key}"), value.to_owned()));
        }
    }
    found
}
