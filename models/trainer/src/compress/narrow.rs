//! Rebuilds a network narrower: the same layers with fewer channels, and the numbers of those that stay.

use sortd::error::Result;

use super::spaces::Spaces;
use crate::nets::numbers::{ChannelGateNumbers, ConvNumbers, Numbers};
use crate::nets::plan::{Conv, Layer, Plan};

/// A network without a module: its plan and its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The plan.
    pub plan: Plan,
    /// One entry a node.
    pub numbers: Vec<Numbers>,
}

/// The plan that is left when only the channels of atoms stay that `keeps` picks.
///
/// # Errors
/// What is left is no network, because a space lost all of its channels.
pub fn plan(plan: &Plan, spaces: &Spaces, keeps: impl Fn(usize) -> bool) -> Result<Plan> {
    let kept = kept(spaces, keeps);
    let mut narrow = plan.clone();
    for place in 0..plan.nodes.len() {
        let inputs = plan.nodes[place]
            .inputs
            .first()
            .map_or(0, |&input| kept[input].len());
        let outputs = kept[place].len();
        match &mut narrow.nodes[place].layer {
            Layer::Conv(conv) => {
                let depthwise = conv.is_depthwise();
                (conv.inputs, conv.outputs) = (inputs, outputs);
                if depthwise {
                    conv.sliding.groups = outputs;
                }
            }
            Layer::ChannelGate(gate) => gate.channels = outputs,
            _ => {}
        }
    }
    narrow.check().map(|()| narrow)
}

/// The network that is left when only the channels of atoms stay that `keeps` picks. Where the
/// others gave nothing but zeros, it computes what the whole network computed.
///
/// # Errors
/// As [`plan`].
pub fn network(whole: &Written, spaces: &Spaces, keeps: impl Fn(usize) -> bool) -> Result<Written> {
    let kept = kept(spaces, &keeps);
    let narrow = plan(&whole.plan, spaces, keeps)?;
    let numbers = whole
        .plan
        .nodes
        .iter()
        .zip(&whole.numbers)
        .enumerate()
        .map(|(place, (node, numbers))| {
            let inputs = node.inputs.first().map_or(&[][..], |&input| &kept[input]);
            match (&node.layer, numbers) {
                (Layer::Conv(conv), Numbers::Conv(numbers)) => {
                    Numbers::Conv(cut_conv(conv, numbers, inputs, &kept[place]))
                }
                (Layer::ChannelGate(gate), Numbers::ChannelGate(numbers)) => {
                    Numbers::ChannelGate(cut_gate(numbers, gate.channels, &kept[place]))
                }
                (_, numbers) => numbers.clone(),
            }
        })
        .collect();
    Ok(Written {
        plan: narrow,
        numbers,
    })
}

/// The places of the channels of each node that stay.
fn kept(spaces: &Spaces, keeps: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let cut: std::collections::HashSet<usize> = spaces
        .spaces
        .iter()
        .flat_map(|space| &space.atoms)
        .copied()
        .filter(|&atom| !keeps(atom))
        .collect();
    spaces
        .atoms
        .iter()
        .map(|atoms| {
            (0..atoms.len())
                .filter(|&channel| !cut.contains(&atoms[channel]))
                .collect()
        })
        .collect()
}

fn cut_conv(
    conv: &Conv,
    numbers: &ConvNumbers,
    inputs: &[usize],
    outputs: &[usize],
) -> ConvNumbers {
    let [_, depth, side, _] = conv.kernel_shape();
    let (area, outputs_per_group) = (side * side, conv.outputs / conv.sliding.groups);
    let mut kernel = Vec::new();
    for &output in outputs {
        let first = output / outputs_per_group * depth;
        // A depthwise kernel reads the one channel that it gives; any other reads those of its
        // group that stay.
        for &input in inputs
            .iter()
            .filter(|&&input| (first..first + depth).contains(&input))
        {
            kernel.extend_from_slice(
                &numbers.kernel[(output * depth + input - first) * area..][..area],
            );
        }
    }
    let pick = |values: &Vec<f32>| picked(values, outputs);
    ConvNumbers {
        kernel,
        gamma: numbers.gamma.as_ref().map(pick),
        beta: pick(&numbers.beta),
        statistics: numbers
            .statistics
            .as_ref()
            .map(|(mean, variance)| (pick(mean), pick(variance))),
    }
}

fn cut_gate(numbers: &ChannelGateNumbers, channels: usize, kept: &[usize]) -> ChannelGateNumbers {
    let hidden = numbers.squeeze_bias.len();
    ChannelGateNumbers {
        squeeze: numbers
            .squeeze
            .chunks(channels)
            .flat_map(|row| picked(row, kept))
            .collect(),
        squeeze_bias: numbers.squeeze_bias.clone(),
        expand: kept
            .iter()
            .flat_map(|&channel| numbers.expand[channel * hidden..][..hidden].to_vec())
            .collect(),
        expand_bias: picked(&numbers.expand_bias, kept),
    }
}

fn picked(values: &[f32], places: &[usize]) -> Vec<f32> {
    places.iter().map(|&place| values[place]).collect()
}
