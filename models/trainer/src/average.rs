//! The running average of a network's weights, which generalises better than the last step's.

use std::collections::VecDeque;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Moves every number of `average` towards `live`: a' = decay · a + (1 − decay) · w. Running
/// statistics are averaged like weights.
///
/// The decay grows with the steps taken, so that the first weights are soon forgotten.
#[must_use]
pub fn follow<N: Module>(average: N, live: &N, decay: f32, step: usize) -> N {
    let mut values = Values::default();
    live.visit(&mut values);
    let early = (1.0 + step as f32) / (10.0 + step as f32);
    average.map(&mut Blend {
        live: values.0,
        decay: decay.min(early),
    })
}

/// A module's weights, in the order of its fields, which is the same in every copy of it.
#[derive(Default)]
struct Values(VecDeque<Tensor<1>>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let count = value.shape().num_elements();
        self.0.push_back(value.reshape([count]));
    }
}

struct Blend {
    live: VecDeque<Tensor<1>>,
    decay: f32,
}

impl ModuleMapper for Blend {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let live = self
            .live
            .pop_front()
            .expect("both modules have the same fields");
        let decay = self.decay;
        param.map(|old| {
            let live = live.reshape(old.shape());
            old * decay + live * (1.0 - decay)
        })
    }
}
