//! Bias correction: what quantisation takes from the mean of each channel is given back through its bias.
//!
//! Activations behind a rectifier are all above zero, so the errors of quantised weights do not even out
//! over a feature map: they shift every sum of a channel to one side, layer upon layer. The shift is measured on
//! photographs and taken off the bias (Nagel et al. 2019, arXiv 1906.04721, section 4.2).

use burn::tensor::Tensor;

use crate::nets::net::{Net, Pass};
use crate::nets::parameters::Parameters;
use crate::nets::plan::Layer;
use crate::nets::units::values;
use crate::nets::walk::{Walk, activated};

/// A network's parameters, one entry a node, with biases that make up for quantisation on batches of pictures
/// `[batch, 3, side, side]`. The ranges of its activations must be known.
///
/// Each layer is held against its exact sums with all layers before it corrected.
pub fn corrected(net: &Net, batches: impl IntoIterator<Item = Tensor<4>>) -> Vec<Parameters> {
    let mut parameters = net.parameters();
    let measured: Vec<(usize, Shifts)> = batches
        .into_iter()
        .map(|pictures| (pictures.dims()[0], shifts(net, pictures)))
        .collect();
    let all: usize = measured.iter().map(|(pictures, _)| pictures).sum();
    for (pictures, batch) in measured {
        let share = pictures as f32 / all as f32;
        for (parameters, shift) in parameters.iter_mut().zip(batch) {
            if let (Parameters::Conv(conv), Some(shift)) = (parameters, shift) {
                for (bias, shift) in conv.beta.iter_mut().zip(shift) {
                    *bias += share * shift;
                }
            }
        }
    }
    parameters
}

/// For each node that is a convolution, what quantisation takes from the mean of each of its channels.
type Shifts = Vec<Option<Vec<f32>>>;

/// The shifts on one batch, which are taken back on the way.
fn shifts(net: &Net, pictures: Tensor<4>) -> Shifts {
    let mut exact = Walk::new(net, Pass::Evaluate, pictures.clone());
    let mut rounded = Walk::new(net, Pass::Quantised, pictures);
    // The pictures themselves lose nothing.
    let mut found = vec![None];
    while let Some(layer) = exact.next_layer() {
        let Layer::Conv(conv) = layer else {
            exact.step();
            rounded.step();
            found.push(None);
            continue;
        };
        let (truth, sums) = (exact.sums(conv), rounded.sums(conv));
        let lost = channel_means(truth.clone() - sums.clone());
        exact.arrive(activated(truth, conv.activation));
        rounded.arrive(activated(sums + lost.clone(), conv.activation));
        found.push(Some(values(lost)));
    }
    found
}

/// The mean of each channel over images and pixels, `[1, channels, 1, 1]`.
fn channel_means(maps: Tensor<4>) -> Tensor<4> {
    maps.mean_dim(0).mean_dim(2).mean_dim(3)
}
