//! The exact configuration of a run: everything that decides its result and nothing else.
//!
//! It is written into the run's folder. A checkpoint is only taken up by a run of the same
//! configuration.

use std::fmt;

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use crate::compress::choose::{Criterion, Target};
use crate::compress::importance::Measure;
use crate::compress::magnitude::Schedule;
use crate::data::augment::Augmentation;
use crate::data::sources::Sources;
use crate::schedule::OneCycle;

/// Everything that decides a run's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RunConfig {
    /// Seed of every random draw.
    pub seed: u64,
    /// The photographs.
    pub data: DataConfig,
    /// The network.
    pub network: NetworkConfig,
    /// The training.
    pub training: TrainingConfig,
    /// The learning rate over the run.
    pub rate: OneCycle,
    /// The data augmentation.
    #[serde(alias = "variation")]
    pub augmentation: Augmentation,
    /// The teachers, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<Distillation>,
    /// The metric loss, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricLoss>,
    /// The loss of features, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<FeatureLoss>,
    /// The loss of embeddings, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<EmbeddingLoss>,
    /// Magnitude pruning in the course of training, if there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sparsity: Option<Schedule>,
}

/// Knowledge distillation: training on the logits of other networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Distillation {
    /// The teachers' weights: SHA-256 of each file. The target is the mean of their logits.
    pub teachers_sha256: Vec<String>,
    /// Share of the loss that is the teachers', 0..1; the labels have the rest.
    pub share: f32,
    /// What the logits of student and teachers are divided by.
    pub temperature: f32,
}

/// The supervised contrastive loss of the embedding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MetricLoss {
    /// What it is multiplied with before it is added to the loss.
    pub share: f32,
    /// What similarities are divided by.
    pub temperature: f32,
}

/// Feature distillation: the embedding predicts the features of a frozen network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FeatureLoss {
    /// SHA-256 of the frozen network's weights.
    pub teacher_sha256: String,
    /// What it is multiplied with before it is added to the loss.
    pub weight: f32,
    /// Photographs by which the principal components of the features were found.
    pub photographs: usize,
}

/// Distillation of stored embeddings: the last numbers of the embedding predict those that a large model gave for the
/// photograph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EmbeddingLoss {
    /// SHA-256 of the table.
    pub table_sha256: String,
    /// What it is multiplied with before it is added to the loss.
    pub weight: f32,
    /// How many numbers of the embedding predict principal components of the table's rows.
    pub components: usize,
    /// Training photographs that have a row.
    pub photographs: usize,
}

/// The photographs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataConfig {
    /// Name of the description, its file's without the ending, such as `waste-blocked`.
    pub name: String,
    /// Training photographs that could be read.
    pub train_images: usize,
    /// Empty boards and pictures of ground that items are laid onto.
    pub background_images: usize,
    /// Photographs drawn in an epoch.
    pub draws: usize,
    /// Shorter side of the copies that inputs are cropped from, in pixels.
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

/// The network of a run. Its exact layers are in the run's `plan.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkConfig {
    /// Its name, such as `mobilenet-cbam-0.75`.
    pub architecture: String,
    /// Side of the square input, in pixels.
    pub side: u32,
    /// Parameters as deployed.
    pub parameters: u64,
    /// Multiply-accumulates of one inference.
    pub macs: u64,
    /// What it starts from.
    pub start: StartConfig,
}

/// What a run's network starts from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StartConfig {
    /// `random`, `imagenet`, or the folder's name of the run whose best weights are taken up.
    pub from: String,
    /// SHA-256 of the weights; none where it starts from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The run whose weights were averaged with those, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blend: Option<BlendConfig>,
    /// How channels were pruned before the first step, if they were.
    #[serde(default, alias = "cut", skip_serializing_if = "Option::is_none")]
    pub pruned: Option<PruneConfig>,
}

impl StartConfig {
    /// What `from` says of random weights.
    pub const RANDOM: &str = "random";
    /// What `from` says of weights that were pretrained on `ImageNet`.
    pub const IMAGENET: &str = "imagenet";

    /// Whether `from` names no run.
    #[must_use]
    pub fn is_no_run(&self) -> bool {
        [Self::RANDOM, Self::IMAGENET].contains(&self.from.as_str())
    }
}

impl fmt::Display for StartConfig {
    /// What it starts from, in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.from)?;
        self.blend.as_ref().map_or(Ok(()), |blend| {
            write!(f, " and {} by {}", blend.with, blend.share)
        })
    }
}

/// The other end of the line between two runs' weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BlendConfig {
    /// The folder's name of that run.
    pub with: String,
    /// SHA-256 of its weights.
    pub sha256: String,
    /// Its share, 0..1.
    pub share: f32,
}

/// How channels were pruned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PruneConfig {
    /// How their importance was found.
    #[serde(default, skip_serializing_if = "Measure::is_default")]
    pub importance: Measure,
    /// How they were chosen.
    pub criterion: Criterion,
    /// What was to be met.
    pub target: Target,
    /// The share or threshold that met it.
    pub strength: f32,
    /// The same for the layers that hold most parameters.
    pub heavy_strength: f32,
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainingConfig {
    /// Epochs.
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
    /// Epochs at the beginning in which only the head is trained (linear probing).
    pub probe_epochs: usize,
    /// How much of the averaged weights each step keeps (an exponential moving average).
    pub average_decay: f32,
    /// What the sum of all scales of batch normalisation is multiplied with before it is added to the
    /// loss, so that useless channels can be told.
    pub scale_penalty: f32,
    /// Whether the network is quantised to int8: training is then quantisation-aware, and with no epochs it is quantised
    /// after training, by calibration alone.
    #[serde(alias = "rounding")]
    pub quantised: bool,
    /// Photographs that it was calibrated with before, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<usize>,
    /// By what the epoch is chosen whose weights are kept.
    #[serde(default)]
    pub kept_by: KeptBy,
}

/// By what the epoch is chosen whose weights are kept, on the validation photographs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptBy {
    /// The highest accuracy; of equals the smaller loss. Runs that do not say by what are of this kind.
    #[default]
    Accuracy,
    /// The smallest loss: of a few hundred photographs it is the less noisy figure.
    Loss,
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
            probe_epochs: 0,
            average_decay: 0.998,
            scale_penalty: 0.0,
            quantised: false,
            kept_by: KeptBy::Loss,
            calibration: None,
        }
    }
}

impl RunConfig {
    /// Whether the weights of an epoch, counted from 1, may be kept: while sparsity still grows, a
    /// denser network is no result.
    #[must_use]
    pub fn counts(&self, epoch: usize) -> bool {
        self.sparsity
            .is_none_or(|schedule| epoch as f64 > schedule.end * self.training.epochs as f64)
    }

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
