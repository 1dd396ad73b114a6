//! Scales, zero points and biases at the limits of their types, and beyond.

use crate::bad_attributes::of_parts;
use crate::net::{Conv, Map, Net, bytes, integers, reals};
use crate::run::{is_refused, runs_right_or_is_refused};

const NO_SCALES: [f32; 6] = [0.0, -0.0, -0.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

fn parts(weight_scale: &[f32], bias: i32, weight: i8) -> [tract_onnx::pb::TensorProto; 4] {
    let dims = [weight_scale.len() as i64];
    let dims = if weight_scale.len() == 1 {
        &[]
    } else {
        &dims[..]
    };
    let weight = weight.cast_unsigned();
    [
        bytes(
            &[4, 3, 1, 1],
            &[weight, 1, 2, 3, weight, 4, 5, 6, weight, 7, 8, 9],
            false,
        ),
        reals(dims, weight_scale),
        bytes(&[], &[0], false),
        integers(&[4], &[bias; 4]),
    ]
}

#[test]
fn scales_of_a_convolution_that_are_none_are_refused_by_name() {
    for scale in NO_SCALES {
        println!(
            "{}",
            is_refused(&of_parts(parts(&[scale], 1, 1), 0.1).0, 4, "oddone")
        );
        let scales = [0.1, 0.1, scale, 0.1];
        println!(
            "{}",
            is_refused(&of_parts(parts(&scales, 1, 1), 0.1).0, 4, "oddone")
        );
        println!(
            "{}",
            is_refused(&of_parts(parts(&[0.1], 1, 1), scale).0, 4, "")
        );
    }
}

#[test]
fn scales_of_quantisation_that_are_none_are_refused_by_name() {
    for scale in NO_SCALES {
        let mut net = Net::new(8, 8);
        let picture = net.quantise("picture", 3, scale, 0, false);
        let first = net.graph.node.last().expect("it has nodes").name.clone();
        let map = net.conv(
            &Map {
                scale: 0.1,
                ..picture
            },
            &Conv::square(4, 1),
        );
        println!("{}", is_refused(&net.end_with_means(&map), 4, &first));

        let mut net = Net::new(8, 8);
        let picture = net.picture();
        let map = net.conv(&picture, &Conv::square(4, 1));
        let net = net.end_with_means(&Map { scale, ..map });
        println!("{}", is_refused(&net, 4, "DequantizeLinear"));
    }
}

#[test]
fn scales_of_quantised_operators_that_are_none_are_refused_by_name() {
    for scale in NO_SCALES {
        for place in 0..3 {
            let mut net = Net::new(8, 8);
            let picture = net.picture();
            let a = net.conv(&picture, &Conv::square(4, 1));
            let b = net.conv(&picture, &Conv::square(4, 3));
            let mut scales = [a.scale, b.scale, b.scale];
            scales[place] = scale;
            let [a, b] = [
                Map {
                    scale: scales[0],
                    ..a
                },
                Map {
                    scale: scales[1],
                    ..b
                },
            ];
            let sum = net.two("QLinearAdd", &a, &b, scales[2], 0);
            let net = net.end_with_means(&Map { scale: 0.1, ..sum });
            println!("{}", is_refused(&net, 4, "QLinearAdd"));
        }
    }
}

#[test]
fn scales_at_the_limits_run_right_or_are_refused() {
    let least = f32::from_bits(1);
    for weight_scale in [least, 1e-38, 1e-30, 1e-10, 1e10, 1e30, f32::MAX] {
        for out in [least, 1e-38, 1e-30, 1e-10, 1e10, 1e30, f32::MAX] {
            let (net, _) = of_parts(parts(&[weight_scale], 77, 100), out);
            let outcome = runs_right_or_is_refused(&net, 4, out);
            println!("{weight_scale} {out} {outcome:?}");
        }
    }
}

#[test]
fn scales_of_a_sum_at_the_limits_run_right_or_are_refused() {
    for op in ["QLinearAdd", "QLinearMul"] {
        for scale in [1e-38, 1e-20, 1e20, 1e30, 3e38] {
            for out in [1e-38, 1e-20, 1e20, 1e30, 3e38] {
                let mut net = Net::new(8, 8);
                let picture = net.picture();
                let a = net.conv(&picture, &Conv::square(4, 1));
                let b = net.conv(&picture, &Conv::square(4, 3));
                let [a, b] = [Map { scale, ..a }, Map { scale, ..b }];
                let sum = net.two(op, &a, &b, out, 9);
                let net = net.end_with_all(&Map { scale: 1.0, ..sum });
                let outcome = runs_right_or_is_refused(&net, 4 * 64, 1.0);
                println!("{op} {scale} {out} {outcome:?}");
            }
        }
    }
}

#[test]
fn gates_at_the_limits_run_right_or_are_refused() {
    for factor in [0.0, 1e-38, 1e38, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        for op in ["Mul", "Add", "Div", "Max", "Min"] {
            for vector in [false, true] {
                let mut net = Net::new(8, 8);
                let picture = net.picture();
                let map = net.conv(&picture, &Conv::square(4, 3));
                let mut input = net.dequantise(&map);
                if vector {
                    input = net.node("GlobalAveragePool", &[&input], vec![]);
                }
                let constant = net.scalar(factor);
                let odd = net.node(op, &[&input, &constant], vec![]);
                let back = net.quantise(&odd, 4, 1.0, 9, false);
                let labels = if vector { 4 } else { 4 * 64 };
                let net = net.end_with_all(&Map { scale: 1.0, ..back });
                let outcome = runs_right_or_is_refused(&net, labels, 1.0);
                println!("{op} {factor} {vector} {outcome:?}");
            }
        }
    }
}

#[test]
fn biases_near_the_limits_run_right_or_are_refused() {
    for bias in [
        i32::MAX,
        i32::MIN,
        i32::MAX - 40_000,
        i32::MIN + 40_000,
        1 << 30,
    ] {
        for weight in [127, -128] {
            for weight_scale in [1e-9, 1e-3, 1.0] {
                let (net, map) = of_parts(parts(&[weight_scale], bias, weight), 0.1);
                let outcome = runs_right_or_is_refused(&net, 4, map.scale);
                println!("{bias} {weight} {weight_scale} {outcome:?}");
            }
        }
    }
}

#[test]
fn zero_points_of_another_type_run_right_or_are_refused() {
    // Zero points that are no bytes, of the picture, of a map, of weights, and of the result.
    for place in [2, 5, 7] {
        for wide in [200, -200, 1 << 30, i32::MIN] {
            for unsigned in [None, Some(true), Some(false)] {
                let (mut net, map) = of_parts(parts(&[0.01], 5, 100), 0.1);
                let node = net.graph.node.iter().find(|node| node.name == "oddone");
                let name = node.expect("it is there").input[place].clone();
                let mut zero = match unsigned {
                    None => integers(&[], &[wide]),
                    Some(unsigned) => bytes(&[], &[wide as u8], unsigned),
                };
                zero.name.clone_from(&name);
                let tensors = net.graph.initializer.iter_mut();
                *tensors
                    .into_iter()
                    .find(|tensor| tensor.name == name)
                    .expect("it is there") = zero;
                let outcome = runs_right_or_is_refused(&net, 4, map.scale);
                println!("{place} {wide} {unsigned:?} {outcome:?}");
            }
        }
    }
}
