//! What a deployed network costs: parameters and multiply-accumulate operations.

use sortd::classify::bundle::Cost;

use super::layer::Layer;

/// Counts parameters and MACs of a chain of layers for a square input of side `side`.
///
/// Counted as Howard et al. 2017 do (arXiv 1704.04861): one MAC a kernel element, output position
/// and output channel; biases, activations and pooling are left out of the MACs.
#[must_use]
pub fn cost(layers: &[Layer], side: usize) -> Cost {
    let mut side = side;
    let mut total = Cost {
        parameters: 0,
        macs: 0,
    };
    for layer in layers {
        match layer {
            Layer::Conv(conv) => {
                side = conv.output_side(side);
                total.parameters += (conv.weight.len() + conv.bias.len()) as u64;
                total.macs += (conv.weight.len() * side * side) as u64;
            }
            Layer::GlobalAveragePool => side = 1,
            Layer::Dense(dense) => {
                total.parameters += (dense.weight.len() + dense.bias.len()) as u64;
                total.macs += dense.weight.len() as u64;
            }
        }
    }
    total
}
