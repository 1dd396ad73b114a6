//! Files whose graph is not one: batches, tensors without a size, constants that are none, nodes that
//! read each other or are not known.

use sortd::classify::{Backend, Compute, TractClassifier};
use tract_onnx::pb::tensor_shape_proto::dimension;
use tract_onnx::pb::type_proto::Value;

use crate::net::{Conv, Map, Net};
use crate::proto::{info, reals};
use crate::run::{answers_alike, is_refused, is_sane, runs_on_kernels, watched};

/// A network with nothing odd to it, whose last convolution has a name.
pub fn plain() -> (Net, Map) {
    let mut net = Net::new(8, 8);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(6, 3));
    let last = net.conv(&map, &Conv::square(4, 1));
    net.graph.node.last_mut().expect("it has nodes").name = "oddone".into();
    (net, last)
}

/// Sets what the file says of an axis of its input.
fn set_axis(net: &mut Net, axis: usize, size: dimension::Value) {
    let kind = net.graph.input[0].r#type.as_mut().expect("it has a type");
    let Some(Value::TensorType(tensor)) = &mut kind.value else {
        panic!("it is a tensor");
    };
    tensor.shape.as_mut().expect("it has a shape").dim[axis].value = Some(size);
}

#[test]
fn a_batch_of_any_size_runs_on_the_kernels() {
    let (mut net, last) = plain();
    set_axis(&mut net, 0, dimension::Value::DimParam("N".into()));
    let net = net.end_with_means(&last);
    runs_on_kernels(&net, 4, last.scale);
    // Nothing at all is said of the input.
    let mut net = net;
    net.graph.input = vec![info("picture", None)];
    is_sane(&net, 4, last.scale);
}

#[test]
fn other_inputs_than_a_picture_run_right_or_are_refused() {
    for (axis, size) in [
        (0, 2),
        (0, 0),
        (0, -1),
        (1, 1),
        (1, 4),
        (2, 0),
        (2, 9),
        (3, i64::MAX),
    ] {
        let (mut net, last) = plain();
        set_axis(&mut net, axis, dimension::Value::DimValue(size));
        let net = net.end_with_means(&last);
        is_sane(&net, 4, last.scale);
    }
}

#[test]
fn a_batch_that_is_made_within_is_refused_or_runs_right() {
    let (mut net, last) = plain();
    let shape = net.vector(&[2, 2, 8, 8]);
    let name = net.node("Reshape", &[&last.name, &shape], vec![]);
    let two = Map {
        name,
        channels: 2,
        ..last.clone()
    };
    let odd = net.conv(&two, &Conv::square(4, 1));
    is_sane(&net.end_with_means(&odd), 8, odd.scale);
}

#[test]
fn more_or_fewer_answers_than_labels_are_refused() {
    let (net, last) = plain();
    for labels in [3, 5, 256] {
        is_refused(&net.clone().end_with_means(&last), labels, "labels");
    }
    is_refused(&net.clone().end_with(&last.name), 256, "labels");
    is_refused(&net, 4, "outputs");
}

#[test]
fn an_answer_that_does_not_depend_on_the_picture_is_refused() {
    let (mut net, _) = plain();
    let constant = net.constant(reals(&[1, 4], &[1.0, 2.0, 3.0, 4.0]));
    let same = net.node("Relu", &[&constant], vec![]);
    is_refused(&net.end_with(&same), 4, "picture");
}

#[test]
fn parameters_that_are_not_constant_are_refused_or_run_right() {
    // Each input of the convolution in turn is computed from the picture.
    for place in 1..9 {
        let (mut net, last) = plain();
        let real = net.node("GlobalAveragePool", &["picture"], vec![]);
        let computed = match place {
            2 | 5 | 7 => net.quantise(&real, 3, 0.1, 0, false).name,
            3 => last_of(&net).input[0].clone(),
            _ => real,
        };
        let odd = net.graph.node.iter_mut().find(|node| node.name == "oddone");
        odd.expect("it is there").input[place] = computed;
        let net = net.end_with_means(&last);
        is_sane(&net, 4, last.scale);
    }
}

fn last_of(net: &Net) -> &tract_onnx::pb::NodeProto {
    let odd = net.graph.node.iter().find(|node| node.name == "oddone");
    odd.expect("it is there")
}

#[test]
fn inputs_that_are_missing_are_refused() {
    for place in 0..9 {
        for name in ["", "nobody"] {
            let (mut net, last) = plain();
            let odd = net.graph.node.iter_mut().find(|node| node.name == "oddone");
            odd.expect("it is there").input[place] = name.into();
            let net = net.end_with_means(&last);
            // A bias may be left out, and is then as if it were not named.
            if (place, name) == (8, "") {
                let mut without = net.clone();
                for node in &mut without.graph.node {
                    node.input.retain(|input| !input.is_empty());
                }
                answers_alike(&net, &without, 4, 0.0);
            } else {
                is_refused(&net, 4, "");
            }
        }
        let (mut net, last) = plain();
        let odd = net.graph.node.iter_mut().find(|node| node.name == "oddone");
        odd.expect("it is there").input.truncate(place);
        is_sane(&net.end_with_means(&last), 4, last.scale);
    }
}

#[test]
fn nodes_that_read_each_other_are_refused() {
    let (mut net, last) = plain();
    let own = last.name.clone();
    let odd = net.graph.node.iter_mut().find(|node| node.name == "oddone");
    odd.expect("it is there").input[0] = own;
    is_refused(&net.end_with_means(&last), 4, "");
    let (mut net, last) = plain();
    let real = net.dequantise(&last);
    let sum = net.node("Add", &[&real, "later"], vec![]);
    net.node("Relu", &[&sum], vec![]);
    net.graph.node.last_mut().expect("it has nodes").output = vec!["later".into()];
    is_refused(&net.end_with("later"), 4, "");
}

#[test]
fn two_nodes_of_one_name_run_right_or_are_refused() {
    let (mut net, last) = plain();
    for node in &mut net.graph.node {
        node.name = "same".into();
    }
    is_sane(&net.clone().end_with_means(&last), 4, last.scale);
    for node in &mut net.graph.node {
        node.name = String::new();
    }
    is_sane(&net.clone().end_with_means(&last), 4, last.scale);
    for node in &mut net.graph.node {
        node.output = vec!["same".into()];
    }
    is_sane(&net.end_with_means(&last), 4, last.scale);
}

#[test]
fn files_that_are_cut_or_damaged_never_reach_a_panic_of_ours() {
    let (net, last) = plain();
    let net = net.end_with_means(&last);
    let file = net.encoded();
    let mut damaged: Vec<Vec<u8>> = (0..40)
        .map(|part| file[..file.len() * part / 40].to_vec())
        .collect();
    for at in (0..file.len()).step_by(37) {
        let mut other = file.clone();
        other[at] ^= 0x55;
        damaged.push(other);
    }
    let mut bundle = net.bundle(4);
    watched(move || {
        for file in damaged {
            bundle.model = file;
            let compute = Compute {
                backend: Some(Backend::best()),
                ..Compute::best(None)
            };
            let _ = TractClassifier::load(&bundle, compute);
        }
    });
}

#[test]
fn a_chain_of_hundreds_of_layers_runs_right() {
    let mut net = Net::new(4, 4);
    let mut map = net.picture();
    for _ in 0..300 {
        map = net.conv(&map, &Conv::square(3, 1));
        map.scale /= 2.0;
    }
    let net = net.end_with_means(&map);
    is_sane(&net, 3, 60.0 * map.scale);
}
