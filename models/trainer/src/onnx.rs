//! Writes a deployed network as an ONNX file.
//!
//! Input `input` (f32, `[1, 3, side, side]`), output `logits` (f32, `[1, classes]`). Only Conv,
//! Clip, `GlobalAveragePool`, Flatten and Gemm of operator set 13 are used, all pads explicit, so
//! that any runtime agrees on the result.

use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};

use crate::nets::layer::{Dense, FoldedConv, Layer};

/// Name of the graph's input.
pub const INPUT: &str = "input";
/// Name of the graph's output.
pub const OUTPUT: &str = "logits";

/// Version of the ONNX file format, and of the operator set that came with it.
const IR_VERSION: i64 = 7;
const OPERATOR_SET: i64 = 13;

/// Names of the two constants that every Clip shares.
const CLIP: [&str; 2] = ["clip_low", "clip_high"];

/// The bytes of an ONNX file of a chain of layers for square RGB pictures of side `side`.
#[must_use]
pub fn encode(layers: &[Layer], side: usize, name: &str) -> Vec<u8> {
    let mut writer = Writer::default();
    let mut from = INPUT.to_owned();
    for layer in layers {
        from = match layer {
            Layer::Conv(conv) => writer.conv(conv, from),
            Layer::GlobalAveragePool => writer.pool(from),
            Layer::Dense(dense) => writer.dense(dense, from),
        };
    }
    let classes = layers.iter().rev().find_map(|layer| match layer {
        Layer::Dense(dense) => Some(dense.outputs),
        _ => None,
    });
    // The last layer's result gets the name that readers look for.
    if let Some(last) = writer.graph.node.last_mut() {
        last.output = vec![OUTPUT.to_owned()];
    }
    let mut graph = writer.graph;
    name.clone_into(&mut graph.name);
    graph.input = vec![value(INPUT, &[1, 3, side, side])];
    graph.output = vec![value(OUTPUT, &[1, classes.unwrap_or_default()])];
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "sortd-trainer".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: OPERATOR_SET,
        }],
        graph: Some(graph),
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

/// A graph as it grows; each method adds a layer behind the value `from` and names its result.
#[derive(Default)]
struct Writer {
    graph: GraphProto,
}

impl Writer {
    fn conv(&mut self, conv: &FoldedConv, from: String) -> String {
        let name = &conv.name;
        let (weight, bias) = (format!("{name}_weight"), format!("{name}_bias"));
        let shape = [
            conv.channels_out,
            conv.channels_in / conv.groups,
            conv.kernel,
            conv.kernel,
        ];
        self.constant(&weight, &shape, &conv.weight);
        self.constant(&bias, &[conv.channels_out], &conv.bias);
        let attributes = vec![
            integers("dilations", &[1, 1]),
            integer("group", conv.groups),
            integers("kernel_shape", &[conv.kernel; 2]),
            integers("pads", &conv.pads),
            integers("strides", &[conv.stride; 2]),
        ];
        let result = self.node("Conv", name, vec![from, weight, bias], attributes);
        if conv.relu6 {
            self.relu6(name, result)
        } else {
            result
        }
    }

    fn relu6(&mut self, name: &str, from: String) -> String {
        if !self
            .graph
            .initializer
            .iter()
            .any(|constant| constant.name == CLIP[0])
        {
            self.constant(CLIP[0], &[], &[0.0]);
            self.constant(CLIP[1], &[], &[6.0]);
        }
        let inputs = vec![from, CLIP[0].to_owned(), CLIP[1].to_owned()];
        self.node("Clip", &format!("{name}_relu6"), inputs, Vec::new())
    }

    fn pool(&mut self, from: String) -> String {
        let pooled = self.node("GlobalAveragePool", "pool", vec![from], Vec::new());
        self.node(
            "Flatten",
            "features",
            vec![pooled],
            vec![integer("axis", 1)],
        )
    }

    fn dense(&mut self, dense: &Dense, from: String) -> String {
        let name = &dense.name;
        let (weight, bias) = (format!("{name}_weight"), format!("{name}_bias"));
        self.constant(&weight, &[dense.outputs, dense.inputs], &dense.weight);
        self.constant(&bias, &[dense.outputs], &dense.bias);
        self.node(
            "Gemm",
            name,
            vec![from, weight, bias],
            vec![integer("transB", 1)],
        )
    }

    fn node(
        &mut self,
        kind: &str,
        name: &str,
        inputs: Vec<String>,
        attributes: Vec<AttributeProto>,
    ) -> String {
        let result = format!("{name}_out");
        self.graph.node.push(NodeProto {
            name: name.to_owned(),
            op_type: kind.to_owned(),
            input: inputs,
            output: vec![result.clone()],
            attribute: attributes,
            ..NodeProto::default()
        });
        result
    }

    fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.graph.initializer.push(TensorProto {
            name: name.to_owned(),
            data_type: DataType::Float as i32,
            dims: shape
                .iter()
                .map(|&length| length.cast_signed() as i64)
                .collect(),
            raw_data: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            ..TensorProto::default()
        });
    }
}

fn integer(name: &str, value: usize) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: value.cast_signed() as i64,
        ..AttributeProto::default()
    }
}

fn integers(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: values
            .iter()
            .map(|&value| value.cast_signed() as i64)
            .collect(),
        ..AttributeProto::default()
    }
}

/// An input or output of the graph: its name, and its shape in f32.
fn value(name: &str, shape: &[usize]) -> ValueInfoProto {
    let length = |&length: &usize| Dimension {
        denotation: String::new(),
        value: Some(dimension::Value::DimValue(length.cast_signed() as i64)),
    };
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto {
            dim: shape.iter().map(length).collect(),
        }),
    };
    ValueInfoProto {
        name: name.to_owned(),
        doc_string: String::new(),
        r#type: Some(TypeProto {
            denotation: String::new(),
            value: Some(type_proto::Value::TensorType(tensor)),
        }),
    }
}
