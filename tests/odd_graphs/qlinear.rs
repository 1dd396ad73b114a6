//! The other operators that ONNX Runtime's quantiser writes, each against its definition: dequantise,
//! compute, quantise.

use tract_onnx::pb::AttributeProto;

use crate::net::{Conv, Map, Net};
use crate::proto::{int, ints, real, text};
use crate::run::{answers_alike, runs_on_kernels, runs_right};

/// A map of five channels in 7×6 pixels.
fn stem(unsigned: bool) -> (Net, Map) {
    let mut net = Net::new(14, 12);
    let picture = net.picture();
    let conv = Conv {
        unsigned,
        zero: if unsigned { 110 } else { -12 },
        ..Conv::square(5, 3).stride(2)
    };
    let map = net.conv(&picture, &conv);
    (net, map)
}

/// `map` through a quantised operator of one input.
fn quantised(
    net: &mut Net,
    op: &str,
    map: &Map,
    result: &Map,
    attributes: Vec<AttributeProto>,
) -> Map {
    let [name, scale, zero] = net.parameters(map);
    let [_, out_scale, out_zero] = net.parameters(result);
    let inputs = [&*name, &scale, &zero, &out_scale, &out_zero];
    let name = net.node(&format!("QLinear{op}"), &inputs, attributes);
    Map {
        name,
        ..result.clone()
    }
}

/// `map` through its definition.
fn defined(
    net: &mut Net,
    op: &str,
    map: &Map,
    result: &Map,
    attributes: Vec<AttributeProto>,
) -> Map {
    let real = net.dequantise(map);
    let computed = net.node(op, &[&real], attributes);
    net.quantise(
        &computed,
        result.channels,
        result.scale,
        result.zero,
        result.unsigned,
    )
}

/// Networks that differ in how the operator is written.
fn pair(op: &str, unsigned: bool, attributes: &[AttributeProto]) -> (Net, Net, Map) {
    let (net, map) = stem(unsigned);
    let result = Map {
        scale: map.scale * 0.8,
        zero: map.zero + 7,
        ..map.clone()
    };
    let [a, b] = [quantised, defined].map(|written| {
        let mut net = net.clone();
        let made = written(&mut net, op, &map, &result, attributes.to_vec());
        let last = net.conv(&made, &Conv::square(4, 1));
        (net.end_with_means(&last), last)
    });
    (a.0, b.0, a.1)
}

#[test]
fn a_leaky_rectifier_runs_on_the_kernels() {
    for unsigned in [false, true] {
        for attributes in [vec![], vec![real("alpha", 0.1)], vec![real("alpha", 0.5)]] {
            let (net, defined, last) = pair("LeakyRelu", unsigned, &attributes);
            runs_on_kernels(&net, 4, last.scale);
            runs_on_kernels(&defined, 4, last.scale);
            answers_alike(&net, &defined, 4, 0.0);
        }
    }
}

#[test]
fn a_pool_with_a_window_runs_as_it_is_defined() {
    let square = |side: i64| ints("kernel_shape", &[side, side]);
    for attributes in [
        vec![square(2)],
        vec![square(2), ints("strides", &[2, 2])],
        vec![
            square(3),
            ints("strides", &[2, 2]),
            ints("pads", &[1, 1, 1, 1]),
        ],
        vec![
            square(3),
            ints("strides", &[2, 2]),
            ints("pads", &[1, 1, 1, 1]),
            int("count_include_pad", 1),
        ],
        vec![square(3), ints("strides", &[2, 2]), int("ceil_mode", 1)],
        vec![
            square(2),
            ints("strides", &[2, 2]),
            text("auto_pad", "SAME_UPPER"),
        ],
        vec![ints("kernel_shape", &[7, 6])],
        vec![ints("kernel_shape", &[1, 3]), int("channels_last", 0)],
    ] {
        for unsigned in [false, true] {
            let (net, defined, last) = pair("AveragePool", unsigned, &attributes);
            let coverage = runs_right(&net, 4, last.scale);
            answers_alike(&net, &defined, 4, 0.0);
            // What tract is left with is named, with a reason.
            let pool = coverage
                .left_to_tract
                .iter()
                .find(|(layer, _)| layer.operator == "SumPool");
            let (_, reason) = pool.expect("it has no kernel");
            assert!(!reason.is_empty(), "{coverage:?}");
        }
    }
}

#[test]
fn an_activation_that_multiplies_a_map_with_its_own_gate_runs_on_the_kernels() {
    // x * sigmoid(x), as bytes and as real numbers.
    let (mut net, map) = stem(false);
    let mut other = net.clone();
    let gate = Map {
        scale: 1.0 / 256.0,
        zero: -128,
        ..map.clone()
    };
    let gate = quantised(&mut net, "Sigmoid", &map, &gate, vec![]);
    let made = net.two("QLinearMul", &map, &gate, map.scale * 0.9, 3);
    let last = net.conv(&made, &Conv::square(4, 1));
    let net = net.end_with_means(&last);
    runs_on_kernels(&net, 4, 3.0 * last.scale);
    let real = other.dequantise(&map);
    let gate = other.node("Sigmoid", &[&real], vec![]);
    let product = other.node("Mul", &[&gate, &real], vec![]);
    let made = other.quantise(&product, 5, map.scale * 0.9, 3, false);
    let last = other.conv(&made, &Conv::square(4, 1));
    runs_on_kernels(&other.end_with_means(&last), 4, 3.0 * last.scale);
}

#[test]
fn an_activation_in_three_steps_of_bytes_runs_on_the_kernels() {
    // x * clip(x + 3, 0, 6) / 6, as Keras and older exporters write a hard swish.
    let (mut net, map) = stem(false);
    let real = net.dequantise(&map);
    let [three, zero, six, sixth] = [3.0, 0.0, 6.0, 1.0 / 6.0].map(|value| net.scalar(value));
    let moved = net.node("Add", &[&real, &three], vec![]);
    let moved = net.quantise(&moved, 5, map.scale, -90, false);
    let real = net.dequantise(&moved);
    let held = net.node("Clip", &[&real, &zero, &six], vec![]);
    let held = net.node("Mul", &[&held, &sixth], vec![]);
    let held = net.quantise(&held, 5, 1.0 / 255.0, -128, false);
    let made = net.two("QLinearMul", &held, &map, map.scale, 0);
    let last = net.conv(&made, &Conv::square(4, 1));
    runs_on_kernels(&net.end_with_means(&last), 4, 3.0 * last.scale);
}

#[test]
fn a_hard_swish_of_real_numbers_runs_on_the_kernels() {
    let (net, map) = stem(false);
    let mut net = net;
    let made = defined(&mut net, "HardSwish", &map, &map, vec![]);
    let last = net.conv(&made, &Conv::square(4, 1));
    runs_on_kernels(&net.end_with_means(&last), 4, 2.0 * last.scale);
}

#[test]
fn maps_of_two_layers_are_not_taken_for_one() {
    // Their product has no kernel; it must not become a table of either.
    let (mut net, map) = stem(false);
    let other = net.conv(&map, &Conv::square(5, 1));
    let made = net.two("QLinearMul", &map, &other, map.scale, 0);
    let last = net.conv(&made, &Conv::square(4, 1));
    let coverage = runs_right(&net.end_with_means(&last), 4, 2.0 * last.scale);
    assert!(!coverage.left_to_tract.is_empty(), "{coverage:?}");
}
