//! The module that computes a plan: in training, in evaluation, and as the integer engine will.

use std::sync::Arc;

use burn::module::{Module, Param, ParamGroup, RunningState};
use burn::tensor::{Device, Tensor, TensorData};

use super::parameters::Parameters;
use super::plan::{Layer, Plan};
use super::units::{ChannelAttentionUnit, ConvUnit, SpatialAttentionUnit, values};
use crate::quantise::{Ranges, SLOTS};

/// How a network is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Normalised by the batch; running statistics follow; dropout drops.
    Train {
        /// What dropout's draws depend on: another number in each step of a run.
        draw: u64,
    },
    /// Normalised by the running statistics.
    Evaluate,
    /// As [`Self::Evaluate`], while the ranges of the activations follow what is seen.
    Calibrate,
    /// Quantisation-aware training: weights and activations are fake-quantised, batch normalisation folded; the ranges of
    /// the activations follow what is seen, gradients pass straight through, dropout drops.
    TrainQuantised {
        /// As in [`Self::Train`].
        draw: u64,
    },
    /// As the integer engine computes, with the ranges that are known.
    Quantised,
}

impl Pass {
    /// Whether weights and activations are fake-quantised.
    pub(super) const fn quantises(self) -> bool {
        matches!(self, Self::TrainQuantised { .. } | Self::Quantised)
    }

    /// Whether the ranges of the activations follow what is seen.
    pub(super) const fn observes(self) -> bool {
        matches!(self, Self::TrainQuantised { .. } | Self::Calibrate)
    }

    /// What dropout's draws depend on, where it drops.
    pub(super) const fn draw(self) -> Option<u64> {
        match self {
            Self::Train { draw } | Self::TrainQuantised { draw } => Some(draw),
            Self::Evaluate | Self::Calibrate | Self::Quantised => None,
        }
    }
}

/// The outputs of a network for a batch of pictures.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `[batch, classes]`.
    pub logits: Tensor<2>,
    /// `[batch, length]`: what describes the item.
    pub embedding: Tensor<2>,
}

/// A network.
#[derive(Module, Debug)]
pub struct Net {
    // Weights are recorded under the names of these fields.
    convolutions: Vec<ConvUnit>,
    channel_gates: Vec<ChannelAttentionUnit>,
    pixel_gates: Vec<SpatialAttentionUnit>,
    /// Smallest and largest activation of each node, `[nodes, 2 × slots]`; zeros where nothing was seen.
    ranges: RunningState<Tensor<2>>,
    #[module(skip)]
    plan: Arc<Plan>,
}

impl Net {
    /// The network of a plan with these parameters, one entry a node.
    #[must_use]
    pub fn new(plan: Plan, parameters: &[Parameters], ranges: &Ranges, device: &Device) -> Self {
        let (mut convolutions, mut channel_gates, mut pixel_gates) =
            (Vec::new(), Vec::new(), Vec::new());
        for (node, parameters) in plan.nodes.iter().zip(parameters) {
            match (&node.layer, parameters) {
                (Layer::Conv(conv), Parameters::Conv(parameters)) => {
                    convolutions.push(ConvUnit::new(conv, parameters, device));
                }
                (Layer::ChannelAttention(_), Parameters::ChannelAttention(parameters)) => {
                    channel_gates.push(ChannelAttentionUnit::new(parameters, device));
                }
                (Layer::SpatialAttention { kernel }, Parameters::SpatialAttention(parameters)) => {
                    pixel_gates.push(SpatialAttentionUnit::new(*kernel, parameters, device));
                }
                _ => {}
            }
        }
        let data = TensorData::new(ranges.flat(), [plan.nodes.len(), 2 * SLOTS]);
        Self {
            convolutions,
            channel_gates,
            pixel_gates,
            ranges: RunningState::new(Tensor::from_data(data, device)),
            plan: Arc::new(plan),
        }
    }

    /// Its plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Its parameters, one entry a node.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameters> {
        let mut units = Units::of(self);
        self.plan
            .nodes
            .iter()
            .map(|node| match &node.layer {
                Layer::Conv(_) => Parameters::Conv(units.convolution().parameters()),
                Layer::ChannelAttention(_) => {
                    Parameters::ChannelAttention(units.channel_attention().parameters())
                }
                Layer::SpatialAttention { .. } => {
                    Parameters::SpatialAttention(units.spatial_attention().parameters())
                }
                _ => Parameters::None,
            })
            .collect()
    }

    /// The ranges of its activations that it has seen.
    #[must_use]
    pub fn ranges(&self) -> Ranges {
        Ranges::from_flat(&values(self.ranges.value_sync()))
    }

    /// Takes ranges over as those of its activations.
    pub(super) fn observe(&self, ranges: &Ranges) {
        let data = TensorData::new(ranges.flat(), [self.plan.nodes.len(), 2 * SLOTS]);
        self.ranges
            .update(Tensor::from_data(data, &self.ranges.value().device()));
    }

    /// The parameters of the nodes that `wanted` picks by their place.
    #[must_use]
    pub fn group(&self, wanted: impl Fn(usize) -> bool) -> ParamGroup {
        let mut units = Units::of(self);
        let mut group = ParamGroup::ids_from_module(Vec::<ConvUnit>::new());
        for (place, node) in self.plan.nodes.iter().enumerate() {
            let ids = match &node.layer {
                Layer::Conv(_) => ParamGroup::ids_from_module(units.convolution().clone()),
                Layer::ChannelAttention(_) => {
                    ParamGroup::ids_from_module(units.channel_attention().clone())
                }
                Layer::SpatialAttention { .. } => {
                    ParamGroup::ids_from_module(units.spatial_attention().clone())
                }
                _ => continue,
            };
            if wanted(place) {
                group = group.fuse(&ids);
            }
        }
        group
    }

    /// Scale and shift of each node's batch normalisation, one entry a node; none where there is none that scales.
    #[must_use]
    pub fn normalisations(&self) -> Vec<Option<[&Param<Tensor<1>>; 2]>> {
        let mut units = Units::of(self);
        let of_node = |layer: &Layer| match layer {
            Layer::Conv(_) => {
                let unit = units.convolution();
                unit.gamma.as_ref().map(|gamma| [gamma, &unit.beta])
            }
            _ => None,
        };
        self.plan
            .nodes
            .iter()
            .map(|node| &node.layer)
            .map(of_node)
            .collect()
    }

    /// The sum of the sizes of all scales of batch normalisation (network slimming, Liu et al. 2017,
    /// arXiv 1708.06519): as a penalty it drives those of useless channels to zero.
    #[must_use]
    pub fn scales(&self) -> Option<Tensor<1>> {
        self.convolutions
            .iter()
            .filter_map(|unit| unit.gamma.as_ref())
            .map(|gamma: &Param<Tensor<1>>| gamma.val().abs().sum())
            .reduce(|sum, next| sum + next)
    }
}

/// Hands out a network's units in the order of its nodes.
pub(super) struct Units<'a> {
    convolutions: std::slice::Iter<'a, ConvUnit>,
    channel_gates: std::slice::Iter<'a, ChannelAttentionUnit>,
    pixel_gates: std::slice::Iter<'a, SpatialAttentionUnit>,
}

impl<'a> Units<'a> {
    /// Those of a network, from its first node.
    pub(super) fn of(net: &'a Net) -> Self {
        Self {
            convolutions: net.convolutions.iter(),
            channel_gates: net.channel_gates.iter(),
            pixel_gates: net.pixel_gates.iter(),
        }
    }

    /// The next convolution.
    pub(super) fn convolution(&mut self) -> &'a ConvUnit {
        self.convolutions
            .next()
            .expect("a unit for each convolution of the plan")
    }

    /// The next channel attention.
    pub(super) fn channel_attention(&mut self) -> &'a ChannelAttentionUnit {
        self.channel_gates
            .next()
            .expect("a unit for each channel attention of the plan")
    }

    /// The next spatial attention.
    pub(super) fn spatial_attention(&mut self) -> &'a SpatialAttentionUnit {
        self.pixel_gates
            .next()
            .expect("a unit for each spatial attention of the plan")
    }
}
