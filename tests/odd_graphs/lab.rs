//! The blocks of the published networks, as `src/classify/int8/PATTERNS.md` wants them written: no
//! layer is left to tract.

use crate::net::{Conv, Map, Net};
use crate::proto::{int, ints};
use crate::run::{runs_on_kernels, steps};

/// A map whose zero is its lowest byte: what is below zero is cut off, as a rectifier does.
const RECTIFIED: i32 = -128;

fn rectified(mut conv: Conv) -> Conv {
    conv.zero = RECTIFIED;
    conv
}

fn dilated(channels: usize, dilation: i64) -> Conv {
    Conv {
        dilation: [dilation; 2],
        pads: [dilation; 4],
        ..Conv::depthwise(channels, 3)
    }
}

impl Net {
    /// The convolution that made `made`, with its weights, over another map of the same scale.
    fn again(&mut self, made: &Map, over: &Map) -> Map {
        let mut nodes = self.graph.node.iter();
        let node = nodes.find(|node| node.output[0] == made.name);
        let node = node.expect("a node made it").clone();
        let others = node.input[1..].iter().map(|name| &**name);
        let inputs: Vec<&str> = [&*over.name].into_iter().chain(others).collect();
        let name = self.node(&node.op_type, &inputs, node.attribute);
        Map {
            name,
            ..made.clone()
        }
    }

    /// The convolutional block attention of a map, as a real tensor: channels first, then pixels.
    pub fn cbam(&mut self, map: &Map) -> String {
        let real = self.dequantise(map);
        let [mean, most] = ["GlobalAveragePool", "GlobalMaxPool"].map(|op| {
            let pooled = self.node(op, &[&real], vec![]);
            self.quantise(&pooled, map.channels, map.scale, map.zero, false)
        });
        let squeezed = self.conv(&mean, &rectified(Conv::square(4, 1)));
        let a = self.conv(&squeezed, &Conv::square(map.channels, 1));
        let squeezed = self.again(&squeezed, &most);
        let b = self.again(&a, &squeezed);
        let [a, b] = [a, b].map(|map| self.dequantise(&map));
        let sum = self.node("Add", &[&a, &b], vec![]);
        let gate = self.node("Sigmoid", &[&sum], vec![]);
        let gated = self.node("Mul", &[&real, &gate], vec![]);
        let [mean, most] = ["ReduceMean", "ReduceMax"].map(|op| {
            let over_channels = vec![ints("axes", &[1]), int("keepdims", 1)];
            self.node(op, &[&gated], over_channels)
        });
        let both = self.node("Concat", &[&mean, &most], vec![int("axis", 1)]);
        let both = self.quantise(&both, 2, map.scale, -100, false);
        let seen = self.conv(&both, &Conv::square(1, 7));
        let seen = self.dequantise(&seen);
        let gate = self.node("Sigmoid", &[&seen], vec![]);
        self.node("Mul", &[&gated, &gate], vec![])
    }

    /// The sum of two maps, rectified.
    fn sum(&mut self, a: &Map, b: &Map) -> Map {
        let [x, y] = [a, b].map(|map| self.dequantise(map));
        let sum = self.node("Add", &[&x, &y], vec![]);
        let sum = self.node("Relu", &[&sum], vec![]);
        self.quantise(&sum, a.channels, a.scale + b.scale, RECTIFIED, false)
    }
}

/// A stem of 16 channels in 12×10 pixels.
fn stem() -> (Net, Map) {
    let mut net = Net::new(24, 20);
    let picture = net.picture();
    let map = net.conv(&picture, &rectified(Conv::square(16, 3).stride(2)));
    (net, map)
}

#[test]
fn a_block_of_grouped_convolutions_and_a_shuffle_runs_on_the_kernels() {
    for groups in [2, 4, 8] {
        let (mut net, map) = stem();
        let first = net.conv(&map, &rectified(Conv::square(16, 1).groups(groups)));
        let shuffled = net.shuffle(&first, [12, 10], groups as i64);
        let seen = net.conv(&shuffled, &Conv::depthwise(16, 3));
        let last = net.conv(&seen, &Conv::square(16, 1).groups(groups));
        let sum = net.sum(&map, &last);
        let net = net.end_with_means(&sum);
        runs_on_kernels(&net, 16, sum.scale);
        // The picture, four convolutions, the sum, the mean and its division: none for the shuffle.
        let steps = steps(&net, 16);
        assert!(steps.len() <= 8, "{groups} groups: {steps:?}");
    }
}

#[test]
fn an_inverted_residual_runs_on_the_kernels() {
    let (mut net, map) = stem();
    let wide = net.conv(&map, &rectified(Conv::square(48, 1)));
    let seen = net.conv(&wide, &rectified(Conv::depthwise(48, 3)));
    let narrow = net.conv(&seen, &Conv::square(16, 1));
    let sum = net.sum(&map, &narrow);
    let last = net.conv(&sum, &Conv::square(5, 1));
    runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn a_big_and_a_little_branch_run_on_the_kernels() {
    let (mut net, map) = stem();
    let big = net.conv(&map, &rectified(Conv::depthwise(16, 3)));
    let big = net.conv(&big, &Conv::square(24, 1));
    let little = net.conv(&map, &rectified(Conv::depthwise(16, 3).stride(2)));
    let little = net.conv(&little, &Conv::square(24, 1));
    let [a, b] = [&big, &little].map(|map| net.dequantise(map));
    let b = net.enlarged(&b);
    let sum = net.node("Add", &[&a, &b], vec![]);
    let sum = net.node("Relu", &[&sum], vec![]);
    let sum = net.quantise(&sum, 24, big.scale + little.scale, RECTIFIED, false);
    let last = net.conv(&sum, &Conv::square(5, 1));
    runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn dilated_depthwise_convolutions_run_on_the_kernels() {
    for dilation in [1, 2, 4] {
        let (mut net, map) = stem();
        let seen = net.conv(&map, &rectified(dilated(16, dilation)));
        let last = net.conv(&seen, &Conv::square(5, 1));
        runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn attention_behind_a_dilated_convolution_runs_on_the_kernels() {
    let (mut net, map) = stem();
    let seen = net.conv(&map, &rectified(dilated(16, 2)));
    let gated = net.cbam(&seen);
    let back = net.quantise(&gated, 16, seen.scale / 2.0, RECTIFIED, false);
    let last = net.conv(&back, &Conv::square(5, 1));
    runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn a_whole_network_with_an_embedding_runs_on_the_kernels() {
    let (mut net, map) = stem();
    let first = net.cbam(&map);
    let first = net.quantise(&first, 16, map.scale / 2.0, RECTIFIED, false);
    let seen = net.conv(&first, &rectified(dilated(16, 2)));
    let wide = net.conv(&seen, &rectified(Conv::square(32, 1)));
    let second = net.cbam(&wide);
    let means = net.node("GlobalAveragePool", &[&second], vec![]);
    let (net, step) = net.end_with_embedding(&means, &wide, 128, 7);
    runs_on_kernels(&net, 7, step);
    // Nothing is left for tract to schedule, or this would not tell its steps.
    assert!(!steps(&net, 7).is_empty());
}
