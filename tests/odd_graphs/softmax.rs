//! Networks whose last layer is a softmax over bytes.

use crate::net::{Conv, Map, Net};
use crate::proto::{int, ints};
use crate::run::{answers_with, runs_right};

const LABELS: usize = 6;

/// The bytes of a network's logits, one a label.
fn logits(unsigned: bool) -> (Net, Map) {
    let mut net = Net::new(12, 12);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(LABELS, 3).stride(2));
    let real = net.dequantise(&map);
    let means = net.node("GlobalAveragePool", &[&real], vec![]);
    let flat = net.node("Flatten", &[&means], vec![ints("axis", &[1])]);
    let zero = if unsigned { 128 } else { 0 };
    let logits = net.quantise(&flat, LABELS, 0.02, zero, unsigned);
    (net, logits)
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let powers: Vec<f32> = logits.iter().map(|logit| logit.exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// The step of a quantised probability, and its zero.
fn of_probabilities(unsigned: bool) -> (f32, i32) {
    (1.0 / 256.0, if unsigned { 0 } else { -128 })
}

#[test]
fn a_softmax_between_quantised_tensors_gives_each_class_its_own_share() {
    for unsigned in [false, true] {
        for axis in [1, -1] {
            let (net, bytes) = logits(unsigned);
            let [mut net, mut other] = [net.clone(), net];
            let real = net.dequantise(&bytes);
            let soft = net.node("Softmax", &[&real], vec![int("axis", axis)]);
            let (step, zero) = of_probabilities(unsigned);
            let soft = net.quantise(&soft, LABELS, step, zero, unsigned);
            let real = net.dequantise(&soft);
            let net = net.end_with(&real);
            let real = other.dequantise(&bytes);
            let other = other.end_with(&real);
            answers_with(&net, &other, LABELS, 0.51 * step, softmax);
            runs_right(&net, LABELS, step);
        }
    }
}

#[test]
fn a_quantised_softmax_gives_each_class_its_own_share() {
    for unsigned in [false, true] {
        for attributes in [
            vec![],
            vec![int("opset", 17)],
            vec![int("opset", 13), int("axis", -1)],
            vec![int("opset", 11), int("axis", 1)],
            vec![int("opset", 11)],
        ] {
            let (net, bytes) = logits(unsigned);
            let [mut net, mut other] = [net.clone(), net];
            let (scale, zero) = of_probabilities(unsigned);
            let soft = Map {
                scale,
                zero,
                ..bytes.clone()
            };
            let [name, in_scale, in_zero] = net.parameters(&bytes);
            let [_, out_scale, out_zero] = net.parameters(&soft);
            let inputs = [&*name, &in_scale, &in_zero, &out_scale, &out_zero];
            let name = net.node("QLinearSoftmax", &inputs, attributes);
            let real = net.dequantise(&Map { name, ..soft });
            let net = net.end_with(&real);
            let real = other.dequantise(&bytes);
            let other = other.end_with(&real);
            answers_with(&net, &other, LABELS, 0.51 * scale, softmax);
            runs_right(&net, LABELS, scale);
        }
    }
}

#[test]
fn bytes_that_change_their_sign_through_a_function_keep_their_values() {
    // tract has a table for this, and reads the bytes that go in as those that come out.
    let (net, bytes) = logits(true);
    let [mut net, mut other] = [net.clone(), net];
    let real = net.dequantise(&bytes);
    let odd = net.node("Tanh", &[&real], vec![]);
    let odd = net.quantise(&odd, LABELS, 1.0 / 128.0, 0, false);
    let real = net.dequantise(&odd);
    let net = net.end_with(&real);
    let real = other.dequantise(&bytes);
    let other = other.end_with(&real);
    let tanh = |logits: &[f32]| logits.iter().map(|logit| logit.tanh()).collect();
    answers_with(&net, &other, LABELS, 0.51 / 128.0, tanh);
}
