//! Networks of few bytes that ask for more than a small computer has: they are refused by what was counted,
//! before anything is computed.

use tract_onnx::pb::AttributeProto;

use crate::bad_files::plain;
use crate::net::{Map, Net};
use crate::proto::{longs, reals, text};
use crate::run::{is_refused, runs_right};

/// A network to whose answer the real tensor that `make` makes is added.
fn with(make: impl FnOnce(&mut Net) -> String) -> Net {
    let (mut net, last) = plain();
    let odd = make(&mut net);
    let real = net.dequantise(&last);
    let sum = net.node("Add", &[&real, &odd], vec![]);
    let most = net.node("GlobalMaxPool", &[&sum], vec![]);
    net.end_with(&most)
}

fn value(tensor: tract_onnx::pb::TensorProto) -> AttributeProto {
    AttributeProto {
        name: "value".into(),
        r#type: 4,
        t: Some(tensor),
        ..AttributeProto::default()
    }
}

/// Names the node that was made last.
fn oddone(net: &mut Net) {
    net.graph.node.last_mut().expect("it has nodes").name = "oddone".into();
}

const SIDES: [i64; 4] = [1, 4, 16_384, 16_384];

#[test]
fn constants_that_unfold_to_gigabytes_are_refused_by_name() {
    let one = |net: &mut Net| net.constant(reals(&[1, 1, 1, 1], &[1.0]));
    let unfolding: [&dyn Fn(&mut Net) -> String; 5] = [
        &|net| {
            let (one, to) = (one(net), net.vector(&SIDES));
            net.node("Expand", &[&one, &to], vec![])
        },
        &|net| {
            let (one, to) = (one(net), net.vector(&SIDES));
            net.node("Tile", &[&one, &to], vec![])
        },
        &|net| {
            let to = net.vector(&SIDES);
            net.node("ConstantOfShape", &[&to], vec![value(reals(&[1], &[1.0]))])
        },
        &|net| {
            let (one, pads) = (one(net), net.vector(&[0, 0, 0, 0, 0, 3, 16_383, 16_383]));
            net.node("Pad", &[&one, &pads], vec![text("mode", "constant")])
        },
        // The size itself is computed.
        &|net| {
            let (one, half) = (one(net), net.vector(&[1, 2, 8192, 8192]));
            let two = net.constant(longs(&[1, 2, 2, 2]));
            let to = net.node("Mul", &[&half, &two], vec![]);
            net.node("Expand", &[&one, &to], vec![])
        },
    ];
    for make in unfolding {
        let net = with(|net| {
            let odd = make(net);
            oddone(net);
            odd
        });
        is_refused(&net, 4, "oddone");
        is_refused(&net, 4, "values are the most");
    }
}

#[test]
fn constants_that_are_too_many_together_are_refused() {
    let net = with(|net| {
        let mut sum = net.scalar(1.0);
        for _ in 0..20 {
            let (one, to) = (net.scalar(1.0), net.vector(&[1, 4, 2048, 2048]));
            let large = net.node("Expand", &[&one, &to], vec![]);
            sum = net.node("Add", &[&sum, &large], vec![]);
        }
        sum
    });
    is_refused(&net, 4, "200 MB are the most");
}

#[test]
fn more_nodes_than_a_network_needs_are_refused() {
    let (mut net, last) = plain();
    let mut real = net.dequantise(&last);
    for _ in 0..6000 {
        real = net.node("Relu", &[&real], vec![]);
    }
    let net = net.end_with(&real);
    is_refused(&net, 256, "nodes, and 5000 are the most");
}

#[test]
fn sums_over_many_axes_are_refused_by_their_work() {
    let (mut net, last) = plain();
    let real = net.dequantise(&last);
    let long = net.constant(reals(&[64, 64], &[0.5; 64 * 64]));
    let sum = net.node(
        "Einsum",
        &[&real, &long, &long, &long],
        vec![text("equation", "abcd,ef,gh,ij->ab")],
    );
    oddone(&mut net);
    is_refused(&net.end_with(&sum), 4, "oddone (Einsum)");
}

#[test]
fn layers_of_too_much_work_are_refused() {
    let (mut net, last) = plain();
    let real = net.dequantise(&last);
    let to = net.vector(&[2048, 4, 8, 8]);
    let mut many = net.node("Expand", &[&real, &to], vec![]);
    let weights = net.constant(reals(&[4, 4, 7, 7], &[0.1; 4 * 4 * 49]));
    for _ in 0..200 {
        let pads = crate::proto::ints("pads", &[3, 3, 3, 3]);
        many = net.node("Conv", &[&many, &weights], vec![pads]);
    }
    is_refused(
        &net.end_with(&many),
        4,
        "million multiply-accumulate operations",
    );
}

#[test]
fn shapes_that_are_computed_as_exporters_do_run_right() {
    let (mut net, last) = plain();
    let shape = net.node("Shape", &["picture"], vec![]);
    let (at, rest) = (net.vector(&[0]), net.vector(&[4, -1]));
    let batch = net.node("Gather", &[&shape, &at], vec![]);
    let axis = vec![crate::proto::int("axis", 0)];
    let to = net.node("Concat", &[&batch, &rest], axis);
    let name = net.node("Reshape", &[&last.name, &to], vec![]);
    let real = net.dequantise(&Map {
        name,
        ..last.clone()
    });
    let most = net.node(
        "ReduceMax",
        &[&real],
        vec![crate::proto::ints("axes", &[2])],
    );
    runs_right(&net.end_with(&most), 4, last.scale);
}
