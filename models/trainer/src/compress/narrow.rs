//! Rebuilds a network narrower: the same layers with fewer channels, and the parameters of those that stay.

use sortd::error::Result;

use super::groups::PruningGroups;
use crate::nets::parameters::{
    ChannelAttentionParameters, ConvParameters, Parameters, SpatialAttentionParameters,
};
use crate::nets::plan::{Conv, Layer, Plan};

/// A network without a module: its plan and its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The plan.
    pub plan: Plan,
    /// One entry a node.
    pub parameters: Vec<Parameters>,
}

/// The plan that is left when only the channels of those pruning groups stay that `keeps` picks.
///
/// # Errors
/// What is left is no network, because a layer lost all of its channels.
pub fn plan(plan: &Plan, groups: &PruningGroups, keeps: impl Fn(usize) -> bool) -> Result<Plan> {
    let kept = kept(groups, keeps);
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
            Layer::ChannelAttention(gate) => gate.channels = outputs,
            _ => {}
        }
    }
    narrow.check().map(|()| narrow)
}

/// The network that is left when only the channels of those pruning groups stay that `keeps` picks. Where the
/// others gave nothing but zeros, it computes what the whole network computed.
///
/// # Errors
/// As [`plan`].
pub fn network(
    whole: &Written,
    groups: &PruningGroups,
    keeps: impl Fn(usize) -> bool,
) -> Result<Written> {
    let kept = kept(groups, &keeps);
    let narrow = plan(&whole.plan, groups, keeps)?;
    let parameters = whole
        .plan
        .nodes
        .iter()
        .zip(&whole.parameters)
        .enumerate()
        .map(|(place, (node, parameters))| {
            let inputs = node.inputs.first().map_or(&[][..], |&input| &kept[input]);
            match (&node.layer, parameters) {
                (Layer::Conv(conv), Parameters::Conv(parameters)) => {
                    Parameters::Conv(pruned_conv(conv, parameters, inputs, &kept[place]))
                }
                (Layer::ChannelAttention(gate), Parameters::ChannelAttention(parameters)) => {
                    Parameters::ChannelAttention(pruned_attention(
                        parameters,
                        gate.channels,
                        &kept[place],
                    ))
                }
                (_, Parameters::SpatialAttention(parameters)) => {
                    let share = inputs.len() as f32 / groups.of_channels[place].len() as f32;
                    Parameters::SpatialAttention(pruned_spatial(parameters, share))
                }
                (_, parameters) => parameters.clone(),
            }
        })
        .collect();
    Ok(Written {
        plan: narrow,
        parameters,
    })
}

/// The places of the channels of each node that stay.
fn kept(groups: &PruningGroups, keeps: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let pruned: std::collections::HashSet<usize> = groups
        .layers
        .iter()
        .flat_map(|layers| &layers.groups)
        .copied()
        .filter(|&group| !keeps(group))
        .collect();
    groups
        .of_channels
        .iter()
        .map(|groups| {
            (0..groups.len())
                .filter(|&channel| !pruned.contains(&groups[channel]))
                .collect()
        })
        .collect()
}

fn pruned_conv(
    conv: &Conv,
    parameters: &ConvParameters,
    inputs: &[usize],
    outputs: &[usize],
) -> ConvParameters {
    let [_, depth, side, _] = conv.kernel_shape();
    let (area, outputs_per_group) = (side * side, conv.outputs / conv.sliding.groups);
    let mut weights = Vec::new();
    for &output in outputs {
        let first = output / outputs_per_group * depth;
        // A depthwise convolution reads the one channel that it gives; any other reads those of its
        // group that stay.
        for &input in inputs
            .iter()
            .filter(|&&input| (first..first + depth).contains(&input))
        {
            weights.extend_from_slice(
                &parameters.weights[(output * depth + input - first) * area..][..area],
            );
        }
    }
    let pick = |values: &Vec<f32>| picked(values, outputs);
    ConvParameters {
        weights,
        gamma: parameters.gamma.as_ref().map(pick),
        beta: pick(&parameters.beta),
        statistics: parameters
            .statistics
            .as_ref()
            .map(|(mean, variance)| (pick(mean), pick(variance))),
    }
}

fn pruned_attention(
    parameters: &ChannelAttentionParameters,
    channels: usize,
    kept: &[usize],
) -> ChannelAttentionParameters {
    let hidden = parameters.squeeze_bias.len();
    ChannelAttentionParameters {
        squeeze: parameters
            .squeeze
            .chunks(channels)
            .flat_map(|row| picked(row, kept))
            .collect(),
        squeeze_bias: parameters.squeeze_bias.clone(),
        expand: kept
            .iter()
            .flat_map(|&channel| parameters.expand[channel * hidden..][..hidden].to_vec())
            .collect(),
        expand_bias: picked(&parameters.expand_bias, kept),
    }
}

/// A spatial attention that sees the mean of fewer channels: what is left of them has a mean that is
/// larger by `1 / share`, so its weights become smaller.
fn pruned_spatial(
    parameters: &SpatialAttentionParameters,
    share: f32,
) -> SpatialAttentionParameters {
    let mut weights = parameters.weights.clone();
    let of_means = weights.len() / 2;
    weights[..of_means]
        .iter_mut()
        .for_each(|weight| *weight *= share);
    SpatialAttentionParameters {
        weights,
        bias: parameters.bias,
    }
}

fn picked(values: &[f32], places: &[usize]) -> Vec<f32> {
    places.iter().map(|&place| values[place]).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::*;
    use crate::nets::net::{Net, Pass};
    use crate::nets::{
        Architecture, BlStage, ElNet, Head, MobileBlNet, MobileNetCbam, MobileNetV1, parameters,
    };
    use crate::quantise::Ranges;
    use crate::rng::{Purpose, Rng};

    /// A network whose parameters are small and whole, so that its sums are exact in any order.
    fn whole(plan: Plan) -> Written {
        let mut rng = Rng::new(7, Purpose::Weights, 0, 0);
        let mut parameters = parameters::random(&plan, &mut rng);
        for (node, parameters) in plan.nodes.iter().zip(&mut parameters) {
            if let (Layer::Conv(conv), Parameters::Conv(parameters)) = (&node.layer, parameters) {
                parameters
                    .weights
                    .iter_mut()
                    .for_each(|weight| *weight = rng.below(3) as f32 - 1.0);
                parameters
                    .beta
                    .iter_mut()
                    .for_each(|shift| *shift = rng.below(3) as f32);
                if let Some((_, variance)) = &mut parameters.statistics {
                    // With ε this is one, so that the normalisation divides by one.
                    variance.fill(1.0 - crate::nets::units::epsilon(conv.norm) as f32);
                }
            }
        }
        Written { plan, parameters }
    }

    /// Sets every second pruning group to give nothing but zeros, and gives those that stay.
    fn silence(whole: &mut Written, groups: &PruningGroups) -> std::collections::HashSet<usize> {
        let stay: std::collections::HashSet<usize> = groups
            .layers
            .iter()
            .flat_map(|layers| layers.groups.iter().step_by(2))
            .copied()
            .collect();
        let pruned: std::collections::HashSet<usize> = groups
            .layers
            .iter()
            .flat_map(|layers| &layers.groups)
            .copied()
            .filter(|group| !stay.contains(group))
            .collect();
        for (place, parameters) in whole.parameters.iter_mut().enumerate() {
            if let Parameters::Conv(parameters) = parameters {
                for (channel, group) in groups.of_channels[place].iter().enumerate() {
                    if pruned.contains(group) {
                        parameters.beta[channel] = 0.0;
                        parameters
                            .gamma
                            .iter_mut()
                            .for_each(|gamma| gamma[channel] = 0.0);
                    }
                }
            }
        }
        stay
    }

    fn logits(written: &Written, pixels: &[f32]) -> Vec<f32> {
        let device = Device::flex();
        let net = Net::new(
            written.plan.clone(),
            &written.parameters,
            &Ranges::unseen(written.plan.nodes.len()),
            &device,
        );
        let side = written.plan.side;
        let picture = Tensor::from_data(
            TensorData::new(pixels.to_vec(), [1, 3, side, side]),
            &device,
        );
        net.forward(picture, Pass::Evaluate)
            .logits
            .into_data()
            .iter::<f32>()
            .collect()
    }

    fn answers_before_and_after(network: &dyn Architecture) -> (Vec<f32>, Vec<f32>) {
        let mut whole = whole(network.plan(32, 4).unwrap());
        let groups = PruningGroups::of(&whole.plan);
        let stay = silence(&mut whole, &groups);
        let left = super::network(&whole, &groups, |group| stay.contains(&group)).unwrap();
        assert!(
            crate::nets::cost::cost(&left.plan).macs < crate::nets::cost::cost(&whole.plan).macs
        );
        let mut rng = Rng::new(8, Purpose::Weights, 0, 0);
        let pixels: Vec<f32> = (0..3 * 32 * 32)
            .map(|_| rng.below(3) as f32 - 1.0)
            .collect();
        (logits(&whole, &pixels), logits(&left, &pixels))
    }

    #[test]
    fn pruning_channels_that_give_zeros_changes_nothing() {
        let networks: [Box<dyn Architecture>; 3] = [
            Box::new(MobileNetV1 {
                width: 0.25,
                stem_stride: 2,
                head: Head::Embedding,
            }),
            Box::new(ElNet {
                stem_stride: 1,
                stem: 16,
                stages: vec![(32, 1), (64, 1)],
                groups: 2,
                shuffle: true,
                head: Head::Classic,
            }),
            Box::new(MobileBlNet {
                size: "tiny".to_owned(),
                stem_stride: 1,
                stem: 8,
                stages: vec![
                    BlStage {
                        channels: 8,
                        big: 2,
                        stride: 2,
                    },
                    BlStage {
                        channels: 16,
                        big: 1,
                        stride: 1,
                    },
                ],
                expansion: 2,
                little: 1,
                with_little: true,
                last: Some(32),
                head: Head::Classic,
            }),
        ];
        for network in networks {
            let (before, after) = answers_before_and_after(network.as_ref());
            assert_eq!(before, after, "{}", network.name());
            assert!(
                before.iter().any(|logit| *logit != 0.0),
                "{}",
                network.name()
            );
        }
    }

    #[test]
    fn attention_sees_the_same_of_fewer_channels() {
        let network = MobileNetCbam {
            width: 0.25,
            stem_stride: 2,
            attention: vec![2, 13],
            dilated: vec![11],
            head: Head::Embedding,
        };
        let (before, after) = answers_before_and_after(&network);
        for (before, after) in before.iter().zip(&after) {
            assert!(
                (before - after).abs() <= 1e-4 * before.abs().max(1.0),
                "{before} {after}"
            );
        }
    }
}
