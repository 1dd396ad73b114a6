//! What all commands that teach have in common: their options, the run's configuration, the loop.

use std::path::{Path, PathBuf};

use burn::module::Module;
use clap::Args;
use sortd::error::{Error, Result};

use super::start::Start;
use super::values::{count, not_negative, positive, share};
use super::{Common, Trained, ancestry, features};
use crate::checkpoint;
use crate::config::{
    DataConfig, Distillation, MetricLoss, NetworkConfig, RunConfig, TrainingConfig,
};
use crate::data::augment::Variation;
use crate::data::batches::Source;
use crate::data::material::{self, Material};
use crate::data::sources::Sources;
use crate::nets::cost::cost;
use crate::places;
use crate::run_folder::RunFolder;
use crate::schedule::OneCycle;
use crate::training::{self, Course};

/// The options of a run.
#[derive(Debug, Clone, Args)]
pub struct LessonOptions {
    #[command(flatten)]
    pub common: Common,

    /// Folder of the run, made if it is not there
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,

    /// Go on from the run's last checkpoint; begins where there is none, does nothing where the run is done
    #[arg(long)]
    pub resume: bool,

    /// File that describes what is learnt from and measured on [default: what the run
    /// it starts from learnt from, or models/trainer/data/waste-blocked.toml]
    #[arg(long, value_name = "FILE")]
    pub sources: Option<PathBuf>,

    /// Learn nothing from the sources of this family; all their photographs become the test left-out/FAMILY
    #[arg(long, value_name = "FAMILY")]
    pub leave_out: Option<String>,

    /// Epochs [default: 40 for `train`, less for what changes a network that has learnt]
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

    /// How strongly photographs are varied: a TOML file with the keys of `[variation]` in a run's
    /// config.toml; keys that are left out keep their defaults
    #[arg(long, value_name = "FILE")]
    pub variation: Option<PathBuf>,

    /// Learn also from the answers of this run's network, which must know the same labels and picture size;
    /// given several times, from the mean of their answers
    #[arg(long = "teacher", value_name = "DIR")]
    pub teachers: Vec<PathBuf>,

    /// Share of the loss that is the teachers'
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share, requires = "teachers")]
    pub teacher_share: f32,

    /// Weight of the metric loss that draws photographs of one class together in the embedding
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = share)]
    pub metric: f32,

    /// Weight of the feature loss: the embedding also learns what MobileNet v1 0.75, frozen as ImageNet taught it, says
    /// of the same pictures (feature distillation); best with --head features
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = not_negative)]
    pub features: f32,

    /// Pretrained weights of that network [default: those in ../shared/weights beside the repository]
    #[arg(long, value_name = "FILE", requires = "features")]
    pub feature_weights: Option<PathBuf>,

    /// Stop after this many epochs of the run; --resume goes on later
    #[arg(long, value_name = "N", value_parser = count())]
    pub stop_after: Option<usize>,
}

/// What is learnt from.
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

/// What the command itself decides.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// Epochs, where the options do not say.
    pub epochs: usize,
    /// Highest learning rate, where the options do not say.
    pub rate: f64,
}

impl LessonOptions {
    /// Teaches a network; `change` sets what the command has besides.
    ///
    /// # Errors
    /// The network knows other labels, it or a teacher has learnt from what is measured on, data is missing, the run's folder is of another configuration
    /// or in use, the loss is not a number, or a file cannot be written.
    pub fn teach(
        self,
        description: Description,
        start: &Start,
        habits: Habits,
        change: impl FnOnce(&mut RunConfig),
    ) -> Result<()> {
        start.require_labels(&description.sources.labels)?;
        let device = self.common.device.open()?;
        let side = start.network.plan.side as u32;
        let data = places::data(self.common.data.as_deref());
        let teachers: Vec<Trained> = self
            .teachers
            .iter()
            .map(|run| {
                Trained::open(run, &self.common)?.into_teacher(&description.sources.labels, side)
            })
            .collect::<Result<_>>()?;
        let elders = start.elders.iter();
        let elders = elders.chain(teachers.iter().map(|teacher| &teacher.folder));
        ancestry::refuse_leakage(elders, &description.sources, &data)?;
        let material = Material::load(&description.sources, &data, side)?;
        let plan = &start.network.plan;
        let features = (self.features > 0.0)
            .then(|| {
                let weights = self.feature_weights.as_deref();
                let sources = &description.sources;
                features::imagenet(weights, self.features, sources, &data, plan, &device)
            })
            .transpose()?;
        let mut config = self.config(start, habits, description, &material, &teachers)?;
        config.features = features.as_ref().map(|(_, loss)| loss.clone());
        let features = features.as_ref().map(|(teacher, _)| teacher);
        change(&mut config);
        let folder = self.folder(&config, start)?;
        let _held = folder.lock()?;
        let embedding = features.map(|teacher| &teacher.components);
        let network = start.network_with(&device.clone().autodiff(), embedding);
        let state = checkpoint::load(folder.root(), training::begin(network, &config.training))?;
        let source = Source {
            photos: &material.train.photos,
            grounds: material.grounds(),
            variation: &config.variation,
            side,
            draws: material.draws,
            batch: self.batch,
            seed: self.seed,
        };
        announce(&folder, &config, &material, state.progress.epochs)?;
        let course = Course {
            config: &config,
            source: &source,
            validation: &material.validation.photos,
            teachers: teachers.iter().map(|teacher| &teacher.network).collect(),
            features,
            folder: &folder,
            device: &device,
            tell: |line| say!("{line}"),
        };
        let last = self
            .stop_after
            .unwrap_or(usize::MAX)
            .min(config.training.epochs);
        let state = training::train(&course, state, last)?;
        if config.training.epochs == 0 {
            checkpoint::save_weights(&folder.best_file(), &start.network(&device).no_grad())?;
        }
        let (best, file) = (state.progress.best_epoch, folder.best_file());
        if best == 0 && config.training.epochs > 0 {
            return say!(
                "no weights are kept yet: zeros are still being added; go on with --resume"
            );
        }
        if !file.is_file() {
            let what = format!(
                "the weights of epoch {best}, the best, were in {}",
                file.display()
            );
            return Err(Error::data(format!("{what}, which is gone"))
                .advice("put the file back, or start a new run"));
        }
        say!("best epoch: {best}; its weights are in {}", file.display())
    }

    /// What is learnt from: the given file, what the run in `from` learnt from, or the shipped model's.
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

    fn folder(&self, config: &RunConfig, start: &Start) -> Result<RunFolder> {
        if self.resume && RunFolder::is_one(&self.run) {
            let folder = RunFolder::open(&self.run)?;
            folder.require(config)?;
            return Ok(folder);
        }
        RunFolder::create(&self.run, config, &start.network.plan)
    }

    fn config(
        &self,
        start: &Start,
        habits: Habits,
        description: Description,
        material: &Material,
        teachers: &[Trained],
    ) -> Result<RunConfig> {
        let plan = &start.network.plan;
        let cost = cost(plan);
        let teachers_sha256: Vec<String> = teachers
            .iter()
            .map(Trained::weights_sha256)
            .collect::<Result<_>>()?;
        let distillation = (!teachers.is_empty()).then_some(Distillation {
            teachers_sha256,
            share: self.teacher_share,
            temperature: 2.0,
        });
        Ok(RunConfig {
            seed: self.seed,
            data: DataConfig {
                name: description.name,
                train_images: material.train.photos.len(),
                background_images: material.backgrounds.len() + material.boards.len(),
                draws: material.draws,
                reduced_side: material::reduced_side(plan.side as u32),
                sources: description.sources,
            },
            network: NetworkConfig {
                architecture: plan.name.clone(),
                side: plan.side as u32,
                parameters: cost.parameters,
                macs: cost.macs,
                start: start.config.clone(),
            },
            training: TrainingConfig {
                epochs: self.epochs.unwrap_or(habits.epochs),
                batch: self.batch,
                ..TrainingConfig::default()
            },
            rate: OneCycle {
                peak: self.rate.unwrap_or(habits.rate),
                warmup: 0.15,
                start_divisor: 25.0,
                end_divisor: 1e4,
            },
            variation: Variation::read(self.variation.as_deref())?,
            distillation,
            metric: (self.metric > 0.0).then_some(MetricLoss {
                share: self.metric,
                temperature: 0.1,
            }),
            features: None,
            sparsity: None,
        })
    }
}

fn announce(
    folder: &RunFolder,
    config: &RunConfig,
    material: &Material,
    done: usize,
) -> Result<()> {
    say!(
        "{}: {} with {} parameters and {} MACs, from {}; {} photographs to learn from, {} to choose by, {} backgrounds; {done} of {} epochs done",
        folder.root().display(),
        config.network.architecture,
        config.network.parameters,
        config.network.macs,
        config.network.start,
        material.train.photos.len(),
        material.validation.photos.len(),
        material.backgrounds.len(),
        config.training.epochs,
    )
}
