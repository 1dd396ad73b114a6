//! Dense layers in the QDQ format whose operands have shapes that no quantiser writes: there is no quantised operator
//! that means the same, so they are computed as they stand.

use tract_onnx::pb::TensorProto;

use crate::net::{Conv, Map, Net};
use crate::proto::{bytes, integers, ints, real, reals};
use crate::run::{answers, answers_alike, is_refused_somehow, is_sane, runs_right};

const CHANNELS: usize = 6;
const PIXELS: usize = 9;
const STEP: f32 = 0.3;

/// A map of six channels with nine pixels each, as a real tensor of `shape`.
fn real_map(net: &mut Net, shape: &[i64]) -> (Map, String) {
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(CHANNELS, 3).stride(4));
    let real = net.dequantise(&map);
    let shape = net.vector(shape);
    let name = net.node("Reshape", &[&real, &shape], vec![]);
    let again = net.quantise(&name, CHANNELS, map.scale, map.zero, false);
    let name = net.dequantise(&again);
    (map, name)
}

fn weights(net: &mut Net, shape: &[i64]) -> String {
    let count: i64 = shape.iter().product();
    let weights: Vec<u8> = (0..count).map(|_| net.random(255) as u8).collect();
    let constant = net.constant(bytes(shape, &weights, false));
    let (scale, zero) = (net.scalar(0.01), net.zero_point(0, false));
    net.node("DequantizeLinear", &[&constant, &scale, &zero], vec![])
}

/// A bias in the steps of the sums.
fn bias(net: &mut Net, map: &Map, of: TensorProto) -> String {
    let constant = net.constant(of);
    let (scale, zero) = (
        net.scalar(map.scale * 0.01),
        net.constant(integers(&[], &[0])),
    );
    net.node("DequantizeLinear", &[&constant, &scale, &zero], vec![])
}

/// Quantises the layer's result and ends the network with it. What reads the real result once more keeps the layer
/// from being put together, and is what it is held against.
fn ended(mut net: Net, layer: &str, is_reference: bool) -> Net {
    if is_reference {
        net.node("Relu", &[layer], vec![]);
    }
    let map = net.quantise(layer, 1, STEP, 3, false);
    let real = net.dequantise(&map);
    let flat = net.node("Flatten", &[&real], vec![ints("axis", &[0])]);
    net.end_with(&flat)
}

/// A matrix product of the map in one shape with weights of another is computed as it stands.
#[track_caller]
fn product_is_right(map: &[i64], of_weights: &[i64], labels: usize) {
    let [net, reference] = [false, true].map(|is_reference| {
        let mut net = Net::new(12, 12);
        let (_, left) = real_map(&mut net, map);
        let right = weights(&mut net, of_weights);
        let layer = net.node("MatMul", &[&left, &right], vec![]);
        ended(net, &layer, is_reference)
    });
    answers_alike(&net, &reference, labels, STEP);
    runs_right(&net, labels, STEP);
}

#[test]
fn a_product_with_a_batch_of_matrices() {
    product_is_right(&[1, 6, 9], &[2, 9, 4], 2 * 6 * 4);
    product_is_right(&[2, 3, 9], &[2, 9, 4], 2 * 3 * 4);
}

#[test]
fn a_product_with_a_vector_on_either_side() {
    product_is_right(&[6, 9], &[9], 6);
    product_is_right(&[54], &[54, 5], 5);
}

#[test]
fn a_bias_of_one_number_a_row() {
    let [net, reference] = [false, true].map(|is_reference| {
        let mut net = Net::new(12, 12);
        let (map, left) = real_map(&mut net, &[CHANNELS as i64, PIXELS as i64]);
        // As many columns as rows, so that the bias could be either.
        let right = weights(&mut net, &[PIXELS as i64, CHANNELS as i64]);
        let steps = [-9000, 5000, 0, 400, 8000, -30];
        let bias = bias(&mut net, &map, integers(&[CHANNELS as i64, 1], &steps));
        let layer = net.node("Gemm", &[&left, &right, &bias], vec![real("alpha", 1.0)]);
        ended(net, &layer, is_reference)
    });
    answers_alike(&net, &reference, CHANNELS * CHANNELS, STEP);
}

#[test]
fn constants_that_store_more_or_less_than_their_sides_say() {
    for (sides, stored) in [
        (vec![], 2),
        (vec![], 0),
        (vec![1], 5000),
        (vec![3], 1),
        (vec![0], 0),
        (vec![-1], 1),
    ] {
        let mut net = Net::new(12, 12);
        let (_, left) = real_map(&mut net, &[1, 54]);
        let right = weights(&mut net, &[54, 5]);
        let layer = net.node("MatMul", &[&left, &right], vec![]);
        let mut net = ended(net, &layer, false);
        let layer = net
            .graph
            .node
            .iter()
            .position(|node| node.op_type == "MatMul");
        let quantise = &net.graph.node[layer.expect("there is one") + 1];
        let scale = quantise.input[1].clone();
        let mut constants = net.graph.initializer.iter_mut();
        let scale = constants
            .find(|constant| constant.name == scale)
            .expect("it is there");
        *scale = TensorProto {
            name: scale.name.clone(),
            ..reals(&sides, &vec![STEP; stored])
        };
        is_sane(&net, 5, STEP);
    }
}

#[test]
fn nodes_without_a_result() {
    for op in ["MaxPool", "MatMul", "QuantizeLinear", "DequantizeLinear"] {
        let mut net = Net::new(12, 12);
        let (_, left) = real_map(&mut net, &[1, 54]);
        let right = weights(&mut net, &[54, 5]);
        let layer = net.node("MatMul", &[&left, &right], vec![]);
        let net = ended(net, &layer, false);
        // One that is needed, and one that nobody misses.
        let mut lost = net.clone();
        for node in &mut lost.graph.node {
            if node.op_type == op {
                node.output.clear();
            }
        }
        if op != "MaxPool" {
            is_refused_somehow(&lost, 5);
        }
        let mut idle = net.clone();
        idle.node(op, &[&left, &right], vec![]);
        idle.graph
            .node
            .last_mut()
            .expect("it was just made")
            .output
            .clear();
        if let Ok(found) = answers(&idle, 5, None, 1) {
            let expected = answers(&net, 5, None, 1).expect("it runs");
            assert_eq!(found.values, expected.values, "{op}");
        }
    }
}
