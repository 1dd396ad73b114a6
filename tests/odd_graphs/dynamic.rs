//! Networks that are quantised anew for each picture: they run, slowly, and that is told.

use crate::net::Net;
use crate::proto::{bytes, int, ints, reals};
use crate::run::runs_right;
use sortd::classify::Coverage;

/// A real tensor's bytes, its scale and its zero point.
fn quantised(net: &mut Net, real: &str) -> [String; 3] {
    let name = net.node("DynamicQuantizeLinear", &[real], vec![]);
    let more = [format!("{name}.scale"), format!("{name}.zero")];
    let node = net.graph.node.last_mut().expect("it has nodes");
    node.output.extend(more.clone());
    let [scale, zero] = more;
    [name, scale, zero]
}

/// Whole numbers as real ones, in steps of both scales.
fn scaled(net: &mut Net, whole: &str, scale: &str) -> String {
    let weight_scale = net.constant(reals(&[], &[0.01]));
    let both = net.node("Mul", &[scale, &weight_scale], vec![]);
    let real = net.node("Cast", &[whole], vec![int("to", 1)]);
    net.node("Mul", &[&real, &both], vec![])
}

fn weights(net: &mut Net, shape: &[i64], unsigned: bool) -> [String; 2] {
    let count: i64 = shape.iter().product();
    let values: Vec<u8> = (0..count).map(|_| net.random(255) as u8).collect();
    let values = net.constant(bytes(shape, &values, unsigned));
    let zero = net.zero_point(if unsigned { 128 } else { 0 }, unsigned);
    [values, zero]
}

fn means(net: &mut Net) -> String {
    let means = net.node("GlobalAveragePool", &["picture"], vec![]);
    net.node("Flatten", &[&means], vec![ints("axis", &[1])])
}

#[track_caller]
fn is_told(coverage: &Coverage, operator: &str) {
    assert!(coverage.is_quantised(), "{coverage:?}");
    assert!(coverage.share_left_to_tract() > 0.99, "{coverage:?}");
    let mut left = coverage.left_to_tract.iter();
    let found = left
        .find(|(layer, reason)| layer.operator == operator && layer.macs > 0 && !reason.is_empty());
    assert!(found.is_some(), "{operator} is not told: {coverage:?}");
    let reason = coverage.costliest_reason().expect("there is one");
    assert!(
        reason.contains("dynamic") && reason.contains("quantize_static"),
        "{reason}"
    );
}

#[test]
fn a_convolution_that_is_quantised_for_each_picture_is_told() {
    for unsigned in [false, true] {
        let mut net = Net::new(12, 12);
        let [name, scale, zero] = quantised(&mut net, "picture");
        let [weights, weight_zero] = weights(&mut net, &[5, 3, 3, 3], unsigned);
        let inputs = [&*name, &weights, &zero, &weight_zero];
        let whole = net.node("ConvInteger", &inputs, vec![ints("kernel_shape", &[3, 3])]);
        let real = scaled(&mut net, &whole, &scale);
        let means = net.node("GlobalAveragePool", &[&real], vec![]);
        let flat = net.node("Flatten", &[&means], vec![ints("axis", &[1])]);
        let coverage = runs_right(&net.end_with(&flat), 5, 1e-3);
        is_told(&coverage, "Conv");
    }
}

#[test]
fn a_product_that_is_quantised_for_each_picture_is_told() {
    for unsigned in [false, true] {
        let mut net = Net::new(12, 12);
        let means = means(&mut net);
        let [name, scale, zero] = quantised(&mut net, &means);
        let [weights, weight_zero] = weights(&mut net, &[3, 5], unsigned);
        let inputs = [&*name, &weights, &zero, &weight_zero];
        let whole = net.node("MatMulInteger", &inputs, vec![]);
        let real = scaled(&mut net, &whole, &scale);
        let coverage = runs_right(&net.end_with(&real), 5, 1e-3);
        is_told(&coverage, "EinSum");
    }
}
