//! Dense layers as ONNX Runtime's quantiser writes them: `QGemm`, `QLinearMatMul`.

use crate::net::{Conv, Map, Net};
use crate::proto::{bytes, int, integers, ints, real, reals};
use crate::run::{answers_alike, runs_on_kernels, runs_right};

const LABELS: usize = 5;

/// The weights of a dense layer, one row an output.
struct Weights {
    rows: Vec<Vec<u8>>,
    scales: Vec<f32>,
    bias: Vec<i32>,
}

impl Weights {
    fn random(net: &mut Net, inputs: usize, per_channel: bool) -> Self {
        let mut row = || (0..inputs).map(|_| net.random(255) as u8).collect();
        let rows = (0..LABELS).map(|_| row()).collect();
        let scales = if per_channel { LABELS } else { 1 };
        Self {
            rows,
            scales: (0..scales).map(|_| 0.01 * net.around_one()).collect(),
            bias: (0..LABELS)
                .map(|_| net.random(4001) as i32 - 2000)
                .collect(),
        }
    }

    fn scale_shape(&self) -> Vec<i64> {
        if self.scales.len() == 1 {
            vec![]
        } else {
            vec![LABELS as i64]
        }
    }

    fn inputs(&self) -> usize {
        self.rows[0].len()
    }

    /// As the matrix of a product, turned or not.
    fn matrix(&self, turned: bool) -> (Vec<i64>, Vec<u8>) {
        let (inputs, outputs) = (self.inputs(), LABELS);
        if turned {
            return (vec![outputs as i64, inputs as i64], self.rows.concat());
        }
        let columns = (0..inputs).flat_map(|at| self.rows.iter().map(move |row| row[at]));
        (vec![inputs as i64, outputs as i64], columns.collect())
    }

    /// The scale of the result that its values fill about a fifth of.
    fn result(&self, of: &Map) -> Map {
        Map {
            name: String::new(),
            channels: LABELS,
            scale: of.scale * 0.01 * 110.0 * (self.inputs() as f32).sqrt(),
            zero: -3,
            unsigned: of.unsigned,
        }
    }
}

/// A dense layer of this operator over the vector `of`.
fn dense(net: &mut Net, op: &str, of: &Map, weights: &Weights, turned: bool, alpha: f32) -> Map {
    let [name, scale, zero] = net.parameters(of);
    let (shape, values) = weights.matrix(turned);
    let matrix = net.constant(bytes(&shape, &values, false));
    let matrix_scale = net.constant(reals(&weights.scale_shape(), &weights.scales));
    let zeros = vec![0; weights.scales.len()];
    let matrix_zero = net.constant(bytes(&weights.scale_shape(), &zeros, false));
    let result = weights.result(of);
    let [_, out_scale, out_zero] = net.parameters(&result);
    let bias = net.constant(integers(&[LABELS as i64], &weights.bias));
    let mut inputs = vec![&*name, &scale, &zero, &matrix, &matrix_scale, &matrix_zero];
    let mut attributes = vec![];
    if op == "QGemm" {
        inputs.push(&bias);
        attributes = vec![int("transB", turned.into()), real("alpha", alpha)];
    }
    inputs.extend([&*out_scale, &out_zero]);
    let name = net.node(op, &inputs, attributes);
    Map { name, ..result }
}

/// The same layer as a convolution that sees all of `of`, whose sides are these.
fn convolution(net: &mut Net, of: &Map, weights: &Weights, sides: [usize; 2], bias: bool) -> Map {
    let shape = [LABELS, of.channels, sides[0], sides[1]].map(|side| side as i64);
    let zeros = vec![0; LABELS];
    let parts = [
        bytes(&shape, &weights.rows.concat(), false),
        reals(&weights.scale_shape(), &weights.scales),
        bytes(&[], &[0], false),
        integers(&[LABELS as i64], if bias { &weights.bias } else { &zeros }),
    ];
    let conv = Conv {
        kernel: sides,
        pads: [0; 4],
        ..Conv::square(LABELS, 1)
    };
    net.conv_of(of, &conv, parts, &weights.result(of))
}

/// The quantised means of a map of nine channels, upright and flat.
fn means(unsigned: bool) -> (Net, Map, Map) {
    let mut net = Net::new(12, 12);
    let picture = net.picture();
    let zero = if unsigned { 120 } else { -8 };
    let conv = Conv {
        unsigned,
        zero,
        ..Conv::square(9, 3).stride(2)
    };
    let map = net.conv(&picture, &conv);
    let real = net.dequantise(&map);
    let pooled = net.node("GlobalAveragePool", &[&real], vec![]);
    let means = net.quantise(&pooled, 9, map.scale / 4.0, zero, unsigned);
    let name = net.node("Flatten", &[&means.name], vec![ints("axis", &[1])]);
    let flat = Map {
        name,
        ..means.clone()
    };
    (net, means, flat)
}

fn with_result_like(map: Map) -> Map {
    let zero = if map.unsigned { 125 } else { map.zero };
    Map { zero, ..map }
}

#[test]
fn a_dense_layer_is_a_convolution_of_one_pixel() {
    for op in ["QGemm", "QLinearMatMul"] {
        for (turned, per_channel) in [(true, false), (true, true), (false, false), (false, true)] {
            if op == "QLinearMatMul" && turned {
                continue;
            }
            let (mut net, means, flat) = means(false);
            let weights = Weights::random(&mut net, 9, per_channel);
            let mut other = net.clone();
            let last = dense(&mut net, op, &flat, &weights, turned, 1.0);
            let step = last.scale;
            let real = net.dequantise(&last);
            let net = net.end_with(&real);
            runs_on_kernels(&net, LABELS, step);
            let last = convolution(&mut other, &means, &weights, [1, 1], op == "QGemm");
            answers_alike(&net, &other.end_with_all(&last), LABELS, 0.0);
        }
    }
}

#[test]
fn a_dense_layer_of_bytes_without_sign_runs_on_the_kernels() {
    let (mut net, means, flat) = means(true);
    let weights = Weights::random(&mut net, 9, false);
    let mut other = net.clone();
    let last = with_result_like(dense(
        &mut net,
        "QGemm",
        &with_result_like(flat),
        &weights,
        true,
        1.0,
    ));
    let real = net.dequantise(&last);
    let net = net.end_with(&real);
    runs_right(&net, LABELS, last.scale);
    let last = with_result_like(convolution(
        &mut other,
        &with_result_like(means),
        &weights,
        [1, 1],
        true,
    ));
    answers_alike(&net, &other.end_with_all(&last), LABELS, 0.0);
}

#[test]
fn a_dense_layer_over_a_flattened_map_is_a_convolution_that_sees_all_of_it() {
    for shuffled in [false, true] {
        let mut net = Net::new(12, 20);
        let picture = net.picture();
        let mut map = net.conv(&picture, &Conv::square(6, 3).stride(4));
        if shuffled {
            map = net.shuffle(&map, [3, 5], 2);
        }
        let weights = Weights::random(&mut net, 6 * 3 * 5, true);
        let mut other = net.clone();
        let name = net.node("Flatten", &[&map.name], vec![ints("axis", &[1])]);
        let flat = Map {
            name,
            ..map.clone()
        };
        let last = dense(&mut net, "QGemm", &flat, &weights, true, 1.0);
        let real = net.dequantise(&last);
        let net = net.end_with(&real);
        runs_on_kernels(&net, LABELS, last.scale);
        let last = convolution(&mut other, &map, &weights, [3, 5], true);
        answers_alike(&net, &other.end_with_all(&last), LABELS, 0.0);
    }
}

#[test]
fn a_factor_of_a_dense_layer_is_one_of_its_weights_scale() {
    let (mut net, _, flat) = means(false);
    let weights = Weights::random(&mut net, 9, false);
    let mut other = net.clone();
    let last = dense(&mut net, "QGemm", &flat, &weights, true, 0.5);
    let real = net.dequantise(&last);
    let halved = Weights {
        scales: vec![weights.scales[0] * 0.5],
        ..weights
    };
    let same = dense(&mut other, "QGemm", &flat, &halved, true, 1.0);
    let other_real = other.dequantise(&same);
    let (net, other) = (net.end_with(&real), other.end_with(&other_real));
    answers_alike(&net, &other, LABELS, 0.0);
}

#[test]
fn a_dense_layer_that_answers_in_real_numbers_runs_right() {
    for bias in [false, true] {
        let (mut net, _, flat) = means(false);
        let mut weights = Weights::random(&mut net, 9, true);
        if !bias {
            weights.bias = vec![0; LABELS];
        }
        let mut other = net.clone();
        let made = dense(&mut net, "QGemm", &flat, &weights, true, 1.0);
        let node = net.graph.node.last_mut().expect("it has nodes");
        node.input.truncate(7);
        if !bias {
            node.input[6] = String::new();
        }
        let net = net.end_with(&made.name);
        let last = dense(&mut other, "QGemm", &flat, &weights, true, 1.0);
        let real = other.dequantise(&last);
        // Half a step is what quantising may change.
        answers_alike(&net, &other.end_with(&real), LABELS, 0.51 * last.scale);
    }
}

#[test]
fn a_dense_layer_without_a_bias_runs_on_the_kernels() {
    let (mut net, _, flat) = means(false);
    let weights = Weights::random(&mut net, 9, false);
    let last = dense(&mut net, "QGemm", &flat, &weights, true, 1.0);
    net.graph.node.last_mut().expect("it has nodes").input[6] = String::new();
    let real = net.dequantise(&last);
    runs_on_kernels(&net.end_with(&real), LABELS, last.scale);
}

#[test]
fn a_product_of_more_than_a_vector_runs_right() {
    // Each pixel of the map is a row of the matrix, as a token of a transformer is.
    for op in ["QGemm", "QLinearMatMul"] {
        let mut net = Net::new(8, 8);
        let picture = net.picture();
        let map = net.conv(&picture, &Conv::square(9, 3).stride(2));
        let weights = Weights::random(&mut net, 9, true);
        let mut other = net.clone();
        let turned = net.node("Transpose", &[&map.name], vec![ints("perm", &[0, 2, 3, 1])]);
        let shape = net.vector(&[16, 9]);
        let name = net.node("Reshape", &[&turned, &shape], vec![]);
        let rows = Map {
            name,
            ..map.clone()
        };
        let made = dense(&mut net, op, &rows, &weights, false, 1.0);
        let real = net.dequantise(&made);
        let means = net.node(
            "ReduceMean",
            &[&real],
            vec![ints("axes", &[0]), int("keepdims", 0)],
        );
        let net = net.end_with(&means);
        let coverage = runs_right(&net, LABELS, made.scale);
        assert!(!coverage.left_to_tract.is_empty(), "{coverage:?}");
        let last = convolution(&mut other, &map, &weights, [1, 1], op == "QGemm");
        answers_alike(&net, &other.end_with_means(&last), LABELS, made.scale);
    }
}
