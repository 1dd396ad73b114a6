//! What exporters write by default and sortd does not take: each refusal says what the exporter has to be
//! told instead.

use sortd::classify::Backend;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::{StringStringEntryProto, TensorProto, type_proto};

use crate::bad_files::plain;
use crate::net::Net;
use crate::proto::{ints, reals};
use crate::run::{answers, ask};

#[track_caller]
fn is_refused_with(net: &Net, labels: usize, what: &str, cure: &str) {
    let reason = answers(net, labels, Some(Backend::best()), 1).expect_err("it is not taken");
    for part in [what, cure] {
        assert!(reason.contains(part), "\"{part}\" is missing: {reason}");
    }
    let general = "export the model again as an ONNX classifier";
    assert!(
        !reason.contains(general),
        "the cure is not its own: {reason}"
    );
}

/// A network of real numbers with a matrix, of this type.
fn with_weights(weights: TensorProto) -> Net {
    let mut net = Net::new(8, 8);
    let means = net.node("GlobalAveragePool", &["picture"], vec![]);
    let flat = net.node("Flatten", &[&means], vec![ints("axis", &[1])]);
    let weights = net.constant(weights);
    let product = net.node("MatMul", &[&flat, &weights], vec![]);
    net.end_with(&product)
}

fn set_input(net: &mut Net, kind: DataType) {
    let said = net.graph.input[0]
        .r#type
        .as_mut()
        .and_then(|kind| kind.value.as_mut());
    let Some(type_proto::Value::TensorType(tensor)) = said else {
        panic!("it is a tensor");
    };
    tensor.elem_type = kind as i32;
}

#[test]
fn weights_in_another_file_are_refused_with_how_to_save_one() {
    let mut weights = reals(&[3, 4], &[0.5; 12]);
    weights.raw_data.clear();
    weights.data_location = Some(DataLocation::External as i32);
    let entry = |key: &str, value: &str| StringStringEntryProto {
        key: key.into(),
        value: value.into(),
    };
    weights.external_data = vec![entry("location", "model.onnx.data"), entry("offset", "0")];
    let net = with_weights(weights);
    is_refused_with(&net, 4, "model.onnx.data", "external_data=False");
}

#[test]
fn float16_is_refused_with_where_float32_comes_from() {
    let half = TensorProto {
        data_type: DataType::Float16 as i32,
        raw_data: vec![0; 24],
        ..reals(&[3, 4], &[])
    };
    // With inputs and outputs that were kept in float32, and without.
    is_refused_with(&with_weights(half.clone()), 4, "float16", "float32");
    for kind in [DataType::Float16, DataType::Bfloat16, DataType::Double] {
        let mut net = with_weights(reals(&[3, 4], &[0.5; 12]));
        set_input(&mut net, kind);
        let name = format!("{kind:?}").to_lowercase();
        is_refused_with(&net, 4, &name, "export it in float32");
    }
}

#[test]
fn a_picture_of_bytes_is_refused_with_the_input_that_is_wanted() {
    for kind in [DataType::Uint8, DataType::Int8] {
        let (net, last) = plain();
        let mut net = net.end_with_means(&last);
        set_input(&mut net, kind);
        let name = format!("{kind:?}").to_lowercase();
        is_refused_with(&net, 4, &name, "an input of float32");
    }
}

#[test]
fn two_outputs_are_refused_with_the_name_of_the_one_that_fits() {
    let (net, last) = plain();
    let mut net = net;
    let real = net.dequantise(&last);
    // A map of features stands first.
    let mut net = net.end_with(&real).end_with_means(&last);
    let scores = net.graph.output[1].name.clone();
    is_refused_with(&net, 4, "2 outputs", &format!("name = \"{scores}\""));
    // Named, it is taken; and so is the first one where it fits.
    let mut bundle = net.bundle(4);
    bundle.manifest.output.name = Some(scores);
    ask(bundle, Some(Backend::best()), 1).expect("it is named");
    net.graph.output.reverse();
    answers(&net, 4, Some(Backend::best()), 1).expect("the first fits");
    // None fits.
    net.graph.output.truncate(2);
    is_refused_with(&net, 9, "2 outputs", "export a classifier");
}

#[test]
fn two_inputs_are_refused_by_name() {
    let (net, last) = plain();
    let mut net = net.end_with_means(&last);
    let mut second = net.graph.input[0].clone();
    second.name = "sizes".into();
    net.graph.input.push(second);
    is_refused_with(&net, 4, "sizes", "only input");
}

#[test]
fn operators_that_nobody_knows_are_refused_with_their_source() {
    for (op, domain, cure) in [
        ("ZipMap", "ai.onnx.ml", "zipmap"),
        ("FusedGemm", "com.microsoft", "optimized_model_filepath"),
        (
            "aten_gelu",
            "pkg.onnxscript.torch_lib",
            "inline_local_functions",
        ),
        ("DeformConv", "", "models/EXPORTERS.md"),
    ] {
        let (mut net, last) = plain();
        let real = net.dequantise(&last);
        let odd = net.node(op, &[&real], vec![]);
        net.graph.node.last_mut().expect("it has nodes").domain = domain.into();
        is_refused_with(&net.end_with(&odd), 4, op, cure);
    }
}
