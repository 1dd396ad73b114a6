//! Which channels of a plan can only be pruned together.
//!
//! A depthwise convolution, an attention or a sum gives each channel the place that it read it from; a
//! shuffle moves it; a grouped convolution wants as many channels in each of its groups. Channels that are so
//! tied form a *pruning group*, which is kept or pruned whole. Nodes whose channels are of the same pruning groups
//! are *coupled layers*.

use std::collections::BTreeMap;

use crate::nets::plan::{Layer, Plan};

/// The pruning groups of a plan; each has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PruningGroups {
    /// The group of each channel, one entry a node.
    pub of_channels: Vec<Vec<usize>>,
    /// The layers that may be pruned, in order.
    pub layers: Vec<CoupledLayers>,
}

/// Nodes that have the same channels, and the pruning groups of those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoupledLayers {
    /// Places of the nodes.
    pub nodes: Vec<usize>,
    /// Their pruning groups, in order.
    pub groups: Vec<usize>,
    /// Channels of a node in one of those.
    pub channels_per_group: usize,
}

impl PruningGroups {
    /// Ties the channels of a plan together.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let shapes = plan.shapes();
        let mut starts = Vec::with_capacity(shapes.len());
        let mut total = 0;
        for shape in &shapes {
            starts.push(total);
            total += shape.channels;
        }
        let mut ties = Ties::new(total);
        for (place, node) in plan.nodes.iter().enumerate() {
            let channels = shapes[place].channels;
            let mut same = |input: usize| {
                for channel in 0..channels {
                    ties.tie(starts[input] + channel, starts[place] + channel);
                }
            };
            match &node.layer {
                Layer::Picture => {}
                Layer::Conv(conv) if conv.is_depthwise() => same(node.inputs[0]),
                Layer::Conv(conv) => {
                    let groups = conv.sliding.groups;
                    ties.alike_in_groups(starts[node.inputs[0]], conv.inputs, groups);
                    ties.alike_in_groups(starts[place], conv.outputs, groups);
                }
                Layer::Shuffle { groups } => {
                    let length = channels / groups;
                    for channel in 0..channels {
                        let moved = (channel % length) * groups + channel / length;
                        ties.tie(starts[node.inputs[0]] + channel, starts[place] + moved);
                    }
                }
                _ => node.inputs.iter().for_each(|&input| same(input)),
            }
        }
        let of_channels: Vec<Vec<usize>> = shapes
            .iter()
            .zip(&starts)
            .map(|(shape, start)| {
                (0..shape.channels)
                    .map(|channel| ties.root(start + channel))
                    .collect()
            })
            .collect();
        let layers = gather(plan, &of_channels);
        Self {
            of_channels,
            layers,
        }
    }
}

/// Puts nodes of the same pruning groups together. What the world outside sees is not to be pruned: the picture's
/// colours, the embedding of the length that bundles promise, and the classes.
fn gather(plan: &Plan, of_channels: &[Vec<usize>]) -> Vec<CoupledLayers> {
    let distinct = |place: usize| -> Vec<usize> {
        let mut distinct = of_channels[place].clone();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    };
    let promised = matches!(&plan.nodes[plan.embedding].layer, Layer::Conv(_));
    let fixed: Vec<usize> = [
        Some(0),
        Some(plan.logits),
        promised.then_some(plan.embedding),
    ]
    .into_iter()
    .flatten()
    .flat_map(distinct)
    .collect();
    let mut layers: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for place in 0..plan.nodes.len() {
        let own = distinct(place);
        if !own.iter().any(|group| fixed.contains(group)) {
            layers.entry(own).or_default().push(place);
        }
    }
    layers
        .into_iter()
        .map(|(own, nodes)| CoupledLayers {
            channels_per_group: of_channels[nodes[0]].len() / own.len(),
            nodes,
            groups: own,
        })
        .collect()
}

/// Channels that are tied together, as a forest (union by the smaller root, paths halved).
struct Ties(Vec<usize>);

impl Ties {
    fn new(channels: usize) -> Self {
        Self((0..channels).collect())
    }

    fn root(&mut self, mut channel: usize) -> usize {
        while self.0[channel] != channel {
            self.0[channel] = self.0[self.0[channel]];
            channel = self.0[channel];
        }
        channel
    }

    fn tie(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// Ties the channels at the same place of each group.
    fn alike_in_groups(&mut self, start: usize, channels: usize, groups: usize) {
        let length = channels / groups;
        for channel in length..channels {
            self.tie(start + channel % length, start + channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Activation;
    use crate::nets::plan::{Builder, Norm};

    #[test]
    fn a_residual_ties_its_ends_and_leaves_the_inside_free() {
        let mut builder = Builder::new("test".to_owned(), 8);
        let stem = builder.conv("stem", 0, 8, 3, 1, Activation::Relu6);
        let wide = builder.pointwise("wide", stem, 16, 1, Activation::Relu6);
        let seen = builder.depthwise("seen", wide, 1, 1, Activation::Relu6);
        let narrow = builder.pointwise("narrow", seen, 8, 1, Activation::None);
        let sum = builder.sum("sum", stem, narrow, Activation::None);
        let mean = builder.add("mean", vec![sum], Layer::Mean);
        let logits = builder.dense("logits", mean, 4, Norm::Bias);
        let coupled = PruningGroups::of(&builder.finish(mean, logits).unwrap()).layers;
        let nodes: Vec<&[usize]> = coupled
            .iter()
            .map(|layers| layers.nodes.as_slice())
            .collect();
        assert_eq!(nodes, [&[stem, narrow, sum, mean][..], &[wide, seen][..]]);
        assert!(coupled.iter().all(|layers| layers.channels_per_group == 1));
    }

    #[test]
    fn groups_and_a_shuffle_tie_channels_of_all_groups() {
        let mut builder = Builder::new("test".to_owned(), 8);
        let stem = builder.conv("stem", 0, 8, 3, 1, Activation::Relu6);
        let first = builder.pointwise("first", stem, 32, 2, Activation::Relu6);
        let shuffled = builder.add("shuffled", vec![first], Layer::Shuffle { groups: 2 });
        let second = builder.pointwise("second", shuffled, 8, 2, Activation::Relu6);
        let mean = builder.add("mean", vec![second], Layer::Mean);
        let logits = builder.dense("logits", mean, 4, Norm::Bias);
        let groups = PruningGroups::of(&builder.finish(mean, logits).unwrap());
        let inner = groups
            .layers
            .iter()
            .find(|layers| layers.nodes.contains(&first))
            .unwrap();
        assert!(inner.nodes.contains(&shuffled));
        // Channel 0 of group 0 meets channel 0 of group 1 (16), which the shuffle puts beside it.
        assert_eq!(groups.of_channels[first][0], groups.of_channels[first][16]);
        assert_eq!(
            groups.of_channels[shuffled][0],
            groups.of_channels[shuffled][1]
        );
        // Each pruning group has as many channels in each group, before and behind the shuffle.
        for place in [first, shuffled] {
            for &pruned in &inner.groups {
                let in_group = |group: usize| {
                    groups.of_channels[place][group * 16..][..16]
                        .iter()
                        .filter(|&&own| own == pruned)
                        .count()
                };
                assert_eq!(in_group(0), in_group(1));
            }
        }
    }
}
