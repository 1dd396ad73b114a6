//! The module that computes a plan: it learns, it is measured, and it is computed as the integer engine will.

use std::sync::Arc;

use burn::module::{Module, Param, ParamGroup, RunningState};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::numbers::Numbers;
use super::plan::{Layer, Plan};
use super::units::{ChannelGateUnit, ConvUnit, PixelGateUnit, values};
use crate::data::dice::{Dice, Purpose};
use crate::kernels::Activation;
use crate::quantise::{Ranges, Rounding, SLOTS};

/// How a network is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Normalised by the batch; running statistics follow; dropout drops.
    Learn {
        /// What dropout's draws depend on: another number in each step of a run.
        draw: u64,
    },
    /// Normalised by the running statistics.
    Measure,
    /// As [`Self::Measure`], while the ranges of the maps follow what is seen.
    Calibrate,
    /// As the integer engine computes: kernels and maps rounded, normalisation folded; the ranges
    /// of the maps follow what is seen, gradients pass through the rounding, dropout drops.
    LearnQuantised {
        /// As in [`Self::Learn`].
        draw: u64,
    },
    /// As the integer engine computes, with the ranges that are known.
    Quantised,
}

impl Pass {
    const fn quantises(self) -> bool {
        matches!(self, Self::LearnQuantised { .. } | Self::Quantised)
    }

    const fn observes(self) -> bool {
        matches!(self, Self::LearnQuantised { .. } | Self::Calibrate)
    }

    /// What dropout's draws depend on, where it drops.
    const fn draw(self) -> Option<u64> {
        match self {
            Self::Learn { draw } | Self::LearnQuantised { draw } => Some(draw),
            Self::Measure | Self::Calibrate | Self::Quantised => None,
        }
    }
}

/// What a network says of a batch of pictures.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `[batch, classes]`.
    pub logits: Tensor<2>,
    /// `[batch, length]`: what the classifier reads.
    pub embedding: Tensor<2>,
}

/// A network.
#[derive(Module, Debug)]
pub struct Net {
    convolutions: Vec<ConvUnit>,
    channel_gates: Vec<ChannelGateUnit>,
    pixel_gates: Vec<PixelGateUnit>,
    /// Smallest and largest number of each node's map, `[nodes, 2 × slots]`; zeros where nothing was seen.
    ranges: RunningState<Tensor<2>>,
    #[module(skip)]
    plan: Arc<Plan>,
}

impl Net {
    /// The network of a plan with these numbers, one entry a node.
    #[must_use]
    pub fn new(plan: Plan, numbers: &[Numbers], ranges: &Ranges, device: &Device) -> Self {
        let (mut convolutions, mut channel_gates, mut pixel_gates) =
            (Vec::new(), Vec::new(), Vec::new());
        for (node, numbers) in plan.nodes.iter().zip(numbers) {
            match (&node.layer, numbers) {
                (Layer::Conv(conv), Numbers::Conv(numbers)) => {
                    convolutions.push(ConvUnit::new(conv, numbers, device));
                }
                (Layer::ChannelGate(_), Numbers::ChannelGate(numbers)) => {
                    channel_gates.push(ChannelGateUnit::new(numbers, device));
                }
                (Layer::PixelGate { kernel }, Numbers::PixelGate(numbers)) => {
                    pixel_gates.push(PixelGateUnit::new(*kernel, numbers, device));
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

    /// Its numbers, one entry a node.
    #[must_use]
    pub fn numbers(&self) -> Vec<Numbers> {
        let mut units = Units::of(self);
        self.plan
            .nodes
            .iter()
            .map(|node| match &node.layer {
                Layer::Conv(_) => Numbers::Conv(units.convolution().numbers()),
                Layer::ChannelGate(_) => Numbers::ChannelGate(units.channel_gate().numbers()),
                Layer::PixelGate { .. } => Numbers::PixelGate(units.pixel_gate().numbers()),
                _ => Numbers::None,
            })
            .collect()
    }

    /// The ranges of its maps that it has seen.
    #[must_use]
    pub fn ranges(&self) -> Ranges {
        Ranges::from_flat(&values(self.ranges.value_sync()))
    }

    /// What it says of pictures `[batch, 3, side, side]` with values `(pixel − 128) / 128`.
    ///
    /// # Panics
    /// The pictures are not of the plan's side.
    #[must_use]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a tensor is a handle, and burn's modules take it by value"
    )]
    pub fn forward(&self, pictures: Tensor<4>, pass: Pass) -> Answer {
        let mut units = Units::of(self);
        let mut ranges = self.ranges();
        let mut maps: Vec<Option<Tensor<4>>> = Vec::with_capacity(self.plan.nodes.len());
        let last_use = last_uses(&self.plan);
        for (place, node) in self.plan.nodes.iter().enumerate() {
            let mut input = |which: usize| {
                let from = node.inputs[which];
                // The last reader takes the map over, so that it is freed as soon as it can be.
                let taken = if last_use[from] == place {
                    maps[from].take()
                } else {
                    maps[from].clone()
                };
                taken.expect("a map is kept until its last reader")
            };
            let mut rounding = Rounding {
                ranges: &mut ranges,
                place,
                observes: pass.observes(),
                rounds: pass.quantises(),
            };
            let mut map = match &node.layer {
                Layer::Picture => pictures.clone(),
                Layer::Conv(conv) => {
                    let unit = units.convolution();
                    match pass {
                        Pass::Learn { .. } => unit.learn(conv, input(0)),
                        Pass::Measure | Pass::Calibrate => unit.measure(conv, input(0)),
                        Pass::LearnQuantised { .. } | Pass::Quantised => {
                            let step = rounding.step_of(self.plan.bytes_of(node.inputs[0]), 0);
                            unit.quantised(conv, input(0), step)
                        }
                    }
                }
                Layer::Sum { activation } => activated(input(0) + input(1), *activation),
                Layer::Shuffle { groups } => shuffled(input(0), *groups),
                Layer::Enlarge { factor } => enlarged(input(0), *factor),
                Layer::ChannelGate(_) => units.channel_gate().forward(input(0), &mut rounding),
                Layer::PixelGate { kernel } => {
                    units.pixel_gate().forward(*kernel, input(0), &mut rounding)
                }
                Layer::Mean => mean(input(0)),
                Layer::Dropout { share } => match pass.draw() {
                    Some(draw) => dropped(
                        input(0),
                        *share,
                        &mut Dice::new(draw, Purpose::Dropout, place as u64, 0),
                    ),
                    None => input(0),
                },
            };
            if place > 0 && self.plan.is_quantised(place) {
                map = rounding.round(0, map);
            }
            maps.push(Some(map));
        }
        if pass.observes() {
            let data = TensorData::new(ranges.flat(), [self.plan.nodes.len(), 2 * SLOTS]);
            self.ranges
                .update(Tensor::from_data(data, &self.ranges.value().device()));
        }
        let vector = |place: usize| flat(maps[place].clone().expect("results are kept"));
        Answer {
            embedding: vector(self.plan.embedding),
            logits: vector(self.plan.logits),
        }
    }

    /// The parameters of the nodes that `wanted` picks by their place.
    #[must_use]
    pub fn group(&self, wanted: impl Fn(usize) -> bool) -> ParamGroup {
        let mut units = Units::of(self);
        let mut group = ParamGroup::ids_from_module(Vec::<ConvUnit>::new());
        for (place, node) in self.plan.nodes.iter().enumerate() {
            let ids = match &node.layer {
                Layer::Conv(_) => ParamGroup::ids_from_module(units.convolution().clone()),
                Layer::ChannelGate(_) => ParamGroup::ids_from_module(units.channel_gate().clone()),
                Layer::PixelGate { .. } => ParamGroup::ids_from_module(units.pixel_gate().clone()),
                _ => continue,
            };
            if wanted(place) {
                group = group.fuse(&ids);
            }
        }
        group
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
struct Units<'a> {
    convolutions: std::slice::Iter<'a, ConvUnit>,
    channel_gates: std::slice::Iter<'a, ChannelGateUnit>,
    pixel_gates: std::slice::Iter<'a, PixelGateUnit>,
}

impl<'a> Units<'a> {
    fn of(net: &'a Net) -> Self {
        Self {
            convolutions: net.convolutions.iter(),
            channel_gates: net.channel_gates.iter(),
            pixel_gates: net.pixel_gates.iter(),
        }
    }

    fn convolution(&mut self) -> &'a ConvUnit {
        self.convolutions
            .next()
            .expect("a unit for each convolution of the plan")
    }

    fn channel_gate(&mut self) -> &'a ChannelGateUnit {
        self.channel_gates
            .next()
            .expect("a unit for each channel attention of the plan")
    }

    fn pixel_gate(&mut self) -> &'a PixelGateUnit {
        self.pixel_gates
            .next()
            .expect("a unit for each spatial attention of the plan")
    }
}

/// The last reader of each node; the results are read by whoever asked.
fn last_uses(plan: &Plan) -> Vec<usize> {
    let mut last = vec![usize::MAX; plan.nodes.len()];
    for (place, node) in plan.nodes.iter().enumerate() {
        for &input in &node.inputs {
            last[input] = place;
        }
    }
    last[plan.embedding] = usize::MAX;
    last[plan.logits] = usize::MAX;
    last
}

fn activated(maps: Tensor<4>, activation: Activation) -> Tensor<4> {
    match activation {
        Activation::None => maps,
        Activation::Relu => relu(maps),
        Activation::Relu6 => maps.clamp(0.0, 6.0),
    }
}

fn shuffled(maps: Tensor<4>, groups: usize) -> Tensor<4> {
    let [batch, channels, height, width] = maps.dims();
    let apart = maps.reshape([batch, groups, channels / groups, height * width]);
    apart
        .swap_dims(1, 2)
        .reshape([batch, channels, height, width])
}

fn enlarged(maps: Tensor<4>, factor: usize) -> Tensor<4> {
    let [batch, channels, height, width] = maps.dims();
    maps.reshape([batch * channels, height, 1, width])
        .repeat_dim(2, factor)
        .reshape([batch * channels, height * factor, width, 1])
        .repeat_dim(3, factor)
        .reshape([batch, channels, height * factor, width * factor])
}

/// Sets a share of the numbers to zero and scales the others up, so that their mean stays.
///
/// The dice are our own: a device's sequence is shared by all that compute there, and what is drawn
/// would depend on who else draws.
fn dropped(maps: Tensor<4>, share: f64, dice: &mut Dice) -> Tensor<4> {
    let dims = maps.dims();
    let kept = 1.0 / (1.0 - share) as f32;
    let draw = |_| if dice.chance(share as f32) { 0.0 } else { kept };
    let mask: Vec<f32> = (0..dims.iter().product::<usize>()).map(draw).collect();
    let device = maps.device();
    maps * Tensor::from_data(TensorData::new(mask, dims), &device)
}

fn mean(maps: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = maps.dims();
    maps.reshape([batch, channels, height * width])
        .mean_dim(2)
        .reshape([batch, channels, 1, 1])
}

fn flat(map: Tensor<4>) -> Tensor<2> {
    let [batch, length, ..] = map.dims();
    map.reshape([batch, length])
}
