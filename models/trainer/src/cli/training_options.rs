//! The options that all commands have in common which train a network.

use std::path::{Path, PathBuf};

use clap::Args;
use sortd::error::Result;

use super::Common;
use super::values::{count, not_negative, positive, share};
use crate::config::{RunConfig, TrainingConfig};
use crate::data::sources::Sources;
use crate::places;

/// The options of a run.
#[derive(Debug, Clone, Args)]
pub struct TrainingOptions {
    #[command(flatten)]
    pub common: Common,

    /// Folder of the run, made if it is not there
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,

    /// Go on from the run's last checkpoint; begins where there is none, does nothing where the run is done
    #[arg(long)]
    pub resume: bool,

    /// File that describes the photographs of training, validation and tests [default: those of
    /// the run it starts from, or models/trainer/data/waste-everywhere.toml]
    #[arg(long, value_name = "FILE")]
    pub sources: Option<PathBuf>,

    /// Train on nothing of this family of sources; all its photographs become the test left-out/FAMILY
    #[arg(long, value_name = "FAMILY")]
    pub leave_out: Option<String>,

    /// Epochs [default: 40 for `train`, less for fine-tuning after pruning or quantisation]
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,

    /// Photographs in a batch
    #[arg(long, value_name = "N", default_value_t = TrainingConfig::default().batch, value_parser = count())]
    pub batch: usize,

    /// Highest learning rate
    #[arg(long, value_name = "RATE", value_parser = positive)]
    pub rate: Option<f64>,

    /// Seed of every random draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Strength of the data augmentation: a TOML file with the keys of `[augmentation]` in a run's
    /// config.toml; keys that are left out keep their defaults
    #[arg(long, alias = "variation", value_name = "FILE")]
    pub augmentation: Option<PathBuf>,

    /// Train also on the logits of this run's network (knowledge distillation), which must know the same labels and
    /// picture size; given several times, on the mean of their logits
    #[arg(long = "teacher", value_name = "DIR")]
    pub teachers: Vec<PathBuf>,

    /// Share of the loss that is the teachers'
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share, requires = "teachers")]
    pub teacher_share: f32,

    /// Weight of the metric loss that draws photographs of one class together in the embedding
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = share)]
    pub metric: f32,

    /// Weight of the feature loss: the embedding is also trained to predict the features that MobileNet v1 0.75, frozen
    /// as pretrained on ImageNet, gives for the same pictures (feature distillation); best with --head features
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = not_negative)]
    pub features: f32,

    /// Pretrained weights of that network [default: those in ../shared/weights beside the repository]
    #[arg(long, value_name = "FILE", requires = "features")]
    pub feature_weights: Option<PathBuf>,

    /// Weight of the embedding loss: the last 96 numbers of the embedding are trained to predict what a large model said of
    /// the whole photographs (distillation of stored embeddings)
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = not_negative, requires = "features")]
    pub embeddings: f32,

    /// Embeddings of that model: NAME.safetensors, one table with a row for each line of NAME.files.txt, the photographs'
    /// paths below the data folder [default: those of CLIP ViT-B/16 in ../shared/teachers beside the repository]
    #[arg(long, value_name = "FILE", requires = "embeddings")]
    pub embedding_file: Option<PathBuf>,

    /// Stop after this many epochs of the run; --resume goes on later
    #[arg(long, value_name = "N", value_parser = count())]
    pub stop_after: Option<usize>,
}

/// The photographs of a run.
#[derive(Debug, Clone)]
pub struct Description {
    /// Its name: that of its file without the ending.
    pub name: String,
    /// The sources and their uses.
    pub sources: Sources,
}

impl Description {
    fn read(file: &Path) -> Result<Self> {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            sources: Sources::read(file)?,
        })
    }

    fn leaving_out(self, family: &str) -> Result<Self> {
        Ok(Self {
            name: format!("{}-without-{family}", self.name),
            sources: self.sources.leaving_out(family)?,
        })
    }
}

impl TrainingOptions {
    /// The photographs: those of the given file, of the run in `from`, or of the shipped model.
    ///
    /// # Errors
    /// The file cannot be read or makes no sense.
    pub fn description(&self, from: Option<&RunConfig>) -> Result<Description> {
        let described = match (&self.sources, from) {
            (None, Some(config)) => Description {
                name: config.data.name.clone(),
                sources: config.data.sources.clone(),
            },
            (file, _) => Description::read(&places::sources(file.as_deref()))?,
        };
        match &self.leave_out {
            Some(family) => described.leaving_out(family),
            None => Ok(described),
        }
    }
}
