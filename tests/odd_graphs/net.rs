//! A small builder of ONNX networks with random weights.

use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
};

use sortd::classify::bundle::{Bundle, Distance, Embedding, Layout, OutputKind};

use crate::proto::{bytes, info, int, integers, ints, longs, reals};

/// The camera's pixels become `pixel * PIXEL_SCALE + PIXEL_OFFSET`, which the first quantisation turns
/// into `pixel - 128`.
pub const PIXEL_SCALE: f32 = 1.0 / 64.0;
pub const PIXEL_OFFSET: f32 = -2.0;

/// A network that grows.
#[derive(Debug, Clone)]
pub struct Net {
    pub graph: GraphProto,
    /// Height and width of the input.
    pub sides: [usize; 2],
    /// Whether the input has its channels last.
    pub channels_last: bool,
    /// The output that is the embedding, and how many numbers it has.
    pub embedding: Option<(String, usize)>,
    random: u64,
    numbers: usize,
}

/// A quantised tensor of the network.
#[derive(Debug, Clone)]
pub struct Map {
    pub name: String,
    pub channels: usize,
    pub scale: f32,
    pub zero: i32,
    pub unsigned: bool,
}

/// A quantised convolution, which is made by changing this ordinary one.
#[derive(Debug, Clone)]
pub struct Conv {
    pub outputs: usize,
    pub kernel: [usize; 2],
    pub stride: [i64; 2],
    pub dilation: [i64; 2],
    /// Above, left, below, right.
    pub pads: [i64; 4],
    pub groups: usize,
    pub unsigned: bool,
    pub zero: i32,
    /// Whether one scale serves all weights.
    pub per_tensor: bool,
    /// The weights' lowest value.
    pub lowest: i8,
}

impl Conv {
    /// A square kernel that keeps the map's size.
    pub fn square(outputs: usize, kernel: usize) -> Self {
        let pad = (kernel / 2) as i64;
        Self {
            outputs,
            kernel: [kernel; 2],
            stride: [1; 2],
            dilation: [1; 2],
            pads: [pad; 4],
            groups: 1,
            unsigned: false,
            zero: -3,
            per_tensor: false,
            lowest: -127,
        }
    }

    /// Each channel sees only itself.
    pub fn depthwise(channels: usize, kernel: usize) -> Self {
        Self {
            groups: channels,
            ..Self::square(channels, kernel)
        }
    }

    pub fn stride(self, stride: i64) -> Self {
        let stride = [stride; 2];
        Self { stride, ..self }
    }

    pub fn pads(self, pads: [i64; 4]) -> Self {
        Self { pads, ..self }
    }

    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }
}

impl Net {
    /// An empty network for pictures of this height and width.
    pub fn new(height: usize, width: usize) -> Self {
        let shape = [1, 3, height as i64, width as i64];
        let mut net = Self {
            graph: GraphProto {
                name: "odd".into(),
                ..GraphProto::default()
            },
            sides: [height, width],
            channels_last: false,
            embedding: None,
            random: 7,
            numbers: 0,
        };
        net.graph.input.push(info("picture", Some(&shape)));
        net
    }

    /// The same, with the channels as the input's last axis.
    pub fn channels_last(height: usize, width: usize) -> Self {
        let mut net = Self::new(height, width);
        net.channels_last = true;
        net.graph.input = vec![info("picture", Some(&[1, height as i64, width as i64, 3]))];
        net
    }

    /// Another network of the same kind has other weights.
    pub fn seeded(mut self, seed: u64) -> Self {
        self.random = seed.wrapping_mul(2).wrapping_add(1);
        self
    }

    /// The file.
    pub fn encoded(&self) -> Vec<u8> {
        let opset = |domain: &str, version| OperatorSetIdProto {
            domain: domain.into(),
            version,
        };
        let model = ModelProto {
            ir_version: 8,
            opset_import: vec![opset("", 13), opset("com.microsoft", 1)],
            graph: Some(self.graph.clone()),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }

    /// A random number.
    pub fn random(&mut self, below: u64) -> u64 {
        let next = self.random.wrapping_mul(6_364_136_223_846_793_005);
        self.random = next.wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    /// A random number from 0.5 to 1.5.
    pub fn around_one(&mut self) -> f32 {
        0.5 + self.random(1000) as f32 / 1000.0
    }

    pub fn fresh(&mut self, what: &str) -> String {
        self.numbers += 1;
        format!("{what}{}", self.numbers)
    }

    /// A node with one output, whose name it is.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        let name = self.fresh(op);
        let ours = op.starts_with("QLinear") && !matches!(op, "QLinearConv" | "QLinearMatMul");
        let ours = ours || op == "QGemm";
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op.into(),
            domain: if ours { "com.microsoft" } else { "" }.into(),
            attribute: attributes,
            ..NodeProto::default()
        });
        name
    }

    /// A constant.
    pub fn constant(&mut self, mut tensor: TensorProto) -> String {
        tensor.name = self.fresh("constant");
        self.graph.initializer.push(tensor);
        self.numbers_name()
    }

    fn numbers_name(&self) -> String {
        format!("constant{}", self.numbers)
    }

    pub fn scalar(&mut self, value: f32) -> String {
        self.constant(reals(&[], &[value]))
    }

    pub fn vector(&mut self, values: &[i64]) -> String {
        self.constant(longs(values))
    }

    pub fn zero_point(&mut self, zero: i32, unsigned: bool) -> String {
        self.constant(bytes(&[], &[zero as u8], unsigned))
    }

    /// The picture, quantised as `pixel - 128`.
    pub fn picture(&mut self) -> Map {
        self.quantise("picture", 3, PIXEL_SCALE, 0, false)
    }

    pub fn quantise(
        &mut self,
        real: &str,
        channels: usize,
        scale: f32,
        zero: i32,
        unsigned: bool,
    ) -> Map {
        let [of_scale, of_zero] = [self.scalar(scale), self.zero_point(zero, unsigned)];
        let name = self.node("QuantizeLinear", &[real, &of_scale, &of_zero], vec![]);
        Map {
            name,
            channels,
            scale,
            zero,
            unsigned,
        }
    }

    /// The name of a quantised tensor with those of its scale and zero point.
    pub fn parameters(&mut self, map: &Map) -> [String; 3] {
        let scale = self.scalar(map.scale);
        [
            map.name.clone(),
            scale,
            self.zero_point(map.zero, map.unsigned),
        ]
    }

    pub fn dequantise(&mut self, map: &Map) -> String {
        let [name, scale, zero] = self.parameters(map);
        self.node("DequantizeLinear", &[&name, &scale, &zero], vec![])
    }

    /// A quantised convolution whose outputs spread over about a fifth of the bytes.
    pub fn conv(&mut self, map: &Map, conv: &Conv) -> Map {
        let inputs = map.channels / conv.groups.max(1);
        let taps = inputs * conv.kernel[0] * conv.kernel[1];
        let span = u64::from((127 - i32::from(conv.lowest)).unsigned_abs()) + 1;
        let weights: Vec<u8> = (0..conv.outputs * taps)
            .map(|_| (i64::from(conv.lowest) + self.random(span) as i64) as u8)
            .collect();
        let scales = if conv.per_tensor { 1 } else { conv.outputs };
        let scales: Vec<f32> = (0..scales).map(|_| 0.01 * self.around_one()).collect();
        let bias: Vec<i32> = (0..conv.outputs)
            .map(|_| self.random(4001) as i32 - 2000)
            .collect();
        let output = Map {
            name: String::new(),
            channels: conv.outputs,
            scale: map.scale * 0.01 * 110.0 * (taps as f32).sqrt(),
            zero: conv.zero,
            unsigned: conv.unsigned,
        };
        let mut shape = vec![conv.outputs as i64, inputs as i64];
        shape.extend(conv.kernel.map(|side| side as i64));
        let parts = [
            bytes(&shape, &weights, false),
            reals(if conv.per_tensor { &[] } else { &shape[..1] }, &scales),
            bytes(&[], &[0], false),
            integers(&shape[..1], &bias),
        ];
        self.conv_of(map, conv, parts, &output)
    }

    /// A quantised convolution of these weights, scales, zero points and biases.
    pub fn conv_of(
        &mut self,
        map: &Map,
        conv: &Conv,
        parts: [TensorProto; 4],
        output: &Map,
    ) -> Map {
        let [name, scale, zero] = self.parameters(map);
        let [weights, weight_scale, weight_zero, bias] = parts.map(|part| self.constant(part));
        let [_, out_scale, out_zero] = self.parameters(output);
        let inputs = [
            &*name,
            &scale,
            &zero,
            &weights,
            &weight_scale,
            &weight_zero,
            &out_scale,
            &out_zero,
            &bias,
        ];
        let name = self.node("QLinearConv", &inputs, attributes(conv));
        Map {
            name,
            ..output.clone()
        }
    }

    /// Ends the network with the means of `map` over its pixels.
    pub fn end_with_means(mut self, map: &Map) -> Self {
        let real = self.dequantise(map);
        let pooled = self.node("GlobalAveragePool", &[&real], vec![]);
        let flat = self.node("Flatten", &[&pooled], vec![ints("axis", &[1])]);
        self.end_with(&flat)
    }

    /// Ends the network with all values of `map`.
    pub fn end_with_all(mut self, map: &Map) -> Self {
        let real = self.dequantise(map);
        let flat = self.node("Flatten", &[&real], vec![ints("axis", &[1])]);
        self.end_with(&flat)
    }

    /// Ends the network with two dense layers behind the means of a real tensor: the first one's result
    /// is the embedding. Answers with the coarser step of both.
    pub fn end_with_embedding(
        mut self,
        means: &str,
        of: &Map,
        length: usize,
        labels: usize,
    ) -> (Self, f32) {
        let means = self.quantise(means, of.channels, of.scale / 2.0, of.zero, false);
        let embedding = self.conv(&means, &Conv::square(length, 1));
        let scores = self.conv(&embedding, &Conv::square(labels, 1));
        let [of_embedding, of_scores] = [&embedding, &scores].map(|map| {
            let real = self.dequantise(map);
            self.node("Flatten", &[&real], vec![ints("axis", &[1])])
        });
        let mut net = self.end_with(&of_scores).end_with(&of_embedding);
        net.embedding = Some((of_embedding, length));
        (net, scores.scale.max(embedding.scale))
    }

    /// A bundle around the network. It has no golden cases and hands its raw outputs out.
    pub fn bundle(&self, labels: usize) -> Bundle {
        let mut bundle = Bundle::embedded().expect("the bundle inside is right");
        bundle.golden.clear();
        bundle.model = self.encoded();
        let manifest = &mut bundle.manifest;
        manifest.labels = (0..labels).map(|label| format!("c{label}")).collect();
        manifest.empty_label = None;
        manifest.output.kind = OutputKind::Probabilities;
        manifest.output.name = None;
        manifest.embedding = self.embedding.clone().map(|(name, length)| Embedding {
            name,
            length,
            distance: Distance::default(),
        });
        let input = &mut manifest.input;
        [input.height, input.width] = self.sides.map(|side| side as u32);
        input.scale = [PIXEL_SCALE; 3];
        input.offset = [PIXEL_OFFSET; 3];
        input.layout = if self.channels_last {
            Layout::Nhwc
        } else {
            Layout::Nchw
        };
        bundle
    }

    /// Makes a tensor an output.
    pub fn end_with(mut self, name: &str) -> Self {
        self.graph.output.push(info(name, None));
        self
    }
}

fn attributes(conv: &Conv) -> Vec<AttributeProto> {
    vec![
        ints("kernel_shape", &conv.kernel.map(|side| side as i64)),
        ints("strides", &conv.stride),
        ints("dilations", &conv.dilation),
        ints("pads", &conv.pads),
        int("group", conv.groups as i64),
    ]
}
