//! A training run, whichever command it is of: its photographs and teachers are loaded once, then it trains.

use burn::module::Module;
use burn::tensor::Device;
use sortd::error::{Error, Result};

use super::embedding::{self, EmbeddingTeachers};
use super::start::Start;
use super::training_options::{Description, TrainingOptions};
use super::{Trained, ancestry};
use crate::checkpoint;
use crate::compress::importance::Importance;
use crate::config::{
    DataConfig, Distillation, MetricLoss, NetworkConfig, RunConfig, TrainingConfig,
};
use crate::data::augment::Augmentation;
use crate::data::batches::Source;
use crate::data::material::{self, Material};
use crate::nets::cost::cost;
use crate::places;
use crate::run_folder::RunFolder;
use crate::schedule::OneCycle;
use crate::training::objective::Objective;
use crate::training::{self, Course, sensitivity};

/// Batches that the importance of channels is measured on: some 2000 photographs.
const SENSITIVITY_BATCHES: usize = 64;

/// What the command itself decides, where the options do not say.
#[derive(Debug, Clone, Copy)]
pub struct Defaults {
    /// Epochs.
    pub epochs: usize,
    /// Highest learning rate.
    pub rate: f64,
}

/// What a run trains with, loaded.
#[derive(Debug)]
pub struct TrainingRun {
    options: TrainingOptions,
    defaults: Defaults,
    description: Description,
    device: Device,
    material: Material,
    teachers: Vec<Trained>,
    embedding: Option<EmbeddingTeachers>,
}

impl TrainingRun {
    /// Loads what the options name, for a network that starts so.
    ///
    /// # Errors
    /// The network knows other labels, it or a teacher was trained on what is measured on, or data is missing.
    pub fn prepare(
        options: TrainingOptions,
        description: Description,
        start: &Start,
        defaults: Defaults,
    ) -> Result<Self> {
        if !options.resume {
            RunFolder::require_free(&options.run)?;
        }
        start.require_labels(&description.sources.labels)?;
        let device = options.common.device.open()?;
        let plan = &start.network.plan;
        let side = plan.side as u32;
        let data = places::data(options.common.data.as_deref());
        let labels = &description.sources.labels;
        let teachers: Vec<Trained> = options
            .teachers
            .iter()
            .map(|run| Trained::open(run, &options.common)?.into_teacher(labels, side))
            .collect::<Result<_>>()?;
        let ancestors = start.ancestors.iter();
        let ancestors = ancestors.chain(teachers.iter().map(|teacher| &teacher.folder));
        ancestry::refuse_leakage(ancestors, &description.sources, &data)?;
        let material = Material::load(&description.sources, &data, side)?;
        let embedding = (options.features > 0.0)
            .then(|| {
                let sources = &description.sources;
                embedding::teachers(&options, sources, &data, &material, plan, &device)
            })
            .transpose()?;
        Ok(Self {
            options,
            defaults,
            description,
            device,
            material,
            teachers,
            embedding,
        })
    }

    /// The importance of the channels of a network to this run's loss.
    ///
    /// # Errors
    /// A photograph cannot be augmented, or the loss is not a number.
    pub fn importance(&self, start: &Start) -> Result<Importance> {
        let config = self.config(start)?;
        let network = start.network(&self.device.clone().autodiff());
        let source = self.source(&config);
        let objective = self.objective(&config, &source);
        sensitivity::importance(&objective, &network, SENSITIVITY_BATCHES)
    }

    /// Trains a network; `change` sets what the command has besides.
    ///
    /// # Errors
    /// The run's folder is of another configuration or in use, the loss is not a number, or a file cannot be written.
    pub fn train(self, start: &Start, change: impl FnOnce(&mut RunConfig)) -> Result<()> {
        let device = &self.device;
        let mut config = self.config(start)?;
        change(&mut config);
        let folder = self.folder(&config, start)?;
        let _held = folder.lock()?;
        let begin = self.embedding.as_ref().map(|teachers| &teachers.begin);
        let network = start.network_with(&device.clone().autodiff(), begin);
        let state = checkpoint::load(folder.root(), training::begin(network, &config.training))?;
        announce(&folder, &config, &self.material, state.progress.epochs)?;
        let source = self.source(&config);
        let course = Course {
            objective: self.objective(&config, &source),
            validation: &self.material.validation.photos,
            folder: &folder,
            tell: |line| say!("{line}"),
        };
        let last = self
            .options
            .stop_after
            .unwrap_or(usize::MAX)
            .min(config.training.epochs);
        let state = training::train(&course, state, last)?;
        if config.training.epochs == 0 && !folder.best_file().is_file() {
            checkpoint::save_weights(&folder.best_file(), &state.average.no_grad())?;
        }
        tell_best(&folder, state.progress.best_epoch, config.training.epochs)
    }

    fn source<'a>(&'a self, config: &'a RunConfig) -> Source<'a> {
        Source {
            photos: &self.material.train.photos,
            grounds: self.material.grounds(),
            augmentation: &config.augmentation,
            side: config.network.side,
            draws: self.material.draws,
            batch: self.options.batch,
            seed: self.options.seed,
        }
    }

    fn objective<'a>(&'a self, config: &'a RunConfig, source: &'a Source<'a>) -> Objective<'a> {
        let teachers = self.teachers.iter().map(|teacher| &teacher.network);
        let embedding = self.embedding.as_ref();
        Objective::new(
            config,
            source,
            teachers.collect(),
            embedding.map(|teachers| &teachers.features.0),
            embedding.and_then(|teachers| teachers.embeddings.as_ref().map(|(teacher, _)| teacher)),
            &self.device,
        )
    }

    fn folder(&self, config: &RunConfig, start: &Start) -> Result<RunFolder> {
        let run = &self.options.run;
        if self.options.resume && RunFolder::is_one(run) {
            let folder = RunFolder::open(run)?;
            folder.require(config)?;
            return Ok(folder);
        }
        RunFolder::create(run, config, &start.network.plan)
    }

    fn config(&self, start: &Start) -> Result<RunConfig> {
        let (options, material) = (&self.options, &self.material);
        let embedding = self.embedding.as_ref();
        let description = self.description.clone();
        let plan = &start.network.plan;
        let cost = cost(plan);
        let teachers_sha256: Vec<String> = self
            .teachers
            .iter()
            .map(Trained::weights_sha256)
            .collect::<Result<_>>()?;
        let distillation = (!self.teachers.is_empty()).then_some(Distillation {
            teachers_sha256,
            share: options.teacher_share,
            temperature: 2.0,
        });
        Ok(RunConfig {
            seed: options.seed,
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
                epochs: options.epochs.unwrap_or(self.defaults.epochs),
                batch: options.batch,
                ..TrainingConfig::default()
            },
            rate: OneCycle {
                peak: options.rate.unwrap_or(self.defaults.rate),
                warmup: 0.15,
                start_divisor: 25.0,
                end_divisor: 1e4,
            },
            augmentation: Augmentation::read(options.augmentation.as_deref())?,
            distillation,
            metric: (options.metric > 0.0).then_some(MetricLoss {
                share: options.metric,
                temperature: 0.1,
            }),
            features: embedding.map(|teachers| teachers.features.1.clone()),
            embeddings: embedding
                .and_then(|teachers| teachers.embeddings.as_ref().map(|(_, loss)| loss.clone())),
            sparsity: None,
        })
    }
}

/// Says which epoch was the best.
fn tell_best(folder: &RunFolder, best: usize, epochs: usize) -> Result<()> {
    let file = folder.best_file();
    if best == 0 && epochs > 0 {
        return say!("no weights are kept yet: sparsity still grows; go on with --resume");
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

fn announce(
    folder: &RunFolder,
    config: &RunConfig,
    material: &Material,
    done: usize,
) -> Result<()> {
    say!(
        "{}: {} with {} parameters and {} MACs, from {}; {} photographs for training, {} for validation, {} backgrounds; {done} of {} epochs done",
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
