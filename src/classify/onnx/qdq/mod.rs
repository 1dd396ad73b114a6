//! Puts together what a quantiser took apart in the QDQ format, which is what ONNX Runtime's writes by default.
//!
//! There a convolution stands in real numbers between `DequantizeLinear` and `QuantizeLinear`; the bytes that it
//! is meant to be computed from are known all the same. It becomes the `QLinearConv` of the `QOperator` format, a
//! dense layer likewise, and what only moves or selects numbers works on the bytes. What else stands between the
//! two stays as it is: the integer kernels know sums, gates, means and functions in that form.

mod links;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto, NodeProto};

use links::{Links, Quantised, count, is_usable, three};

const QUANTISE: &str = "QuantizeLinear";
const DEQUANTISE: &str = "DequantizeLinear";

/// How far a bias' scale may be from the product of those of the input and the weights, as a share of it: the
/// quantiser computes that product in `f32`.
const SAME_SCALE: f32 = 1e-6;

/// So many products of bytes, and a bias up to this, have a sum of 32 bits.
const MOST_SUMMANDS: i64 = 1 << 15;
const LARGEST_BIAS: f32 = 1_073_741_824.0;

/// A step of a layer's sums is at most so many steps of its result; what is beyond makes no sense, and is computed as
/// it stands.
const LARGEST_FACTOR: f32 = 256.0;

/// What gives numbers that it was given.
const MOVES: [&str; 7] = [
    "MaxPool",
    "Reshape",
    "Flatten",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Identity",
];

/// What may stand between a layer and its quantisation: holding numbers within limits and rounding them give the
/// same in either order.
const LIMITS: [&str; 2] = ["Relu", "Clip"];

/// Makes layers between `DequantizeLinear` and `QuantizeLinear` quantised ones. What is not quite as a quantiser
/// writes it is left as it is.
pub(in crate::classify) fn join(file: &mut ModelProto) {
    let Some(graph) = &mut file.graph else { return };
    // Graphs inside nodes read tensors of this one without being told among their inputs.
    let mut attributes = graph.node.iter().flat_map(|node| &node.attribute);
    if attributes.any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty()) {
        return;
    }
    let links = Links::of(graph);
    let mut gone = vec![false; graph.node.len()];
    let mut joined: Vec<Option<Joined>> = Vec::with_capacity(graph.node.len());
    for node in &graph.node {
        let node = links.joined(node);
        if let Some(quantise) = node.as_ref().and_then(|joined| joined.instead_of) {
            gone[quantise] = true;
        }
        joined.push(node);
    }
    drop(links);
    let mut nodes = Vec::with_capacity(graph.node.len());
    for ((mut node, joined), gone) in graph.node.drain(..).zip(joined).zip(gone) {
        let real = joined.and_then(|joined| joined.change(&mut node));
        if !gone {
            nodes.push(node);
        }
        nodes.extend(real);
    }
    graph.node = nodes;
    drop_unread(graph);
}

/// Takes out what dequantises for nobody.
fn drop_unread(graph: &mut GraphProto) {
    let links = Links::of(graph);
    let is_read = |node: &NodeProto| {
        let mut outputs = node.output.iter();
        outputs.any(|name| links.readers.contains_key(&**name) || links.is_result(name))
    };
    let kept: Vec<bool> = graph
        .node
        .iter()
        .map(|node| node.op_type != DEQUANTISE || is_read(node))
        .collect();
    drop(links);
    let mut kept = kept.into_iter();
    graph.node.retain(|_| kept.next().unwrap_or(true));
}

/// How a node works on bytes.
struct Joined {
    /// Its quantised operator; none where the operator is the same for bytes.
    op_type: Option<&'static str>,
    input: Vec<String>,
    output: String,
    /// The place of a `QuantizeLinear` whose work it does.
    instead_of: Option<usize>,
    /// What makes its bytes real numbers again for those who read them.
    real: Option<NodeProto>,
}

impl Joined {
    /// Lets a node work so; gives what makes its bytes real numbers again.
    fn change(self, node: &mut NodeProto) -> Option<NodeProto> {
        if let Some(op_type) = self.op_type {
            op_type.clone_into(&mut node.op_type);
            node.attribute.retain(|attribute| attribute.name != "beta");
        }
        node.input = self.input;
        node.output = vec![self.output];
        self.real
    }
}

impl<'a> Links<'a> {
    fn joined(&self, node: &'a NodeProto) -> Option<Joined> {
        if MOVES.contains(&&*node.op_type) {
            return self.moved(node);
        }
        let [output] = &node.output[..] else {
            return None;
        };
        let place = self.only_reader(output)?;
        let reader = &self.graph.node[place];
        if !LIMITS.contains(&&*reader.op_type) {
            let [_, scale, zero] = self.quantises(reader)?;
            let layer = self.layer(node, [&reader.output[0], scale, zero])?;
            return Some(Joined {
                instead_of: Some(place),
                ..layer
            });
        }
        let limited = self.only_reader(reader.output.first()?)?;
        let [_, scale, zero] = self.quantises(&self.graph.node[limited])?;
        let (bytes, name) = (format!("{output}.bytes"), format!("{output}.bytes.real"));
        let is_taken = |node: &NodeProto| node.name == name || node.name == bytes;
        if self.makers.contains_key(&*bytes)
            || self.readers.contains_key(&*bytes)
            || self.graph.node.iter().any(is_taken)
        {
            return None;
        }
        let real = NodeProto {
            name,
            op_type: DEQUANTISE.into(),
            input: [&*bytes, scale, zero].map(str::to_owned).into(),
            output: vec![output.clone()],
            ..NodeProto::default()
        };
        Some(Joined {
            real: Some(real),
            ..self.layer(node, [&bytes, scale, zero])?
        })
    }

    /// A node that gives numbers that it was given, on the bytes themselves.
    fn moved(&self, node: &NodeProto) -> Option<Joined> {
        let ([output], Some(input)) = (&node.output[..], node.input.first()) else {
            return None;
        };
        let place = self.only_reader(output)?;
        let reader = &self.graph.node[place];
        let [bytes, scale, zero] = self.dequantised(input)?;
        let [_, later_scale, later_zero] = self.quantises(reader)?;
        let same = |one: &str, other: &str| {
            one == other
                || self
                    .numbers(one)
                    .is_some_and(|one| Some(one) == self.numbers(other))
        };
        let kind = |name: &str| self.constant(name).map(|tensor| tensor.data_type);
        if !same(scale, later_scale) || !same(zero, later_zero) || kind(zero) != kind(later_zero) {
            return None;
        }
        let mut input = node.input.clone();
        bytes.clone_into(&mut input[0]);
        Some(Joined {
            op_type: None,
            input,
            output: reader.output[0].clone(),
            instead_of: Some(place),
            real: None,
        })
    }

    /// A layer with weights as one of bytes, whose result, scale and zero point are these.
    fn layer(&self, node: &NodeProto, [output, scale, zero]: Quantised<'_>) -> Option<Joined> {
        let integer = |name: &str| attribute(node, name).map_or(0, |attribute| attribute.i);
        let is_one = |name: &str| {
            attribute(node, name).is_none_or(|found| (found.f - 1.0).abs() < f32::EPSILON)
        };
        let (op_type, channel_axis) = match &*node.op_type {
            "Conv" => ("QLinearConv", 0),
            "MatMul" => ("QLinearMatMul", 1),
            "Gemm" if integer("transA") == 0 && is_one("alpha") && is_one("beta") => {
                ("QGemm", i64::from(integer("transB") == 0))
            }
            _ => return None,
        };
        let map = self.dequantised(node.input.first()?)?;
        let weights = self.weights(node.input.get(1)?, channel_axis, op_type)?;
        let [step, of_result] = [self.numbers(map[1])?[0], self.numbers(scale)?[0]];
        let factors = self.numbers(weights[1])?.into_iter();
        if factors
            .map(|of| step * of / of_result)
            .any(|factor| factor.is_nan() || factor > LARGEST_FACTOR)
        {
            return None;
        }
        let bias = match node.input.get(2).filter(|name| !name.is_empty()) {
            Some(name) => Some(self.bias(name, map, weights)?),
            None => None,
        };
        let [result, bias] = match op_type {
            "QGemm" => [vec![bias.unwrap_or_default(), scale, zero], vec![]],
            _ => [vec![scale, zero], bias.into_iter().collect()],
        };
        let inputs = map.into_iter().chain(weights).chain(result).chain(bias);
        Some(Joined {
            op_type: Some(op_type),
            input: inputs.map(str::to_owned).collect(),
            output: output.to_owned(),
            instead_of: None,
            real: None,
        })
    }

    /// Weights that are constant bytes around zero, with one scale, or one for each channel of the result: what the
    /// integer kernels have.
    fn weights(&self, name: &str, channel_axis: i64, op_type: &str) -> Option<Quantised<'a>> {
        let node = self.maker(name)?;
        if node.op_type != DEQUANTISE {
            return None;
        }
        let inputs = three(node)?;
        let [bytes, scale, zero] = inputs;
        let tensor = self.constant(bytes)?;
        let rank = i64::try_from(tensor.dims.len()).ok()?;
        let axis = attribute(node, "axis").map_or(1, |axis| axis.i);
        let axis = if axis < 0 { axis + rank } else { axis };
        let (scales, zeros) = (self.numbers(scale)?, self.numbers(zero)?);
        let channels = *tensor.dims.get(usize::try_from(channel_axis).ok()?)?;
        let summands = count(tensor)? / channels.max(1);
        let is_fit = (op_type == "QLinearConv" || rank == 2)
            && tensor.data_type == DataType::Int8 as i32
            && zeros.iter().all(|zero| *zero == 0.0)
            && zeros.len() == scales.len()
            && (scales.len() == 1 || axis == channel_axis)
            && scales.iter().all(|scale| is_usable(*scale))
            && (1..=MOST_SUMMANDS).contains(&summands);
        is_fit.then_some(inputs)
    }

    /// A bias in steps of the input's scale times the weights'.
    fn bias(&self, name: &str, map: Quantised<'_>, weights: Quantised<'_>) -> Option<&'a str> {
        let node = self.maker(name)?;
        let [bias, scale, zero @ ..] = &node.input[..] else {
            return None;
        };
        let is_zero = |zero: &String| {
            let numbers = self.numbers(zero);
            numbers.is_some_and(|numbers| numbers.iter().all(|number| *number == 0.0))
        };
        let tensor = self.constant(bias)?;
        let whole = tensor.data_type == DataType::Int32 as i32;
        // One number a column, and not one a row.
        let is_row = tensor.dims.iter().rev().skip(1).all(|side| *side == 1);
        if node.op_type != DEQUANTISE || !whole || !is_row || !zero.iter().all(is_zero) {
            return None;
        }
        let biases = self.numbers(bias)?;
        if biases.iter().any(|bias| bias.abs() > LARGEST_BIAS) {
            return None;
        }
        let [input_scale] = self.numbers(map[1])?[..] else {
            return None;
        };
        let (found, weight_scales) = (self.numbers(scale)?, self.numbers(weights[1])?);
        let fits = |(found, of_weights): (&f32, &f32)| {
            let wanted = input_scale * of_weights;
            (found - wanted).abs() <= SAME_SCALE * wanted.abs()
        };
        let all_fit =
            found.len() == weight_scales.len() && found.iter().zip(&weight_scales).all(fits);
        all_fit.then_some(bias)
    }
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute
        .iter()
        .find(|attribute| attribute.name == name)
}
