//! Attributes and sizes that make no sense, or far too much of it.

use tract_onnx::pb::AttributeProto;

use crate::net::{Conv, Map, Net};
use crate::proto::{bytes, int, integers, ints, reals};
use crate::run::{is_refused, is_sane, runs_right};

/// A network whose second convolution has other attributes than its weights want.
fn with(attributes: &[AttributeProto]) -> Net {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let first = net.conv(&picture, &Conv::square(12, 3));
    let odd = net.conv(&first, &Conv::square(8, 3));
    let node = net.graph.node.last_mut().expect("it has nodes");
    node.name = "oddone".into();
    for attribute in attributes {
        node.attribute.retain(|other| other.name != attribute.name);
        node.attribute.push(attribute.clone());
    }
    net.end_with_means(&odd)
}

#[test]
fn attributes_that_make_no_sense_are_refused_by_name() {
    let huge = i64::MAX / 2;
    for (name, values) in [
        ("strides", &[0, 1][..]),
        ("strides", &[0, 0][..]),
        ("strides", &[-1, 1][..]),
        ("strides", &[2][..]),
        ("strides", &[1, 1, 1][..]),
        ("dilations", &[0, 1][..]),
        ("dilations", &[1, -2][..]),
        ("dilations", &[2][..]),
        ("pads", &[-1, 0, 0, 0][..]),
        ("pads", &[0, 0, -3, 0][..]),
        ("pads", &[1, 1][..]),
        ("pads", &[1, 1, 1, 1, 1][..]),
        ("pads", &[huge, 0, 0, 0][..]),
        ("kernel_shape", &[0, 3][..]),
        ("kernel_shape", &[-3, 3][..]),
        ("kernel_shape", &[3][..]),
        ("kernel_shape", &[5, 5][..]),
        ("group", &[0][..]),
        ("group", &[-1][..]),
        ("group", &[5][..]),
        ("group", &[3][..]),
        ("group", &[huge][..]),
    ] {
        let net = with(&[ints(name, values)]);
        is_refused(&net, 8, "oddone");
    }
}

#[test]
fn an_order_that_leaves_out_an_axis_is_refused_by_name() {
    for order in [[0, 0, 1, 3], [0, 2, 1, 1], [0, 1, 2, 4], [0, 1, 2, -1]] {
        let mut net = Net::new(8, 8);
        let picture = net.picture();
        let map = net.conv(&picture, &Conv::square(8, 3));
        let name = net.node("Transpose", &[&map.name], vec![ints("perm", &order)]);
        net.graph.node.last_mut().expect("it has nodes").name = "oddone".into();
        is_refused(&net.end_with_means(&Map { name, ..map }), 8, "oddone");
    }
}

#[test]
fn maps_that_are_too_large_are_refused_by_name() {
    for million in [10_000, 65_536, 1_000_000, 1 << 33] {
        for attributes in [
            vec![ints("pads", &[million; 4])],
            vec![ints("pads", &[0, million, million, million])],
            vec![ints("pads", &[million; 4]), ints("strides", &[1, 2])],
        ] {
            is_refused(&with(&attributes), 8, "oddone");
        }
    }
}

#[test]
fn windows_that_reach_too_far_are_refused_or_run_right() {
    // The output stays small, whatever lies between.
    for wide in [1000, 20_000, 65_536, 100_000, 1 << 33, i64::MAX / 4] {
        for pads in [[wide, wide, wide, wide], [wide, 1, wide, 1]] {
            let dilation = [pads[0], pads[1]];
            let stride = [wide, wide.min(pads[1])];
            let net = with(&[
                ints("pads", &pads),
                ints("dilations", &dilation),
                ints("strides", &stride),
            ]);
            is_sane(&net, 8, 1.0);
        }
        let net = with(&[ints("strides", &[wide, wide])]);
        is_sane(&net, 8, 1.0);
    }
}

#[test]
fn a_window_larger_than_the_map_is_refused_by_name() {
    let net = with(&[ints("pads", &[0; 4]), ints("dilations", &[20, 20])]);
    is_refused(&net, 8, "oddone");
}

#[test]
fn a_window_of_ten_thousand_places_runs_right() {
    for kernel in [[1, 10_000], [10_000, 1]] {
        let mut net = Net::new(16, 16);
        let picture = net.picture();
        let first = net.conv(&picture, &Conv::square(2, 1));
        let pads = [kernel[0] as i64 / 2, kernel[1] as i64 / 2];
        let odd = Conv {
            kernel,
            pads: [pads[0], pads[1], pads[0], pads[1]],
            ..Conv::square(2, 1)
        };
        let map = net.conv(&first, &odd);
        runs_right(&net.end_with_means(&map), 2, map.scale);
    }
}

#[test]
fn a_million_channels_run_right() {
    let mut net = Net::new(2, 2);
    let picture = net.picture();
    let many = net.conv(&picture, &Conv::square(1_000_000, 1));
    let real = net.dequantise(&many);
    let most = net.node(
        "ReduceMax",
        &[&real],
        vec![ints("axes", &[1]), int("keepdims", 1)],
    );
    let flat = net.node("Flatten", &[&most], vec![ints("axis", &[1])]);
    runs_right(&net.end_with(&flat), 4, many.scale);
}

#[test]
fn weights_of_another_size_than_the_input_wants_are_refused_by_name() {
    for dims in [
        [8, 11, 3, 3],
        [8, 12, 3, 2],
        [0, 12, 3, 3],
        [8, 0, 3, 3],
        [8, 12, 0, 3],
    ] {
        let mut net = with(&[]);
        let weights = net.graph.node.iter().find(|node| node.name == "oddone");
        let name = weights.expect("it is there").input[3].clone();
        let size: i64 = dims.iter().product();
        for tensor in &mut net.graph.initializer {
            if tensor.name == name {
                *tensor = bytes(&dims, &vec![1; size as usize], false);
                tensor.name.clone_from(&name);
            }
        }
        is_refused(&net, 8, "oddone");
    }
}

/// A network whose only convolution has these weights, scales, zero points and biases.
pub fn of_parts(parts: [tract_onnx::pb::TensorProto; 4], scale: f32) -> (Net, Map) {
    let mut net = Net::new(8, 8);
    let picture = net.picture();
    let output = Map {
        name: String::new(),
        channels: 4,
        scale,
        zero: 1,
        unsigned: false,
    };
    let map = net.conv_of(&picture, &Conv::square(4, 1), parts, &output);
    net.graph.node.last_mut().expect("it has nodes").name = "oddone".into();
    (net.end_with_means(&map), map)
}

#[test]
fn a_bias_of_another_length_is_refused_or_runs_right() {
    for length in [0, 1, 3, 5, 1000] {
        let parts = [
            bytes(
                &[4, 3, 1, 1],
                &[3, 5, 250, 7, 11, 200, 3, 4, 90, 1, 2, 3],
                false,
            ),
            reals(&[], &[0.01]),
            bytes(&[], &[0], false),
            integers(&[length], &vec![9; length as usize]),
        ];
        let (net, map) = of_parts(parts, 0.02);
        is_sane(&net, 4, map.scale);
    }
}

#[test]
fn weights_without_sign_or_with_a_zero_point_run_right_or_are_refused() {
    let weights = [3, 5, 250, 7, 11, 200, 3, 4, 90, 1, 2, 3];
    for (unsigned, zero) in [(true, 128), (true, 0), (false, 5), (false, 200)] {
        let parts = [
            bytes(&[4, 3, 1, 1], &weights, unsigned),
            reals(&[], &[0.01]),
            bytes(&[], &[zero], unsigned),
            integers(&[4], &[9, 100, -50, 0]),
        ];
        let (net, map) = of_parts(parts, 0.05);
        is_sane(&net, 4, map.scale);
    }
    // A zero point a channel, and scales a channel that are not one a channel.
    for scales in [2, 3, 5] {
        let parts = [
            bytes(&[4, 3, 1, 1], &weights, false),
            reals(&[scales], &vec![0.01; scales as usize]),
            bytes(&[scales], &vec![1; scales as usize], false),
            integers(&[4], &[9, 100, -50, 0]),
        ];
        let (net, map) = of_parts(parts, 0.05);
        is_sane(&net, 4, map.scale);
    }
}
