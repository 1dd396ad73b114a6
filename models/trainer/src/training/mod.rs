//! The training loop: shows augmented photographs, follows the gradient, validates, keeps the best.
//!
//! One loop serves all: what a [configuration](crate::config::RunConfig) holds besides the plain course (distillation, a
//! penalty on scales, magnitude pruning, fake quantisation, a metric loss) changes a step, not the loop.

pub mod embeddings;
pub mod features;
mod loss;
pub mod objective;
pub mod sensitivity;
mod step;

use std::thread;
use std::time::Instant;

use burn::module::Module;
use burn::optim::AdamWConfig;
use sortd::error::{Error, Result};

use crate::answers;
use crate::checkpoint::{self, Progress, State};
use crate::config::TrainingConfig;
use crate::data::photo::Squeezed;
use crate::files;
use crate::metrics::{self, Confusion};
use crate::nets::net::{Net, Pass};
use crate::plots;
use crate::progress::Bar;
use crate::run_folder::{EpochRecord, RunFolder, prefers};
use objective::Objective;

/// What a run trains by, and where it leaves its results.
#[derive(Debug)]
pub struct Course<'a> {
    /// What it minimises.
    pub objective: Objective<'a>,
    /// The validation photographs, by which the best epoch is chosen.
    pub validation: &'a [Squeezed],
    /// Where the results go.
    pub folder: &'a RunFolder,
    /// Says what an epoch gave where there is no terminal to draw a bar on.
    pub tell: fn(&str) -> Result<()>,
}

impl Course<'_> {
    /// How the network is computed in a training step.
    const fn training_pass(&self, draw: u64) -> Pass {
        if self.objective.config.training.quantised {
            Pass::TrainQuantised { draw }
        } else {
            Pass::Train { draw }
        }
    }

    /// How it is computed in validation.
    const fn validation_pass(&self) -> Pass {
        if self.objective.config.training.quantised {
            Pass::Quantised
        } else {
            Pass::Evaluate
        }
    }

    /// Steps of the whole run.
    fn steps(&self) -> usize {
        self.objective.source.batches() * self.objective.config.training.epochs
    }
}

/// The state of a run that has not begun.
#[must_use]
pub fn begin(network: Net, config: &TrainingConfig) -> State<Net> {
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
pub fn train(course: &Course<'_>, mut state: State<Net>, epochs: usize) -> Result<State<Net>> {
    let total = course.objective.config.training.epochs;
    let bar = Bar::new(
        state.progress.epochs,
        epochs,
        course.objective.source.batches(),
        course.objective.source.batch,
    );
    while state.progress.epochs < epochs {
        let started = Instant::now();
        let (next, mut record, shown) = one_epoch(course, state, &bar)?;
        state = next;
        let spent = started.elapsed().as_secs_f64();
        validate(course, &state, &mut record)?;
        // What the epoch's last step has spoilt shows here first; it must not be kept.
        if !record.validation_loss.is_finite() {
            return Err(not_a_number(course, record.epoch - 1, state.progress.steps));
        }
        record.images_per_second = shown as f64 / spent;
        record.seconds = started.elapsed().as_secs_f64();
        if let Some(line) = bar.epoch_done(&record, total) {
            (course.tell)(&line)?;
        }
        keep(course, &mut state, record)?;
    }
    bar.finish();
    Ok(state)
}

/// Shows as many photographs as an epoch has, and says how many those were.
fn one_epoch(
    course: &Course<'_>,
    mut state: State<Net>,
    bar: &Bar,
) -> Result<(State<Net>, EpochRecord, usize)> {
    let epoch = state.progress.epochs;
    let mut record = EpochRecord {
        epoch: epoch + 1,
        ..EpochRecord::empty()
    };
    let mut seen = 0;
    thread::scope(|scope| {
        for batch in course.objective.source.epoch(scope, epoch) {
            let batch = batch?;
            record.rate = course
                .objective
                .config
                .rate
                .rate(state.progress.steps, course.steps());
            let seen_here = step::step(course, &mut state, &batch, record.rate)?;
            if !seen_here.loss.is_finite() {
                return Err(not_a_number(course, epoch, state.progress.steps));
            }
            record.train_loss += seen_here.loss * batch.labels.len() as f64;
            record.train_accuracy += seen_here.correct as f64;
            seen += batch.labels.len();
            bar.step(seen_here.loss);
        }
        Ok(())
    })?;
    record.train_loss /= seen.max(1) as f64;
    record.train_accuracy /= seen.max(1) as f64;
    state.progress.epochs += 1;
    Ok((state, record, seen))
}

fn validate(course: &Course<'_>, state: &State<Net>, record: &mut EpochRecord) -> Result<()> {
    let side = course.objective.source.side as usize;
    let answers = answers::answers(
        &state.average,
        course.validation_pass(),
        course.validation,
        side,
        course.objective.device,
    )?;
    let truths: Vec<usize> = course.validation.iter().map(|photo| photo.label).collect();
    let confusion = Confusion::of(
        &answers.logits,
        &truths,
        course.objective.config.data.labels().len(),
    );
    record.validation_accuracy = confusion.correct() as f64 / confusion.total().max(1) as f64;
    record.validation_loss = metrics::negative_log_likelihood(&answers.logits, &truths, 1.0);
    Ok(())
}

/// Writes what the epoch gave: the best weights, the metrics, the curves and the checkpoint.
fn keep(course: &Course<'_>, state: &mut State<Net>, record: EpochRecord) -> Result<()> {
    let progress = &mut state.progress;
    let best = progress
        .history
        .iter()
        .find(|known| known.epoch == progress.best_epoch);
    if course.objective.config.counts(record.epoch)
        && best.is_none_or(|best| prefers(course.objective.config.training.kept_by, &record, best))
    {
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
    let folder = course.folder.root().display();
    let kept = if course.folder.best_file().is_file() {
        format!("what was kept in {folder} is from epochs before")
    } else {
        format!("nothing was kept in {folder}")
    };
    Error::internal(what).advice(format!("lower --rate and start a new run; {kept}"))
}
