//! Attention and activations: functions of bytes, and gates that multiply maps.

use crate::net::{Conv, Map, Net, int, ints, real};
use crate::run::{runs_on_kernels, runs_right};

/// A network with one map of bytes.
fn stem() -> (Net, Map) {
    let mut net = Net::new(12, 10);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(9, 3));
    (net, map)
}

impl Net {
    /// The gate of a channel: means and maxima, each through the same two small layers.
    fn channel_gate(&mut self, real: &str, map: &Map) -> String {
        let squeeze = Conv::square(3, 1);
        let mut paths = ["GlobalAveragePool", "GlobalMaxPool"].map(|op| {
            let pooled = self.node(op, &[real], vec![]);
            let vector = self.quantise(&pooled, map.channels, map.scale / 2.0, 3, false);
            let small = self.conv(&vector, &squeeze);
            self.conv(&small, &Conv::square(map.channels, 1))
        });
        let scale = paths[0].scale.max(paths[1].scale);
        let [a, b] = paths.each_mut().map(|path| self.dequantise(path));
        let sum = self.node("Add", &[&a, &b], vec![]);
        let sum = self.quantise(&sum, map.channels, scale, 0, false);
        let sum = self.dequantise(&sum);
        let gate = self.node("Sigmoid", &[&sum], vec![]);
        let gate = self.quantise(&gate, map.channels, 1.0 / 256.0, -128, false);
        self.dequantise(&gate)
    }

    /// The gate of a pixel: the mean and the maximum of its channels, through a large window.
    fn pixel_gate(&mut self, real: &str, map: &Map) -> String {
        let over = |op: &str, net: &mut Self| {
            net.node(op, &[real], vec![ints("axes", &[1]), int("keepdims", 1)])
        };
        let [mean, most] = ["ReduceMean", "ReduceMax"].map(|op| over(op, self));
        let both = self.node("Concat", &[&mean, &most], vec![int("axis", 1)]);
        let both = self.quantise(&both, 2, map.scale, 0, false);
        let seen = self.conv(&both, &Conv::square(1, 7));
        let seen = self.dequantise(&seen);
        let gate = self.node("Sigmoid", &[&seen], vec![]);
        let gate = self.quantise(&gate, 1, 1.0 / 256.0, -128, false);
        self.dequantise(&gate)
    }

    fn gated(&mut self, real: &str, gate: &str, map: &Map) -> Map {
        let product = self.node("Mul", &[real, gate], vec![]);
        self.quantise(&product, map.channels, map.scale * 0.7, 2, false)
    }
}

#[test]
fn attention_to_channels_runs_on_the_kernels() {
    let (mut net, map) = stem();
    let real = net.dequantise(&map);
    let gate = net.channel_gate(&real, &map);
    let gated = net.gated(&real, &gate, &map);
    let last = net.conv(&gated, &Conv::square(5, 1));
    runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn attention_to_pixels_runs_on_the_kernels() {
    let (mut net, map) = stem();
    let real = net.dequantise(&map);
    let gate = net.pixel_gate(&real, &map);
    let gated = net.gated(&real, &gate, &map);
    let last = net.conv(&gated, &Conv::square(5, 1));
    runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn attention_to_both_runs_on_the_kernels() {
    for quantised_between in [true, false] {
        let (mut net, map) = stem();
        let real = net.dequantise(&map);
        let gate = net.channel_gate(&real, &map);
        let between = if quantised_between {
            let between = net.gated(&real, &gate, &map);
            net.dequantise(&between)
        } else {
            net.node("Mul", &[&real, &gate], vec![])
        };
        let gate = net.pixel_gate(&between, &map);
        let gated = net.gated(&between, &gate, &map);
        let last = net.conv(&gated, &Conv::square(5, 1));
        runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn attention_in_quantised_operators_runs_on_the_kernels() {
    let (mut net, map) = stem();
    let [name, scale, zero] = net.parameters(&map);
    let pooled = Map {
        scale: map.scale / 4.0,
        zero: 5,
        ..map.clone()
    };
    let [_, pooled_scale, pooled_zero] = net.parameters(&pooled);
    let inputs = [&*name, &scale, &zero, &pooled_scale, &pooled_zero];
    let pooled = Map {
        name: net.node(
            "QLinearGlobalAveragePool",
            &inputs,
            vec![int("channels_last", 0)],
        ),
        ..pooled
    };
    let vector = net.conv(&pooled, &Conv::square(9, 1));
    let [name, scale, zero] = net.parameters(&vector);
    let gate = Map {
        scale: 1.0 / 256.0,
        zero: -128,
        ..vector
    };
    let [_, gate_scale, gate_zero] = net.parameters(&gate);
    let inputs = [&*name, &scale, &zero, &gate_scale, &gate_zero];
    let gate = Map {
        name: net.node("QLinearSigmoid", &inputs, vec![]),
        ..gate
    };
    let gated = net.two("QLinearMul", &map, &gate, map.scale * 0.6, 4);
    let last = net.conv(&gated, &Conv::square(5, 1));
    runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn a_gate_that_is_not_quantised_runs_right() {
    let (mut net, map) = stem();
    let real = net.dequantise(&map);
    let means = net.node("GlobalAveragePool", &[&real], vec![]);
    let gate = net.node("Sigmoid", &[&means], vec![]);
    for swapped in [false, true] {
        let mut net = net.clone();
        let inputs = if swapped {
            [&*gate, &*real]
        } else {
            [&*real, &*gate]
        };
        let product = net.node("Mul", &inputs, vec![]);
        let gated = net.quantise(&product, 9, map.scale * 0.6, 0, false);
        let last = net.conv(&gated, &Conv::square(5, 1));
        runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn a_gated_map_that_is_used_in_other_ways_runs_right() {
    for op in ["GlobalAveragePool", "GlobalMaxPool", "Relu", "Sigmoid"] {
        let (mut net, map) = stem();
        let real = net.dequantise(&map);
        let means = net.node("GlobalAveragePool", &[&real], vec![]);
        let gate = net.node("Sigmoid", &[&means], vec![]);
        let product = net.node("Mul", &[&real, &gate], vec![]);
        let used = net.node(op, &[&product], vec![]);
        let back = net.quantise(&used, 9, map.scale, 0, false);
        let last = net.conv(&back, &Conv::square(5, 1));
        runs_right(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn functions_of_bytes_run_right() {
    for op in [
        "Relu",
        "Sigmoid",
        "HardSigmoid",
        "HardSwish",
        "Tanh",
        "LeakyRelu",
        "Neg",
        "Sqrt",
    ] {
        let (mut net, map) = stem();
        let real = net.dequantise(&map);
        let positive = net.node("Relu", &[&real], vec![]);
        let input = if op == "Sqrt" { &positive } else { &real };
        let active = net.node(op, &[input], vec![]);
        let back = net.quantise(&active, 9, map.scale, 0, false);
        let last = net.conv(&back, &Conv::square(5, 1));
        runs_right(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn a_hard_swish_of_parts_runs_right() {
    let (mut net, map) = stem();
    let input = net.dequantise(&map);
    let attributes = vec![real("alpha", 1.0 / 6.0), real("beta", 0.5)];
    let gate = net.node("HardSigmoid", &[&input], attributes);
    let active = net.node("Mul", &[&input, &gate], vec![]);
    let back = net.quantise(&active, 9, map.scale, -100, false);
    let last = net.conv(&back, &Conv::square(5, 1));
    runs_right(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn arithmetic_with_constants_runs_right() {
    for op in ["Add", "Sub", "Mul", "Div"] {
        for constant in [0.3, -1.7, 4.0] {
            for first in [false, true] {
                let (mut net, map) = stem();
                let input = net.dequantise(&map);
                let constant = net.scalar(constant);
                let inputs = if first {
                    [&*constant, &*input]
                } else {
                    [&*input, &*constant]
                };
                // One by zero is not a number that can be compared.
                if op == "Div" && first {
                    continue;
                }
                let name = net.node(op, &inputs, vec![]);
                let back = net.quantise(&name, 9, map.scale * 2.0, 0, false);
                let last = net.conv(&back, &Conv::square(5, 1));
                runs_right(&net.end_with_means(&last), 5, last.scale);
            }
        }
    }
}

#[test]
fn a_constant_a_channel_runs_right() {
    for op in ["Add", "Mul"] {
        let (mut net, map) = stem();
        let input = net.dequantise(&map);
        let values: Vec<f32> = (0..9).map(|_| net.around_one()).collect();
        let constant = net.constant(crate::net::reals(&[1, 9, 1, 1], &values));
        let name = net.node(op, &[&input, &constant], vec![]);
        let back = net.quantise(&name, 9, map.scale * 2.0, 0, false);
        let last = net.conv(&back, &Conv::square(5, 1));
        runs_right(&net.end_with_means(&last), 5, last.scale);
    }
}
