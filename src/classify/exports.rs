//! What exporters write by default that sortd does not take: each is refused with what the exporter has
//! to be told instead.

use std::fmt;

use tract_onnx::model::OnnxOpRegister;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};
use tract_onnx::prelude::*;

use super::budget::described;
use super::bundle::Manifest;

/// A file that is right, and yet not one that sortd takes.
#[derive(Debug)]
pub(super) struct Unfit {
    what: String,
    /// What to do about it.
    pub cure: String,
}

impl Unfit {
    fn new(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            cure: cure.into(),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Unfit {}

/// Half the size on a disk, and slower on every processor that sortd runs on.
const FLOAT32: &str = "export it in float32 (in PyTorch model.float() before the export; do not convert it with \
    float16.convert_float_to_float16), and quantise it to int8 where it is to be small and fast";

/// Checks that a file holds its weights, takes a picture of real numbers, and has operators that are known.
///
/// # Errors
/// An [`Unfit`] says what its exporter is to do otherwise.
pub(super) fn check_export(file: &ModelProto, known: &OnnxOpRegister) -> TractResult<()> {
    let Some(graph) = &file.graph else {
        return Ok(());
    };
    each_tensor(graph, &mut |tensor| {
        check_tensor(tensor).map_err(Into::into)
    })?;
    check_input(graph)?;
    for node in &graph.node {
        check_operator(node, known)?;
    }
    Ok(())
}

/// Calls `check` with each constant of a graph and of the graphs inside it.
fn each_tensor(
    graph: &GraphProto,
    check: &mut impl FnMut(&TensorProto) -> TractResult<()>,
) -> TractResult<()> {
    graph.initializer.iter().try_for_each(&mut *check)?;
    for attribute in graph.node.iter().flat_map(|node| &node.attribute) {
        let mut tensors = attribute.t.iter().chain(&attribute.tensors);
        tensors.try_for_each(&mut *check)?;
        for graph in attribute.g.iter().chain(&attribute.graphs) {
            each_tensor(graph, check)?;
        }
    }
    Ok(())
}

fn check_tensor(tensor: &TensorProto) -> Result<(), Unfit> {
    if tensor.data_location == Some(DataLocation::External as i32) {
        let place = tensor
            .external_data
            .iter()
            .find(|entry| entry.key == "location");
        let place = place.map_or("another file", |entry| &*entry.value);
        return Err(Unfit::new(
            format!("its weights lie in {place} beside it, and a bundle's model is one file"),
            "save it as one file: torch.onnx.export(..., external_data=False), or with Python's onnx \
             onnx.save(onnx.load(\"model.onnx\"), \"one.onnx\")",
        ));
    }
    match DataType::try_from(tensor.data_type) {
        Ok(kind @ (DataType::Float16 | DataType::Bfloat16)) => {
            let kind = format!("{kind:?}").to_lowercase();
            let name = &tensor.name;
            Err(Unfit::new(
                format!(
                    "its weights \"{name}\" are {kind}, and no kernel of sortd computes in that"
                ),
                FLOAT32,
            ))
        }
        _ => Ok(()),
    }
}

/// Checks the type of the input that is the picture; what is wrong with its shape is told later.
fn check_input(graph: &GraphProto) -> Result<(), Unfit> {
    let constant = |input: &&ValueInfoProto| {
        graph
            .initializer
            .iter()
            .any(|tensor| tensor.name == input.name)
    };
    let pictures: Vec<&ValueInfoProto> = graph
        .input
        .iter()
        .filter(|input| !constant(input))
        .collect();
    let [input] = pictures[..] else {
        let names: Vec<&str> = pictures.iter().map(|input| &*input.name).collect();
        return Err(Unfit::new(
            format!(
                "it has {} inputs ({}), and a classifier has one",
                names.len(),
                names.join(", ")
            ),
            "export the network with the picture as its only input; what else it is given becomes a constant",
        ));
    };
    let name = &input.name;
    let kind = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(Value::TensorType(tensor)) = kind else {
        return Ok(());
    };
    let Ok(kind) = DataType::try_from(tensor.elem_type) else {
        return Ok(());
    };
    let cure = match kind {
        DataType::Float | DataType::Undefined => return Ok(()),
        DataType::Float16 | DataType::Bfloat16 | DataType::Double => FLOAT32,
        DataType::Uint8 | DataType::Int8 => {
            "export it with an input of float32: sortd makes that of the pixels by `scale` and `offset` of \
             model.toml's [input]. A quantised network keeps such an input, with QuantizeLinear behind it, when \
             ONNX Runtime's quantize_static makes it; from TensorFlow Lite, with inference_input_type = tf.float32"
        }
        _ => "export the network with a picture of float32 as its only input",
    };
    let kind = format!("{kind:?}").to_lowercase();
    Err(Unfit::new(
        format!("its input \"{name}\" takes {kind}, and sortd gives it float (float32)"),
        cure,
    ))
}

fn check_operator(node: &NodeProto, known: &OnnxOpRegister) -> Result<(), Unfit> {
    let kind = &*node.op_type;
    let cure = match (kind, &*node.domain) {
        ("ZipMap", _) => {
            "export it without ZipMap: to_onnx(..., options={\"zipmap\": False}), and name the output with the \
             probabilities in model.toml: [output] name = \"probabilities\""
        }
        _ if known.0.contains_key(kind) => return Ok(()),
        (_, "com.microsoft" | "com.microsoft.nchwc" | "com.ms.internal.nhwc") => {
            "hand over the file as its exporter or quantiser wrote it: what ONNX Runtime saves after its own \
             optimisations (optimized_model_filepath) runs on ONNX Runtime alone"
        }
        (_, "" | "ai.onnx" | "ai.onnx.ml") => {
            "export the network with another operator in its place; models/EXPORTERS.md lists which exporters' \
             models run"
        }
        _ => {
            "write the functions of the file out: onnx.inliner.inline_local_functions(onnx.load(\"model.onnx\"))"
        }
    };
    let who = described(node);
    Err(Unfit::new(
        format!("{who} is an operator that sortd does not know"),
        cure,
    ))
}

/// Why none of several outputs is taken for the scores, and how the right one is named.
pub(super) fn wrong_output(manifest: &Manifest, outputs: &[(String, bool, String)]) -> Unfit {
    let labels = manifest.labels.len();
    let all: Vec<String> = outputs
        .iter()
        .map(|(name, _, fact)| format!("\"{name}\" ({fact})"))
        .collect();
    let what = format!(
        "it has {} outputs, {}; the first has not one value of type f32 for each of {labels} labels",
        outputs.len(),
        all.join(" and ")
    );
    let fitting = outputs.iter().find(|(_, fits, _)| *fits);
    let cure = match fitting {
        Some((name, ..)) => {
            format!("name the output with the scores in model.toml: [output] name = \"{name}\"")
        }
        None => "export a classifier, one of whose outputs has one value a label, and name that in model.toml: \
             [output] name = \"...\""
            .into(),
    };
    Unfit::new(what, cure)
}
