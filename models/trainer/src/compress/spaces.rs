//! Which channels of a plan stand and fall together.
//!
//! A depthwise convolution, a gate or a sum gives each channel the place that it read it from; a
//! shuffle moves it; a grouped convolution wants as many channels in each group. Channels that are so
//! tied form an *atom*, which is kept or cut whole. Nodes whose channels are the same atoms form a *space*.

use std::collections::BTreeMap;

use crate::nets::plan::{Layer, Plan};

/// The atoms of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spaces {
    /// The atom of each node's channels.
    pub atoms: Vec<Vec<usize>>,
    /// The spaces that may be cut, in order.
    pub spaces: Vec<Space>,
}

/// Nodes that have the same channels, and the atoms of those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Places of the nodes.
    pub nodes: Vec<usize>,
    /// Their atoms, in order.
    pub atoms: Vec<usize>,
    /// Channels of a node in one atom.
    pub channels_per_atom: usize,
}

impl Spaces {
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
        let atoms: Vec<Vec<usize>> = shapes
            .iter()
            .zip(&starts)
            .map(|(shape, start)| {
                (0..shape.channels)
                    .map(|channel| ties.root(start + channel))
                    .collect()
            })
            .collect();
        let spaces = gather(plan, &atoms);
        Self { atoms, spaces }
    }
}

/// Puts nodes of the same atoms together. What the world outside sees is not to be cut: the picture's
/// colours, the embedding of the length that bundles promise, and the classes.
fn gather(plan: &Plan, atoms: &[Vec<usize>]) -> Vec<Space> {
    let distinct = |place: usize| -> Vec<usize> {
        let mut distinct = atoms[place].clone();
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
    let mut spaces: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for place in 0..plan.nodes.len() {
        let own = distinct(place);
        if !own.iter().any(|atom| fixed.contains(atom)) {
            spaces.entry(own).or_default().push(place);
        }
    }
    spaces
        .into_iter()
        .map(|(own, nodes)| Space {
            channels_per_atom: atoms[nodes[0]].len() / own.len(),
            nodes,
            atoms: own,
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
        let spaces = Spaces::of(&builder.finish(mean, logits).unwrap()).spaces;
        let nodes: Vec<&[usize]> = spaces.iter().map(|space| space.nodes.as_slice()).collect();
        assert_eq!(nodes, [&[stem, narrow, sum, mean][..], &[wide, seen][..]]);
        assert!(spaces.iter().all(|space| space.channels_per_atom == 1));
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
        let spaces = Spaces::of(&builder.finish(mean, logits).unwrap());
        let inner = spaces
            .spaces
            .iter()
            .find(|space| space.nodes.contains(&first))
            .unwrap();
        assert!(inner.nodes.contains(&shuffled));
        // Channel 0 of group 0 meets channel 0 of group 1 (16), which the shuffle puts beside it.
        assert_eq!(spaces.atoms[first][0], spaces.atoms[first][16]);
        assert_eq!(spaces.atoms[shuffled][0], spaces.atoms[shuffled][1]);
        // Each atom has as many channels in each group, before and behind the shuffle.
        for place in [first, shuffled] {
            for &atom in &inner.atoms {
                let in_group = |group: usize| {
                    spaces.atoms[place][group * 16..][..16]
                        .iter()
                        .filter(|&&own| own == atom)
                        .count()
                };
                assert_eq!(in_group(0), in_group(1));
            }
        }
    }
}
