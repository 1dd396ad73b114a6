//! Where branches meet: sums, concatenations, and maps that are made larger first.

use crate::net::{Conv, Map, Net};
use crate::proto::{int, ints, real, reals, text};
use crate::run::{runs_on_kernels, runs_right};

impl Net {
    /// An operator of ONNX Runtime's own that takes two quantised tensors.
    pub fn two(&mut self, op: &str, a: &Map, b: &Map, scale: f32, zero: i32) -> Map {
        let output = Map {
            name: String::new(),
            channels: a.channels,
            scale,
            zero,
            unsigned: a.unsigned,
        };
        let [a, b, [_, scale, zero]] = [a, b, &output].map(|map| self.parameters(map));
        let inputs: Vec<&str> = a
            .iter()
            .chain(&b)
            .chain([&scale, &zero])
            .map(|name| &**name)
            .collect();
        let name = self.node(op, &inputs, vec![]);
        Map { name, ..output }
    }

    /// `real` held between 0 and 6.
    fn clip(&mut self, real: &str) -> String {
        let [low, high] = [self.scalar(0.0), self.scalar(6.0)];
        self.node("Clip", &[real, &low, &high], vec![])
    }

    /// `real` with each pixel repeated, twice each way.
    pub fn enlarged(&mut self, real: &str) -> String {
        self.resize(real, [1.0, 1.0, 2.0, 2.0], &NEAREST)
    }

    fn resize(&mut self, name: &str, scales: [f32; 4], mode: &[(&str, &str)]) -> String {
        let scales = self.constant(reals(&[4], &scales));
        let attributes = mode.iter().map(|(name, value)| text(name, value)).collect();
        self.node("Resize", &[name, "", &scales], attributes)
    }
}

const NEAREST: [(&str, &str); 3] = [
    ("mode", "nearest"),
    ("coordinate_transformation_mode", "asymmetric"),
    ("nearest_mode", "floor"),
];

/// Two branches of a network, of the same size.
fn branches(unsigned: bool) -> (Net, Map, Map) {
    let mut net = Net::new(12, 14);
    let picture = net.picture();
    let stem = net.conv(
        &picture,
        &Conv {
            unsigned,
            ..Conv::square(9, 3).stride(2)
        },
    );
    let branch = net.conv(
        &stem,
        &Conv {
            zero: 11,
            unsigned,
            ..Conv::depthwise(9, 3)
        },
    );
    (net, stem, branch)
}

#[test]
fn a_residual_sum_runs_on_the_kernels() {
    for unsigned in [false, true] {
        for activation in ["", "Relu", "Clip"] {
            let (mut net, stem, branch) = branches(unsigned);
            let [a, b] = [net.dequantise(&stem), net.dequantise(&branch)];
            let mut sum = net.node("Add", &[&a, &b], vec![]);
            match activation {
                "Relu" => sum = net.node("Relu", &[&sum], vec![]),
                "Clip" => sum = net.clip(&sum),
                _ => {}
            }
            let sum = net.quantise(&sum, 9, branch.scale, 7, unsigned);
            let last = net.conv(&sum, &Conv::square(5, 1));
            runs_on_kernels(&net.end_with_means(&last), 5, last.scale.max(sum.scale));
        }
    }
}

#[test]
fn a_quantised_sum_runs_on_the_kernels() {
    for unsigned in [false, true] {
        let (mut net, stem, branch) = branches(unsigned);
        let sum = net.two("QLinearAdd", &stem, &branch, branch.scale, 3);
        let twice = net.two("QLinearAdd", &sum, &sum, sum.scale * 2.0, 3);
        let last = net.conv(&twice, &Conv::square(5, 1));
        runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn a_quantised_product_runs_right() {
    let (mut net, stem, branch) = branches(false);
    let product = net.two(
        "QLinearMul",
        &stem,
        &branch,
        stem.scale * branch.scale * 40.0,
        3,
    );
    runs_right(&net.end_with_means(&product), 9, product.scale);
}

#[test]
fn a_concatenation_runs_on_the_kernels() {
    for unsigned in [false, true] {
        let (mut net, stem, branch) = branches(unsigned);
        let [a, b] = [net.dequantise(&stem), net.dequantise(&branch)];
        let b = net.node("Relu", &[&b], vec![]);
        let both = net.node("Concat", &[&a, &b, &a], vec![int("axis", 1)]);
        let both = net.quantise(
            &both,
            27,
            branch.scale * 1.2,
            -8 + 128 * i32::from(unsigned),
            unsigned,
        );
        let last = net.conv(&both, &Conv::square(5, 3));
        runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn a_quantised_concatenation_runs_on_the_kernels() {
    let (mut net, stem, branch) = branches(false);
    let output = Map {
        channels: 18,
        ..stem.clone()
    };
    let [[_, scale, zero], a, b] = [&output, &stem, &branch].map(|map| net.parameters(map));
    let inputs: Vec<&str> = [&scale, &zero]
        .into_iter()
        .chain(&a)
        .chain(&b)
        .map(|name| &**name)
        .collect();
    let name = net.node("QLinearConcat", &inputs, vec![int("axis", 1)]);
    let last = net.conv(&Map { name, ..output }, &Conv::square(5, 3));
    runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn a_concatenation_along_another_axis_runs_right() {
    for axis in [2, 3, -1] {
        let (mut net, stem, branch) = branches(false);
        let [a, b] = [net.dequantise(&stem), net.dequantise(&branch)];
        let both = net.node("Concat", &[&a, &b], vec![int("axis", axis)]);
        let both = net.quantise(&both, 9, branch.scale, 0, false);
        let last = net.conv(&both, &Conv::square(5, 3));
        runs_right(&net.end_with_means(&last), 5, last.scale);
    }
}

/// A small branch made larger, added to a large one.
fn big_little(scales: [f32; 4], mode: &[(&str, &str)], bytes: bool) -> (Net, Map) {
    let mut net = Net::new(16, 24);
    let picture = net.picture();
    let big = net.conv(&picture, &Conv::square(9, 3));
    let stride = [scales[2] as i64, scales[3] as i64];
    let little = net.conv(
        &big,
        &Conv {
            stride,
            ..Conv::depthwise(9, 3)
        },
    );
    let enlarged = if bytes {
        let name = net.resize(&little.name, scales, mode);
        net.dequantise(&Map {
            name,
            ..little.clone()
        })
    } else {
        let real = net.dequantise(&little);
        net.resize(&real, scales, mode)
    };
    let other = net.dequantise(&big);
    let sum = net.node("Add", &[&enlarged, &other], vec![]);
    let sum = net.quantise(&sum, 9, little.scale, 0, false);
    let last = net.conv(&sum, &Conv::square(5, 1));
    let scale = last.scale;
    (net.end_with_means(&last), Map { scale, ..last })
}

#[test]
fn a_merge_of_a_small_and_a_large_branch_runs_on_the_kernels() {
    for bytes in [false, true] {
        for factor in [1.0, 2.0, 4.0] {
            let (net, last) = big_little([1.0, 1.0, factor, factor], &NEAREST, bytes);
            runs_on_kernels(&net, 5, last.scale);
        }
    }
}

#[test]
fn a_resize_without_a_kernel_runs_right() {
    let linear = [
        ("mode", "linear"),
        ("coordinate_transformation_mode", "half_pixel"),
    ];
    let aligned = [
        ("mode", "nearest"),
        ("coordinate_transformation_mode", "align_corners"),
    ];
    let ceil = [
        ("mode", "nearest"),
        ("coordinate_transformation_mode", "asymmetric"),
        ("nearest_mode", "ceil"),
    ];
    let half = [
        ("mode", "nearest"),
        ("coordinate_transformation_mode", "half_pixel"),
        ("nearest_mode", "round_prefer_floor"),
    ];
    for mode in [&linear[..], &aligned, &ceil, &half] {
        let (net, last) = big_little([1.0, 1.0, 2.0, 2.0], mode, false);
        runs_right(&net, 5, last.scale);
    }
    for scales in [
        [1.0, 1.0, 2.0, 1.0],
        [1.0, 1.0, 1.0, 2.0],
        [1.0, 1.0, 2.0, 4.0],
        // Not quite one, so that each channel is its neighbour's.
        [1.0, 1.000_03, 2.0, 2.0],
    ] {
        let (net, last) = big_little(scales, &NEAREST, false);
        let coverage = runs_right(&net, 5, last.scale);
        let left = |name: &str| {
            coverage
                .left_to_tract
                .iter()
                .any(|(layer, _)| layer.operator.contains(name))
        };
        assert!(left("Resize"), "{:?}", coverage.left_to_tract);
    }
}

#[test]
fn a_merge_of_two_enlarged_branches_runs_on_the_kernels() {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let little = net.conv(&picture, &Conv::square(7, 3).stride(2));
    let least = net.conv(&little, &Conv::square(7, 3).stride(2));
    let [a, b] = [net.dequantise(&little), net.dequantise(&least)];
    let a = net.enlarged(&a);
    let b = net.enlarged(&b);
    let b = net.enlarged(&b);
    let sum = net.node("Add", &[&a, &b], vec![]);
    let sum = net.quantise(&sum, 7, least.scale, 0, false);
    let last = net.conv(&sum, &Conv::square(5, 1));
    runs_on_kernels(&net.end_with_means(&last), 5, last.scale);
}

#[test]
fn an_enlarged_map_that_is_read_as_it_is_runs_right() {
    for op in ["GlobalAveragePool", "GlobalMaxPool", "Sigmoid"] {
        let mut net = Net::new(8, 8);
        let picture = net.picture();
        let little = net.conv(&picture, &Conv::square(7, 3).stride(2));
        let real = net.dequantise(&little);
        let large = net.enlarged(&real);
        let name = net.node(op, &[&large], vec![]);
        let back = net.quantise(&name, 7, little.scale, 0, false);
        let last = net.conv(&back, &Conv::square(5, 1));
        runs_right(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn a_sum_that_changes_the_shape_runs_right() {
    let (mut net, stem, _) = branches(false);
    let a = net.dequantise(&stem);
    let means = net.node("GlobalAveragePool", &[&a], vec![]);
    let most = net.node(
        "ReduceMax",
        &[&a],
        vec![ints("axes", &[1]), int("keepdims", 1)],
    );
    for other in [means, most] {
        let mut net = net.clone();
        let sum = net.node("Add", &[&a, &other], vec![]);
        let sum = net.quantise(&sum, 9, stem.scale * 2.0, 0, false);
        let last = net.conv(&sum, &Conv::square(5, 1));
        runs_right(&net.end_with_means(&last), 5, last.scale);
    }
}

#[test]
fn activations_after_a_sum_that_have_no_kernel_run_right() {
    for op in ["LeakyRelu", "Sigmoid", "Abs", "HardSwish"] {
        let (mut net, stem, branch) = branches(false);
        let [a, b] = [net.dequantise(&stem), net.dequantise(&branch)];
        let sum = net.node("Add", &[&a, &b], vec![]);
        let attributes = if op == "LeakyRelu" {
            vec![real("alpha", 0.1)]
        } else {
            vec![]
        };
        let active = net.node(op, &[&sum], attributes);
        let back = net.quantise(&active, 9, branch.scale, 0, false);
        let last = net.conv(&back, &Conv::square(5, 1));
        runs_right(&net.end_with_means(&last), 5, last.scale);
    }
}
