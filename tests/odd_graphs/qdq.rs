//! Networks in the QDQ format, which ONNX Runtime's quantiser writes by default: they answer to the last bit as
//! the same network in the `QOperator` format does, and run on the kernels like it.

use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto};

use crate::net::{Conv, Map, Net};
use crate::proto::{bytes, int, integers, ints, real, reals};
use crate::run::{answers, answers_alike, runs_on_kernels, runs_right};

const LABELS: usize = 6;

/// What is done otherwise than the quantiser does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Oddity {
    /// Nothing.
    None,
    /// A rectifier stands in front of the quantisation.
    Rectified,
    /// The real result of each layer is read once more.
    ReadTwice,
    /// Biases have other steps than the sums.
    OtherBias,
    /// The scales of weights are told of the input's channels.
    OtherAxis,
}

impl Net {
    /// The network in the QDQ format.
    fn taken_apart(&self, oddity: Oddity) -> Self {
        let mut net = self.clone();
        for node in std::mem::take(&mut net.graph.node) {
            match &*node.op_type {
                "QLinearConv" => net.take_apart(&node, "Conv", [6, 7], Some(8), oddity),
                "QGemm" => net.take_apart(&node, "Gemm", [7, 8], Some(6), oddity),
                "QLinearMatMul" => net.take_apart(&node, "MatMul", [6, 7], None, oddity),
                _ => net.graph.node.push(node),
            }
        }
        net
    }

    fn take_apart(
        &mut self,
        node: &NodeProto,
        op: &str,
        [scale, zero]: [usize; 2],
        bias: Option<usize>,
        oddity: Oddity,
    ) {
        let input = |at: usize| &*node.input[at];
        let map = self.node("DequantizeLinear", &[input(0), input(1), input(2)], vec![]);
        let weight_scales = self.reals_of(input(4));
        let shape: &[i64] = match weight_scales.len() {
            1 => &[],
            channels => &[channels as i64],
        };
        let zeros = self.constant(bytes(shape, &vec![0; weight_scales.len()], false));
        let turned = node
            .attribute
            .iter()
            .any(|it| it.name == "transB" && it.i != 0);
        let axis = i64::from(op != "Conv" && !turned);
        let axis = if oddity == Oddity::OtherAxis {
            1 - axis
        } else {
            axis
        };
        let inputs = [input(3), input(4), &zeros];
        let weights = self.node("DequantizeLinear", &inputs, vec![int("axis", axis)]);
        let mut inputs = vec![map, weights];
        if let Some(bias) = bias {
            let [step] = self.reals_of(input(1))[..] else {
                unreachable!("a map has one scale")
            };
            let off = if oddity == Oddity::OtherBias {
                1.01
            } else {
                1.0
            };
            let scales: Vec<f32> = weight_scales.iter().map(|of| off * step * of).collect();
            let scales = self.constant(reals(shape, &scales));
            let zeros = self.constant(integers(shape, &vec![0; weight_scales.len()]));
            let inputs_of_bias = [input(bias), &scales, &zeros];
            let axis = vec![int("axis", 0)];
            inputs.push(self.node("DequantizeLinear", &inputs_of_bias, axis));
        }
        let inputs: Vec<&str> = inputs.iter().map(|name| &**name).collect();
        let mut result = self.node(op, &inputs, node.attribute.clone());
        if oddity == Oddity::ReadTwice {
            self.node("Relu", &[&result], vec![]);
        }
        if oddity == Oddity::Rectified {
            result = self.node("Relu", &[&result], vec![]);
        }
        self.quantise_as(node, &result, [scale, zero]);
    }

    /// Makes `real` the result of `node`, whose scale and zero point are these inputs.
    fn quantise_as(&mut self, node: &NodeProto, real: &str, [scale, zero]: [usize; 2]) {
        let inputs = [real, &node.input[scale], &node.input[zero]];
        self.node("QuantizeLinear", &inputs, vec![]);
        let made = self.graph.node.last_mut().expect("it was just made");
        made.output.clone_from(&node.output);
    }

    fn reals_of(&self, name: &str) -> Vec<f32> {
        let constants = &mut self.graph.initializer.iter();
        let constant = constants.find(|tensor| tensor.name == name);
        let raw = &constant.expect("it is a constant").raw_data;
        let numbers = raw
            .chunks_exact(4)
            .map(|number| number.try_into().expect("four"));
        numbers.map(f32::from_le_bytes).collect()
    }

    /// What moves or selects numbers, between dequantised and quantised ones of the same scale.
    fn moved(&mut self, op: &str, of: &Map, attributes: Vec<AttributeProto>) -> Map {
        let [name, scale, zero] = self.parameters(of);
        let real = self.node("DequantizeLinear", &[&name, &scale, &zero], vec![]);
        let moved = self.node(op, &[&real], attributes);
        // The quantiser names the same constants on both sides; others may not.
        let (scale, zero) = (self.scalar(of.scale), self.zero_point(of.zero, of.unsigned));
        let name = self.node("QuantizeLinear", &[&moved, &scale, &zero], vec![]);
        Map { name, ..of.clone() }
    }
}

/// A stem, a depthwise and a pointwise convolution, and the map of one value a label.
fn convolutions(per_tensor: bool, unsigned: bool, zero: i32) -> (Net, Map) {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let with = |conv: Conv| Conv {
        unsigned,
        zero,
        per_tensor,
        ..conv
    };
    let map = net.conv(&picture, &with(Conv::square(8, 3).stride(2)));
    let map = net.conv(&map, &with(Conv::depthwise(8, 3)));
    let last = Conv {
        kernel: [8, 8],
        pads: [0; 4],
        ..Conv::square(LABELS, 1)
    };
    let map = net.conv(&map, &with(last));
    (net, map)
}

fn pairs(per_tensor: bool, unsigned: bool, oddity: Oddity) -> (Net, Net, f32) {
    let zero = if unsigned { 120 } else { -5 };
    let (net, map) = convolutions(per_tensor, unsigned, zero);
    let net = net.end_with_all(&map);
    (net.taken_apart(oddity), net, map.scale)
}

#[test]
fn convolutions_run_on_the_kernels_as_in_the_other_format() {
    for (per_tensor, unsigned) in [(true, false), (false, false), (true, true), (false, true)] {
        let (apart, net, step) = pairs(per_tensor, unsigned, Oddity::None);
        answers_alike(&apart, &net, LABELS, 0.0);
        if !unsigned {
            runs_on_kernels(&apart, LABELS, step);
        }
    }
}

#[test]
fn a_rectifier_between_a_layer_and_its_quantisation_cuts_off_what_is_below_zero() {
    let (net, map) = convolutions(true, false, -128);
    let net = net.end_with_all(&map);
    answers_alike(&net.taken_apart(Oddity::Rectified), &net, LABELS, 0.0);
    let (net, map) = convolutions(true, false, -5);
    let net = net.end_with_all(&map).taken_apart(Oddity::Rectified);
    runs_on_kernels(&net, LABELS, map.scale);
    let found = answers(&net, LABELS, None, 1)
        .expect("it runs")
        .values
        .concat();
    assert!(found.iter().all(|value| *value >= 0.0), "{found:?}");
}

#[test]
fn names_that_are_left_out_or_taken_hinder_nothing() {
    let (net, map) = convolutions(true, false, -128);
    let net = net.end_with_all(&map);
    let mut nameless = net.taken_apart(Oddity::Rectified);
    for node in &mut nameless.graph.node {
        node.name.clear();
    }
    answers_alike(&nameless, &net, LABELS, 0.0);
    let mut taken = net.taken_apart(Oddity::Rectified);
    let layers = taken
        .graph
        .node
        .iter()
        .filter(|node| node.op_type == "Conv");
    let names: Vec<String> = layers
        .map(|node| format!("{}.bytes.real", node.output[0]))
        .collect();
    for (name, node) in names.into_iter().zip(&mut taken.graph.node) {
        node.name = name;
    }
    answers(&taken, LABELS, None, 1).expect("it runs as it stands");
}

#[test]
fn weights_that_no_kernel_has_are_computed_as_they_stand() {
    let (net, map) = convolutions(false, false, -5);
    let net = net.end_with_all(&map).taken_apart(Oddity::None);
    let changes: [fn(&mut TensorProto); 3] = [
        // A scale of zero, of a channel whose weights are all zero.
        |scales| scales.raw_data[..4].copy_from_slice(&0f32.to_le_bytes()),
        // Sums of which one step is as much as hundreds of the result.
        |scales| scales.raw_data[..4].copy_from_slice(&3e3f32.to_le_bytes()),
        |_| {},
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut net = net.clone();
        let conv = net
            .graph
            .node
            .iter()
            .find(|node| node.op_type == "Conv")
            .expect("there are");
        let weights = conv.input[1].clone();
        let mut nodes = net.graph.node.iter();
        let node = nodes
            .find(|node| node.output[0] == weights)
            .expect("they are dequantised");
        // The last change is of the zero points: weights around another one.
        let constant = node.input[if number == 2 { 2 } else { 1 }].clone();
        let mut constants = net.graph.initializer.iter_mut();
        let tensor = constants
            .find(|tensor| tensor.name == constant)
            .expect("it is there");
        change(tensor);
        if number == 2 {
            tensor.raw_data.fill(3);
        }
        let coverage = runs_right(&net, LABELS, f32::MAX);
        assert!(!coverage.left_to_tract.is_empty(), "change {number}");
    }
}

#[test]
fn dense_layers_run_on_the_kernels_as_in_the_other_format() {
    for (op, turned, channels) in [
        ("QGemm", true, 1),
        ("QGemm", true, LABELS),
        ("QGemm", false, LABELS),
        ("QLinearMatMul", false, 1),
        ("QLinearMatMul", false, LABELS),
    ] {
        let mut net = Net::new(12, 12);
        let picture = net.picture();
        let map = net.conv(&picture, &Conv::square(5, 3).stride(4));
        let flat = net.moved("Flatten", &map, vec![ints("axis", &[1])]);
        let [name, scale, zero] = net.parameters(&flat);
        let depth = 5 * 3 * 3;
        let weights: Vec<u8> = (0..LABELS * depth).map(|_| net.random(255) as u8).collect();
        let shape = if turned {
            [LABELS, depth]
        } else {
            [depth, LABELS]
        }
        .map(|side| side as i64);
        let scales: Vec<f32> = (0..channels).map(|_| 0.01 * net.around_one()).collect();
        let of_scales: &[i64] = if channels == 1 { &[] } else { &[LABELS as i64] };
        let constants = [
            bytes(&shape, &weights, false),
            reals(of_scales, &scales),
            bytes(of_scales, &vec![0; channels], false),
        ];
        let [weights, scales, zeros] = constants.map(|constant| net.constant(constant));
        let result = Map {
            scale: map.scale * 7.0,
            zero: 3,
            ..map.clone()
        };
        let [_, out_scale, out_zero] = net.parameters(&result);
        let mut inputs = vec![&*name, &scale, &zero, &weights, &scales, &zeros];
        let bias = net.constant(integers(&[LABELS as i64], &[-900, 500, 0, 40, 800, -3]));
        let mut attributes = vec![];
        if op == "QGemm" {
            inputs.push(&bias);
            attributes = vec![int("transB", turned.into()), real("alpha", 1.0)];
        }
        inputs.extend([&*out_scale, &out_zero]);
        let name = net.node(op, &inputs, attributes);
        let net = net.end_with_all(&Map {
            name,
            ..result.clone()
        });
        let apart = net.taken_apart(Oddity::None);
        answers_alike(&apart, &net, LABELS, 0.0);
        runs_on_kernels(&apart, LABELS, result.scale);
    }
}

#[test]
fn what_moves_or_selects_numbers_works_on_bytes() {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(LABELS, 3).stride(2));
    let mut other = net.clone();
    let window = vec![ints("kernel_shape", &[8, 8])];
    let pooled = net.moved("MaxPool", &map, window.clone());
    let net = net.end_with_all(&pooled);
    let name = other.node("MaxPool", &[&map.name], window);
    let other = other.end_with_all(&Map {
        name,
        ..map.clone()
    });
    answers_alike(&net, &other, LABELS, 0.0);
    let names: Vec<String> = runs_right(&net, LABELS, map.scale)
        .left_to_tract
        .iter()
        .map(|layer| format!("{layer:?}"))
        .collect();
    assert!(
        names.iter().all(|name| name.contains("MaxPool")),
        "{names:?}"
    );
}

#[test]
fn what_is_not_as_a_quantiser_writes_it_is_computed_as_it_stands() {
    for oddity in [Oddity::ReadTwice, Oddity::OtherBias, Oddity::OtherAxis] {
        // As many channels in as out, so that the other axis makes sense.
        let mut net = Net::new(12, 12);
        let picture = net.picture();
        let stem = Conv {
            per_tensor: true,
            ..Conv::square(LABELS, 3).stride(4)
        };
        let map = net.conv(&picture, &stem);
        let last = Conv {
            per_tensor: oddity != Oddity::OtherAxis,
            kernel: [3, 3],
            pads: [0; 4],
            ..Conv::square(LABELS, 1)
        };
        let map = net.conv(&map, &last);
        let net = net.end_with_all(&map).taken_apart(oddity);
        let coverage = runs_right(&net, LABELS, map.scale);
        assert!(!coverage.left_to_tract.is_empty(), "{oddity:?}");
    }
}
