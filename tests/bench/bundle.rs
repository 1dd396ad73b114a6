//! Bundles of the bench: a network without meaning, and a picture of noise that it is shown.
//!
//! What the network answers is not known here and not what is measured, so the golden case allows any
//! finite answer.

use std::path::Path;

use sha2::{Digest, Sha256};
use sortd::classify::bundle::{
    Bundle, Cost, FORMAT, Golden, GoldenCase, Input, Layout, Manifest, ModelFile, Output,
    OutputKind,
};
use sortd::error::{Error, Result};
use tempfile::TempDir;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Dimension;
use tract_onnx::pb::type_proto::Value as Type;
use tract_onnx::pb::{GraphProto, TensorProto, ValueInfoProto};
use tract_onnx::prelude::Framework;

/// The picture, as a path inside the bundle.
pub const PICTURE: &str = "golden/noise.png";

/// Any finite answer is right.
const TOLERANCE: f32 = 1e30;

/// Opens a bundle's folder, or makes a bundle around an ONNX file.
pub fn open(path: &Path) -> Result<Bundle> {
    if path.is_dir() {
        return Bundle::from_folder(path);
    }
    let folder = scratch()?;
    write(path, folder.path())?;
    Bundle::from_folder(folder.path())
}

/// A folder that vanishes with the value.
pub fn scratch() -> Result<TempDir> {
    tempfile::tempdir().map_err(|error| {
        Error::unavailable("no folder for bundles can be made")
            .caused_by(error)
            .advice("make room in TMPDIR")
    })
}

/// Writes the bundle of the ONNX file `model` into `folder`.
pub fn write(model: &Path, folder: &Path) -> Result<()> {
    let refuse = |what: &str| {
        Error::data(format!("{}: {what}", model.display()))
            .advice("name one of the bench models, a classifier of pictures with a fixed size")
    };
    let unwritable = |error: std::io::Error| {
        Error::unavailable(format!("{} cannot be written", folder.display()))
            .caused_by(error)
            .advice("name a folder that can be written")
    };
    let bytes = std::fs::read(model).map_err(|error| refuse("cannot be read").caused_by(error))?;
    let graph = tract_onnx::onnx()
        .proto_model_for_path(model)
        .map_err(|error| refuse("is no ONNX file").caused_by(format!("{error:#}")))?
        .graph
        .ok_or_else(|| refuse("has no graph"))?;
    let input = input_of(&graph).ok_or_else(|| refuse("does not want one RGB picture"))?;
    let labels = graph
        .output
        .first()
        .and_then(|output| shape(output)?.last().copied())
        .ok_or_else(|| refuse("does not say how many labels it has"))?;
    let manifest = manifest(model, &bytes, input, labels as usize);
    let text = toml::to_string(&manifest)
        .map_err(|error| Error::internal("a manifest cannot be written").caused_by(error))?;
    std::fs::create_dir_all(folder.join("golden")).map_err(unwritable)?;
    std::fs::write(folder.join("model.onnx"), bytes).map_err(unwritable)?;
    std::fs::write(folder.join("model.toml"), text).map_err(unwritable)?;
    let (width, height) = (manifest.input.width, manifest.input.height);
    image::RgbImage::from_raw(width, height, noise((width * height * 3) as usize))
        .expect("there is a byte for each channel of each pixel")
        .save(folder.join(PICTURE))
        .map_err(|error| Error::unavailable("the picture cannot be written").caused_by(error))
}

fn manifest(model: &Path, bytes: &[u8], input: Input, labels: usize) -> Manifest {
    let name = model.file_stem().unwrap_or_default().to_string_lossy();
    Manifest {
        format: FORMAT,
        name: name.to_string(),
        version: "bench".into(),
        architecture: name.to_string(),
        labels: (0..labels).map(|label| format!("c{label}")).collect(),
        empty_label: None,
        licence: "LicenseRef-bench".into(),
        model: ModelFile {
            file: "model.onnx".into(),
            sha256: format!("{:x}", Sha256::digest(bytes)),
        },
        input,
        output: Output {
            kind: OutputKind::Logits,
            temperature: 1.0,
            name: None,
        },
        embedding: None,
        calibration: None,
        cost: Cost {
            parameters: 0,
            macs: 0,
        },
        accuracy: Vec::new(),
        data: Vec::new(),
        golden: Golden {
            tolerance: TOLERANCE,
            cases: vec![GoldenCase {
                file: PICTURE.into(),
                output: vec![0.0; labels],
                embedding: None,
            }],
        },
    }
}

/// What the graph's first input wants to be shown.
fn input_of(graph: &GraphProto) -> Option<Input> {
    let constant = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    let input = graph.input.iter().find(|input| !constant(&input.name))?;
    let (layout, height, width) = match shape(input)?[..] {
        [_, 3, height, width] => (Layout::Nchw, height, width),
        [_, height, width, 3] => (Layout::Nhwc, height, width),
        _ => return None,
    };
    // A float network is shown values from -1 to 1.
    let (scale, offset) = quantisation(graph, &input.name).unwrap_or((1.0 / 127.5, -1.0));
    Some(Input {
        width: u32::try_from(width).ok()?,
        height: u32::try_from(height).ok()?,
        layout,
        scale: [scale; 3],
        offset: [offset; 3],
    })
}

/// The scale and offset with which the network's first step makes the pixel itself of a pixel: `p` as
/// u8, `p - 128` as i8.
fn quantisation(graph: &GraphProto, input: &str) -> Option<(f32, f32)> {
    let node = graph.node.iter().find(|node| {
        node.op_type == "QuantizeLinear" && node.input.first().is_some_and(|i| i == input)
    })?;
    let constant = |at: usize| {
        let name = node.input.get(at)?;
        graph.initializer.iter().find(|tensor| tensor.name == *name)
    };
    let scale = first_float(constant(1)?)?;
    let zero = constant(2)?;
    let byte = first_byte(zero)?;
    let distance = if zero.data_type == DataType::Int8 as i32 {
        -128.0 - f32::from(byte.cast_signed())
    } else {
        -f32::from(byte)
    };
    Some((scale, distance * scale))
}

fn first_float(tensor: &TensorProto) -> Option<f32> {
    let raw = tensor.raw_data.first_chunk();
    raw.map(|bytes| f32::from_le_bytes(*bytes))
        .or_else(|| tensor.float_data.first().copied())
}

/// The first value of a tensor of bytes, which ONNX keeps as bytes or as wider integers.
fn first_byte(tensor: &TensorProto) -> Option<u8> {
    let wide = || tensor.int32_data.first().map(|value| *value as u8);
    tensor.raw_data.first().copied().or_else(wide)
}

fn shape(value: &ValueInfoProto) -> Option<Vec<i64>> {
    let Type::TensorType(tensor) = value.r#type.as_ref()?.value.as_ref()?;
    let dimensions = tensor.shape.as_ref()?.dim.iter();
    dimensions
        .map(|dimension| match dimension.value.as_ref()? {
            Dimension::DimValue(size) => Some(*size),
            Dimension::DimParam(_) => None,
        })
        .collect()
}

/// The same noise each time (Marsaglia's xorshift): what a network is shown may not change its time,
/// but its clamps should be hit as by a photograph.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}
