//! How much the loss would change without a channel, to first order: the gradient of a gate behind each batch
//! normalisation, squared and averaged over batches (Molchanov et al. 2019, arXiv 1906.10771).

use std::thread;

use burn::module::Param;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use sortd::error::{Error, Result};

use super::objective::Objective;
use crate::compress::importance::Importance;
use crate::data::batches::to_tensor;
use crate::nets::net::{Net, Pass};
use crate::nets::units::values;

/// Measures the channels of `network`, which must be on a device with gradients, on the first batches of a run.
///
/// # Errors
/// A photograph cannot be augmented, or the loss is not a number.
pub fn importance(objective: &Objective<'_>, network: &Net, batches: usize) -> Result<Importance> {
    let nodes = network.normalisations();
    let mut sums: Vec<Vec<f32>> = nodes
        .iter()
        .map(|node| vec![0.0; node.map_or(0, |[gamma, _]| gamma.dims()[0])])
        .collect();
    let mut seen = 0;
    thread::scope(|scope| {
        for batch in objective.source.epoch(scope, 0).into_iter().take(batches) {
            let batch = batch?;
            let side = objective.source.side as usize;
            let pictures = to_tensor(&batch.pixels, side, objective.device)?;
            let answer = network.forward(Tensor::from_inner(pictures.clone()), Pass::Evaluate);
            let loss = objective.loss(answer, pictures, &batch);
            if !loss.clone().into_scalar::<f32>().is_finite() {
                return Err(not_a_number());
            }
            let gradients = GradientsParams::from_grads(loss.backward(), network);
            for (node, sums) in nodes.iter().zip(&mut sums) {
                if let Some([gamma, beta]) = node {
                    let changes = through(gamma, &gradients) + through(beta, &gradients);
                    for (sum, change) in sums.iter_mut().zip(values(changes)) {
                        *sum += change * change;
                    }
                }
            }
            seen += 1;
        }
        Ok(())
    })?;
    let mean = |sum: f32| sum / seen.max(1) as f32;
    let means = |sums: Vec<f32>| sums.into_iter().map(mean).collect();
    let found: Vec<Vec<f32>> = sums.into_iter().map(means).collect();
    if found
        .iter()
        .flatten()
        .all(|importance| importance.is_finite())
    {
        Ok(Importance(found))
    } else {
        Err(not_a_number())
    }
}

/// A parameter times its gradient; zeros where the loss does not depend on it.
fn through(parameter: &Param<Tensor<1>>, gradients: &GradientsParams) -> Tensor<1> {
    let value = parameter.val().inner();
    let gradient = gradients.get::<1>(parameter.id);
    gradient.map_or_else(|| value.zeros_like(), |gradient| value.clone() * gradient)
}

fn not_a_number() -> Error {
    Error::data("the loss of the network that is to be pruned is not a number")
        .advice("train it again with a lower --rate, or prune by --importance scale")
}
