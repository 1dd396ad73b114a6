//! A network on its way from the pictures to its logits and embedding, node by node.

use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};

use super::net::{Answer, Net, Pass, Units};
use super::plan::{Conv, Layer, Plan};
use crate::kernels::Activation;
use crate::quantise::{FakeQuantiser, Ranges};
use crate::rng::{Purpose, Rng};

impl Net {
    /// Logits and embedding of pictures `[batch, 3, side, side]` with values `(pixel − 128) / 128`.
    ///
    /// # Panics
    /// The pictures are not of the plan's side.
    #[must_use]
    pub fn forward(&self, pictures: Tensor<4>, pass: Pass) -> Answer {
        let mut walk = Walk::new(self, pass, pictures);
        while walk.step() {}
        if pass.observes() {
            self.observe(walk.ranges());
        }
        Answer {
            embedding: flat(walk.result(self.plan().embedding)),
            logits: flat(walk.result(self.plan().logits)),
        }
    }
}

fn flat(map: Tensor<4>) -> Tensor<2> {
    let [batch, length, ..] = map.dims();
    map.reshape([batch, length])
}

/// How far a network was computed.
pub struct Walk<'a> {
    plan: &'a Plan,
    units: Units<'a>,
    pass: Pass,
    ranges: Ranges,
    last_uses: Vec<usize>,
    /// The feature map of each node so far, until its last reader has taken it.
    maps: Vec<Option<Tensor<4>>>,
}

impl<'a> Walk<'a> {
    /// The network before its first layer; `pictures` are the feature map of its first node.
    pub fn new(net: &'a Net, pass: Pass, pictures: Tensor<4>) -> Self {
        let plan = net.plan();
        let mut maps = Vec::with_capacity(plan.nodes.len());
        maps.push(Some(pictures));
        Self {
            plan,
            units: Units::of(net),
            pass,
            ranges: net.ranges(),
            last_uses: last_uses(plan),
            maps,
        }
    }

    /// What the next node does, if any is left.
    pub fn next_layer(&self) -> Option<&'a Layer> {
        self.plan.nodes.get(self.maps.len()).map(|node| &node.layer)
    }

    /// The feature map of a node that is a result.
    ///
    /// # Panics
    /// It is none, or was not reached.
    pub fn result(&self, place: usize) -> Tensor<4> {
        self.maps[place].clone().expect("results are kept")
    }

    /// The ranges as far as they are known.
    pub const fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// Computes the next node. Gives false where none is left.
    pub fn step(&mut self) -> bool {
        let Some(layer) = self.next_layer() else {
            return false;
        };
        let map = match layer {
            Layer::Picture => unreachable!("a plan is checked, and its picture comes first"),
            Layer::Conv(conv) => self.convolved(conv),
            Layer::Sum { activation } => activated(self.input(0) + self.input(1), *activation),
            Layer::Shuffle { groups } => shuffled(self.input(0), *groups),
            Layer::Enlarge { factor } => enlarged(self.input(0), *factor),
            Layer::ChannelAttention(_) => {
                let (unit, input) = (self.units.channel_attention(), self.input(0));
                unit.forward(input, &mut self.fake_quantiser())
            }
            Layer::SpatialAttention { kernel } => {
                let (unit, input) = (self.units.spatial_attention(), self.input(0));
                unit.forward(*kernel, input, &mut self.fake_quantiser())
            }
            Layer::Mean => mean(self.input(0)),
            Layer::Dropout { share } => self.dropped(*share),
        };
        self.arrive(map);
        true
    }

    /// What the next node, a convolution, gives before its activation.
    pub fn sums(&mut self, conv: &Conv) -> Tensor<4> {
        self.convolved(&Conv {
            activation: Activation::None,
            ..conv.clone()
        })
    }

    /// Takes `map` for what the next node gives, fake-quantised where the integer engine has bytes.
    pub fn arrive(&mut self, map: Tensor<4>) {
        let map = if self.plan.is_quantised(self.maps.len()) {
            self.fake_quantiser().apply(0, map)
        } else {
            map
        };
        self.maps.push(Some(map));
    }

    fn convolved(&mut self, conv: &Conv) -> Tensor<4> {
        let (unit, place) = (self.units.convolution(), self.maps.len());
        let read = self.plan.bytes_of(self.plan.nodes[place].inputs[0]);
        let input = self.input(0);
        match self.pass {
            Pass::Train { .. } => unit.train(conv, input),
            Pass::Evaluate | Pass::Calibrate => unit.evaluate(conv, input),
            Pass::TrainQuantised { .. } | Pass::Quantised => {
                let step = self.fake_quantiser().scale_of(read, 0);
                unit.quantised(conv, input, step)
            }
        }
    }

    fn dropped(&mut self, share: f64) -> Tensor<4> {
        let (place, input) = (self.maps.len(), self.input(0));
        match self.pass.draw() {
            Some(draw) => dropped(
                input,
                share,
                &mut Rng::new(draw, Purpose::Dropout, place as u64, 0),
            ),
            None => input,
        }
    }

    /// One of the feature maps that the next node reads. The last reader takes it over, so that it is freed as
    /// soon as it can be.
    fn input(&mut self, which: usize) -> Tensor<4> {
        let place = self.maps.len();
        let from = self.plan.nodes[place].inputs[which];
        let map = if self.last_uses[from] == place {
            self.maps[from].take()
        } else {
            self.maps[from].clone()
        };
        map.expect("a feature map is kept until its last reader")
    }

    /// The fake quantisation of the next node's activations.
    const fn fake_quantiser(&mut self) -> FakeQuantiser<'_> {
        FakeQuantiser {
            place: self.maps.len(),
            observes: self.pass.observes(),
            quantises: self.pass.quantises(),
            ranges: &mut self.ranges,
        }
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

/// `maps` behind an activation.
pub fn activated(maps: Tensor<4>, activation: Activation) -> Tensor<4> {
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

/// Sets a share of the activations to zero and scales the others up, so that their mean stays.
///
/// The random numbers are our own: a device's sequence is shared by all that compute there, and what is drawn
/// would depend on who else draws.
fn dropped(maps: Tensor<4>, share: f64, rng: &mut Rng) -> Tensor<4> {
    let dims = maps.dims();
    let kept = 1.0 / (1.0 - share) as f32;
    let draw = |_| if rng.chance(share as f32) { 0.0 } else { kept };
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
