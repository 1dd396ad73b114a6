//! Files that leave sizes open, as PyTorch's exporters write them for a batch of any size: names in the
//! place of numbers, and shapes that are computed.

use tract_onnx::pb::tensor_shape_proto::dimension::Value;
use tract_onnx::pb::type_proto;

use crate::bad_files::plain;
use crate::net::{Conv, Net};
use crate::proto::{info, int, ints};
use crate::run::{answers_alike, runs_on_kernels};

/// What a file says of a tensor, with names for some of its sides.
fn open(name: &str, sides: &[&str]) -> tract_onnx::pb::ValueInfoProto {
    let mut info = info(name, Some(&vec![0; sides.len()]));
    let kind = info.r#type.as_mut().and_then(|kind| kind.value.as_mut());
    let Some(type_proto::Value::TensorType(tensor)) = kind else {
        panic!("it is a tensor");
    };
    let shape = tensor.shape.as_mut().expect("it has a shape");
    for (dim, side) in shape.dim.iter_mut().zip(sides) {
        dim.value = Some(match side.parse() {
            Ok(side) => Value::DimValue(side),
            Err(_) => Value::DimParam((*side).into()),
        });
    }
    info
}

/// A network of real numbers, whose tensors' sizes are open.
fn open_net(inputs: &[&str], inner: &[&str], outputs: &[&str]) -> Net {
    let mut net = Net::new(8, 8);
    let rectified = net.node("Relu", &["picture"], vec![]);
    let means = net.node("GlobalAveragePool", &[&rectified], vec![]);
    let flat = net.node("Flatten", &[&means], vec![ints("axis", &[1])]);
    net.graph.input = vec![open("picture", inputs)];
    net.graph.value_info = vec![
        open(&rectified, inner),
        open(&means, &[inner[0], "3", "1", "1"]),
    ];
    net.graph.output.push(open(&flat, outputs));
    net
}

#[test]
fn tensors_with_a_symbol_for_the_batch_run() {
    let expected = open_net(&["1", "3", "8", "8"], &["1", "3", "8", "8"], &["1", "3"]);
    for (inputs, inner, outputs) in [
        (
            ["batch", "3", "8", "8"],
            ["batch", "3", "8", "8"],
            ["batch", "3"],
        ),
        // The exporter knows not that they are the same.
        (["s77", "3", "8", "8"], ["u0", "3", "8", "8"], ["s53", "3"]),
        (
            ["1", "3", "8", "8"],
            ["batch", "3", "8", "8"],
            ["batch", "3"],
        ),
        (
            ["batch", "3", "height", "width"],
            ["batch", "3", "height", "width"],
            ["batch", "3"],
        ),
        (
            ["N", "C", "H", "W"],
            ["N", "C", "floor(H/2)*2", "W"],
            ["N", "C"],
        ),
        (
            ["batch", "3", "8", "8"],
            ["batch*1", "3", "8", "8"],
            ["Min(batch, 8)", "3"],
        ),
    ] {
        let net = open_net(&inputs, &inner, &outputs);
        answers_alike(&net, &expected, 3, 1e-6);
    }
}

#[test]
fn a_quantised_network_with_a_symbol_for_the_batch_runs_on_the_kernels() {
    let (net, last) = plain();
    let mut net = net.end_with_means(&last);
    net.graph.input = vec![open("picture", &["batch", "3", "8", "8"])];
    for node in net.graph.node.clone() {
        if matches!(&*node.op_type, "DequantizeLinear" | "GlobalAveragePool") {
            let sides = if node.op_type == "DequantizeLinear" {
                "8"
            } else {
                "1"
            };
            let said = open(&node.output[0], &["batch", "4", sides, sides]);
            net.graph.value_info.push(said);
        }
    }
    assert!(!net.graph.value_info.is_empty(), "something is said");
    runs_on_kernels(&net, 4, last.scale);
}

#[test]
fn shapes_that_are_computed_of_a_symbol_run_on_the_kernels() {
    // What TorchScript makes of `x.view(x.size(0), -1)`.
    let mut net = Net::new(8, 8);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(6, 3));
    let real = net.dequantise(&map);
    let means = net.node("GlobalAveragePool", &[&real], vec![]);
    let shape = net.node("Shape", &[&means], vec![]);
    let (first, axis, rest) = (net.vector(&[0]), net.vector(&[0]), net.vector(&[-1]));
    let batch = net.node("Gather", &[&shape, &first], vec![int("axis", 0)]);
    let batch = net.node("Squeeze", &[&batch, &axis], vec![]);
    let batch = net.node("Unsqueeze", &[&batch, &axis], vec![]);
    let sides = net.node("Concat", &[&batch, &rest], vec![int("axis", 0)]);
    let flat = net.node("Reshape", &[&means, &sides], vec![]);
    let mut net = net.end_with(&flat);
    net.graph.input = vec![open("picture", &["batch", "3", "8", "8"])];
    net.graph.value_info = vec![open(&means, &["batch", "6", "1", "1"])];
    runs_on_kernels(&net, 6, map.scale);
}
