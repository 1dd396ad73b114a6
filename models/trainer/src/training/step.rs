//! One step: forward, loss, backward, the optimiser, and what keeps the average and the sparsity.

use burn::module::{Module, ParamGroup};
use burn::optim::GradientsParams;
use burn::optim::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrSchedulerConfig};
use burn::tensor::Tensor;
use sortd::error::{Error, Result};

use super::Course;
use crate::answers;
use crate::average;
use crate::checkpoint::State;
use crate::compress::magnitude;
use crate::config::TrainingConfig;
use crate::data::batches::{Batch, to_tensor};
use crate::metrics::Confusion;
use crate::nets::net::Net;
use crate::rng::{Purpose, Rng};

/// Feature maps of at least this share of the picture's side belong to the early layers, whose pretrained
/// edges and colours hold for any photograph.
const EARLY: f64 = 1.0 / 8.0;

/// What one step saw.
pub struct Seen {
    /// The loss.
    pub loss: f64,
    /// Photographs recognised.
    pub correct: u64,
}

/// Trains on one batch.
///
/// # Errors
/// The batch is not of whole pictures, or the rates cannot be set, both of which are defects.
pub fn step(course: &Course<'_>, state: &mut State<Net>, batch: &Batch, rate: f64) -> Result<Seen> {
    let objective = &course.objective;
    let training = &objective.config.training;
    let side = objective.source.side as usize;
    let steps = state.progress.steps as u64;
    let draw = Rng::new(objective.source.seed, Purpose::Dropout, steps, 0).bits();
    let pictures = to_tensor(&batch.pixels, side, objective.device)?;
    let answer = state.network.forward(
        Tensor::from_inner(pictures.clone()),
        course.training_pass(draw),
    );
    let rows = answers::rows(answer.logits.clone());
    let mut loss = objective.loss(answer, pictures, batch);
    let value = f64::from(loss.clone().into_scalar::<f32>());
    if training.scale_penalty > 0.0
        && let Some(scales) = state.network.scales()
    {
        loss = loss + scales * training.scale_penalty;
    }
    let gradients = GradientsParams::from_grads(loss.backward(), &state.network);
    let probing = state.progress.epochs < training.probe_epochs;
    let rates = rates(&state.network, training, rate, probing)?;
    let before = objective.config.sparsity.map(|_| state.network.clone());
    state.network = state
        .optimiser
        .step(rates, state.network.clone(), gradients);
    if let (Some(before), Some(schedule)) = (before, &objective.config.sparsity) {
        let held = magnitude::hold(state.network.clone(), &before);
        state.network = match schedule.share(state.progress.steps, course.steps()) {
            Some(share) => magnitude::prune(held, share),
            None => held,
        };
    }
    follow(course, state);
    state.progress.steps += 1;
    let correct = Confusion::of(&rows, &batch.labels, objective.classes()).correct();
    Ok(Seen {
        loss: value,
        correct,
    })
}

/// Lets the average follow the network; pruned weights stay zero in it.
fn follow(course: &Course<'_>, state: &mut State<Net>) {
    // Reading the network as deployed settles the running statistics of this step.
    let settled = state.network.valid();
    let average = state.average.clone();
    let average = average::follow(
        average,
        &settled,
        course.objective.config.training.average_decay,
        state.progress.steps,
    );
    state.average = if course.objective.config.sparsity.is_some() {
        magnitude::hold(average, &settled)
    } else {
        average
    };
}

/// The rate of each group of layers; while `probing`, the head alone has one.
fn rates(
    network: &Net,
    training: &TrainingConfig,
    rate: f64,
    probing: bool,
) -> Result<ModuleLearningRate> {
    let body = if probing { 0.0 } else { rate };
    ModuleLrSchedulerConfig::new(body.into())
        .with_group(early_layers(network), body * training.early_rate)
        .with_group(head(network), rate * training.head_rate)
        .init()
        .map(|mut scheduler| scheduler.step())
        .map_err(|error| Error::internal(format!("cannot set the learning rates: {error}")))
}

fn early_layers(network: &Net) -> ParamGroup {
    let plan = network.plan();
    let shapes = plan.shapes();
    network.group(|place| {
        shapes[place].side as f64 >= EARLY * plan.side as f64 && place < plan.embedding
    })
}

/// What begins from nothing and has a higher learning rate: the layers behind the last feature map.
fn head(network: &Net) -> ParamGroup {
    let plan = network.plan();
    let embedding = plan.embedding;
    network.group(|place| place >= embedding)
}
