//! `trainer train`.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;
use clap::builder::RangedU64ValueParser;
use sortd::error::Result;

use super::Common;
use crate::checkpoint;
use crate::config::{DataConfig, NetworkConfig, RunConfig, TrainingConfig};
use crate::data::augment::Variation;
use crate::data::batches::Source;
use crate::data::dice::{Dice, Purpose};
use crate::data::material::{Material, reduced_side};
use crate::data::photo::Content;
use crate::data::sources::Sources;
use crate::nets::mobilenet_v1::{MobileNetV1, MobileNetV1Config};
use crate::places;
use crate::run_folder::RunFolder;
use crate::schedule::OneCycle;
use crate::training::{self, Course};
use crate::weights::Weights;

/// Teach a network, or go on with an interrupted run.
///
/// Learns from the photographs that the description names, keeps the weights of the epoch that does
/// best on its validation, and never looks at its tests. Every epoch ends with a checkpoint; the same command with --resume
/// goes on from it, to the same result to the last bit.
#[derive(Debug, Args)]
pub struct Train {
    #[command(flatten)]
    common: Common,

    /// Folder of the run, made if it is not there
    #[arg(long, value_name = "DIR")]
    run: PathBuf,

    /// Go on from the run's last checkpoint
    #[arg(long)]
    resume: bool,

    /// Description of the photographs [default: models/trainer/data/waste-blocked.toml]
    #[arg(long, value_name = "FILE")]
    sources: Option<PathBuf>,

    /// Times that every photograph is shown
    #[arg(long, value_name = "N", default_value_t = TrainingConfig::default().epochs, value_parser = count())]
    epochs: usize,

    /// Photographs in a batch
    #[arg(long, value_name = "N", default_value_t = TrainingConfig::default().batch, value_parser = count())]
    batch: usize,

    /// Highest learning rate
    #[arg(long, value_name = "RATE", default_value_t = 1e-3, value_parser = positive)]
    rate: f64,

    /// Width multiplier of MobileNet v1
    #[arg(long, value_name = "FACTOR", default_value_t = 0.25, value_parser = positive)]
    width: f64,

    /// Side of the network's input, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 128, value_parser = clap::value_parser!(u32).range(32..=512))]
    side: u32,

    /// Pretrained weights [default: the ImageNet weights of this width in ../shared/weights beside
    /// the repository]
    #[arg(long, value_name = "FILE", conflicts_with = "from_scratch")]
    weights: Option<PathBuf>,

    /// Start from random weights
    #[arg(long)]
    from_scratch: bool,

    /// Seed of every random draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// How often an item is laid onto another background, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = Variation::default().paste, value_parser = share)]
    paste: f32,

    /// Stop after this many epochs of the run; --resume goes on later
    #[arg(long, value_name = "N", value_parser = count())]
    stop_after: Option<usize>,
}

impl Train {
    /// Trains.
    ///
    /// # Errors
    /// Data is missing, the run's folder is of another configuration, the loss is not a number, or
    /// a file cannot be written.
    pub fn run(self) -> Result<()> {
        let device = self.common.device.open()?;
        let file = places::sources(self.sources.as_deref());
        let sources = Sources::read(&file)?;
        let data = places::data(self.common.data.as_deref());
        let material = Material::load(&sources, &data, self.side)?;
        let (network, pretrained_sha256) = self.network(&material.labels, &device)?;
        let config = self.config(&file, sources, &material, pretrained_sha256);
        let folder = if self.resume && self.run.join("config.toml").exists() {
            let folder = RunFolder::open(&self.run)?;
            folder.require(&config)?;
            folder
        } else {
            RunFolder::create(&self.run, &config)?
        };
        let state = checkpoint::load(folder.root(), training::begin(network, &config.training))?;
        let source = Source {
            photos: &material.train.photos,
            grounds: material.grounds(),
            variation: &config.variation,
            side: self.side,
            draws: material.draws,
            batch: self.batch,
            seed: self.seed,
        };
        let course = Course {
            config: &config,
            source: &source,
            validation: &material.validation.photos,
            folder: &folder,
            device: &device,
        };
        println!(
            "{}: {} photographs to learn from ({} with the item found), {} to choose by, {} backgrounds; {} of {} epochs done",
            folder.root().display(),
            material.train.photos.len(),
            material
                .train
                .photos
                .iter()
                .filter(|photo| photo.content == Content::Found)
                .count(),
            material.validation.photos.len(),
            config.data.background_images,
            state.progress.epochs,
            self.epochs,
        );
        let last = self.stop_after.unwrap_or(self.epochs).min(self.epochs);
        let state = training::train(&course, state, last)?;
        println!(
            "best epoch: {}; its weights are in {}",
            state.progress.best_epoch,
            folder.best_file().display()
        );
        Ok(())
    }

    /// The network before the first step, and the hash of the weights it starts from.
    fn network(&self, labels: &[String], device: &Device) -> Result<(MobileNetV1, Option<String>)> {
        let device = device.clone().autodiff();
        device.seed(Dice::new(self.seed, Purpose::Weights, 0, 0).bits());
        let mut network = MobileNetV1Config {
            width: self.width,
            classes: labels.len(),
        }
        .init(&device);
        if self.from_scratch {
            return Ok((network, None));
        }
        let weights = Weights::read(&places::weights(self.weights.as_deref(), self.width))?;
        let sha256 = weights.sha256().to_owned();
        weights.load_into(&mut network, &device)?;
        Ok((network, Some(sha256)))
    }

    fn config(
        &self,
        file: &Path,
        sources: Sources,
        material: &Material,
        pretrained_sha256: Option<String>,
    ) -> RunConfig {
        let name = file.file_stem().unwrap_or_default();
        RunConfig {
            seed: self.seed,
            data: DataConfig {
                name: name.to_string_lossy().into_owned(),
                train_images: material.train.photos.len(),
                background_images: material.backgrounds.len() + material.boards.len(),
                draws: material.draws,
                reduced_side: reduced_side(self.side),
                sources,
            },
            network: NetworkConfig {
                family: "mobilenet-v1".to_owned(),
                width: self.width,
                side: self.side,
                pretrained_sha256,
            },
            training: TrainingConfig {
                epochs: self.epochs,
                batch: self.batch,
                ..TrainingConfig::default()
            },
            rate: OneCycle {
                peak: self.rate,
                warmup: 0.15,
                start_divisor: 25.0,
                end_divisor: 1e4,
            },
            variation: Variation {
                paste: self.paste,
                ..Variation::default()
            },
        }
    }
}

/// A whole number of at least 1.
fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

fn positive(text: &str) -> std::result::Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if number > 0.0 && number.is_finite() {
        Ok(number)
    } else {
        Err("must be above 0".to_owned())
    }
}

fn share(text: &str) -> std::result::Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&number) {
        Ok(number)
    } else {
        Err("must lie in 0 to 1".to_owned())
    }
}
