//! Pruning by magnitude: the smallest weights of each layer are set to zero, more and more of them.
//!
//! It makes a network smaller to store, once it is coded ([`super::entropy`]), and not faster: the
//! kernels multiply zeros as they multiply anything else.

use std::collections::VecDeque;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// How sparsity grows (Zhu and Gupta 2017, arXiv 1710.01878):
/// `s = s_f + (s_i − s_f)·(1 − (t − t_0)/(n·Δt))³`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Schedule {
    /// Sparsity at the first step, 0..1.
    pub initial: f64,
    /// Sparsity at the end.
    pub last: f64,
    /// Share of the run's steps before the first pruning.
    pub begin: f64,
    /// Share of the run's steps after which the sparsity stays.
    pub end: f64,
    /// Steps between two prunings.
    pub every: usize,
}

impl Schedule {
    /// The sparsity wanted at `step` of `steps`; none where nothing is to be pruned then. However
    /// short the run, all of them are there at the schedule's end.
    #[must_use]
    pub fn share(&self, step: usize, steps: usize) -> Option<f64> {
        let done = |step| step as f64 / steps.max(1) as f64;
        if done(step) < self.end && done(step + 1) >= self.end {
            return Some(self.last);
        }
        let done = done(step);
        if done < self.begin || !step.is_multiple_of(self.every.max(1)) {
            return None;
        }
        let passed =
            ((done - self.begin) / (self.end - self.begin).max(f64::EPSILON)).clamp(0.0, 1.0);
        Some(self.last + (self.initial - self.last) * (1.0 - passed).powi(3))
    }
}

/// Sets the smallest `share` of each layer's weights to zero. Those of depthwise convolutions stay: they
/// are a hundredth of all weights, and each is all that its channel sees.
#[must_use]
pub fn prune<N: Module>(network: N, share: f64) -> N {
    network.map(&mut Smallest { share })
}

/// Sets to zero what is zero in the weights of `pruned`: the optimiser moves every weight, and an
/// average remembers what was there before.
#[must_use]
pub fn hold<N: Module>(network: N, pruned: &N) -> N {
    let mut weights = PrunedWeights::default();
    pruned.visit(&mut weights);
    network.map(&mut Masks { pruned: weights.0 })
}

/// Whether a parameter of this shape holds weights that are pruned.
fn is_pruned(shape: &[usize]) -> bool {
    shape.len() == 4 && shape[1] > 1
}

struct Smallest {
    share: f64,
}

impl ModuleMapper for Smallest {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let share = self.share;
        with_weights(param, |weights| {
            let mut sizes: Vec<f32> = weights.iter().map(|weight| weight.abs()).collect();
            let count = ((sizes.len() as f64 * share) as usize).min(sizes.len());
            if count > 0 {
                let (_, largest, _) = sizes.select_nth_unstable_by(count - 1, f32::total_cmp);
                let largest = *largest;
                weights
                    .iter_mut()
                    .filter(|weight| weight.abs() <= largest)
                    .for_each(|weight| *weight = 0.0);
            }
        })
    }
}

/// The weights of a network that are pruned, in the order of its fields.
#[derive(Default)]
struct PrunedWeights(VecDeque<Vec<f32>>);

impl ModuleVisitor for PrunedWeights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if is_pruned(&param.val().dims()) {
            self.0
                .push_back(param.val().into_data().iter::<f32>().collect());
        }
    }
}

struct Masks {
    pruned: VecDeque<Vec<f32>>,
}

impl ModuleMapper for Masks {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !is_pruned(&param.val().dims()) {
            return param;
        }
        let pruned = self
            .pruned
            .pop_front()
            .expect("both networks have the same fields");
        with_weights(param, |weights| {
            for (weight, pruned) in weights.iter_mut().zip(pruned) {
                if pruned == 0.0 {
                    *weight = 0.0;
                }
            }
        })
    }
}

/// Changes weights that are pruned; leaves any other parameter alone.
fn with_weights<const D: usize>(
    param: Param<Tensor<D>>,
    change: impl FnOnce(&mut [f32]),
) -> Param<Tensor<D>> {
    if !is_pruned(&param.val().dims()) {
        return param;
    }
    param.map(|tensor| {
        let (device, shape) = (tensor.device(), tensor.dims());
        let mut weights: Vec<f32> = tensor.into_data().iter::<f32>().collect();
        change(&mut weights);
        Tensor::from_data(TensorData::new(weights, shape), &device)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule {
        initial: 0.0,
        last: 0.8,
        begin: 0.25,
        end: 0.75,
        every: 10,
    };

    #[test]
    fn sparsity_grows_fast_then_slowly_and_stays() {
        assert_eq!(SCHEDULE.share(0, 1000), None);
        assert_eq!(SCHEDULE.share(255, 1000), None);
        let shares: Vec<f64> = (250..1000)
            .step_by(10)
            .filter_map(|step| SCHEDULE.share(step, 1000))
            .collect();
        assert!(shares.is_sorted());
        assert!(shares[0].abs() < 1e-12);
        // Half-way 1 − (1/2)³ of it is reached.
        assert!((SCHEDULE.share(500, 1000).unwrap() - 0.7).abs() < 1e-12);
        assert!((shares.last().unwrap() - 0.8).abs() < 1e-12);
    }

    #[test]
    fn a_run_of_few_steps_ends_with_full_sparsity_too() {
        for steps in 1..30 {
            let shares: Vec<f64> = (0..steps)
                .filter_map(|step| SCHEDULE.share(step, steps))
                .collect();
            let last = shares.last().copied();
            assert!(
                last.is_some_and(|last| (last - 0.8).abs() < 1e-12),
                "{steps}: {shares:?}"
            );
        }
    }
}
