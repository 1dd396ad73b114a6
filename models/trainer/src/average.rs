//! The running average of a network's weights, which generalises better than the last step's.

use std::collections::VecDeque;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

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

/// A module's numbers, in the order of its fields, which is the same in every copy of it.
#[derive(Default)]
struct Values(VecDeque<Vec<f32>>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0
            .push_back(param.val().into_data().iter::<f32>().collect());
    }
}

struct Blend {
    live: VecDeque<Vec<f32>>,
    decay: f32,
}

impl ModuleMapper for Blend {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let live = self
            .live
            .pop_front()
            .expect("both modules have the same fields");
        let decay = self.decay;
        param.map(|tensor| {
            let (device, shape) = (tensor.device(), tensor.dims());
            let old = tensor.into_data();
            let new: Vec<f32> = old
                .iter::<f32>()
                .zip(live)
                .map(|(old, live)| decay * old + (1.0 - decay) * live)
                .collect();
            Tensor::from_data(TensorData::new(new, shape), &device)
        })
    }
}
