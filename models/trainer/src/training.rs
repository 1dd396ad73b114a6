//! The training loop: shows varied photographs, follows the gradient, measures, keeps the best.

use std::thread;
use std::time::Instant;

use burn::optim::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrSchedulerConfig};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use sortd::error::{Error, Result};

use crate::average;
use crate::checkpoint::{self, Progress, State};
use crate::config::{RunConfig, TrainingConfig};
use crate::data::batches::{Batch, Source, to_tensor};
use crate::data::photo::Squeezed;
use crate::evaluation;
use crate::files;
use crate::metrics::{self, Confusion};
use crate::nets::Network;
use crate::plots;
use crate::progress::Bar;
use crate::run_folder::{EpochRecord, RunFolder};

/// What a run learns from and where it leaves its results.
#[derive(Debug)]
pub struct Course<'a> {
    /// The exact configuration.
    pub config: &'a RunConfig,
    /// The batches.
    pub source: &'a Source<'a>,
    /// Photographs to choose the best epoch by.
    pub validation: &'a [Squeezed],
    /// Where the results go.
    pub folder: &'a RunFolder,
    /// Where to compute, without gradients.
    pub device: &'a Device,
}

/// The state of a run that has not begun.
#[must_use]
pub fn begin<N: Network>(network: N, config: &TrainingConfig) -> State<N> {
    let average = network.valid();
    let optimiser = AdamWConfig::new()
        .with_weight_decay(config.weight_decay)
        .with_epsilon(1e-8)
        .init();
    State {
        network,
        average,
        optimiser,
        progress: Progress::default(),
    }
}

/// Trains until `epochs` are done (the configured number, or fewer to stop early) and gives the
/// final state. After each epoch there is a checkpoint.
///
/// # Errors
/// The loss is not a number, or a file cannot be written; the last checkpoint is then whole.
pub fn train<N: Network>(
    course: &Course<'_>,
    mut state: State<N>,
    epochs: usize,
) -> Result<State<N>> {
    let total = course.config.training.epochs;
    let bar = Bar::new(
        state.progress.epochs,
        epochs,
        course.source.batches(),
        course.source.batch,
    );
    let weights = class_weights(course.source, course.config);
    while state.progress.epochs < epochs {
        let started = Instant::now();
        let (next, mut record) = one_epoch(course, state, &weights, &bar)?;
        state = next;
        let learnt = started.elapsed().as_secs_f64();
        measure(course, &state, &mut record)?;
        record.images_per_second = (course.source.batches() * course.source.batch) as f64 / learnt;
        record.seconds = started.elapsed().as_secs_f64();
        bar.epoch_done(&record, total);
        keep(course, &mut state, record)?;
    }
    bar.finish();
    Ok(state)
}

/// Shows every photograph once.
fn one_epoch<N: Network>(
    course: &Course<'_>,
    mut state: State<N>,
    weights: &[f32],
    bar: &Bar,
) -> Result<(State<N>, EpochRecord)> {
    let epoch = state.progress.epochs;
    let steps = course.source.batches() * course.config.training.epochs;
    let mut record = EpochRecord {
        epoch: epoch + 1,
        ..EpochRecord::empty()
    };
    let mut seen = 0;
    thread::scope(|scope| {
        let batches = course.source.epoch(scope, epoch);
        for batch in batches {
            let batch = batch?;
            record.rate = course.config.rate.rate(state.progress.steps, steps);
            let step = step(course, &mut state, &batch, weights, record.rate)?;
            if !step.loss.is_finite() {
                return Err(not_a_number(course, epoch, state.progress.steps));
            }
            record.train_loss += step.loss * batch.labels.len() as f64;
            record.train_accuracy += step.correct as f64;
            seen += batch.labels.len();
            bar.step(step.loss);
        }
        Ok(())
    })?;
    record.train_loss /= seen.max(1) as f64;
    record.train_accuracy /= seen.max(1) as f64;
    state.progress.epochs += 1;
    Ok((state, record))
}

/// What one step saw.
struct Step {
    loss: f64,
    correct: u64,
}

fn step<N: Network>(
    course: &Course<'_>,
    state: &mut State<N>,
    batch: &Batch,
    weights: &[f32],
    rate: f64,
) -> Result<Step> {
    let training = &course.config.training;
    let device = course.device.clone().autodiff();
    let images = to_tensor(&batch.pixels, course.source.side as usize, &device)?;
    let logits = state.network.forward(images);
    let rows = evaluation::rows(logits.clone());
    let target = targets(&batch.labels, weights, training.label_smoothing, &device);
    let loss = -(log_softmax(logits, 1) * target).sum();
    let value = f64::from(loss.clone().into_scalar::<f32>());
    let gradients = GradientsParams::from_grads(loss.backward(), &state.network);
    let rates = rates(&state.network, training, rate)?;
    state.network = state
        .optimiser
        .step(rates, state.network.clone(), gradients);
    // Reading the network as deployed settles the running statistics of this step.
    let settled = state.network.valid();
    let average = state.average.clone();
    state.average = average::follow(
        average,
        &settled,
        training.average_decay,
        state.progress.steps,
    );
    state.progress.steps += 1;
    let correct = Confusion::of(&rows, &batch.labels, weights.len()).correct();
    Ok(Step {
        loss: value,
        correct,
    })
}

/// The rate of each group of layers.
fn rates<N: Network>(
    network: &N,
    training: &TrainingConfig,
    rate: f64,
) -> Result<ModuleLearningRate> {
    ModuleLrSchedulerConfig::new(rate.into())
        .with_group(network.early_layers(), rate * training.early_rate)
        .with_group(network.head(), rate * training.head_rate)
        .init()
        .map(|mut scheduler| scheduler.step())
        .map_err(|error| Error::internal(format!("cannot set the learning rates: {error}")))
}

/// What the log-probabilities are multiplied with to give the loss: smoothed one-hot rows, weighed
/// by class, divided by the batch's sum of weights.
fn targets(labels: &[usize], weights: &[f32], smoothing: f32, device: &Device) -> Tensor<2> {
    let classes = weights.len();
    let sum: f32 = labels.iter().map(|&label| weights[label]).sum();
    let mut rows = Vec::with_capacity(labels.len() * classes);
    for &label in labels {
        for class in 0..classes {
            let hit = if class == label { 1.0 - smoothing } else { 0.0 };
            rows.push((hit + smoothing / classes as f32) * weights[label] / sum);
        }
    }
    Tensor::from_data(TensorData::new(rows, [labels.len(), classes]), device)
}

/// How much a photograph of each class weighs.
fn class_weights(source: &Source<'_>, config: &RunConfig) -> Vec<f32> {
    let draws = source.draws_by_label(config.data.labels().len());
    let mean = source.draws as f32 / draws.len() as f32;
    let weight = |draws: f32| (mean / draws.max(1.0)).powf(config.training.class_balance);
    draws.into_iter().map(weight).collect()
}

fn measure<N: Network>(
    course: &Course<'_>,
    state: &State<N>,
    record: &mut EpochRecord,
) -> Result<()> {
    let side = course.source.side as usize;
    let logits = evaluation::logits(&state.average, course.validation, side, course.device)?;
    let truths: Vec<usize> = course.validation.iter().map(|photo| photo.label).collect();
    let confusion = Confusion::of(&logits, &truths, course.config.data.labels().len());
    record.validation_accuracy = confusion.correct() as f64 / confusion.total().max(1) as f64;
    record.validation_loss = metrics::negative_log_likelihood(&logits, &truths, 1.0);
    Ok(())
}

/// Writes what the epoch gave: the best weights, the metrics, the curves and the checkpoint.
fn keep<N: Network>(course: &Course<'_>, state: &mut State<N>, record: EpochRecord) -> Result<()> {
    let progress = &mut state.progress;
    let best = progress
        .history
        .iter()
        .find(|known| known.epoch == progress.best_epoch);
    if best.is_none_or(|best| record.better_than(best)) {
        progress.best_epoch = record.epoch;
        checkpoint::save_weights(&course.folder.best_file(), &state.average)?;
    }
    progress.history.push(record);
    files::write_json(&course.folder.metrics_file(), &progress.history)?;
    plots::learning_curves(
        &course.folder.curves_file(),
        &progress.history,
        progress.best_epoch,
    )?;
    checkpoint::save(course.folder.root(), state)
}

fn not_a_number(course: &Course<'_>, epoch: usize, steps: usize) -> Error {
    let what = format!(
        "the loss is not a number in epoch {}, after {steps} steps",
        epoch + 1
    );
    Error::internal(what).advice(format!(
        "lower --rate and start a new run; the last checkpoint in {} is from before",
        course.folder.root().display()
    ))
}
