//! Looking things up in a graph: who makes and who reads a tensor, what is a constant, what is quantised how.

use std::collections::HashMap;

use tract_onnx::data_resolver::MmapDataResolver;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};
use tract_onnx::tensor::load_tensor;

use super::{DEQUANTISE, QUANTISE};

/// The most numbers of a scale or bias that is looked at: many nodes may name the same large tensor.
const MOST_NUMBERS: i64 = 1 << 12;

/// The inputs of a node that are a tensor of bytes, its scale and its zero point.
pub(super) type Quantised<'a> = [&'a str; 3];

/// Who makes and who reads the tensors of a graph, by their places.
pub(super) struct Links<'a> {
    pub graph: &'a GraphProto,
    pub makers: HashMap<&'a str, usize>,
    /// The one reader of a tensor, or [`SEVERAL`].
    pub readers: HashMap<&'a str, usize>,
    constants: HashMap<&'a str, usize>,
}

/// No place: a tensor has more than one reader.
const SEVERAL: usize = usize::MAX;

impl<'a> Links<'a> {
    pub fn of(graph: &'a GraphProto) -> Self {
        let (mut makers, mut readers) = (HashMap::new(), HashMap::new());
        for (place, node) in graph.node.iter().enumerate() {
            for output in &node.output {
                makers.insert(&**output, place);
            }
            for input in &node.input {
                let reader = readers.entry(&**input).or_insert(place);
                if *reader != place {
                    *reader = SEVERAL;
                }
            }
        }
        let mut constants = HashMap::new();
        for (place, tensor) in graph.initializer.iter().enumerate() {
            constants.insert(&*tensor.name, place);
        }
        Self {
            graph,
            makers,
            readers,
            constants,
        }
    }

    pub fn is_result(&self, name: &str) -> bool {
        self.graph.output.iter().any(|output| output.name == name)
    }

    pub fn maker(&self, name: &str) -> Option<&'a NodeProto> {
        self.graph.node.get(*self.makers.get(name)?)
    }

    pub fn constant(&self, name: &str) -> Option<&'a TensorProto> {
        self.graph.initializer.get(*self.constants.get(name)?)
    }

    /// The place of the one node that reads a tensor, which is no result of the graph.
    pub fn only_reader(&self, name: &str) -> Option<usize> {
        let place = *self.readers.get(name)?;
        (place != SEVERAL && !self.is_result(name)).then_some(place)
    }

    /// What a node quantises, with one scale and one zero point that are constants.
    pub fn quantises(&self, node: &'a NodeProto) -> Option<Quantised<'a>> {
        if node.op_type != QUANTISE || node.output.len() != 1 {
            return None;
        }
        self.with_one_scale(node)
    }

    /// The bytes that a real tensor was, with one scale and one zero point that are constants.
    pub fn dequantised(&self, name: &str) -> Option<Quantised<'a>> {
        let node = self.maker(name)?;
        if node.op_type != DEQUANTISE {
            return None;
        }
        self.with_one_scale(node)
    }

    fn with_one_scale(&self, node: &'a NodeProto) -> Option<Quantised<'a>> {
        let inputs = three(node)?;
        let [_, scale, zero] = inputs;
        let [scale] = self.numbers(scale)?[..] else {
            return None;
        };
        let is_one = is_usable(scale) && self.numbers(zero)?.len() == 1;
        (is_one && self.holds_bytes(zero)).then_some(inputs)
    }

    fn holds_bytes(&self, name: &str) -> bool {
        let bytes = [DataType::Int8 as i32, DataType::Uint8 as i32];
        let kind = self.constant(name).map(|tensor| tensor.data_type);
        kind.is_some_and(|kind| bytes.contains(&kind))
    }

    /// The numbers of a small constant, of which there is at least one.
    pub fn numbers(&self, name: &str) -> Option<Vec<f32>> {
        let tensor = self.constant(name)?;
        let count = count(tensor)?;
        let kinds = [
            DataType::Float,
            DataType::Int8,
            DataType::Uint8,
            DataType::Int32,
        ];
        let is_number = kinds.iter().any(|kind| *kind as i32 == tensor.data_type);
        // What is stored may be more than the sides speak of.
        let stored = tensor.raw_data.len() / 4 + tensor.float_data.len() + tensor.int32_data.len();
        let is_small = (1..=MOST_NUMBERS).contains(&count) && stored <= MOST_NUMBERS as usize;
        if !is_number || !is_small {
            return None;
        }
        let tensor = load_tensor(&MmapDataResolver, tensor, None).ok()?;
        let numbers = tensor.cast_to::<f32>().ok()?;
        Some(numbers.try_as_plain_ram().ok()?.as_slice().ok()?.to_vec())
    }
}

/// How many numbers a tensor has by its sides.
pub(super) fn count(tensor: &TensorProto) -> Option<i64> {
    let mut sides = tensor.dims.iter();
    sides.try_fold(1i64, |all, side| all.checked_mul(*side))
}

/// Whether a number can be a scale.
pub(super) fn is_usable(scale: f32) -> bool {
    scale.is_finite() && scale > 0.0
}

/// A tensor, its scale and its zero point, where all three are named.
pub(super) fn three(node: &NodeProto) -> Option<Quantised<'_>> {
    match &node.input[..] {
        [tensor, scale, zero] if !zero.is_empty() => Some([tensor, scale, zero]),
        _ => None,
    }
}
