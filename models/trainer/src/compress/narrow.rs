//! Rebuilds a network narrower: the same layers with fewer channels, and the numbers of those that stay.

use sortd::error::Result;

use super::spaces::Spaces;
use crate::nets::numbers::{ChannelGateNumbers, ConvNumbers, Numbers, PixelGateNumbers};
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
                (_, Numbers::PixelGate(numbers)) => {
                    let share = inputs.len() as f32 / spaces.atoms[place].len() as f32;
                    Numbers::PixelGate(thinner_gate(numbers, share))
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

/// A spatial attention that sees the mean of fewer channels: what is left of them has a mean that is
/// larger by `1 / share`, so its weights become smaller.
fn thinner_gate(numbers: &PixelGateNumbers, share: f32) -> PixelGateNumbers {
    let mut kernel = numbers.kernel.clone();
    let of_means = kernel.len() / 2;
    kernel[..of_means]
        .iter_mut()
        .for_each(|weight| *weight *= share);
    PixelGateNumbers {
        kernel,
        bias: numbers.bias,
    }
}

fn picked(values: &[f32], places: &[usize]) -> Vec<f32> {
    places.iter().map(|&place| values[place]).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::*;
    use crate::dice::{Dice, Purpose};
    use crate::nets::net::{Net, Pass};
    use crate::nets::{
        Architecture, BlStage, ElNet, Head, MobileBlNet, MobileNetCbam, MobileNetV1, numbers,
    };
    use crate::quantise::Ranges;

    /// A network whose numbers are small and whole, so that its sums are exact in any order.
    fn whole(plan: Plan) -> Written {
        let mut dice = Dice::new(7, Purpose::Weights, 0, 0);
        let mut numbers = numbers::random(&plan, &mut dice);
        for (node, numbers) in plan.nodes.iter().zip(&mut numbers) {
            if let (Layer::Conv(conv), Numbers::Conv(numbers)) = (&node.layer, numbers) {
                numbers
                    .kernel
                    .iter_mut()
                    .for_each(|weight| *weight = dice.below(3) as f32 - 1.0);
                numbers
                    .beta
                    .iter_mut()
                    .for_each(|shift| *shift = dice.below(3) as f32);
                if let Some((_, variance)) = &mut numbers.statistics {
                    // With ε this is one, so that the normalisation divides by one.
                    variance.fill(1.0 - crate::nets::units::epsilon(conv.norm) as f32);
                }
            }
        }
        Written { plan, numbers }
    }

    /// Sets every second atom of each space to give nothing but zeros, and gives those that stay.
    fn silence(whole: &mut Written, spaces: &Spaces) -> std::collections::HashSet<usize> {
        let stay: std::collections::HashSet<usize> = spaces
            .spaces
            .iter()
            .flat_map(|space| space.atoms.iter().step_by(2))
            .copied()
            .collect();
        let cut: std::collections::HashSet<usize> = spaces
            .spaces
            .iter()
            .flat_map(|space| &space.atoms)
            .copied()
            .filter(|atom| !stay.contains(atom))
            .collect();
        for (place, numbers) in whole.numbers.iter_mut().enumerate() {
            if let Numbers::Conv(numbers) = numbers {
                for (channel, atom) in spaces.atoms[place].iter().enumerate() {
                    if cut.contains(atom) {
                        numbers.beta[channel] = 0.0;
                        numbers
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
            &written.numbers,
            &Ranges::unseen(written.plan.nodes.len()),
            &device,
        );
        let side = written.plan.side;
        let picture = Tensor::from_data(
            TensorData::new(pixels.to_vec(), [1, 3, side, side]),
            &device,
        );
        net.forward(picture, Pass::Measure)
            .logits
            .into_data()
            .iter::<f32>()
            .collect()
    }

    fn answers_before_and_after(network: &dyn Architecture) -> (Vec<f32>, Vec<f32>) {
        let mut whole = whole(network.plan(32, 4).unwrap());
        let spaces = Spaces::of(&whole.plan);
        let stay = silence(&mut whole, &spaces);
        let left = super::network(&whole, &spaces, |atom| stay.contains(&atom)).unwrap();
        assert!(
            crate::nets::cost::cost(&left.plan).macs < crate::nets::cost::cost(&whole.plan).macs
        );
        let mut dice = Dice::new(8, Purpose::Weights, 0, 0);
        let pixels: Vec<f32> = (0..3 * 32 * 32)
            .map(|_| dice.below(3) as f32 - 1.0)
            .collect();
        (logits(&whole, &pixels), logits(&left, &pixels))
    }

    #[test]
    fn cutting_channels_that_give_zeros_changes_nothing() {
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
