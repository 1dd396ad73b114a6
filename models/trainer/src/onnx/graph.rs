//! An ONNX graph as it grows.

use std::collections::HashSet;

use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};

use crate::kernels::Sliding;

/// Version of the ONNX file format that came with the operator set.
const IR_VERSION: i64 = 7;
/// Version of the operator set.
const OPERATOR_SET: i64 = 13;

/// A graph as it grows.
#[derive(Debug)]
pub struct Graph {
    proto: GraphProto,
    constants: HashSet<String>,
}

/// A number that a constant holds.
pub trait Number: Copy {
    /// Its type in the file.
    const KIND: DataType;
    /// Its bytes, the lowest first.
    fn bytes(self) -> Vec<u8>;
}

macro_rules! number {
    ($type:ty, $kind:ident) => {
        impl Number for $type {
            const KIND: DataType = DataType::$kind;
            fn bytes(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
        }
    };
}
number!(f32, Float);
number!(i8, Int8);
number!(i32, Int32);
number!(i64, Int64);

impl Graph {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        Self {
            proto: GraphProto {
                name: name.to_owned(),
                ..GraphProto::default()
            },
            constants: HashSet::new(),
        }
    }

    /// Declares the input.
    pub fn input(&mut self, name: &str, shape: &[usize]) {
        self.proto.input.push(value(name, shape));
    }

    /// Declares an output of `length` numbers: the vector `from`, laid flat.
    pub fn output(&mut self, name: &str, from: String, length: usize) {
        self.proto.node.push(NodeProto {
            name: format!("{name}_flat"),
            op_type: "Flatten".to_owned(),
            input: vec![from],
            output: vec![name.to_owned()],
            attribute: vec![integer("axis", 1)],
            ..NodeProto::default()
        });
        self.proto.output.push(value(name, &[1, length]));
    }

    /// Adds a node and gives the name of its result.
    pub fn node(
        &mut self,
        kind: &str,
        name: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) -> String {
        // The plan's nodes may be called what the graph's outputs are called.
        let result = format!("{name}_out");
        self.proto.node.push(NodeProto {
            name: name.to_owned(),
            op_type: kind.to_owned(),
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![result.clone()],
            attribute,
            ..NodeProto::default()
        });
        result
    }

    /// Adds a constant, unless one of that name is there, and gives its name.
    pub fn constant<N: Number>(&mut self, name: &str, shape: &[usize], values: &[N]) -> String {
        if self.constants.insert(name.to_owned()) {
            self.proto.initializer.push(TensorProto {
                name: name.to_owned(),
                data_type: N::KIND as i32,
                dims: shape.iter().map(|&length| whole(length)).collect(),
                raw_data: values.iter().flat_map(|value| value.bytes()).collect(),
                ..TensorProto::default()
            });
        }
        name.to_owned()
    }

    /// The bytes of the file.
    pub fn encode(self) -> Vec<u8> {
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "sortd-trainer".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            opset_import: vec![OperatorSetIdProto {
                domain: String::new(),
                version: OPERATOR_SET,
            }],
            graph: Some(self.proto),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }
}

/// An attribute that is one whole number.
pub fn integer(name: &str, value: usize) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: whole(value),
        ..AttributeProto::default()
    }
}

/// An attribute that is a list of whole numbers.
pub fn integers(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: values.iter().map(|&value| whole(value)).collect(),
        ..AttributeProto::default()
    }
}

/// An attribute that is a word.
pub fn word(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::String as i32,
        s: value.as_bytes().to_vec(),
        ..AttributeProto::default()
    }
}

/// The attributes of a convolution with a kernel of `side` rows.
pub fn window(side: usize, sliding: Sliding) -> Vec<AttributeProto> {
    vec![
        integers("dilations", &[sliding.dilation; 2]),
        integer("group", sliding.groups),
        integers("kernel_shape", &[side; 2]),
        integers("pads", &sliding.pads),
        integers("strides", &[sliding.stride; 2]),
    ]
}

/// A length as the file has it.
pub fn whole(length: usize) -> i64 {
    length.cast_signed() as i64
}

/// An input or output of the graph: its name, and its shape in f32.
fn value(name: &str, shape: &[usize]) -> ValueInfoProto {
    let length = |&length: &usize| Dimension {
        denotation: String::new(),
        value: Some(dimension::Value::DimValue(whole(length))),
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
