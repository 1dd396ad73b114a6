//! How a kernel becomes an operator with a gradient in burn's graph.

use std::fmt::Debug;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn_flex::FlexTensor;

use super::buffers;
use super::planes::{contiguous, owned};

/// A function of `N` tensors with its gradient. All tensors are contiguous and of 32-bit floats.
pub trait Operator<const N: usize>: Clone + Debug + Send + 'static {
    /// What the gradient needs beside the inputs.
    type Kept: Clone + Debug + Send + 'static;

    /// The result.
    fn forward(&self, inputs: [&FlexTensor; N]) -> (FlexTensor, Self::Kept);

    /// The gradient of each wanted input, given the gradient of the result, whose memory may be used.
    fn backward(
        &self,
        inputs: [&FlexTensor; N],
        kept: &Self::Kept,
        gradient: FlexTensor,
        wanted: [bool; N],
    ) -> [Option<FlexTensor>; N];
}

/// Runs an operator without a graph.
pub fn run<const N: usize, O: Operator<N>>(
    operator: &O,
    inputs: [&FlexTensor; N],
) -> (FlexTensor, O::Kept) {
    let inputs = inputs.map(contiguous);
    operator.forward(inputs.each_ref())
}

/// Runs an operator and enters it into the graph.
pub fn record<const N: usize, O: Operator<N>, C: CheckpointStrategy>(
    operator: O,
    inputs: [FloatTensor<Autodiff<Flex, C>>; N],
) -> (FloatTensor<Autodiff<Flex, C>>, O::Kept) {
    let nodes = inputs
        .each_ref()
        .map(FloatTensor::<Autodiff<Flex, C>>::node);
    let values = inputs.map(|input| contiguous(&input.into_primitive()));
    let (result, kept) = operator.forward(values.each_ref());
    let recorded = match Recorded(operator)
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(step) => step.finish((values.to_vec(), kept.clone()), result),
        OpsKind::UnTracked(step) => step.finish(result),
    };
    (recorded, kept)
}

/// An operator as a step of the graph.
#[derive(Debug, Clone)]
struct Recorded<O>(O);

impl<const N: usize, O: Operator<N>> Backward<Flex, N> for Recorded<O> {
    type State = (Vec<FlexTensor>, O::Kept);

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = owned(gradients.consume::<Flex>(&ops.node));
        let (inputs, kept) = ops.state;
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let borrowed = std::array::from_fn(|at| &inputs[at]);
        let found = self.0.backward(borrowed, &kept, gradient, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<Flex>(parent.id, gradient);
            }
        }
        inputs.into_iter().for_each(buffers::put_tensor);
    }
}
