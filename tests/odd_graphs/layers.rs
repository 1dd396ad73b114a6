//! Convolutions of every kind, at odd sizes.

use crate::net::{Conv, Map, Net};
use crate::proto::{bytes, integers, reals, text};
use crate::run::{runs_on_kernels, runs_right};

/// A network of these convolutions, which ends with all values of its last map, or with their means
/// where there are many.
fn chain(sides: [usize; 2], convs: &[Conv]) -> (Net, Map) {
    let mut net = Net::new(sides[0], sides[1]);
    let mut map = net.picture();
    for conv in convs {
        map = net.conv(&map, conv);
    }
    (net, map)
}

#[track_caller]
fn check(sides: [usize; 2], convs: &[Conv]) {
    let (net, map) = chain(sides, convs);
    let net = net.end_with_means(&map);
    runs_on_kernels(&net, map.channels, map.scale);
}

#[test]
fn a_mobile_network_runs_on_the_kernels() {
    let convs = [
        Conv::square(8, 3).stride(2),
        Conv::depthwise(8, 3),
        Conv::square(17, 1),
        Conv::depthwise(17, 3).stride(2),
        Conv::square(33, 1),
        Conv::square(10, 1),
    ];
    check([32, 32], &convs);
}

#[test]
fn depthwise_windows_of_every_kind_run_on_the_kernels() {
    for kernel in [1, 2, 3, 5, 7] {
        for stride in [1, 2, 3] {
            for dilation in [1, 2] {
                let conv = Conv {
                    dilation: [dilation; 2],
                    pads: [0, 1, 2, 3],
                    ..Conv::depthwise(9, kernel).stride(stride)
                };
                let convs = [Conv::square(9, 3).stride(2), conv, Conv::square(5, 1)];
                check([35, 30], &convs);
            }
        }
    }
}

#[test]
fn a_depthwise_window_smaller_than_its_stride_runs_on_the_kernels() {
    for channels in [33, 96, 130] {
        for stride in [2, 4] {
            let window = Conv::depthwise(channels, 1).stride(stride);
            check([8, 8], &[Conv::square(channels, 1), window]);
        }
    }
}

#[test]
fn padding_on_one_side_only_runs_on_the_kernels() {
    for pads in [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 1],
    ] {
        let convs = [
            Conv::square(7, 3).stride(2).pads(pads),
            Conv::depthwise(7, 5)
                .stride(2)
                .pads(pads.map(|pad| 2 * pad)),
            Conv::square(4, 3).pads(pads),
        ];
        check([33, 31], &convs);
    }
}

#[test]
fn padding_wider_than_the_kernel_runs_on_the_kernels() {
    let convs = [
        Conv::square(7, 3).pads([5, 4, 9, 6]),
        Conv::depthwise(7, 3).pads([4, 7, 5, 3]),
        Conv::square(4, 1).pads([1, 2, 0, 3]),
    ];
    check([16, 16], &convs);
}

#[test]
fn padding_behind_the_last_pixels_of_a_pointwise_convolution_runs_on_the_kernels() {
    for pads in [[0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 2, 3]] {
        let padded = Conv::square(9, 1).pads(pads);
        let depthwise = Conv::depthwise(9, 1).pads(pads);
        check([8, 8], &[Conv::square(33, 1), padded, depthwise]);
    }
}

#[test]
fn strided_pointwise_convolutions_run_on_the_kernels() {
    for stride in [2, 3, 5] {
        let convs = [Conv::square(33, 1), Conv::square(9, 1).stride(stride)];
        check([17, 19], &convs);
    }
}

#[test]
fn kernels_that_are_not_square_run_on_the_kernels() {
    for kernel in [[1, 3], [3, 1], [7, 2], [1, 16], [16, 1]] {
        let first = Conv {
            kernel,
            pads: [0; 4],
            ..Conv::square(9, 1)
        };
        let second = Conv {
            stride: [1, 2],
            dilation: [2, 1],
            pads: [4, 1, 4, 1],
            ..Conv::square(6, 3)
        };
        check([19, 18], &[first, second]);
    }
}

#[test]
fn every_number_of_channels_runs_on_the_kernels() {
    for channels in [1, 3, 7, 9, 16, 17, 31, 33, 65] {
        let convs = [
            Conv::square(channels, 3).stride(2),
            Conv::depthwise(channels, 3),
            Conv::square(channels, 3),
            Conv::depthwise(channels, 5).stride(2),
            Conv::square(channels, 1),
        ];
        check([16, 18], &convs);
    }
}

#[test]
fn grouped_convolutions_run_on_the_kernels() {
    for groups in [2, 3, 6] {
        let convs = [
            Conv::square(12, 3),
            Conv::square(18, 1).groups(groups),
            Conv::square(6, 3).groups(groups).stride(2),
            // Each channel becomes two.
            Conv::square(12, 3).groups(6),
        ];
        check([12, 12], &convs);
    }
}

#[test]
fn columns_and_rows_of_one_pixel_run_on_the_kernels() {
    for sides in [[16, 1], [1, 16], [1, 1], [1, 2], [2, 1]] {
        let convs = [
            Conv::square(9, 3),
            Conv::depthwise(9, 3),
            Conv::depthwise(9, 5).stride(2),
            Conv::square(7, 1),
        ];
        check(sides, &convs);
    }
}

#[test]
fn a_window_that_sees_nothing_but_padding_runs_right() {
    let convs = [
        Conv::square(4, 1).stride(4),
        Conv::depthwise(4, 3).stride(2).pads([1, 1, 6, 6]),
        Conv::square(5, 1),
    ];
    check([8, 8], &convs);
}

#[test]
fn padding_that_the_file_leaves_to_its_reader_runs_on_the_kernels() {
    for how in ["SAME_UPPER", "SAME_LOWER", "VALID"] {
        for stride in [1, 2] {
            let mut net = Net::new(13, 16);
            let picture = net.picture();
            let stem = net.conv(&picture, &Conv::square(8, 3).stride(stride));
            let last = net.conv(&stem, &Conv::depthwise(8, 5).stride(stride));
            for node in &mut net.graph.node {
                // The kernel's size is that of the weights.
                let said = |name: &str| matches!(name, "pads" | "kernel_shape");
                node.attribute.retain(|attribute| !said(&attribute.name));
                if node.op_type == "QLinearConv" {
                    node.attribute.push(text("auto_pad", how));
                }
            }
            runs_on_kernels(&net.end_with_means(&last), 8, last.scale);
        }
    }
}

#[test]
fn bytes_without_sign_run_on_the_kernels() {
    let mut net = Net::new(16, 16);
    let picture = net.quantise("picture", 3, 1.0 / 64.0, 128, true);
    let unsigned = |conv: Conv, zero| Conv {
        unsigned: true,
        zero,
        ..conv
    };
    let first = net.conv(&picture, &unsigned(Conv::square(9, 3), 131));
    let second = net.conv(&first, &unsigned(Conv::depthwise(9, 3), 0));
    let third = net.conv(&second, &Conv::square(7, 1));
    let last = net.conv(&third, &unsigned(Conv::square(6, 1), 255));
    let net = net.end_with_means(&last);
    runs_on_kernels(&net, 6, last.scale);
}

#[test]
fn one_scale_for_all_weights_runs_on_the_kernels() {
    let per_tensor = |conv: Conv| Conv {
        per_tensor: true,
        ..conv
    };
    let convs = [
        Conv::square(9, 3),
        Conv::depthwise(9, 3),
        Conv::square(5, 1),
    ]
    .map(per_tensor);
    check([16, 16], &convs);
}

#[test]
fn weights_of_minus_128_run_on_the_kernels() {
    let low = |conv: Conv| Conv {
        lowest: -128,
        ..conv
    };
    let convs = [
        Conv::square(9, 3),
        Conv::depthwise(9, 3),
        Conv::square(5, 1),
    ]
    .map(low);
    check([16, 16], &convs);
    // All weights are -128.
    let mut net = Net::new(16, 16);
    let map = net.picture();
    let conv = Conv::square(9, 3);
    let weights = bytes(&[9, 3, 3, 3], &[128; 9 * 27], false);
    let output = Map {
        name: String::new(),
        channels: 9,
        scale: map.scale * 20.0,
        zero: 5,
        unsigned: false,
    };
    let parts = [
        weights,
        reals(&[], &[0.01]),
        bytes(&[], &[0], false),
        integers(&[9], &[100; 9]),
    ];
    let map = net.conv_of(&map, &conv, parts, &output);
    runs_on_kernels(&net.end_with_means(&map), 9, map.scale);
}

#[test]
fn convolutions_without_a_bias_run_on_the_kernels() {
    let convs = [
        Conv::square(9, 3),
        Conv::depthwise(9, 3),
        Conv::square(5, 1),
    ];
    let (mut net, map) = chain([16, 16], &convs);
    let nodes = net.graph.node.iter_mut();
    for node in nodes.filter(|node| node.op_type == "QLinearConv") {
        node.input.truncate(8);
    }
    runs_on_kernels(&net.end_with_means(&map), 5, map.scale);
}

#[test]
fn extreme_zero_points_run_on_the_kernels() {
    for zero in [-128, 127] {
        let at = |conv: Conv| Conv { zero, ..conv };
        let convs = [
            Conv::square(9, 3),
            Conv::depthwise(9, 3),
            Conv::square(5, 1),
        ]
        .map(at);
        let (net, map) = chain([16, 16], &convs);
        runs_right(&net.end_with_means(&map), 5, map.scale);
    }
}

#[test]
fn all_values_of_a_map_come_out_in_the_order_of_the_graph() {
    let convs = [
        Conv::square(9, 3).stride(2),
        Conv::depthwise(9, 3).stride(2),
    ];
    let (net, map) = chain([20, 28], &convs);
    let net = net.end_with_all(&map);
    runs_right(&net, 9 * 5 * 7, map.scale);
}
