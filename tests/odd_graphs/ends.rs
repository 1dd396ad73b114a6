//! How networks begin and end, and what stands in their middle.

use crate::net::{Conv, Map, Net, bytes, int, ints, reals};
use crate::run::{answers, runs_on_kernels, runs_right};
use sortd::classify::Backend;

#[test]
fn a_dense_layer_after_pooling_runs_on_the_kernels() {
    let mut net = Net::new(12, 12);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(17, 3).stride(2));
    let real = net.dequantise(&map);
    let means = net.node("GlobalAveragePool", &[&real], vec![]);
    let means = net.quantise(&means, 17, map.scale / 4.0, 0, false);
    let dense = net.conv(&means, &Conv::square(6, 1));
    let real = net.dequantise(&dense);
    let shape = net.vector(&[1, 6]);
    for (op, inputs, attributes) in [
        ("Flatten", vec![&*real], vec![]),
        ("Flatten", vec![&*real], vec![ints("axis", &[1])]),
        ("Reshape", vec![&*real, &*shape], vec![]),
        ("Squeeze", vec![&*real], vec![]),
    ] {
        let mut net = net.clone();
        let flat = net.node(op, &inputs, attributes);
        runs_on_kernels(&net.end_with(&flat), 6, dense.scale);
    }
}

#[test]
fn a_softmax_at_the_end_runs_right() {
    for axis in [1, -1] {
        let mut net = Net::new(12, 12);
        let picture = net.picture();
        let map = net.conv(&picture, &Conv::square(6, 3).stride(2));
        let real = net.dequantise(&map);
        let means = net.node("GlobalAveragePool", &[&real], vec![]);
        let flat = net.node("Flatten", &[&means], vec![ints("axis", &[1])]);
        let soft = net.node("Softmax", &[&flat], vec![ints("axis", &[axis])]);
        runs_right(&net.end_with(&soft), 6, 1e-3);
    }
}

#[test]
fn pooling_by_any_operator_runs_right() {
    let pools = [
        ("GlobalMaxPool", vec![]),
        (
            "ReduceMean",
            vec![ints("axes", &[2, 3]), int("keepdims", 1)],
        ),
        (
            "ReduceMax",
            vec![ints("axes", &[-1, -2]), int("keepdims", 1)],
        ),
        ("ReduceMin", vec![ints("axes", &[2, 3]), int("keepdims", 1)]),
        (
            "ReduceMean",
            vec![ints("axes", &[2, 3]), int("keepdims", 0)],
        ),
        ("ReduceMean", vec![ints("axes", &[3]), int("keepdims", 1)]),
        ("AveragePool", vec![ints("kernel_shape", &[6, 6])]),
        (
            "MaxPool",
            vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2])],
        ),
    ];
    for (op, attributes) in pools {
        let mut net = Net::new(12, 12);
        let picture = net.picture();
        let map = net.conv(&picture, &Conv::square(5, 3).stride(2));
        let real = net.dequantise(&map);
        let pooled = net.node(op, &[&real], attributes.clone());
        let flat = net.node("Flatten", &[&pooled], vec![ints("axis", &[1])]);
        let labels = match op {
            "MaxPool" => 5 * 4,
            _ if attributes.first().is_some_and(|axes| axes.ints == [3]) => 5 * 6,
            _ => 5,
        };
        runs_right(&net.end_with(&flat), labels, map.scale * 0.01);
    }
}

#[test]
fn pooling_of_bytes_runs_right() {
    for (op, attributes) in [
        (
            "MaxPool",
            vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2])],
        ),
        ("GlobalMaxPool", vec![]),
    ] {
        let mut net = Net::new(12, 12);
        let picture = net.picture();
        let map = net.conv(&picture, &Conv::square(5, 3));
        let name = net.node(op, &[&map.name], attributes);
        let last = net.conv(&Map { name, ..map }, &Conv::square(4, 1));
        runs_right(&net.end_with_means(&last), 4, last.scale);
    }
}

#[test]
fn tract_between_two_sections_runs_right() {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let first = net.conv(&picture, &Conv::square(9, 3).stride(2));
    let kept = net.conv(&first, &Conv::square(9, 1));
    let real = net.dequantise(&first);
    let odd = net.node("Tanh", &[&real], vec![]);
    let back = net.quantise(&odd, 9, 1.0 / 64.0, 5, false);
    let second = net.conv(
        &back,
        &Conv {
            unsigned: true,
            zero: 100,
            ..Conv::depthwise(9, 3)
        },
    );
    let [a, b] = [net.dequantise(&second), net.dequantise(&kept)];
    let sum = net.node("Add", &[&a, &b], vec![]);
    let sum = net.quantise(&sum, 9, kept.scale, 0, false);
    let coverage = runs_right(&net.end_with_means(&sum), 9, sum.scale);
    let convs = coverage
        .covered
        .iter()
        .filter(|layer| layer.operator == "Conv");
    assert_eq!(convs.count(), 3, "{coverage:?}");
}

#[test]
fn bytes_that_only_pass_through_between_two_layers_of_tract_run_right() {
    // Between the pooling and the cut nothing is computed: bytes are named otherwise, or moved.
    let mut net = Net::new(12, 12);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(6, 3));
    let pooled = net.node(
        "MaxPool",
        &[&map.name],
        vec![ints("kernel_shape", &[3, 3]), ints("strides", &[3, 3])],
    );
    let turned = net.node("Transpose", &[&pooled], vec![ints("perm", &[0, 2, 3, 1])]);
    let again = net.node("Transpose", &[&pooled], vec![ints("perm", &[0, 1, 3, 2])]);
    let pooled = Map {
        name: pooled,
        ..map
    };
    let real = net.dequantise(&pooled);
    let same = net
        .quantise(&real, 6, pooled.scale, pooled.zero, false)
        .name;
    // Behind the next pooling, of two by two places, so many values are left.
    for (name, labels) in [(turned, 4 * 3 * 5), (again, 6 * 9), (same, 6 * 9)] {
        let mut net = net.clone();
        let next = net.node("MaxPool", &[&name], vec![ints("kernel_shape", &[2, 2])]);
        let real = net.dequantise(&Map {
            name: next,
            ..pooled.clone()
        });
        let flat = net.node("Flatten", &[&real], vec![ints("axis", &[1])]);
        runs_right(&net.end_with(&flat), labels, pooled.scale * 0.01);
    }
}

#[test]
fn outputs_that_are_used_twice_run_on_the_kernels() {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(9, 3));
    let a = net.conv(&stem, &Conv::depthwise(9, 3));
    let b = net.conv(&stem, &Conv::square(9, 1));
    let c = net.two("QLinearAdd", &a, &b, a.scale, 0);
    let d = net.two("QLinearAdd", &c, &stem, a.scale, 0);
    let e = net.two("QLinearAdd", &c, &d, a.scale, 0);
    runs_on_kernels(&net.end_with_means(&e), 9, e.scale);
}

#[test]
fn a_network_with_more_outputs_than_one_runs_right() {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(9, 3));
    let other = net.conv(&stem, &Conv::square(4, 1));
    let last = net.conv(&stem, &Conv::square(5, 1));
    let real = net.dequantise(&stem);
    let odd = net.node("Tanh", &[&real], vec![]);
    for second in [other.name.clone(), stem.name.clone(), odd] {
        let net = net.clone().end_with_means(&last).end_with(&second);
        runs_right(&net, 5, last.scale);
    }
    // The first output is the answer also where the second ends later.
    let later = net.conv(&last, &Conv::square(3, 1));
    let net = net.end_with_means(&last).end_with_means(&later);
    runs_right(&net, 5, last.scale);
}

#[test]
fn what_is_read_by_nobody_does_no_harm() {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(9, 3));
    net.conv(&stem, &Conv::square(4, 1));
    let real = net.dequantise(&stem);
    net.node("Tanh", &[&real], vec![]);
    net.node("Relu", &["picture"], vec![]);
    runs_right(&net.end_with_means(&stem), 9, stem.scale);
}

#[test]
fn a_network_that_begins_with_real_layers_runs_right() {
    let mut net = Net::new(16, 16);
    let weights: Vec<f32> = (0..9 * 27).map(|_| net.around_one() - 1.0).collect();
    let weights = net.constant(reals(&[9, 3, 3, 3], &weights));
    let attributes = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1, 1, 1, 1])];
    let real = net.node("Conv", &["picture", &weights], attributes);
    let map = net.quantise(&real, 9, 0.05, 0, false);
    let last = net.conv(&map, &Conv::square(5, 3).stride(2));
    let coverage = runs_right(&net.end_with_means(&last), 5, last.scale);
    assert!(
        coverage.any() && !coverage.left_to_tract.is_empty(),
        "{coverage:?}"
    );
}

#[test]
fn a_picture_that_is_quantised_twice_runs_on_the_kernels() {
    let mut net = Net::new(16, 16);
    let fine = net.picture();
    let coarse = net.quantise("picture", 3, 1.0 / 32.0, 7, true);
    let a = net.conv(&fine, &Conv::square(9, 3));
    let b = net.conv(&coarse, &Conv::square(9, 5));
    let sum = net.two("QLinearAdd", &a, &b, b.scale, 0);
    runs_right(&net.end_with_means(&sum), 9, sum.scale);
}

#[test]
fn a_picture_with_its_channels_last_runs_right() {
    for quantised_first in [false, true] {
        let mut net = Net::channels_last(16, 20);
        let perm = || vec![ints("perm", &[0, 3, 1, 2])];
        let picture = if quantised_first {
            let picture = net.picture();
            let name = net.node("Transpose", &[&picture.name], perm());
            Map { name, ..picture }
        } else {
            let real = net.node("Transpose", &["picture"], perm());
            net.quantise(&real, 3, 1.0 / 64.0, 0, false)
        };
        let map = net.conv(&picture, &Conv::square(9, 3).stride(2));
        let last = net.conv(&map, &Conv::square(5, 1));
        let net = net.end_with_means(&last);
        let coverage = runs_right(&net, 5, last.scale);
        assert!(coverage.any(), "{coverage:?}");
        if quantised_first {
            runs_on_kernels(&net, 5, last.scale);
        }
    }
}

#[test]
fn float_weights_behind_dequantisation_run_right() {
    for per_channel in [false, true] {
        let mut net = Net::new(16, 16);
        let mut map = net.picture();
        for outputs in [8, 5] {
            let inputs = map.channels;
            let real = net.dequantise(&map);
            let weights: Vec<u8> = (0..outputs * inputs * 9)
                .map(|_| net.random(255) as u8)
                .collect();
            let weights = net.constant(bytes(
                &[outputs as i64, inputs as i64, 3, 3],
                &weights,
                false,
            ));
            let scales = if per_channel { outputs } else { 1 };
            let values: Vec<f32> = (0..scales).map(|_| 0.01 * net.around_one()).collect();
            let dims = [outputs as i64];
            let dims = if per_channel { &dims[..] } else { &[] };
            let scale = net.constant(reals(dims, &values));
            let zero = net.constant(bytes(dims, &vec![0; scales], false));
            let inputs = [&*weights, &scale, &zero];
            let weights = net.node("DequantizeLinear", &inputs, vec![int("axis", 0)]);
            let attributes = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1, 1, 1, 1])];
            let sum = net.node("Conv", &[&real, &weights], attributes);
            map = net.quantise(&sum, outputs, map.scale * 4.0, 0, false);
        }
        runs_right(&net.end_with_means(&map), 5, map.scale);
    }
}

#[test]
fn a_network_without_any_quantised_layer_is_left_to_tract() {
    let mut net = Net::new(8, 8);
    let real = net.node("GlobalAveragePool", &["picture"], vec![]);
    let flat = net.node("Flatten", &[&real], vec![ints("axis", &[1])]);
    let net = net.end_with(&flat);
    runs_right(&net, 3, 1e-4);
    let found = answers(&net, 3, Some(Backend::Portable), 1).expect("it runs");
    assert!(!found.coverage.expect("kernels were asked for").any());
}
