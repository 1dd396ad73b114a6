//! The parts of an ONNX file.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{Tensor as TensorType, Value};
use tract_onnx::pb::{AttributeProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto};

/// An attribute of integers; an axis and the groups are just one.
pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    if matches!(name, "axis" | "group") {
        return int(name, values[0]);
    }
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints: values.to_vec(),
        ..AttributeProto::default()
    }
}

pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..AttributeProto::default()
    }
}

pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::String as i32,
        s: value.into(),
        ..AttributeProto::default()
    }
}

pub fn real(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Float as i32,
        f: value,
        ..AttributeProto::default()
    }
}

fn tensor(dims: &[i64], data_type: DataType, raw_data: Vec<u8>) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        data_type: data_type as i32,
        raw_data,
        ..TensorProto::default()
    }
}

pub fn reals(dims: &[i64], values: &[f32]) -> TensorProto {
    let raw = values.iter().flat_map(|value| value.to_le_bytes());
    tensor(dims, DataType::Float, raw.collect())
}

pub fn longs(values: &[i64]) -> TensorProto {
    let raw = values.iter().flat_map(|value| value.to_le_bytes());
    tensor(&[values.len() as i64], DataType::Int64, raw.collect())
}

pub fn integers(dims: &[i64], values: &[i32]) -> TensorProto {
    let raw = values.iter().flat_map(|value| value.to_le_bytes());
    tensor(dims, DataType::Int32, raw.collect())
}

pub fn bytes(dims: &[i64], values: &[u8], unsigned: bool) -> TensorProto {
    let kind = if unsigned {
        DataType::Uint8
    } else {
        DataType::Int8
    };
    tensor(dims, kind, values.to_vec())
}

/// What the graph says of an input or output.
pub fn info(name: &str, shape: Option<&[i64]>) -> ValueInfoProto {
    let dim = |size: &i64| Dimension {
        denotation: String::new(),
        value: Some(dimension::Value::DimValue(*size)),
    };
    let tensor = shape.map(|shape| TensorType {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto {
            dim: shape.iter().map(dim).collect(),
        }),
    });
    ValueInfoProto {
        name: name.into(),
        r#type: tensor.map(|tensor| TypeProto {
            denotation: String::new(),
            value: Some(Value::TensorType(tensor)),
        }),
        doc_string: String::new(),
    }
}
