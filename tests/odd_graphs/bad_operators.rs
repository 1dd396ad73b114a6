//! Operators that are not known, lack their inputs, or ask for what makes no sense.

use tract_onnx::pb::TensorProto;

use crate::bad_files::plain;
use crate::net::Map;
use crate::proto::{bytes, int, ints, reals, text};
use crate::run::{is_refused, is_refused_somehow, is_sane};

#[test]
fn operators_that_nobody_knows_are_refused_by_name() {
    for op in ["QLinearWhere", "QAttention", "MadeUp", ""] {
        let (mut net, last) = plain();
        let name = net.node(op, &[&last.name], vec![]);
        let net = net.end_with_means(&Map { name, ..last });
        is_refused(&net, 4, op);
    }
}

#[test]
fn quantised_operators_without_their_inputs_are_refused() {
    let (net, last) = plain();
    for op in [
        "QLinearConcat",
        "QLinearAdd",
        "QLinearMul",
        "QLinearSigmoid",
        "QLinearGlobalAveragePool",
        "QLinearAveragePool",
        "QLinearLeakyRelu",
        "QLinearSoftmax",
        "QLinearMatMul",
        "QGemm",
    ] {
        for count in 0..10 {
            for channels_last in [0, 1] {
                let mut net = net.clone();
                let mut inputs = net.parameters(&last).to_vec();
                if op == "QLinearConcat" {
                    inputs.rotate_left(1);
                }
                let inputs: Vec<&str> = inputs
                    .iter()
                    .map(|name| &**name)
                    .cycle()
                    .take(count)
                    .collect();
                let attributes = vec![
                    int("axis", 1),
                    int("channels_last", channels_last),
                    ints("kernel_shape", &[2, 2]),
                ];
                let name = net.node(op, &inputs, attributes);
                let net = net.end_with_means(&Map {
                    name,
                    ..last.clone()
                });
                is_sane(&net, 4, last.scale);
            }
        }
    }
}

#[test]
fn quantised_operators_over_other_ranks_are_refused_or_run_right() {
    for shape in [
        &[256][..],
        &[],
        &[4, 64],
        &[1, 4, 64],
        &[1, 1, 4, 64],
        &[1, 4, 4, 4, 4],
    ] {
        for axis in [-5, -1, 0, 1, 2, 9] {
            let (mut net, last) = plain();
            let to = net.vector(shape);
            let flat = net.node("Reshape", &[&last.name, &to], vec![]);
            let odd = net.parameters(&Map {
                name: flat,
                ..last.clone()
            });
            let right = net.parameters(&last);
            for (op, inputs) in [
                (
                    "QLinearConcat",
                    vec![
                        &odd[1], &odd[2], &odd[0], &odd[1], &odd[2], &right[0], &odd[1], &odd[2],
                    ],
                ),
                (
                    "QLinearConcat",
                    vec![
                        &odd[1], &odd[2], &right[0], &odd[1], &odd[2], &odd[0], &odd[1], &odd[2],
                    ],
                ),
                (
                    "QLinearGlobalAveragePool",
                    vec![&odd[0], &odd[1], &odd[2], &odd[1], &odd[2]],
                ),
                (
                    "QLinearAdd",
                    vec![
                        &odd[0], &odd[1], &odd[2], &right[0], &odd[1], &odd[2], &odd[1], &odd[2],
                    ],
                ),
            ] {
                let mut net = net.clone();
                let inputs: Vec<&str> = inputs.into_iter().map(|name| &**name).collect();
                let name = net.node(op, &inputs, vec![int("axis", axis)]);
                let net = net.end_with_all(&Map {
                    name,
                    ..last.clone()
                });
                for labels in [4, 256, 512] {
                    is_sane(&net, labels, last.scale);
                }
            }
        }
    }
}

#[test]
fn constants_that_lie_about_their_size_are_refused() {
    for dims in [
        vec![i64::MAX],
        vec![1 << 40, 1 << 40],
        vec![-1],
        vec![3],
        vec![0],
        vec![1 << 33],
    ] {
        for data_type in [1, 2, 3, 7, 8, 99] {
            let (mut net, last) = plain();
            let liar = TensorProto {
                data_type,
                ..bytes(&dims, &[1; 24], false)
            };
            let name = net.constant(liar);
            let odd = net.graph.node.iter_mut().find(|node| node.name == "oddone");
            odd.expect("it is there").input[3] = name;
            let net = net.end_with_means(&last);
            is_refused_somehow(&net, 4);
        }
    }
}

#[test]
fn a_reshape_or_resize_to_absurd_sizes_is_refused() {
    for far in [
        1e4,
        1e6,
        1e12,
        1e30,
        f32::INFINITY,
        f32::NAN,
        0.0,
        -1.0,
        1e-6,
    ] {
        let (mut net, last) = plain();
        let real = net.dequantise(&last);
        let scales = net.constant(reals(&[4], &[1.0, 1.0, far, far]));
        let mode = vec![text("mode", "nearest")];
        let large = net.node("Resize", &[&real, "", &scales], mode);
        let back = net.quantise(&large, 4, last.scale, 0, false);
        let net = net.end_with_means(&back);
        is_refused_somehow(&net, 4);
    }
    for far in [1 << 40, -3, 100_000] {
        let (mut net, last) = plain();
        let to = net.vector(&[1, 4, far, 1]);
        let name = net.node("Reshape", &[&last.name, &to], vec![]);
        is_refused(
            &net.clone().end_with_means(&Map {
                name,
                ..last.clone()
            }),
            4,
            "",
        );
        let name = net.node("Expand", &[&last.name, &to], vec![]);
        is_refused(&net.end_with_means(&Map { name, ..last }), 4, "");
    }
}
